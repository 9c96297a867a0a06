#!/usr/bin/env bash
# Writes what is made from other parts of the project: the snapshots of help and of `swath operators --json`.
# What it changes is read (git diff) and committed with its cause.
set -euo pipefail
cd "$(dirname "$0")/.."
SWATH_REGENERATE=1 cargo test --quiet --test cli_help
