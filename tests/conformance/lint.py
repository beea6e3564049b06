#!/usr/bin/env python3
"""lint.py REFERENCE.jsonl FOUND.jsonl [--show N]: how many of org-lint's findings we report on the same line, and how
many of ours it does not have. FOUND comes from `cargo run -p oql --example lint REFERENCE.jsonl`. A line either side
counts as the same: org-lint points at a block's first affiliated keyword, we at the word that is wrong."""
import collections
import json
import sys

# Findings left out on purpose; docs/diagnostics.md says why.
IGNORED = {"suspicious-language-in-src-block", "link-to-local-file", "timestamp-syntax", "LaTeX-$"}


def main():
    show = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    found = {}
    for line in open(sys.argv[2]):
        row = json.loads(line)
        found[row["id"]] = row["lint"]
    hit, miss, missed = collections.Counter(), collections.Counter(), []
    ours, extra, extras = collections.Counter(), collections.Counter(), []
    for line in open(sys.argv[1]):
        case = json.loads(line)
        mine, theirs = found.get(case["id"], []), case.get("lint") or []
        near = {n + d for n in (m["line"] for m in mine) for d in (-1, 0, 1)}
        for finding in theirs:
            if finding["line"] in near:
                hit[finding["checker"]] += 1
            else:
                miss[finding["checker"]] += 1
                missed.append((finding["checker"], case["id"], finding["line"], finding["msg"]))
        known = {n["line"] + d for n in theirs for d in (-1, 0, 1)}
        for finding in mine:
            ours[finding["code"]] += 1
            if finding["line"] not in known:
                extra[finding["code"]] += 1
                extras.append((finding["code"], case["id"], finding["line"], finding["message"]))
    for checker in sorted(set(hit) | set(miss)):
        mark = " (left out)" if checker in IGNORED else ""
        print(f"{hit[checker]:4} of {hit[checker] + miss[checker]:4}  {checker}{mark}")
    wanted = [c for c in set(hit) | set(miss) if c not in IGNORED]
    print(f"{sum(hit[c] for c in wanted)} of {sum(hit[c] + miss[c] for c in wanted)} that we mean to report")
    for code in sorted(ours):
        print(f"{code}: {ours[code]}, of which org-lint has not {extra[code]}")
    for row in [m for m in missed if m[0] not in IGNORED][:show] + extras[:show]:
        print(*row)


main()
