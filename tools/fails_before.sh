#!/bin/sh
# Shows that the tests which say that a fault is mended fail where it was not: they are copied onto the commit before, and run there.
# usage: sh tools/fails_before.sh [COMMIT]      exit: 0 when none of them passes there, 1 otherwise
# Prints number → test → outcome for each test that is marked `mends`. The virtual environment of this checkout is used.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
before=${1:-7c2a513}
python="$here/.venv/bin/python"
folder=$(mktemp -d)
trap 'git -C "$here" worktree remove --force "$folder/before" >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT INT TERM
marked="-q -m mends -p no:cacheprovider -p tests.mended --override-ini addopts="

cd "$here"
# shellcheck disable=SC2086 # the words are several
"$python" -m pytest $marked --collect-only tests | grep '^due ' > "$folder/due.txt"

git worktree add --quiet --detach "$folder/before" "$before"
rm -rf "$folder/before/tests"
cp -R tests "$folder/before/tests"
cp pyproject.toml "$folder/before/pyproject.toml" # the markers
cd "$folder/before"
# Foreign texts hold what cannot be sent from one process to another: those tests run in one.
foreign=$(find tests -name 'test_foreign*.py')
# shellcheck disable=SC2086
{
  PYTHONPATH="$folder/before" "$python" -m pytest $marked -n 2 -o timeout=600 --continue-on-collection-errors --tb=no --ignore-glob='*test_foreign*' tests || true
  PYTHONPATH="$folder/before" PYTHONIOENCODING=utf-8:backslashreplace "$python" -m pytest $marked -n 0 -o timeout=600 --continue-on-collection-errors --tb=no $foreign || true
} > "$folder/ran.txt" 2>&1

# A test that cannot even be collected there looks at what was not there: it fails.
awk 'FNR == NR { if ($1 == "did") outcome[$2] = $3; next }
     { told = ($3 in outcome) ? outcome[$3] : "failed (what it looks at is not there)"; print $2 " → " $3 " → " told; total++; if (told == "passed") passed++ }
     END { print total + 0 " tests that mend something, " passed + 0 " passed on the commit before"; exit (total == 0 || passed > 0) }' \
  "$folder/ran.txt" "$folder/due.txt"
