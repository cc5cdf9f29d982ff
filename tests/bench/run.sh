#!/bin/bash
# Prints figures; asserts nothing. usage: tests/bench/run.sh BUILD. Knobs and how to read it: tests/bench/README.md
set -u
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
exec /usr/bin/python3 "$here/bench.py" "${1:?usage: tests/bench/run.sh BUILD}"
