#!/bin/bash
# Some random schedules of faults and kills; `make faults` runs more. The seeds are in the names.
exec python3 "$(dirname "$0")/faults.py" property "${SCHEDULES:-10}"
