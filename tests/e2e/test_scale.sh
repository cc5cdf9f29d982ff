#!/bin/bash
# An app with 100,000 inputs and 200,000 annotations, exported: every row, the calls counted, memory within 64 MB resident, one statement a table; and
# 100,000 rows imported from S3.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'files_rate = 100000\nfiles_in_flight = 8\nclarifai_rate = 1000\npoll_first = 20ms\n' >"$XDG_CONFIG_HOME/lakeferry/config.ini"
INPUTS=100000
clarifai POST /v2/users/lab-user/apps '{"apps":[{"id":"huge"}]}' >/dev/null
clarifai POST /v2/users/lab-user/apps/huge/datasets '{"datasets":[{"id":"all"}]}' >/dev/null
control POST inputs "{\"user\":\"lab-user\",\"app\":\"huge\",\"dataset\":\"all\",\"count\":$INPUTS}" >/dev/null
control POST annotations '{"user":"lab-user","app":"huge","dataset":"all","per_input":1}' >/dev/null   # beside the one that each input has
count_of() { sql "SELECT count(*) FROM main.vision.$1" | jq -r '.[0]'; }
limited() { # WHAT STATUS command...: with the peak of its memory in $peak
    local what=$1 wanted=$2 pid now; shift 2
    "$@" >"$WORK/out" 2>"$WORK/err" </dev/null &
    pid=$! peak=0
    while kill -0 $pid 2>/dev/null; do
        now=$(awk '/VmHWM/ { print $2 }' /proc/$pid/status 2>/dev/null)
        [ "${now:-0}" -gt "$peak" ] && peak=$now
        sleep 0.1
    done
    wait $pid; is $? "$wanted" "$what: exit status $wanted"
    err=$(cat "$WORK/err")
    echo "# $what: VmHWM $peak kB, $(summary seconds) s"
    [ "$peak" -gt 1000 ] && [ "$peak" -le 65536 ]; report $? "$what: at most 64 MB resident" "VmHWM $peak kB"
}

control POST reset '{"counters":true}' >/dev/null
limited export 0 "$BUILD/lakeferry" export --app lab-user/huge --dataset all --to main.vision --inputs-table huge_in --annotations-table huge_ann --yes --json
is "$(summary verified)" $INPUTS "every input"
is "$(count_of huge_in) $(count_of huge_ann)" "$INPUTS $((2 * INPUTS))" "every row"
is "$(sql 'SELECT count(DISTINCT input_id) FROM main.vision.huge_in' | jq -r '.[0]')" $INPUTS "no input twice"
is "$(sql 'SELECT count(DISTINCT annotation_id) FROM main.vision.huge_ann' | jq -r '.[0]')" $((2 * INPUTS)) "no annotation twice"
listed=$(counter '^GET .*/datasets/[^/]*/inputs$'); noted=$(counter '^GET .*/annotations$'); all=$(counter '^[A-Z]* /v2/')
echo "# listing calls $listed, annotation calls $noted, all of Clarifai $all"
[ "$listed" -le 315 ]; report $? "three passes of 100 pages, each with its end: two before, one behind the tables" "$listed"
[ "$noted" -le 210 ]; report $? "annotations by 200 pages" "$noted"
[ "$all" -le 545 ]; report $? "nothing else to speak of" "$all"
is "$(sql 'DESCRIBE HISTORY main.vision.huge_in' | wc -l) $(sql 'DESCRIBE HISTORY main.vision.huge_ann' | wc -l)" "1 1" "one statement a table"
limited update 0 "$BUILD/lakeferry" update --app lab-user/huge --dataset all --inputs-table main.vision.huge_in --annotations-table main.vision.huge_ann --yes --json
is "$(summary inserted) $(summary changed)" "0 0" "an update finds nothing to do"
is "$(sql 'DESCRIBE HISTORY main.vision.huge_in' | wc -l)" 1 "and makes no commit"

clarifai POST /v2/users/lab-user/apps '{"apps":[{"id":"large"}]}' >/dev/null
mkdir -p "$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports"
PICTURES=$(sed -n '2s/^[^,]*,\(http[^,]*\)\/pictures\/.*/\1/p' "$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports/harbour.csv")/pictures
awk -v p="$PICTURES" 'BEGIN { print "inputid,input,geopoints"; for (i = 0; i < 100000; i++) printf "r-%d,%s/cat-%d.jpg,%s\n", i, p, i % 9, i % 1000 ? "nowhere" : "" }' \
    >"$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports/large.csv"
limited "import from S3" 3 "$BUILD/lakeferry" import s3 s3://lab-bucket/imports/large.csv --format csv --app lab-user/large --dataset ds --create-dataset \
    --table main.vision.large --yes --json
is "$(summary planned) $(summary verified) $(summary failed) $(summary rows)" "100000 100 99900 100000" "each row is accounted for"
is "$(sql "SELECT count(*), count(DISTINCT source_path) FROM main.vision.large")" '["100000","100000"]' "and has its row in the table"
done_testing
