#!/bin/bash
# Signals, closed outputs and terminals for each verb, here and in a worker.
exec python3 "$(dirname "$0")/faults.py" signals
