#!/bin/bash
# What calls a long run flat or growing, on recorded runs; `make soak` makes new ones.
exec python3 "$(dirname "$0")/growth.py"
