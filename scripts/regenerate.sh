#!/usr/bin/env bash
# Writes what is made of the registry of operators and of the command line: the `mod` lines of registered operators, the
# README's table, the options of each page of docs/operators, the table of src/op, the snapshots of help and of
# `swath operators --json`. What it changes is read (git diff) and committed with its cause.
set -euo pipefail
cd "$(dirname "$0")/.."

registry=src/op/mod.rs
modules=$(sed -n '/^registry! {$/,/^}$/s/^    \([a-z_]*\): .*/mod \1;/p' "$registry" | LC_ALL=C sort)
awk -v modules="$modules" '
  /^\/\/ The files of the registered operators:/ { print; print modules; skipping = 1; next }
  skipping && /^mod / { next }
  { skipping = 0; print }
' "$registry" >"$registry.new"
mv "$registry.new" "$registry"

export SWATH_REGENERATE=1
# Pages are part of the program: it prints the new ones once it has been built with them.
cargo test --quiet --test cli -- rows::
cargo test --quiet --test cli -- help:: readme_is_current::

# Accuracy is measured, so it is measured only where the table of docs/ACCURACY.md lacks an operator.
python=${SWATH_ORACLE_PYTHON:-.venv/bin/python}
swath=${CARGO_TARGET_DIR:-target}/debug/swath
for name in $("$swath" operators | awk '/^[a-z]/ { print $1 }'); do
  grep -q "^| \`$name\` |" docs/ACCURACY.md && continue
  if "$python" -c 'import numpy' 2>/dev/null; then
    "$python" tests/oracle/accuracy_table.py "$swath" --update docs/ACCURACY.md
  else
    echo "NOT WRITTEN: docs/ACCURACY.md lacks $name; name a Python with numpy in SWATH_ORACLE_PYTHON"
  fi
  break
done
