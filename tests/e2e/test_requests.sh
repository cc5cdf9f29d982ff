#!/bin/bash
# What an import of 2,000 pictures costs Clarifai in calls (quality §4), by the platform's own counters; and again with nothing to do.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
volume_make batch
python3 "$(dirname "$0")/pictures.py" "$(volume_dir batch)" 2000 20000 200
# The Files API's own limit (90/s) is not what is counted here: both sides lift it, so that the test takes seconds.
control POST settings '{"files.rps":100000,"files.in_flight":100}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"; printf 'files_rate = 100000\nfiles_in_flight = 64\n' >"$XDG_CONFIG_HOME/lakeferry/config.ini"
control POST reset '{"counters":true}' >/dev/null
control POST faults '{"kind":"latency","path":"/api/2.0/fs/files/*","ms":300}' >/dev/null
run "import of 2,000" 0 lakeferry import volume main.vision.batch --app lab-user/traffic --dataset batch --create-dataset --table batch --yes --json
is "$(summary verified)" 2000 "2,000 verified"
posts=$(counter '^POST .*/inputs$')
others=$(($(counter ' /v2/') - posts))
echo "# $posts posts, $others other Clarifai calls"
[ "$posts" -le 16 ]; report $? "posts at most 1.02 per 128 inputs" "$posts"
[ "$others" -le 40 ]; report $? "all other calls at most 5 per 1,000 inputs + 30" "$others"
most=$(control GET counters | jq .max_in_flight.files)
[ "$most" -gt 48 ]; report $? "as many files are read at once as the setting says" "$most"
control POST reset '{"faults":true}' >/dev/null
control GET counters | jq -c ".counters" | sed "s/^/# /"
is "$(counter '^GET .*/fs/files')" 2000 "each file is read once"
is "$(sql 'SELECT count(*) FROM main.vision.batch' | jq -r '.[0]')" 2000 "2,000 rows"
control POST reset '{"counters":true}' >/dev/null
run "the same again" 0 lakeferry import volume main.vision.batch --app lab-user/traffic --dataset batch --table batch --yes --json
is "$(summary present)" 2000 "all present"
is "$(counter '^POST .*/inputs$')" 0 "no post"
is "$(counter '^GET .*/fs/files')" 0 "no file read"
done_testing
