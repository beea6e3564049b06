#!/usr/bin/env bash
# Rewrites what the scripts of the suite print, with what this machine's bash and tools say: reference.sh scripts.txt tools.txt
#
# The outputs that are committed come from bash 5.2, GNU coreutils 9.1, grep 3.8, sed 4.9, diffutils 3.8, findutils 4.9,
# gawk 5.2 as `awk`, jq 1.6 (Debian 12). Sections `%% here` say what our shell does otherwise, and why; they are kept.
set -u

# Where our shell's scripts begin in the tests, too.
work=/tmp/x
mkdir "$work" || exit
box=$(mktemp -d)
trap 'rm -rf "$box" "$work"' EXIT

# Runs the script on standard input in an empty folder and prints the section.
ask() {
  rm -rf "$work" && mkdir "$work" && cat > "$box/script"
  (cd "$work" && exec timeout 20 env -i PATH="${REFERENCE_PATH:-/usr/bin:/bin}" LC_ALL=C.UTF-8 TZ=UTC HOME=/tmp bash "$box/script") \
    > "$box/out" 2> "$box/err" < /dev/null
  printf '%%%% prints, status %s\n' $?
  cat "$box/out"
  if [ -s "$box/out" ] && [ "$(tail -c 1 "$box/out" | od -An -c | tr -d ' ')" != '\n' ]; then
    printf '\n%%%% without an end\n'
  fi
}

for file; do
  script= part=before
  {
    while IFS= read -r line; do
      case $line in
        '%% script')
          part=script script= ;;
        '%% prints, status '*)
          part=prints
          printf '%%%% script\n%s' "$script"
          printf '%s' "$script" | ask ;;
        '%% here, '*)
          part=here
          printf '%s\n' "$line" ;;
        *)
          case $part in
            script) script=$script$line$'\n' ;;
            before | here) printf '%s\n' "$line" ;;
          esac ;;
      esac
    done < "$file"
  } > "$box/new"
  cp "$box/new" "$file"
done
