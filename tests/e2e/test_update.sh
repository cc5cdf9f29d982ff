#!/bin/bash
# Update of two tables by command: what the plan promises is what the summary says is what the tables hold.
. "$(dirname "$0")/lib.sh"
sandbox_start
control POST settings '{"clarifai.input_process_ms":[5,20],"warehouse.start_ms":200}' >/dev/null
use_environment
APP=lab-user/renewal
volume_make staging

# --- the world: one app, two datasets ---
post() { clarifai POST "/v2/users/lab-user/apps/renewal/$1" "$2"; }
patch() { clarifai PATCH "/v2/users/lab-user/apps/renewal/$1" "$2"; }
remove() { clarifai DELETE "/v2/users/lab-user/apps/renewal/$1" "$2"; }
clarifai POST /v2/users/lab-user/apps '{"apps":[{"id":"renewal"}]}' >/dev/null
post datasets '{"datasets":[{"id":"ds"},{"id":"other"}]}' >/dev/null
python3 "$(dirname "$0")/pictures.py" "$WORK/pics" 12 300
# inputs DATASET FIRST LAST: car-FIRST … each with a picture and hostile metadata.
inputs() {
    for i in $(seq "$2" "$3"); do
        jq -cn --arg id "car-$i" --arg ds "$1" --arg b "$(base64 -w0 "$WORK/pics/pic-0000$((i % 10)).png")" \
            '{id:$id,dataset_ids:[$ds],data:{image:{base64:$b,allow_duplicate_url:true},metadata:{note:"it'"'"'s \"${x}\"\n\u001b[31m\u202e",n:1}}}'
    done | jq -cs '{inputs:.}' | curl -sS "$ORIGIN/v2/users/lab-user/apps/renewal/inputs" -H "Authorization: Key sandbox-pat" -H 'Content-Type: application/json' -d @- >/dev/null
}
# label INPUT CONCEPT: one more annotation.
label() { post annotations "$(jq -cn --arg i "$1" --arg c "$2" '{annotations:[{input_id:$i,data:{concepts:[{id:$c,name:$c,value:1}]},status:{code:24150}}]}')" | jq -r '.annotations[0].id'; }
inputs ds 1 5; inputs other 6 7
mark=$(label car-1 truck); label car-2 bus >/dev/null
in_dataset() { dataset_inputs $APP ds | wc -l; }

# --- tables as an export makes them, still without rows ---
OURS_IN="input_id STRING, image_url STRING, image_info STRING, input_metadata STRING, input_concepts STRING, input_geo STRING, input_status STRING, input_created_at TIMESTAMP, input_modified_at TIMESTAMP"
OURS_AN="annotation_id STRING, input_id STRING, annotation STRING, annotation_type STRING, annotation_concepts STRING, annotation_user_id STRING, annotation_status STRING, annotation_created_at TIMESTAMP, annotation_modified_at TIMESTAMP"
VENDOR_IN="input_id STRING, image_url STRING, image_info STRING, input_created_at STRING, input_modified_at STRING, input_metadata STRING"
VENDOR_AN="annotation_id STRING, annotation STRING, annotation_user_id STRING, input_id STRING, annotation_created_at STRING, annotation_modified_at STRING"
# tables PREFIX COLUMNS COLUMNS [DATASETS [SCOPE]]
tables() {
    local p=${4:+"TBLPROPERTIES ('lakeferry.datasets' = '$4', 'lakeferry.scope' = '${5:-people}')"}
    sql "CREATE TABLE main.vision.$1_in ($2) USING DELTA $p" >/dev/null; sql "CREATE TABLE main.vision.$1_an ($3) USING DELTA $p" >/dev/null
}
# update PREFIX option...: as a script runs it.
update() { local p=$1; shift; lakeferry update --app $APP --dataset "${DATASET:-ds}" --inputs-table "main.vision.${p}_in" --annotations-table "main.vision.${p}_an" --json "$@"; }
plan() { grep '"type":"plan"' "$WORK/out" | tail -n 1 | jq -r "$1"; }
items() { grep '"type":"item"' "$WORK/out" | jq -r "$1"; }
count() { sql "SELECT count(*) FROM main.vision.$1${2:+ WHERE $2}" | jq -r '.[0]'; }
cell() { sql "SELECT $2 FROM main.vision.$1 WHERE $3" | jq -r '.[0]'; }
history() { echo $(($(sql "DESCRIBE HISTORY main.vision.$1_in" | wc -l) + $(sql "DESCRIBE HISTORY main.vision.$1_an" | wc -l))); }
state_of() { (sql "SELECT * FROM main.vision.$1_in"; sql "SELECT * FROM main.vision.$1_an") | sort; }
staged_left() { find "$LAKEFERRY_SANDBOX_DATA/volumes" -name 'lakeferry[-_]*' | wc -l; }
# killed PREFIX POINT [option...]: an update that is killed there; sets RUN.
killed() {
    local p=$1 at=$2; shift 2
    LAKEFERRY_KILL_AT=$at update "$p" --yes "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    is $? 137 "killed at $at"
    RUN=$(lakeferry runs --json | jq -rs 'max_by(.started_ms).run')
}
resume() { lakeferry resume "$RUN" --yes --json; }
# kept PREFIX NAME: plan, summary and tables say the same, and nothing is left in the staging places.
kept() {
    is "$(plan '[.inserted, .changed, .unchanged, .missing] | map(. // "-") | join(" ")')" \
        "$(grep '"type":"summary"' "$WORK/out" | tail -n 1 | jq -r '[.inserted, .changed, .unchanged, .missing] | map(. // "-") | join(" ")')" "$2: the summary says what the plan promised"
    is "$(summary rows)" "$(($(count "$1_in") + $(count "$1_an")))" "$2: the tables hold the rows that the summary says"
    is "$(staged_left)" 0 "$2: nothing stays staged"
    is "$(($(summary verified) + $(summary present) + $(summary conflict) + $(summary failed) + $(summary skipped) + $(summary unaccounted)))" "$(summary planned)" "$2: every row is accounted for"
}

# --- tables of our own: filled, unchanged, changed ---
tables own "$OURS_IN" "$OURS_AN" $APP/ds
before=$(history own)
run "dry run without a place to stage" 2 update own --dry-run --yes
like "$err" "dry run makes no volume.*--staging" "the sentence says what to name"
run "dry run" 0 update own --dry-run --yes --staging main.vision.staging
is "$(plan .inserted)" 12 "five inputs and their annotations are new"
is "$(plan '[.samples[] | select(.table == "inputs" and .change == "inserted")] | length')" 3 "three sample rows of the inputs"
like "$(plan '.samples[0].key')" "^car-1$" "a sample has its key"
is "$(count own_in)$(history own)$(staged_left)" "0${before}0" "a dry run writes nothing and leaves nothing"
run "nobody answers" 2 update own
is "$(history own) $(staged_left)" "$before 0" "a plan without an answer writes and leaves nothing"
run "first update" 0 update own --yes
kept own "first update"
is "$(count own_in)" "$(in_dataset)" "a row for each input of the dataset"
is "$(cell own_in "input_metadata" "input_id = 'car-3'" | jq -r .note)" "$(printf 'it'"'"'s "${x}"\n\033[31m\342\200\256')" "hostile text arrives as it is"
is "$(summary commits)" "$(($(history own) - before))" "commits are counted"
before=$(history own); held=$(state_of own)
run "second update" 0 update own --yes
kept own "second update"
is "$(summary inserted) $(summary changed) $(summary commits)" "0 0 0" "a second update changes nothing"
is "$(history own)" "$before" "and makes no commit"
is "$(state_of own)" "$held" "and leaves the rows as they are"

patch annotations "$(jq -cn --arg a "$mark" '{action:"overwrite",annotations:[{id:$a,input_id:"car-1",data:{concepts:[{id:"lorry",name:"lorry",value:1}]}}]}')" >/dev/null
label car-3 bicycle >/dev/null
remove inputs '{"ids":["car-5"]}' >/dev/null
run "a label changed, one new, an input gone" 0 update own --yes
kept own "a label changed"
is "$(plan .inserted) $(plan .missing)" "1 2" "one annotation is new, the input and its annotation are missing"
is "$(plan '[.samples[] | select(.table == "annotations" and .change == "changed")] | length')" 1 "one annotation is changed"
like "$(plan '.samples[] | select(.change == "changed") | .text')" "truck.* -> .*lorry" "the sample shows the label from what to what"
is "$(plan '[.samples[] | select(.change == "missing")] | length')" 2 "missing rows are shown"
is "$(cell own_an "get_json_object(annotation, '\$.concepts[0].name')" "annotation_id = '$mark'")" lorry "the changed label is in the table"
is "$(count own_in "input_id = 'car-5'")" 1 "the missing row stays"
run "delete missing, dry" 0 update own --yes --delete-missing --dry-run --staging main.vision.staging
is "$(count own_in "input_id = 'car-5'")" 1 "a dry run deletes nothing"
run "delete missing" 0 update own --yes --delete-missing
kept own "delete missing"
is "$(summary missing) $(count own_in "input_id = 'car-5'") $(count own_an "input_id = 'car-5'")" "2 0 0" "the missing rows are gone"
before=$(history own)
run "delete missing again" 0 update own --yes --delete-missing
is "$(summary missing) $(history own)" "0 $before" "nothing is missing any more"

# --- tables of Clarifai's own tools: all text, fewer columns ---
tables vendor "$VENDOR_IN" "$VENDOR_AN"
sql "INSERT INTO main.vision.vendor_in (input_id, image_url, image_info, input_created_at, input_modified_at, input_metadata) VALUES ('car-1', 'https://old/1.jpg', '{}', 'Mon Jan 5', 'Mon Jan 5', NULL), ('elsewhere', '', NULL, 'x', 'y', '{}')" >/dev/null
sql "INSERT INTO main.vision.vendor_an (annotation_id, annotation, annotation_user_id, input_id, annotation_created_at, annotation_modified_at) VALUES ('$mark', 'concepts { name: \"truck\" }', 'lab-user', 'car-1', 't', 't'), ('theirs', 'x', 'u', 'elsewhere', 't', 't')" >/dev/null
run "delete missing from a table of nobody known" 1 update vendor --yes --delete-missing
like "$err" "nothing says which datasets" "the sentence says why"
run "vendor tables" 0 update vendor --yes
kept vendor "vendor tables"
is "$(plan .changed) $(plan .missing)" "2 2" "their two rows of this dataset change, two others are only counted"
is "$(cell vendor_in "concat(image_url, '|', image_info)" "input_id = 'elsewhere'") $(count vendor_an "annotation_id = 'theirs'")" "null 1" "their other rows stay"
like "$(cell vendor_in input_created_at "input_id = 'car-1'")" '^20[0-9-]+T[0-9:.]+Z$' "times are ISO 8601 text"
is "$(sql 'DESCRIBE TABLE main.vision.vendor_in' | jq -r '.[0] + " " + .[1]' | paste -sd, -)" "$(printf '%s' "$VENDOR_IN" | tr 'A-Z' 'a-z' | sed 's/, /,/g')" "no column comes or goes"
before=$(history vendor)
run "vendor tables again" 0 update vendor --yes
is "$(summary changed) $(history vendor)" "0 $before" "the second update changes nothing"

# --- empty text is not NULL ---
sql "UPDATE main.vision.own_in SET input_geo = '' WHERE input_id = 'car-1'" >/dev/null
run "empty text for NULL" 0 update own --yes
is "$(plan .changed)" 1 "an empty text is another value than NULL"
like "$(plan '.samples[] | select(.change == "changed") | .text')" 'input_geo: "" -> NULL' "and is shown so"
is "$(count own_in "input_geo IS NULL AND input_id = 'car-1'")" 1 "and is NULL again"

# --- two datasets in one table ---
run "another dataset joins" 0 env DATASET=other bash -c "$(declare -f lakeferry update); BUILD=$BUILD APP=$APP; update own --yes"
cp "$WORK/out" "$WORK/joined"
is "$(sql "SHOW TBLPROPERTIES main.vision.own_in ('lakeferry.datasets')" | jq -r '.[1]')" "$APP/ds,$APP/other" "the table lists both"
is "$(plan .missing)" null "rows of other datasets are not judged missing"
like "$(plan '.notes | join("; ")')" "rows of other datasets are not judged" "and the plan says so"
rows=$(count own_in)
run "delete missing of one of two datasets" 1 update own --yes --delete-missing
like "$err" "other datasets" "is refused with the reason"
is "$(count own_in)" "$rows" "and the other's rows are still there"
run "one of two datasets" 0 update own --yes
is "$(summary inserted) $(summary changed) $(summary commits)" "0 0 0" "the other's rows are left alone"

# --- keys that are there twice ---
tables twice "$OURS_IN" "$OURS_AN" $APP/ds
run "filled" 0 update twice --yes
sql "INSERT INTO main.vision.twice_in SELECT * FROM main.vision.twice_in WHERE input_id = 'car-2'" >/dev/null
sql "UPDATE main.vision.twice_in SET image_url = 'mine' WHERE input_id IN ('car-2', 'car-3')" >/dev/null
sql "INSERT INTO main.vision.twice_in (input_id, image_url) VALUES ('gone', 'a'), ('gone', 'b'), ('lost', 'c'), (NULL, 'nobody'), (NULL, 'nobody')" >/dev/null
run "keys that are there twice" 3 update twice --yes --delete-missing
kept twice "keys that are there twice"
is "$(items '.state + " " + .input_id' | sort | paste -sd, -)" "conflict car-2,conflict gone" "each such key is an item"
is "$(summary changed) $(summary missing) $(summary conflict)" "1 1 2" "the others are updated and deleted"
is "$(count twice_in "input_id = 'car-2' AND image_url = 'mine'") $(count twice_in "input_id = 'gone'") $(count twice_in "input_id = 'lost'") $(count twice_in 'input_id IS NULL')" "2 2 0 2" "their rows are left alone"

# Who puts them right and resumes the plan is not told of them any more.
tables mended "$OURS_IN" "$OURS_AN" $APP/ds
run "filled" 0 update mended --yes
sql "INSERT INTO main.vision.mended_in SELECT * FROM main.vision.mended_in WHERE input_id = 'car-2'" >/dev/null
sql "UPDATE main.vision.mended_in SET image_url = 'mine' WHERE input_id IN ('car-2', 'car-3', 'car-4')" >/dev/null
run "a plan that nobody answers" 2 update mended
is "$(plan .conflict)" 1 "shows the key that is there twice"
RUN=$(grep '"type":"plan"' "$WORK/out" | tail -n 1 | jq -r .run)
sql "DELETE FROM main.vision.mended_in WHERE input_id = 'car-2'" >/dev/null
run "resumed when it is put right" 0 resume
kept mended "resumed when it is put right"
is "$(summary conflict) $(summary inserted) $(summary changed)" "0 1 2" "nothing is in conflict any more"

# --- each table and each kind of change has its sample rows ---
sql "DELETE FROM main.vision.mended_in WHERE input_id = 'car-2'" >/dev/null
sql "UPDATE main.vision.mended_in SET image_url = 'mine' WHERE input_id = 'car-3'" >/dev/null
sql "INSERT INTO main.vision.mended_in (input_id) VALUES ('gone-1'), ('gone-2'), ('gone-3')" >/dev/null
sql "UPDATE main.vision.mended_an SET annotation = 'mine' WHERE annotation_id = '$mark'" >/dev/null
run "changes of every kind" 0 update mended --yes
is "$(plan '[.samples[] | .table + " " + .change] | unique | join(", ")')" \
    "annotations changed, annotations unchanged, inputs changed, inputs inserted, inputs missing, inputs unchanged" "each kind is shown"

# --- a table of keys alone ---
tables keys "input_id STRING" "annotation_id STRING, input_id STRING"
run "a table of keys alone" 0 update keys --yes
kept keys "a table of keys alone"
is "$(count keys_in) $(count keys_an)" "$(in_dataset) $(count mended_an)" "has a row for each input and annotation"
run "a table of keys alone again" 0 update keys --yes
is "$(summary inserted) $(summary changed) $(summary commits)" "0 0 0" "the second update changes nothing"

# --- a tracking table ---
tables track "$OURS_IN, source_path STRING, upload_status STRING, upload_error STRING" "$OURS_AN" $APP/ds
sql "ALTER TABLE main.vision.track_in UNSET TBLPROPERTIES ('lakeferry.scope')" >/dev/null
sql "INSERT INTO main.vision.track_in (input_id, source_path, upload_status, upload_error) VALUES ('car-1', '/Volumes/a/b/c/1.png', 'verified', NULL), (NULL, '/Volumes/a/b/c/bad.png', 'failed', 'is empty'), (NULL, '/Volumes/a/b/c/bad2.png', 'failed', '')" >/dev/null
run "a tracking table" 0 update track --yes
kept track "a tracking table"
is "$(cell track_in "concat(source_path, ' ', upload_status, ' ', input_status)" "input_id = 'car-1'")" "/Volumes/a/b/c/1.png verified Download complete (30000)" "columns of its own stay"
is "$(count track_in 'input_id IS NULL') $(count track_in "input_id = 'car-2' AND source_path IS NULL AND upload_status IS NULL")" "2 1" "rows without an input stay, new rows have NULL there"
run "delete missing from a tracking table" 1 update track --yes --delete-missing
like "$err" "not written by an export" "is refused with the reason"

# --- tables that cannot be updated ---
run "no such table" 1 update nowhere --yes
like "$err" "no such table.*lakeferry export" "says which and what to do"
run "the same table twice" 2 lakeferry update --app $APP --dataset ds --inputs-table main.vision.own_in --annotations-table main.vision.OWN_IN --yes
like "$err" "must differ" "says why"
run "the two mixed up" 1 lakeferry update --app $APP --dataset ds --inputs-table main.vision.own_in --annotations-table main.vision.own_in_too --yes
tables wrong "input_id BIGINT" "$OURS_AN"
run "a key of another type" 1 update wrong --yes
like "$err" "input_id is bigint" "says which column and type"
tables alien "$OURS_IN" "$OURS_AN" lab-user/traffic/ds
run "rows of another app" 1 update alien --yes
like "$err" "another app" "says why"

# --- the compute must be started first ---
tables start "$OURS_IN" "$OURS_AN" $APP/ds
run "a stopped compute, nobody to ask" 2 update start --compute warehouse:wh-lab-00002
is "$(plan '.compute_must_start, .start_only, .inserted')" "$(printf 'true\ntrue\nnull')" "the plan asks for leave to start it"
is "$(counter 'POST .*/warehouses/.*/start')" 0 "and it is not started"
run "a stopped compute, with leave" 0 update start --compute warehouse:wh-lab-00002 --yes
kept start "a stopped compute"

# --- annotations made by models, where the table says so ---
APP=lab-user/labelled DATASET=train
tables people "$OURS_IN" "$OURS_AN" $APP/train people
tables all "$OURS_IN" "$OURS_AN" $APP/train all
run "annotations of people" 0 update people --yes
run "all annotations" 0 update all --yes
people=$(count people_an) all=$(count all_an)
is "$(clarifai GET "/v2/users/lab-user/apps/labelled/annotations?per_page=1000&list_all_annotations=true" | jq --argjson ids "$(dataset_inputs $APP train | jq -s 'map(.id)')" '[.annotations[] | select(.input_id as $i | $ids | index($i))] | length')" "$all" "a table of scope all holds every annotation"
is "$([ "$people" -lt "$all" ] && echo fewer)" fewer "one of scope people holds fewer"
run "a table of scope all keeps it" 0 update all --yes --delete-missing
is "$(summary inserted) $(summary changed) $(summary missing) $(summary commits)" "0 0 0 0" "an update without a flag keeps the scope"
run "the scope grows on request" 0 update people --yes --include-model-annotations
is "$(count people_an) $(sql "SHOW TBLPROPERTIES main.vision.people_an ('lakeferry.scope')" | jq -r '.[1]')" "$all all" "and the table says so"

[ -z "${LAKEFERRY_RECORD:-}" ] || done_testing            # what follows says the same statements again and again

APP=lab-user/renewal; unset DATASET

# --- killed and resumed at every turn ---
for at in stage.look:1 stage.inputs:1 stage.annotations:1 point.staged:1 point.staged:2 stage.stage:1 point.ran:3 stage.difference:1 point.statement:1 point.ran:7 point.ran:8 stage.merge:1 stage.verify:1 stage.finish:1; do
    name=kill${at//[.:]/_}
    tables "$name" "$OURS_IN" "$OURS_AN" $APP/ds
    killed "$name" $at
    run "resumed after $at" 0 resume
    kept "$name" "after $at"
    is "$(count "${name}_in") $(count "${name}_an") $(history "$name") $(staged_left)" "$(count start_in) $(count start_an) 4 0" "after $at the tables are as without a kill, one commit each"
done

# --- what the platform may do in between ---
# weather NAME RULE COMMITS: an update of new tables during a fault.
weather() {
    local name=storm$((storms += 1))
    tables $name "$OURS_IN" "$OURS_AN" $APP/ds
    control POST faults "$2" >/dev/null
    run "$1" 0 update $name --yes
    is "$(control GET faults | jq '[.faults[] | select(.fired == 0)] | length')" 0 "$1: happened"
    control DELETE faults >/dev/null
    kept $name "$1"
    is "$(summary commits) $(history $name)" "2 4" "$1: one commit a table"
}
storms=0
statement='"method":"POST","path":"/api/2.0/sql/statements"'
busy='{"statement_id":"s1","status":{"state":"FAILED","error":{"error_code":"BAD_REQUEST","message":"[DELTA_CONCURRENT_APPEND] somebody wrote. SQLSTATE: 2D521"}}}'
for n in 1 4 7 8; do weather "answer $n lost" "{\"kind\":\"lost_reply\",$statement,\"nth\":[$n]}"; done
weather "somebody writes at the same time" "{\"kind\":\"body\",$statement,\"nth\":[7,10],\"status\":200,\"body\":$busy}"
weather "every fifth call fails" '{"kind":"status","status":503,"share":0.2,"seed":4,"path":"/*"}'
weather "a page of inputs comes twice" '{"kind":"previous","path":"*/datasets/ds/inputs","nth":[2]}'

# Somebody else writes between plan and merge: what they did is not undone, and the run says that it did something else than it promised.
tables meanwhile "$OURS_IN" "$OURS_AN" $APP/ds
run "filled" 0 update meanwhile --yes
sql "INSERT INTO main.vision.meanwhile_in (input_id, image_url) VALUES ('gone-1', 'a')" >/dev/null
killed meanwhile stage.difference:1 --delete-missing
sql "INSERT INTO main.vision.meanwhile_in (input_id, image_url) VALUES ('gone-2', 'b')" >/dev/null
run "rows came since the plan that would be deleted" 1 resume
like "$err" "2 rows are missing in Clarifai now, and the plan showed 1" "says what changed"
is "$(count meanwhile_in "input_id IN ('gone-1', 'gone-2')") $(staged_left)" "2 0" "nothing is deleted"
killed meanwhile stage.difference:1 --delete-missing
sql "DELETE FROM main.vision.meanwhile_in WHERE input_id IN ('gone-1', 'gone-2')" >/dev/null
run "somebody else deleted what was missing" 3 resume
is "$(summary commits) $(summary verified)" "0 0" "what others did is not claimed"
like "$(items .reason)" "0 deleted instead of 0, 0, 2" "and is said"
killed meanwhile stage.difference:1
sql "UPDATE main.vision.meanwhile_in SET image_url = 'theirs' WHERE input_id = 'car-1'" >/dev/null
sql "DELETE FROM main.vision.meanwhile_in WHERE input_id = 'car-2'" >/dev/null
run "rows changed since the plan said that nothing differs" 3 resume
like "$(items .reason)" "2 rows differ" "and the summary does not say that all is well"

# --- cancelled before and behind the gate ---
tables stop "$OURS_IN" "$OURS_AN" $APP/ds
killed stop stage.stage:1
is "$([ "$(staged_left)" -gt 0 ] && echo staged)" staged "a killed plan leaves rows staged"
run "cancelled while it was planned" 0 lakeferry cancel "$RUN"
is "$(count stop_in) $(staged_left)" "0 0" "nothing is written, nothing stays staged"
killed stop stage.merge:1
run "cancelled behind the merge" 0 lakeferry cancel "$RUN"
is "$(count stop_in) $(staged_left)" "$(count start_in) 0" "what was done stays done, nothing stays staged"
tables halt "$OURS_IN" "$OURS_AN" $APP/ds
killed halt point.ran:6
run "cancelled between plan and merge" 0 lakeferry cancel "$RUN"
is "$(count halt_in) $(staged_left)" "0 0" "nothing is written, nothing stays staged"

killed halt point.ran:7
run "cancelled between the two merges" 0 lakeferry cancel "$RUN"
is "$(count halt_in) $(count halt_an) $(staged_left)" "$(count start_in) 0 0" "the table that was merged stays merged"
is "$(grep '"type":"summary"' "$XDG_STATE_HOME/lakeferry/runs/$RUN/report.jsonl" | jq -c '[.planned, .verified, .present, .cancelled, .inserted]')" \
    "[$(($(count start_in) + $(count start_an))),$(count start_in),0,$(count start_an),$(count start_in)]" "what was not merged is counted as cancelled"
run "the rest by another update" 0 update halt --yes
kept halt "the rest by another update"
run "a finished update is verified again" 0 lakeferry resume "$(grep '"type":"summary"' "$WORK/out" | jq -r .run)" --yes --json
kept halt "a finished update"
unlike "$(cat "$WORK"/*.out "$WORK/out" "$WORK/err" 2>/dev/null)" "sandbox-pat|dapi-sandbox-token" "no secret in the output"
done_testing
