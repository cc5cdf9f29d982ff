#!/bin/bash
# Update by keys: everything filled in from a table in Browse; sample rows before anything is written; a label that changed; nothing to do; one table
# twice; tables of two apps, and of one that is gone; removing refused; a warehouse that has to be started first.
. "$(dirname "$0")/lib.sh"
sandbox_start
clarifai POST /v2/users/lab-user/apps '{"apps":[{"id":"elsewhere"}]}' >/dev/null
clarifai POST /v2/users/lab-user/apps/elsewhere/datasets '{"datasets":[{"id":"odd"}]}' >/dev/null
lakeferry export --app elsewhere --dataset odd --inputs-table main.vision.odd_inputs --annotations-table main.vision.odd_annotations --yes --sandbox \
    >"$WORK/out" 2>&1; is $? 0 "tables of another app are made"
lakeferry export --app labelled --dataset train --inputs-table main.vision.train_inputs --annotations-table main.vision.train_annotations --yes --sandbox \
    >"$WORK/out" 2>&1 || { echo "Bail out! no tables: $(cat "$WORK/out")"; exit 1; }
rows=$(( $(sql 'SELECT count(*) FROM main.vision.train_inputs' | jq -r '.[0]') + $(sql 'SELECT count(*) FROM main.vision.train_annotations' | jq -r '.[0]') ))
commits() { sql "DESCRIBE HISTORY main.vision.train_inputs" | wc -l; }
before=$(commits)

# --- from a table in Browse ---
screen_start first 80 24 main.vision.train_inputs
wait_for 'input_id'
key u
shows 'Inputs table +main\.vision\.train_inputs' "u on a table opens the form with it"
shows 'Annotations table +main\.vision\.train_annotations' "its partner is found by what the tables say of themselves"
shows 'Clarifai app +lab-user/labelled' "and so are the app"
shows 'Dataset +train +exists' "and the dataset"
shows " $rows rows unchanged" "the plan compares every row" 90
shows 'the tables hold what Clarifai has' "and says that there is nothing to do"

# --- a label changed in Clarifai ---
id=$(sql "SELECT min(input_id) FROM main.vision.train_inputs WHERE input_id LIKE 'labelled-%'" | jq -r '.[0]')
clarifai PATCH /v2/users/lab-user/apps/labelled/inputs "{\"action\":\"merge\",\"inputs\":[{\"id\":\"$id\",\"data\":{\"metadata\":{\"seen\":\"by night\"}}}]}" >/dev/null
key C-r
shows ' [12] rows? to change' "Ctrl-R sees the change" 90
go_to '+[12] rows? to change'; key Enter
shows "inputs $id" "the line opens its sample rows"
key Enter
shows 'by night' "which say what changes"
press Enter; escape; wait_for 'Update tables'
is "$(commits)" "$before" "nothing was written so far"
go_to '\[ Start'; key Enter
shows 'done: 0 inserted, [12] changed' "it is updated" 90
shows "main.vision.train_inputs +[0-9]+ rows" "rows of the table stand under the result"
is "$(sql "SELECT count(*) FROM main.vision.train_inputs WHERE input_metadata LIKE '%by night%'" | jq -r '.[0]')" 1 "the table has the change"
after=$(commits)

# --- again ---
key 5
shows 'the tables hold what Clarifai has' "the second update has nothing to do" 90
go_to '\[ Start'; key Enter
shows 'done: 0 inserted, 0 changed' "and does nothing" 90
is "$(commits)" "$after" "without a commit"

# --- what is refused ---
key 5; wait_for 'Inputs table'
go_to 'Annotations table' Up; key Enter; pick train_inputs
shows 'Annotations table: it is the inputs table: the two must differ' "one table twice is refused with the reason"
key Up; key Enter; pick odd_annotations
shows "Annotations table: not of the inputs table's app but of" "so is a table of another app, with the reason"
key Up; key Enter; pick train_annotations
shows 'the tables hold what Clarifai has' "mended, the plan comes back" 90
go_to 'Delete missing'; key Enter; pick yes
shows 'the tables hold this dataset alone' "rows may be removed where a table holds one dataset"
screen_end
is "$(drafts)" 0 "no plan is left behind"

# --- a warehouse that does not run ---
api POST /api/2.0/sql/warehouses/wh-live-0001/stop >/dev/null
for i in $(seq 600); do api GET /api/2.0/sql/warehouses/wh-live-0001 | grep -q STOPPED && break; sleep 0.1; done
screen_start stopped 60 15
key 5
go_to '\[ Start'
shows 'Start it to see the plan' "a stopped warehouse is asked about first" 60
press Up; key Enter
shows 'rows unchanged' "once it runs there is the plan" 120
screen_end
is "$(drafts)" 0 "no plan is left behind"

# --- the app of the tables is gone ---
clarifai DELETE /v2/users/lab-user/apps/elsewhere >/dev/null
screen_start gone 80 24 main.vision.odd_inputs
wait_for 'input_id'; key u
shows 'Dataset +odd +no such app' "the field says so"
screen_end
done_testing
