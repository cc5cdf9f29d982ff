#!/bin/bash
# Keys are answered while a run works at full speed and while the platform hangs; how fast is printed.
. "$(dirname "$0")/../e2e/lib.sh"
sandbox_start
python3 "$(dirname "$0")/keys.py" "$BUILD/lakeferry" "$SANDBOX_PID"
