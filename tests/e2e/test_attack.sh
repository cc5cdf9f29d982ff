#!/bin/bash
# A careless user and a hostile environment, by command: standard streams that are closed or full, URLs that hold secrets, tables that changed under us,
# an image host that answers with pages. Everything is said in one sentence, nothing is written where it does not belong.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'clarifai_image_host = %s\nstaging_volume = main.vision.out\nfiles_rate = 100000\nfiles_in_flight = 8\nclarifai_rate = 1000\npoll_first = 20ms\nretry_first = 20ms\nretry_cap = 300ms\n' "$(jq -r .images "$LAKEFERRY_SANDBOX_DATA/endpoint.json")" >"$XDG_CONFIG_HOME/lakeferry/config.ini"
LAKE=$BUILD/lakeferry
APP=lab-user/labelled
export_to() { # NAME [option...]
    local name=$1; shift
    "$LAKE" export --app $APP --dataset val --to main.vision --inputs-table "${name}_in" --annotations-table "${name}_ann" --yes "$@"
}
s3() { local url=$1; shift; "$LAKE" import s3 "$url" --format csv --app lab-user/traffic --dataset attack --create-dataset --yes --json "$@"; }
count_of() { sql "SELECT count(*) FROM main.vision.$1" | jq -r '.[0]'; }
fault() { control POST faults "$1" >/dev/null; }
calm() { control DELETE faults >/dev/null; }
with_streams() { # REDIRECTION command...: run with it; status, $err
    local how=$1 got; shift
    eval '"$@" 2>"$WORK/err"' "$how" >/dev/null; got=$?
    err=$(cat "$WORK/err")
    return $got
}

# --- standard streams that are not there, or take nothing ---
# It ends at once, whatever its threads do.
TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS:}report_thread_leaks=0" with_streams '>&-' export_to closed --json; is $? 1 "JSON lines to a closed standard output: status 1"
like "$err" "cannot write to standard output" "and the reason; no line goes into a file or socket of ours"
with_streams '>&- 2>&- <&-' export_to all; is $? 0 "words for people and every stream closed: it runs"
is "$(count_of all_in)" 21 "and the table is whole"
with_streams '2>/dev/full' export_to full; is $? 0 "a full disk behind standard error does not stop what is under way"
is "$(count_of full_in)" 21 "and the table is whole"
for verb in "completion bash" "help update" "--version"; do
    # shellcheck disable=SC2086
    with_streams '>/dev/full' "$LAKE" $verb; is $? 1 "$verb to a full disk: status 1"
    like "$err" "standard output: No space left" "says why"
done

# --- URLs ---
for url in 's3a://KEY:canary-secret@bucket/x.csv' 'gs://canary-secret@bucket/x.csv' 'abfss://c:canary-secret@a/x.csv'; do
    run "a secret in the URL" 2 s3 "$url"
    unlike "$out$err$(cat "$XDG_STATE_HOME"/lakeferry/runs/*/ask.json 2>/dev/null)$("$LAKE" runs)" "canary" "is refused, repeated nowhere and kept nowhere"
done
run "a signed URL" 2 s3 's3://bucket/x.csv?X-Amz-Signature=canary1&X-Amz-Credential=canary2'
unlike "$out$err" "canary" "its signature is not shown"
is "$(jq -r .type <"$WORK/out" 2>&1)" error "and the line stays JSON"
for url in /Volumes/main/vision/out/../x.csv s3://bucket/../x.csv s3://bucket/..; do run "$url" 2 s3 "$url"; done
like "$err" '\.\.' "is refused"

# --- a table whose columns are of other types ---
sql "CREATE TABLE main.vision.typed_in (input_id STRING, image_url STRING, image_info STRING, input_metadata STRING, input_concepts STRING, input_geo STRING, input_status STRING, input_created_at TIMESTAMP, input_modified_at TIMESTAMP) USING DELTA TBLPROPERTIES ('lakeferry.datasets' = '$APP/val')" >/dev/null
sql "CREATE TABLE main.vision.typed_ann (annotation_id STRING, input_id STRING, annotation STRUCT<a: INT>, annotation_type STRING, annotation_concepts STRING, annotation_user_id STRING, annotation_status STRING, annotation_created_at TIMESTAMP, annotation_modified_at TIMESTAMP) USING DELTA TBLPROPERTIES ('lakeferry.datasets' = '$APP/val', 'lakeferry.scope' = 'people')" >/dev/null
run "appending to a column of another type" 1 export_to typed --if-exists append --json
like "$err" "typed_ann: its column annotation is struct<a: ?int>, and STRING is written there" "is refused in the plan"
is "$(count_of typed_in) $(count_of typed_ann)" "0 0" "before either table is written"

# --- pages in the place of pictures ---
volume_make shots
fault '{"kind":"html_login","share":0.3,"seed":7,"path":"/orig/*"}'
run "an image host that answers with sign-in pages at times" 0 export_to pages --images main.vision.shots --json
calm
is "$(summary verified) $(summary failed)" "21 0" "no picture fails for it"
is "$(find "$(volume_dir shots)" -type f -exec file -b --mime-type {} + | grep -c '^image/')" 21 "and every file is a picture"
volume_make late
fault '{"kind":"html_login","path":"/orig/*"}'
sed -i '$a give_up = 2s' "$XDG_CONFIG_HOME/lakeferry/config.ini"
run "one that answers with nothing else" 1 export_to nothing --images main.vision.late --json
calm
like "$err" "the run waits: .*HTML" "makes the run wait, and then park"
is "$(summary failed) $(find "$(volume_dir late)" -type f -exec file -b --mime-type {} + | grep -vc '^image/')" "0 0" "no picture fails for it, no page is stored"
run "resumed" 0 "$LAKE" resume --json
is "$(summary verified) $(find "$(volume_dir late)" -type f -exec file -b --mime-type {} + | grep -c '^image/')" "21 21" "it has them all"

# --- a journal that is no journal any more ---
run "killed between its two tables" 137 env LAKEFERRY_KILL_AT=point.ran:1 "$LAKE" export --app $APP --dataset val --to main.vision --inputs-table ruin_in --annotations-table ruin_ann --yes
id=$("$LAKE" runs --json | head -n 1 | jq -r .run)
head -c 3000 /dev/urandom >"$XDG_STATE_HOME/lakeferry/runs/$id/journal.db"; rm -f "$XDG_STATE_HOME/lakeferry/runs/$id"/journal.db-*
run "resumed by name" 0 "$LAKE" resume "$id" --json
is "$(summary verified) $(count_of ruin_in)" "21 21" "it is made again by reading"
is "$(python3 "$(dirname "$0")/tables.py" "$ORIGIN" $APP val main.vision.ruin_in main.vision.ruin_ann 2>&1 | grep -v '^#')" "" "and both tables hold what Clarifai holds"
run "damaged and cancelled" 137 env LAKEFERRY_KILL_AT=point.statement:1 "$LAKE" export --app $APP --dataset val --to main.vision --inputs-table gone_in --annotations-table gone_ann --yes
id=$("$LAKE" runs --json | head -n 1 | jq -r .run)
head -c 3000 /dev/urandom >"$XDG_STATE_HOME/lakeferry/runs/$id/journal.db"; rm -f "$XDG_STATE_HOME/lakeferry/runs/$id"/journal.db-*
run "cancelled by name" 0 "$LAKE" cancel "$id"
done_testing
