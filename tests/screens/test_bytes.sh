#!/bin/bash
# What the interface sends over a slow line, and what it holds in memory (quality §4).
. "$(dirname "$0")/../e2e/lib.sh"
sandbox_start
python3 "$(dirname "$0")/bytes.py" "$BUILD/lakeferry" "$SANDBOX_PID"
