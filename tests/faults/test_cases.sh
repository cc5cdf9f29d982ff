#!/bin/bash
# The table of faults, each case on its verbs (cases.txt).
exec python3 "$(dirname "$0")/faults.py" cases
