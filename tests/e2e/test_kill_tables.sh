#!/bin/bash
# kill -9 in the middle of an export and of an update, at the begin of each stage and between steps, then `resume`: the same tables and pictures as an
# undisturbed run, one commit a table, nothing staged left; a dead export that is cancelled. The process kills itself (LAKEFERRY_KILL_AT); that each kill happened is asserted.
. "$(dirname "$0")/lib.sh"
quick_platform
quick_settings "clarifai_image_host = $(jq -r .images "$LAKEFERRY_SANDBOX_DATA/endpoint.json")"
APP=lab-user/labelled
here=$(dirname "$0")
export_to() { # NAME DATASET [option...]
    local name=$1 dataset=$2; shift 2
    lakeferry export --app "$APP" --dataset "$dataset" --to main.vision --inputs-table "${name}_in" --annotations-table "${name}_ann" --yes --json "$@"
}
update_of() { lakeferry update --app "$APP" --dataset val --inputs-table "main.vision.$1_in" --annotations-table "main.vision.$1_ann" --yes --json; }
same() { # NAME WHAT [option...]
    local name=$1 what=$2 differ; shift 2
    differ=$(python3 "$here/tables.py" "$ORIGIN" "$APP" val "main.vision.${name}_in" "main.vision.${name}_ann" "$@")
    is "$differ" "" "$what"
}
commits() { echo "$(sql "DESCRIBE HISTORY main.vision.$1_in" | wc -l) $(sql "DESCRIBE HISTORY main.vision.$1_ann" | wc -l)"; }
staged() { api GET '/api/2.0/fs/directories/Volumes/main/vision/out' | jq -r '.contents // [] | length'; }
# killed POINT command...: false when it did not happen.
killed() {
    local point=$1 status; shift
    LAKEFERRY_KILL_AT=$point "$@" >"$WORK/killed" 2>&1 </dev/null; status=$?
    is "$status" 137 "killed at $point"
    [ "$status" = 137 ] || tail -n 3 "$WORK/killed" | sed 's/^/# /'
    [ "$status" = 137 ]
}
forget() { rm -rf "$XDG_STATE_HOME/lakeferry/runs"; }

volume_make calm
export_to calm val --images main.vision.calm >"$WORK/out" 2>"$WORK/err" </dev/null; want=$?
[ $want = 0 ] || [ $want = 3 ]; report $? "an undisturbed export" "$want"
pictures=$(find "$(volume_dir calm)" -type f | wc -l)
forget
rounds=0
for point in stage.look:1 stage.inputs:1 stage.plan:1 stage.verify:1 stage.annotations:1 stage.images:1 stage.tables:1 stage.finish:1 \
    sent:3 point.image:2 verified:1 verified:2 point.staged:1 point.staged:2 point.statement:1 point.statement:2 point.ran:1 point.ran:2; do
    name=k$((++rounds))
    volume_make "$name"
    killed "$point" export_to "$name" val --images "main.vision.$name" || { forget; continue; }
    run "export resumed after $point" "$want" lakeferry resume --yes --json
    same "$name" "the same tables and pictures after $point" --images "/Volumes/main/vision/$name"
    is "$(find "$(volume_dir "$name")" -type f | wc -l)" "$pictures" "as many pictures after $point"
    is "$(staged)" 0 "nothing staged is left after $point"
    is "$(commits "$name")" "1 1" "one commit a table after $point"
    forget
done

# --- a dead export is cancelled: what was begun is read to its end, and another export of it has no conflict ---
volume_make dead
killed point.image:2 export_to dead val --images main.vision.dead
id=$(ls "$XDG_STATE_HOME/lakeferry/runs")
run "a dead export is cancelled" 0 lakeferry cancel "$id"
cp "$XDG_STATE_HOME/lakeferry/runs/$id/report.jsonl" "$WORK/out"
is "$(($(summary verified) + $(summary present) + $(summary cancelled) + $(summary failed) + $(summary conflict) + $(summary skipped)))" "$(summary planned)" \
    "every input of it has its end"
is "$(summary verified)" "$(find "$(volume_dir dead)" -type f | wc -l)" "verified are those whose picture is there"
[ "$(summary verified)" -gt 0 ]; report $? "some are"
run "another export of it" "$want" export_to dead val --images main.vision.dead
is "$(summary conflict)" 0 "pictures of a cancelled run are no conflict"
same dead "and the tables name them" --images /Volumes/main/vision/dead
printf x >>"$(find "$(volume_dir dead)" -type f | head -n 1)"
run "and one more, after somebody changed a picture" 3 export_to dead val --images main.vision.dead --if-exists replace
is "$(summary conflict)" 1 "a file of another size is a conflict"
forget

# --- update: each round changes a label first, so that there is something to merge ---
export_to up val >/dev/null 2>&1 </dev/null
forget
label() {
    local id; id=$(dataset_inputs "$APP" val | jq -r .id | sed -n "$((rounds % 10 + 1))p")
    clarifai POST "/v2/users/${APP%/*}/apps/${APP#*/}/annotations" "$(jq -n --arg i "$id" --arg c "round-$rounds" '{annotations:[{input_id:$i,data:{concepts:[{id:$c,value:1}]}}]}')" >/dev/null
}
for point in stage.look:1 stage.inputs:1 stage.annotations:1 stage.stage:1 stage.difference:1 stage.merge:1 stage.verify:1 stage.finish:1 \
    point.staged:1 point.staged:2 point.statement:1 point.statement:2 point.statement:3 point.ran:1 point.ran:2 point.ran:3 point.ran:4; do
    rounds=$((rounds + 1)); label; label
    before=$(commits up)
    killed "$point" update_of up || { forget; continue; }
    run "update resumed after $point" 0 lakeferry resume --yes --json
    same up "the tables hold what Clarifai holds after $point"
    is "$(staged)" 0 "nothing staged is left after $point"
    is "$(commits up)" "$((${before% *} + 1)) $((${before#* } + 1))" "one commit a table after $point"
    forget
done
done_testing
