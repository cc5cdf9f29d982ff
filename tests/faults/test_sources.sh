#!/bin/bash
# What a run reads changes, is somebody else's, has hostile names, for each verb.
exec python3 "$(dirname "$0")/faults.py" sources
