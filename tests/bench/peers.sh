#!/bin/bash
# Installs what the benchmark compares with: Debian's rclone, aria2 and curl, and the vendors' Python clients in an environment below BUILD.
# What cannot be had is named; the benchmark then leaves it out. usage: tests/bench/peers.sh BUILD
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?usage: tests/bench/peers.sh BUILD}
mkdir -p "$build/bench"
work=$(cd "$build/bench" && pwd)
[ "$(id -u)" -eq 0 ] && sudo= || sudo=sudo
missing=
for package in curl rclone aria2 python3-venv; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "installing missing Debian packages:$missing"
    # shellcheck disable=SC2086
    { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$work/apt.log" 2>&1 ||
        echo "cannot be installed here:$missing ($(tail -n 1 "$work/apt.log"))"
fi
if ! cmp -s "$here/requirements.txt" "$work/venv/requirements.txt"; then
    echo "installing the vendors' Python clients into $work/venv"
    rm -rf "$work/venv"
    { /usr/bin/python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --no-input -r "$here/requirements.txt" &&
        cp "$here/requirements.txt" "$work/venv/requirements.txt"; } >"$work/pip.log" 2>&1 ||
        { echo "the Python clients cannot be installed here: $(tail -n 1 "$work/pip.log")"; rm -rf "$work/venv"; }
fi
