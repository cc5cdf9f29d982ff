#!/bin/bash
# What stands under a result: tables of an empty dataset, the rows that an update changed, rows in a small terminal; and the ways to a form.
. "$(dirname "$0")/lib.sh"
sandbox_start

# --- a digit is a tab's number where no text is typed; a typed command brings its place along ---
screen_start ways 80 24
key 3
wait_for 'Volume +\(choose\)'
key 2
shows 'Unity Catalog|catalogs' "a digit on a field that opens a picker goes to the tab"
key :; wait_for '^ :'; type_text 'import main.vision.pictures'; key Enter
shows 'Volume +main\.vision\.pictures' "a typed import brings its volume along"
key M-2; wait_for 'catalogs'
key :; wait_for '^ :'; type_text 'export main.vision'; key Enter
shows 'Into schema +main\.vision' "a typed export brings its schema along"

# --- the dataset that is offered has inputs ---
shows 'Dataset +texts' "the newest dataset with inputs is suggested, not an empty one"
key F10; wait_for 'EXIT 0'; tm kill-session -t ways
control POST faults '{"kind":"status","status":400,"method":"GET","path":"/v2/users/*/datasets/texts/inputs","times":1}' >/dev/null
screen_start asked_again 80 24
key 4
until_true '[ "$(control GET faults | jq "[.. | .fired? // empty] | add // 0")" = 1 ]'
shows 'Dataset +\(choose\)' "a lookup that failed is not taken for an empty dataset: nothing older is suggested"
press_to 'Dataset +texts' C-r
report $? "it is made again when a person asks"
control DELETE faults >/dev/null
key F10; wait_for 'EXIT 0'; tm kill-session -t asked_again

# --- a dataset without inputs ---
lakeferry export --sandbox --app labelled --dataset nothing --inputs-table main.vision.no_inputs --annotations-table main.vision.no_annotations --yes >/dev/null 2>"$WORK/err"
is $? 0 "an empty dataset is exported"
screen_start empty 80 24
key 6; wait_for 'no_inputs'; key Enter
shows 'Look at the rows of main\.vision\.no_inputs' "the result of an empty dataset offers its inputs table"
shows 'Look at the rows of main\.vision\.no_annotations' "and its annotations table"
shows 'the table has no rows' "and says that it is empty"
key F10; wait_for 'EXIT 0'; tm kill-session -t empty

# --- an update shows what it changed, below the list or in it ---
lakeferry export --sandbox --app labelled --dataset texts --inputs-table main.vision.texts_inputs --annotations-table main.vision.texts_annotations --yes >/dev/null 2>"$WORK/err"
is $? 0 "a dataset is exported"
clarifai PATCH /v2/users/lab-user/apps/labelled/inputs '{"action":"merge","inputs":[{"id":"text-07","data":{"metadata":{"note":"looked at"}}}]}' >/dev/null
lakeferry update --sandbox --app labelled --dataset texts --inputs-table main.vision.texts_inputs --annotations-table main.vision.texts_annotations --yes >/dev/null 2>"$WORK/err"
is $? 0 "its tables are updated"
screen_start changed 80 24
key 6; wait_for 'update labelled/texts'; key Enter
shows 'rows in both tables together' "the sum says what it is of"
shows 'changed +text-07 .*looked at' "the row that changed stands under the result"
key F10; wait_for 'EXIT 0'; tm kill-session -t changed
screen_start small 60 15
key 6; wait_for 'update labelled/texts'; key Enter
shows 'changed text-07 ' "in a small terminal it stands in the list"
press_to '›changed text-07' Down
key Enter
shows 'input_id STRING' "and opens its table"
key F10; wait_for 'EXIT 0'; tm kill-session -t small
done_testing
