#!/bin/bash
# Two processes on one run, stale locks, journals that are newer or spoiled, for each verb.
exec python3 "$(dirname "$0")/faults.py" runs
