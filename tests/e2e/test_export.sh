#!/bin/bash
# Export by command: both tables against what Clarifai holds, structure by structure (tables.py); tables that exist; pictures, byte by byte; a rerun;
# pictures that cannot be had.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'clarifai_image_host = %s\nfiles_rate = 100000\nfiles_in_flight = 8\nclarifai_rate = 1000\npoll_first = 20ms\nretry_first = 20ms\nretry_cap = 300ms\n' "$(jq -r .images "$LAKEFERRY_SANDBOX_DATA/endpoint.json")" >"$XDG_CONFIG_HOME/lakeferry/config.ini"
APP=lab-user/labelled
here=$(dirname "$0")
export_to() { # NAME DATASET [option...]
    local name=$1 dataset=$2; shift 2
    lakeferry export --app "$APP" --dataset "$dataset" --to main.vision --inputs-table "${name}_in" --annotations-table "${name}_ann" --yes --json "$@"
}
same() { # NAME DATASET WHAT [option...]
    local name=$1 dataset=$2 what=$3 differ; shift 3
    differ=$(python3 "$here/tables.py" "$ORIGIN" "$APP" "$dataset" "main.vision.${name}_in" "main.vision.${name}_ann" "$@")
    is "$differ" "" "$what"
}
count_of() { sql "SELECT count(*) FROM main.vision.$1" | jq -r '.[0]'; }
property() { sql "SHOW TBLPROPERTIES main.vision.$1 ('$2')" | jq -r '.[1]'; }
history_of() { sql "DESCRIBE HISTORY main.vision.$1" | wc -l; }
tables_named() { sql 'SHOW TABLES IN main.vision' | grep -c "$1"; }
promised() { # the summary against the plan and the tables
    is "$(summary planned)" "$(grep '"type":"plan"' "$WORK/out" | jq -r .new)" "$1: as many as the plan promised"
    is "$(summary rows)" "$(($(count_of "$2_in") + $(count_of "$2_ann")))" "$1: as many rows as the summary says"
    is "$(($(summary verified) + $(summary failed) + $(summary conflict) + $(summary unaccounted)))" "$(summary planned)" "$1: every input is accounted for"
    unlike "$(cat "$WORK/out" "$WORK/err")" "sandbox-pat|dapi-sandbox" "$1: no secret in the output"
}

# --- what is in the tables ---
run "dry run" 0 export_to dry train --dry-run
is "$(tables_named dry_)" 0 "a dry run makes no table"
for dataset in train val texts videos nothing; do
    run "export of $dataset" 0 export_to "$dataset" "$dataset"
    same "$dataset" "$dataset" "$dataset: the tables hold what Clarifai holds"
    promised "$dataset" "$dataset"
done
is "$(summary planned)" 0 "an empty dataset makes empty tables"
is "$(tables_named nothing_)" 2 "both of them"
is "$(sql "SELECT count(*) FROM main.vision.train_in WHERE input_concepts IS NULL" | jq -r '.[0] | tonumber > 0')" true "inputs without a label are there"
run "annotations of models, too" 0 export_to models train --include-model-annotations
same models train "with models: the tables hold what Clarifai holds" --all
[ "$(count_of models_ann)" -gt "$(count_of train_ann)" ]; report $? "there are more of them"
is "$(property train_ann lakeferry.scope) $(property models_ann lakeferry.scope)" "people all" "the tables say whose annotations they hold"
is "$(property train_in lakeferry.datasets)" "$APP/train" "and of which dataset"
for type in concept bounding_box polygon mask point keypoints metadata; do
    is "$(sql "SELECT count(*) FROM main.vision.train_ann WHERE concat('+', annotation_type, '+') LIKE '%+$type+%'" | jq -r '.[0] | tonumber > 0')" true "a $type is in the table"
done
is "$(sql "SELECT count(*) FROM main.vision.train_ann WHERE annotation_status LIKE '%(2415%'" | jq -r '.[0] | tonumber > 0')" true "statuses are words and codes"

# --- tables that exist ---
run "tables that exist" 1 export_to train train
like "$err" "train_in.*exists|exists.*train_in" "the sentence names the table"
like "$err" "if-exists" "and what to do"
before=$(history_of train_in)
run "replace" 0 export_to train train --if-exists replace
same train train "replaced: the tables hold what Clarifai holds"
is "$(history_of train_in)" $((before + 1)) "in one commit"
run "append the other dataset" 0 export_to train val --if-exists append
same train train "appended: the old rows are there" --partial
same train val "appended: the new rows, too" --partial
is "$(property train_in lakeferry.datasets)" "$APP/train,$APP/val" "the tables list both datasets"
run "append another app" 1 lakeferry export --app lab-org/shared --dataset street-2026 --to main.vision --inputs-table train_in --annotations-table train_ann --if-exists append --yes
like "$err" "another app|other app" "ids are unique in one app only"
run "one name for both" 2 export_to same train --inputs-table one --annotations-table one
run "a dataset that is not there" 1 export_to none nowhere
like "$err" "nowhere" "it is named"
is "$(tables_named none_)" 0 "and no table was made"
sql "CREATE TABLE main.vision.half_ann (a STRING) USING DELTA" >/dev/null
run "one of two tables exists" 1 export_to half train
is "$(tables_named half_in)" 0 "the other is not made"

# --- a table that asks for more than an export writes ---
INPUTS="input_id STRING, image_url STRING, image_info STRING, input_metadata STRING, input_concepts STRING, input_geo STRING, input_status STRING, input_created_at TIMESTAMP, input_modified_at TIMESTAMP"
sql "CREATE TABLE main.vision.site_in ($INPUTS, site STRING NOT NULL) USING DELTA TBLPROPERTIES ('lakeferry.datasets' = '$APP/train')" >/dev/null
run "append to a table with a column that must be filled" 1 export_to site val --if-exists append --dry-run
like "$err" "main.vision.site_in.*its column site is NOT NULL.*another table" "the plan refuses it, with the column's name"
is "$(tables_named site_ann)" 0 "and nothing is made"
sql "CREATE TABLE main.vision.rule_in ($INPUTS, site STRING) USING DELTA TBLPROPERTIES ('lakeferry.datasets' = '$APP/train', 'delta.constraints.named' = 'site <> 1')" >/dev/null
run "append to a table with a constraint" 0 export_to rule val --if-exists append --dry-run
like "$(grep '"type":"plan"' "$WORK/out" | jq -r '.notes[]')" "main.vision.rule_in has the constraint named \(site <> 1\)" "the plan says so"

# --- pictures ---
volume_make shots
run "with pictures" 3 export_to pics train --images main.vision.shots/train
is "$(control GET counters | jq '[.. | objects | ."images.credential_sent_to_public_host"? // empty] | add // 0')" 0 "the key went to no public host"
same pics train "pictures: byte by byte those of Clarifai" --images /Volumes/main/vision/shots/train
promised "pictures" pics
stored=$(find "$(volume_dir shots)/train" -type f | wc -l)
is "$(sql "SELECT count(*) FROM main.vision.pics_in WHERE image_path IS NOT NULL" | jq -r '.[0]')" "$stored" "each picture has its row"
is "$(find "$(volume_dir shots)" -type f -exec file -b --mime-type {} + | grep -vc '^image/')" 0 "every file is a picture"
[ "$stored" -gt 50 ]; report $? "there are pictures" "$stored"
control POST reset '{"counters":true}' >/dev/null
run "the same again" 3 export_to pics train --images main.vision.shots/train --if-exists replace
is "$(counter '^PUT /api/2.0/fs/files/Volumes/main/vision/shots')" 0 "no picture is written again"
same pics train "again: the tables hold the same" --images /Volumes/main/vision/shots/train
victim=$(sql "SELECT image_path FROM main.vision.pics_in WHERE image_path IS NOT NULL LIMIT 1" | jq -r '.[0]')
file=$LAKEFERRY_SANDBOX_DATA/volumes/${victim#/Volumes/}
echo "somebody's own" >"$file"
run "a file of that name that is not ours" 3 export_to pics train --images main.vision.shots/train --if-exists replace
is "$(cat "$file")" "somebody's own" "it is left alone"
is "$(summary conflict)" 1 "and reported as conflict"
rm "$file"
volume_make bad
control POST faults '{"kind":"html_login","path":"/orig/*","times":3}' >/dev/null
control POST faults '{"kind":"cut_body","path":"/orig/*","nth":[9,14],"times":2}' >/dev/null
run "answers that are no pictures" 3 export_to bad train --images main.vision.bad
control DELETE faults >/dev/null
is "$(find "$(volume_dir bad)" -type f -exec file -b --mime-type {} + | grep -vc '^image/')" 0 "no page and no torn file is stored"
same bad train "what is stored is whole" --images /Volumes/main/vision/bad

# --- a finished export is resumed or retried after inputs vanished ---
volume_make late
control POST faults '{"kind":"status","status":404,"path":"/orig/*","nth":[2],"times":1}' >/dev/null
run "an export with a picture that fails" 3 export_to late train --images main.vision.late
control DELETE faults >/dev/null
failed=$(summary failed) id=$(summary run) commits=$(history_of late_in)
gone=$(dataset_inputs "$APP" train | jq -r .id | while read -r one; do [ -z "$(find "$(volume_dir late)" -name "$one.*")" ] || echo "$one"; done | head -n 2 | jq -Rn '[inputs]')
clarifai DELETE "/v2/users/${APP%/*}/apps/${APP#*/}/inputs" "{\"ids\":$gone}" >/dev/null
until [ "$(dataset_inputs "$APP" train | jq -r .id | grep -cxF "$(jq -r '.[]' <<<"$gone")")" = 0 ]; do :; done
control POST reset '{"counters":true}' >/dev/null
run "a finished export that is resumed" 3 lakeferry resume "$id" --yes --json
is "$(summary unaccounted)" 2 "it says what is gone"
is "$(history_of late_in)" "$commits" "and writes no table"
is "$(counter '/annotations')" 0 "nor lists annotations"
run "its failed items once more" 3 lakeferry retry "$id" --yes --json
[ "$(summary failed)" -lt "$failed" ]; report $? "a picture came"
for one in $(jq -r '.[]' <<<"$gone"); do rm "$(volume_dir late)/$one".*; report $? "the picture of $one is still there"; done
same late train "the tables hold what is listed, no more" --images /Volumes/main/vision/late
is "$(summary rows)" "$(($(count_of late_in) + $(count_of late_ann)))" "as many rows as the summary says"
is "$(history_of late_in)" $((commits + 1)) "in one commit"

# --- inputs that vanish behind the listing that the tables hold ---
LAKEFERRY_KILL_AT=point.staged:1 export_to ebb val >"$WORK/out" 2>&1 </dev/null
is $? 137 "an export is stopped when its rows are staged"
gone=$(dataset_inputs "$APP" val | jq -r .id | head -n 2 | jq -Rn '[inputs]')
clarifai DELETE "/v2/users/${APP%/*}/apps/${APP#*/}/inputs" "{\"ids\":$gone}" >/dev/null
until [ "$(dataset_inputs "$APP" val | jq -r .id | grep -cxF "$(jq -r '.[]' <<<"$gone")")" = 0 ]; do :; done
run "gone on with after two inputs vanished" 3 lakeferry resume "$(lakeferry runs --json | jq -rs 'max_by(.started_ms).run')" --yes --json
is "$(summary unaccounted)" 2 "it says how many"
is "$(grep '"type":"item"' "$WORK/out" | jq -r 'select(.code == "NOT_LISTED") | .input_id // .key' | sort)" "$(jq -r '.[]' <<<"$gone" | sort)" "and which"

done_testing
