#!/bin/bash
# Hosts that refuse connections, names that are not known, a wrong clock, for each verb.
exec python3 "$(dirname "$0")/faults.py" network
