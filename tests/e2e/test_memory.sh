#!/bin/bash
# An import of 2,000 pictures of 1 MB must fit in 64 MB resident (VmHWM of the process that does it).
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
volume_make large
python3 "$(dirname "$0")/pictures.py" "$(volume_dir large)" 2000 1000000 40
control POST settings '{"files.rps":100000,"files.in_flight":100,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'files_rate = 100000\nfiles_in_flight = 64\nclarifai_rate = 1000\n' >"$XDG_CONFIG_HOME/lakeferry/config.ini"
"$BUILD/lakeferry" import volume main.vision.large --app lab-user/traffic --dataset large --create-dataset --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null &
pid=$!
peak=0
while kill -0 $pid 2>/dev/null; do
    now=$(awk '/VmHWM/ { print $2 }' /proc/$pid/status 2>/dev/null)
    [ "${now:-0}" -gt "$peak" ] && peak=$now
    sleep 0.1
done
wait $pid; is $? 0 "import of 2,000 pictures of 1 MB"
is "$(summary verified)" 2000 "all verified"
echo "# VmHWM $peak kB"
[ "$peak" -gt 1000 ] && [ "$peak" -le 65536 ]; report $? "at most 64 MB resident" "VmHWM $peak kB"
done_testing
