#!/usr/bin/env python3
"""score.py REFERENCE.jsonl CANDIDATE.jsonl [--show N] [--diff ID] [--clusters N] [--ids]

Compares what the kernel makes of Org texts (see components/oql/examples/candidate.rs) with what Emacs makes of them.
Both files have one JSON object a line, matched on "id"; a part that one of the two does not have is not scored.

  outline  share of records whose headings agree: level, title, keyword, priority, tags
  src      share whose source blocks agree: language and text without common indentation
  args     share whose merged header arguments agree, block by block
  noweb    share whose blocks agree after noweb expansion
  text     overlap of the words a reader sees
  exact    share whose HTML agrees after normalising: layout wrappers dropped, white space collapsed, of the attributes
           only href and src kept (and not those that point into the page), old names of tags made new

  --show N      print the first N differences of each measure, shortly
  --diff ID     print one record's differences in full
  --clusters N  group the HTML differences by the place where they begin, largest group first, N groups
  --ids         only the ids of the records whose HTML differs, one a line
"""
import argparse
import collections
import difflib
import html.parser
import json
import re

WRAPPERS = set("div span section main article body html head thead tbody colgroup col nav figure figcaption".split())
SAME = {"strong": "b", "em": "i", "strike": "del", "s": "del"}


class Tokens(html.parser.HTMLParser):
    """The tags and the words of a page, in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tokens = []
        self.feed(text or "")
        self.close()

    def handle_starttag(self, tag, attributes):
        tag = SAME.get(tag, tag)
        if tag not in WRAPPERS:
            attributes = dict(attributes)
            target = attributes.get("href") or attributes.get("src") or ""
            self.tokens.append(f"<{tag} {target}>" if target and target[0] != "#" else f"<{tag}>")

    def handle_endtag(self, tag):
        tag = SAME.get(tag, tag)
        if tag not in WRAPPERS:
            self.tokens.append(f"</{tag}>")

    def handle_data(self, data):
        # Words on both sides of a tag that was dropped are two words, as for a browser that starts a new block there.
        self.tokens.extend(data.split())


def tokens(page):
    return Tokens(page).tokens


def is_tag(token):
    return re.fullmatch(r"</?[a-z][a-z0-9]*( .*)?>", token, re.S) is not None


def words(found):
    return collections.Counter(re.findall(r"\w+|[^\w\s]", " ".join(t for t in found if not is_tag(t))))


def overlap(a, b):
    total = sum(a.values()) + sum(b.values())
    return 2 * sum((a & b).values()) / total if total else 1.0


def dedent(text):
    lines = (text or "").rstrip("\n").split("\n")
    filled = [line for line in lines if line.strip()]
    common = min((len(line) - len(line.lstrip(" ")) for line in filled), default=0)
    return "\n".join(line[common:].rstrip() if line.strip() else "" for line in lines)


def outline(record):
    found = record.get("headlines")
    if found is not None:
        return [
            (h.get("level"), " ".join((h.get("title") or "").split()), h.get("todo") or None,
             h.get("priority") or None, tuple(h.get("tags") or ()))
            for h in found
        ]


def blocks(part, show):
    def measure(record):
        found = record.get("src")
        if found is not None and all(part in b for b in found):
            return [show(b) for b in found]
    return measure


def arguments(block):
    return None if block["args"] is None else sorted((k, " ".join((v or "").split())) for k, v in block["args"])


MEASURES = {
    "outline": outline,
    "src": blocks("value", lambda b: (b.get("lang") or None, dedent(b["value"]))),
    "args": blocks("args", arguments),
    "noweb": blocks("noweb", lambda b: None if b["noweb"] is None else dedent(b["noweb"])),
    "exact": lambda record: tokens(record["html"]) if record.get("html") is not None else None,
}


def first_difference(a, b):
    """Where two lists part: the token before, and what each has there."""
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return at, a[at] if at < len(a) else "(end)", b[at] if at < len(b) else "(end)"


def kind(token):
    """A token for grouping: a tag as it is, without its target; a word as `word`, so that unlike texts group."""
    return re.sub(r" .*>$", " …>", token, flags=re.S) if is_tag(token) or token == "(end)" else "word"


def around(found, at):
    lead = "… " if at > 8 else ""
    return lead + " ".join(found[max(0, at - 8):at]) + " ▶ " + " ".join(found[at:at + 10])


def diff(expected, got, name, limit):
    print(f"--- {name}: `-` is Emacs, `+` is the kernel")
    if name == "exact":
        expected, got = lines(expected), lines(got)
    else:
        expected, got = [[repr(x) for x in part] for part in (expected, got)]
    shown = list(difflib.unified_diff(expected, got, n=2, lineterm=""))[2:]
    print("\n".join(shown[:limit]))
    if len(shown) > limit:
        print(f"({len(shown) - limit} more lines)")


def lines(found):
    """Tokens as lines: a run of words is one line."""
    out = []
    for token in found:
        if out and not is_tag(token) and not is_tag(out[-1].split(" ")[-1]) and len(out[-1]) < 100:
            out[-1] += " " + token
        else:
            out.append(token)
    return out


def clusters(pairs, most):
    groups = collections.defaultdict(list)
    for id, expected, got in pairs:
        at, a, b = first_difference(expected, got)
        before = kind(expected[at - 1]) if at else "(start)"
        groups[before, kind(a), kind(b)].append((id, expected, got, at))
    for (before, a, b), members in sorted(groups.items(), key=lambda g: -len(g[1]))[:most]:
        print(f"\n{len(members):4}  after {before}: Emacs {a}, kernel {b}")
        for id, expected, got, at in members[:3]:
            print(f"      {id}\n        - {around(expected, at)[:200]}\n        + {around(got, at)[:200]}")
        if len(members) > 3:
            print("      also", *(m[0] for m in members[3:15]), *(["…"] if len(members) > 15 else []))


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("reference")
    parse.add_argument("candidate")
    parse.add_argument("--show", type=int, default=0)
    parse.add_argument("--diff")
    parse.add_argument("--clusters", type=int, default=0)
    parse.add_argument("--ids", action="store_true")
    wanted = parse.parse_args()
    with open(wanted.reference, encoding="utf-8") as f:
        reference = {r["id"]: r for r in map(json.loads, f) if "id" in r}
    with open(wanted.candidate, encoding="utf-8") as f:
        candidates = [c for c in map(json.loads, f) if c.get("id") in reference]
    results, text, differing = collections.defaultdict(list), [], collections.defaultdict(list)
    panics = [c["id"] for c in candidates if c.get("panic")]
    for candidate in candidates:
        id, expected = candidate["id"], reference[candidate["id"]]
        for name, measure in MEASURES.items():
            a = measure(expected)
            b = [] if candidate.get("panic") else measure(candidate)
            if a is None or b is None:
                continue
            results[name].append(a == b and not candidate.get("panic"))
            if name == "exact":
                text.append(overlap(words(a), words(b)))
            if not results[name][-1]:
                differing[name].append((id, a, b))
    if wanted.diff is not None:
        for name in MEASURES:
            for id, a, b in differing[name]:
                if str(id) == wanted.diff:
                    if name == "exact":
                        print(reference[id].get("org", "")[:4000])
                    diff(a, b, name, 400)
        return
    if wanted.ids:
        print(*(id for id, _, _ in differing["exact"]), sep="\n")
        return
    print(f"records {len(candidates)}, panics {len(panics)}", *panics)
    for name in MEASURES:
        if results[name]:
            good, all_ = sum(results[name]), len(results[name])
            print(f"{name:8} {good / all_:.4f}  {good} of {all_}")
    if text:
        print(f"{'text':8} {sum(text) / len(text):.4f}")
    took = sum(c.get("us", 0) for c in candidates)
    size = sum(len(reference[c["id"]].get("org", "").encode()) for c in candidates)
    if took:
        print(f"speed    {size / took:.1f} MB/s, native, one text after the other")
    for name in MEASURES if wanted.show else ():
        for id, a, b in differing[name][:wanted.show]:
            print(f"\n=== {id}")
            diff(a, b, name, 24)
    if wanted.clusters:
        clusters(differing["exact"], wanted.clusters)


main()
