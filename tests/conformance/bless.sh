#!/usr/bin/env bash
# Asks Emacs again about every text in cases/ and rewrites cases/expected.jsonl. Needs Emacs; finds Org itself.
#
# Org comes from $ORG (a folder with byte-compiled org*.el), else from Debian's newest package, which is fetched without
# being installed and byte-compiled in a folder of its own. The versions are in the first line of expected.jsonl.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

fetch() {
    local cache=${XDG_CACHE_HOME:-$HOME/.cache}/wb-conformance
    if [ ! -e "$cache/org/org.elc" ]; then
        mkdir -p "$cache"
        local pool=http://deb.debian.org/debian package
        package=$(curl -fsS "$pool/dists/sid/main/binary-all/Packages.xz" | xz -d |
            awk '$1 == "Package:" { mine = $2 == "elpa-org" } mine && $1 == "Filename:" { print $2 }')
        curl -fsS -o "$cache/org.deb" "$pool/$package"
        rm -rf "$cache/files"
        dpkg -x "$cache/org.deb" "$cache/files"
        cp -r "$cache"/files/usr/share/emacs/site-lisp/elpa-src/org-* "$cache/org"
        cp -r "$cache"/files/usr/share/emacs/etc/org "$cache/etc" 2>/dev/null || true
        (cd "$cache/org" && emacs -Q --batch -L . -f batch-byte-compile *.el >&2)
    fi
    echo "$cache/org"
}

org=${ORG:-$(fetch)}
export HOME=/nonexistent TZ=UTC LC_ALL=C.UTF-8
cd "$here/cases"
emacs -Q --batch -L "$org" -l ../reference.el -l ../cases.el -f wb-cases . expected.jsonl
python3 - expected.jsonl <<'PYTHON'
"""Adds the character references that occur to the first line, so that a test can read them without a table."""
import html.entities, json, re, sys
path = sys.argv[1]
with open(path, encoding="utf-8") as f:
    head, *cases = [json.loads(line) for line in f]
names = {n for c in cases for n in re.findall(r"&(\w+);", c.get("html") or "")}
head["entities"] = {n: html.entities.html5[n + ";"] for n in sorted(names) if n + ";" in html.entities.html5}
with open(path, "w", encoding="utf-8") as f:
    for record in [head, *cases]:
        f.write(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n")
print(len(cases), "cases; Org", head["org"], "in Emacs", head["emacs"])
PYTHON
