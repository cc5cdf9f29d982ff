#!/bin/bash
# Each call by which a run changes the disk fails: some of them here, all kinds; `make faults` takes more.
exec python3 "$(dirname "$0")/faults.py" disk "${CALLS:-8}"
