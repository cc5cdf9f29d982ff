#!/bin/bash
# What must hold whatever happens, seen from outside: a resumed run does only the rest, what somebody else put there while we worked stays theirs, a volume
# that a person named stays, and every item that ended badly is reported with its cause, however many there are.
. "$(dirname "$0")/lib.sh"
quick_platform
here=$(dirname "$0")
quick_settings "clarifai_image_host = $(jq -r .images "$LAKEFERRY_SANDBOX_DATA/endpoint.json")" 'give_up = 60s'
fault() { control POST faults "$1" >/dev/null; }
calm() { control DELETE faults >/dev/null; }
forget() { rm -rf "$XDG_STATE_HOME/lakeferry/runs"; }
count_counters() { control POST reset '{"counters":true}' >/dev/null; }
there() { all_inputs "lab-user/$1" | wc -l; }

# --- import: killed while the second of three batches has arrived and nobody heard of it, and the third cannot leave ---
FILES=300
volume_make sea
python3 "$here/pictures.py" "$(volume_dir sea)" $FILES 1200 $FILES
app_make rest
fault '{"kind":"hang","ms":60000,"path":"*/inputs","method":"POST","nth":[2],"after_handler":true}'
fault '{"kind":"hang","ms":60000,"path":"*/inputs","method":"POST","nth":[3,4,5,6]}'
"$LAKE" import volume main.vision.sea --app lab-user/rest --dataset ds --table t_rest --yes --json >"$WORK/killed" 2>&1 </dev/null & PID=$!
until_true '[ "$(there rest)" -ge 256 ]'; kill -9 $PID; wait $PID 2>/dev/null
calm
is "$(there rest)" 256 "two batches have arrived when it is killed"
count_counters
fault '{"kind":"latency","ms":1,"path":"/api/2.0/fs/directories/Volumes/main/vision/sea*","method":"GET"}'     # it counts
run "the import is resumed" 0 "$LAKE" resume --yes --json
is "$(counter '^GET .*/fs/files/')" $((FILES - 256)) "only pictures that have not arrived are read"
posts=$(counter '^POST .*/inputs$')
[ "$posts" -ge 1 ] && [ "$posts" -le 3 ]; report $? "and sent, as fast as what is unknown is read, 64 a call" "$posts"
is "$(control GET faults | jq '[.faults[].fired] | add')" 0 "the volume is not listed again"
calm
is "$(there rest) $(dataset_inputs lab-user/rest ds | jq -r .data.metadata.lakeferry.source | sort -u | wc -l)" "$FILES $FILES" "everything is there once"
is "$(sql "SELECT count(*), count(DISTINCT source_path) FROM main.vision.t_rest WHERE upload_status = 'verified'")" "[\"$FILES\",\"$FILES\"]" "and in the table"
count_counters
run "resumed when it is done" 0 "$LAKE" resume "$(ls "$XDG_STATE_HOME/lakeferry/runs")" --yes --json
is "$(counter '^POST .*/inputs$') $(counter '^GET .*/fs/files/')" "0 0" "nothing is read or sent"
forget
# The third page of the dataset that is asked for begins the closing listing.
fault '{"kind":"edit","array":"dataset_inputs","drop":2,"path":"*/datasets/*/inputs","method":"GET","nth":[3]}'
run "the same import, and its first closing listing misses two" 0 "$LAKE" import volume main.vision.sea --app lab-user/rest --dataset ds --table t_rest --yes --json
is "$(control GET faults | jq -c '[.faults[0].fired, .faults[0].seen]') $(summary present) $(summary unaccounted)" "[1,8] $FILES 0" "it is listed until two listings agree"
calm
forget

# --- import: between plan and send somebody takes an id ---
app_make race
LAKEFERRY_KILL_AT=stage.plan:1 "$LAKE" import volume main.vision.sea --app lab-user/race --dataset ds --table t_race --yes --json >"$WORK/killed" 2>&1 </dev/null
is "$?" 137 "killed behind the plan"
theirs=pic-00007
clarifai POST /v2/users/lab-user/apps/race/inputs "$(jq -n --arg i $theirs --arg b "$(base64 -w0 "$(volume_dir sea)/pic-00200.png")" '{inputs:[{id:$i,data:{image:{base64:$b},metadata:{owner:"them"}}}]}')" >/dev/null
before=$(clarifai GET /v2/users/lab-user/apps/race/inputs/$theirs | jq -cS '[.input.data.metadata, .input.data.image.url]')
run "the import goes on" 3 "$LAKE" resume --yes --json
is "$(summary conflict) $(summary unaccounted) $(summary verified)" "1 0 $((FILES - 1))" "one conflict, and the rest went"
is "$(clarifai GET /v2/users/lab-user/apps/race/inputs/$theirs | jq -cS '[.input.data.metadata, .input.data.image.url]')" "$before" "their input is as it was"
is "$(dataset_inputs lab-user/race ds | jq -r .id | grep -c "^$theirs$")" 0 "and not in our dataset"
like "$(jq -r 'select(.type == "item" and .state == "conflict").reason' "$WORK/out")" "did not make; it is left alone" "the item says so"
is "$(sql "SELECT upload_status FROM main.vision.t_race WHERE source_path LIKE '%/$theirs.png'")" '["conflict"]' "and the table"
forget

# --- more items that end badly than any page holds ---
BAD=600 EMPTY=600
volume_make bad
mkdir -p "$(volume_dir bad)"
for i in $(seq $BAD); do printf 'words %d' "$i" >"$(volume_dir bad)/n-$i.jpg"; done
for i in $(seq $EMPTY); do : >"$(volume_dir bad)/e-$i.jpg"; done      # these fail all at once, by the listing alone
cp "$(volume_dir sea)/pic-00000.png" "$(volume_dir bad)/good.png"
app_make bad
run "an import of $BAD files that are no pictures and $EMPTY that are empty" 3 "$LAKE" import volume main.vision.bad --app lab-user/bad --dataset ds --table t_bad --yes --json
said() { jq -r 'select(.type == "item" and .state == "skipped" and (.reason | test("not a picture")) and .code == "NO_PICTURE").key' "$1" | sort -u | wc -l; }
empty() { jq -r 'select(.type == "item" and .state == "failed" and .reason == "the file is empty" and .code == "EMPTY").key' "$1" | sort -u | wc -l; }
is "$(summary skipped) $(summary failed) $(summary verified)" "$BAD $EMPTY 1" "the summary counts them"
is "$(said "$WORK/out") $(empty "$WORK/out")" "$BAD $EMPTY" "each is said with its reason"
is "$(said "$(summary report)") $(empty "$(summary report)")" "$BAD $EMPTY" "and is in the report"
is "$(sql "SELECT count(DISTINCT source_path) FROM main.vision.t_bad WHERE upload_status = 'skipped' AND upload_error LIKE '%not a picture%'")" "[\"$BAD\"]" "and in the table"
forget

# --- a run that is cancelled in the foreground ---
app_make stopped
fault '{"kind":"latency","ms":400,"path":"/api/2.0/fs/files/*","method":"GET"}'
"$LAKE" import volume main.vision.sea --app lab-user/stopped --dataset ds --table t_stopped --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null & PID=$!
until_true '[ "$(control GET faults | jq "[.faults[].fired] | add")" -gt 0 ]'
"$LAKE" cancel "$(ls "$XDG_STATE_HOME/lakeferry/runs")" >"$WORK/cancel.out" 2>&1; is $? 0 "it is cancelled"
calm
wait $PID; is $? 1 "a cancelled import ends with 1"
forget

# --- a staging volume that a person named: it stays, with what is in it ---
volume_make mine
echo keep >"$(volume_dir mine)/notes.txt"; mkdir -p "$(volume_dir mine)/lakeferry-notes"; echo keep >"$(volume_dir mine)/lakeferry-notes/part-00000.json"
stays() {
    is "$(api GET /api/2.1/unity-catalog/volumes/main.vision.mine | jq -r .name)" mine "$1: the staging volume is there"
    is "$(cd "$(volume_dir mine)" && find . -mindepth 1 | sort | tr '\n' ' ')" "./lakeferry-notes ./lakeferry-notes/part-00000.json ./notes.txt " "$1: with what was in it, and nothing else"
}
app_make staged
run "an import with --staging" 0 "$LAKE" import volume main.vision.sea --app lab-user/staged --dataset ds --table t_staged --staging main.vision.mine --yes --json
stays "import"
volume_make shots
run "an export with --staging" 0 "$LAKE" export --app lab-user/labelled --dataset train --to main.vision --inputs-table inv_in --annotations-table inv_ann --staging main.vision.mine --yes --json
stays "export"
sql "UPDATE main.vision.inv_in SET image_url = 'stale'" >/dev/null; sql "UPDATE main.vision.inv_ann SET annotation = 'stale'" >/dev/null
count_counters
run "an update with --staging" 0 "$LAKE" update --app lab-user/labelled --dataset train --inputs-table main.vision.inv_in --annotations-table main.vision.inv_ann --staging main.vision.mine --yes --json
stays "update"
is "$(counter '^PUT .*/fs/files')" 2 "an update stages the rows of each table once"
sql "INSERT INTO main.vision.inv_ann (annotation_id, input_id) SELECT annotation_id, 'nobody' FROM main.vision.inv_ann ORDER BY annotation_id, input_id LIMIT 1" >/dev/null
[ "$(sql "SELECT count(*) FROM main.vision.inv_ann WHERE input_id = 'nobody'")" = '["1"]' ]; report $? "somebody adds a row with an annotation's id and another input"
run "an update beside it" 0 "$LAKE" update --app lab-user/labelled --dataset train --inputs-table main.vision.inv_in --annotations-table main.vision.inv_ann --yes --json
is "$(summary inserted) $(summary changed) $(summary conflict) $(summary missing)" "0 0 0 1" "it is another row, and left alone"
is "$(sql "SELECT count(*) FROM main.vision.inv_ann WHERE input_id = 'nobody'")" '["1"]' "as it was"
LAKEFERRY_KILL_AT=point.staged:1 "$LAKE" import volume main.vision.sea --app lab-user/staged --dataset ds --table t_staged2 --staging main.vision.mine --yes --json >"$WORK/killed" 2>&1 </dev/null
is "$?" 137 "killed with rows staged there"
run "and cancelled" 0 "$LAKE" cancel "$("$LAKE" runs --json | jq -r 'select(.state != "done" and .state != "cancelled").run' | head -n 1)"
stays "a cancelled import"
forget

# --- export: killed among its pictures; and a picture's name that somebody takes while others are under way ---
export_images() { local name=$1; shift; "$LAKE" export --app lab-user/labelled --dataset train --to main.vision --inputs-table "${name}_in" --annotations-table "${name}_ann" --images "main.vision.shots/$name" --yes --json "$@"; }
export_images calm >"$WORK/out" 2>"$WORK/err" </dev/null; want=$?
[ $want = 0 ] || [ $want = 3 ]; report $? "an undisturbed export" "$want"
PICTURES=$(find "$(volume_dir shots)/calm" -type f | wc -l)
[ "$PICTURES" -ge 50 ]; report $? "of pictures" "$PICTURES"
forget
count_counters
run "the same export, when only its table knows of the first" "$want" export_images calm --if-exists replace
is "$(summary present) $(summary conflict)" "$PICTURES 0" "every picture is known to be there"
is "$(counter '^GET /[{]size[}]/users/')" 0 "and none is read"
forget
LAKEFERRY_KILL_AT=verified:30 export_images cut >"$WORK/killed" 2>&1 </dev/null
is "$?" 137 "killed among the pictures"
written=$(find "$(volume_dir shots)/cut" -type f | wc -l)
[ "$written" -ge 30 ]; report $? "some are written" "$written"
count_counters
run "the export is resumed" $want "$LAKE" resume --yes --json
puts=$(counter '^PUT .*/fs/files') gets=$(counter '^GET /[{]size[}]/users/')
[ "$gets" -ge 1 ] && [ "$gets" -le $((PICTURES - written)) ]; report $? "only pictures that are not there are read" "$gets of $PICTURES, $written were there"
[ "$puts" -le $((PICTURES - written + 2)) ]; report $? "and written, beside a staged file for each table" "$puts"
is "$(counter '^GET .*/annotations$')" 0 "annotations are not listed again"
is "$(find "$(volume_dir shots)/cut" -type f | wc -l)" "$PICTURES" "all pictures are there"
forget
LAKEFERRY_KILL_AT=sent:1 export_images late >"$WORK/killed" 2>&1 </dev/null
is "$?" 137 "killed when the first picture is about to be written"
taken=0
for name in $(ls "$(volume_dir shots)/calm"); do (set -C; echo theirs >"$(volume_dir shots)/late/$name") 2>/dev/null && taken=$((taken + 1)); done
[ "$taken" -ge $((PICTURES - 1)) ]; report $? "somebody takes the names of all" "$taken of $PICTURES"
run "resumed beside them" 3 "$LAKE" resume --yes --json
is "$(summary conflict)" "$taken" "theirs are conflicts, whatever was begun"
is "$(grep -lx theirs "$(volume_dir shots)/late"/* | wc -l)" "$taken" "and as they were"
forget
# The first pictures take their time, so that none is written when a name is taken.
fault '{"kind":"latency","ms":3000,"path":"/orig/*","times":64}'
export_images taken >"$WORK/out" 2>"$WORK/err" </dev/null & PID=$!
until_true '[ "$(control GET faults | jq "[.faults[].fired] | add")" -gt 0 ]'
name=$(ls "$(volume_dir shots)/calm" | LC_ALL=C sort | tail -n 1)
(set -C; echo theirs >"$(volume_dir shots)/taken/$name"); report $? "somebody takes the name of a picture that is not written yet"
calm
wait $PID; is $? 3 "the export ends with a conflict"
is "$(tr -d '\0' <"$(volume_dir shots)/taken/$name")" theirs "the file of that name is as it was"
is "$(summary conflict)" 1 "it is counted"
like "$(jq -r 'select(.type == "item" and .state == "conflict").reason' "$WORK/out")" "left alone" "and reported"
is "$(sql "SELECT count(*) FROM main.vision.taken_in WHERE image_path LIKE '%/$name'")" '["0"]' "no row names it"
forget

# --- a table that is replaced keeps what others said of it ---
sql "CREATE TABLE main.vision.kept USING DELTA COMMENT 'ours' TBLPROPERTIES ('team.owner' = 'vision', 'lakeferry.run' = 'old') AS SELECT 1 AS a" >/dev/null
run "an import that replaces it" 0 "$LAKE" import volume main.vision.sea --app lab-user/staged --dataset ds --table main.vision.kept --if-exists replace --yes --json
table=$(api GET /api/2.1/unity-catalog/tables/main.vision.kept)
is "$(printf '%s' "$table" | jq -r '.properties["team.owner"], .comment')" $'vision\nours' "its other properties and its comment stay"
unlike "$(printf '%s' "$table" | jq -r '.properties["lakeferry.run"]')" '^old$' "ours are new"

# --- queries of addresses may hold signatures: none is in a log ---
run "a list, logged" 0 "$LAKE" ls main.vision.sea --log-file "$WORK/debug.log" --log-level debug
like "$(cat "$WORK/debug.log")" 'GET .*/fs/directories/Volumes/main/vision/sea status 200' "the log names the request"
is "$(grep -c '[?]' "$WORK/debug.log")" 0 "and not its query"
done_testing
