#!/bin/bash
# What a gateway before the platform does: requests delivered twice, signed addresses that expire, files of others meanwhile, clocks that jump.
exec python3 "$(dirname "$0")/faults.py" fronts
