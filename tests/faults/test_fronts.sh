#!/bin/bash
# What a gateway before the platform does: requests delivered twice, signed addresses that expire, files of others meanwhile, clocks that jump, a fifth of all calls
# that fails, HTTP/2 streams that are reset and connections that go silent.
exec python3 "$(dirname "$0")/faults.py" fronts
