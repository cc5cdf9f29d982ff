#!/bin/bash
# Lists and forms while a platform is away or silent, by keys: what hangs is asked for anew with r and Ctrl-R, and a picker says whom it waits for; a plan
# that was cancelled in another terminal is made again with Ctrl-R; a plan that failed waits for the platform and does not begin anew by itself, and goes when it is made again; both tables of an update are looked up; what is proposed is as new as the platform; a plan
# that cannot be removed is named.
. "$(dirname "$0")/lib.sh"
leave() { kill -CONT "$SANDBOX_PID" 2>/dev/null; tm kill-server 2>/dev/null; finish; }
sandbox_start
fault() { control POST faults "$1" >/dev/null; }
mend() { control DELETE faults >/dev/null; }
fired() { control GET faults | jq '[.. | .fired? // empty] | add // 0'; }

# --- a dataset that was made since the last start is the one proposed ---
screen_start first 80 24
key 4
shows 'Dataset +[a-z0-9]+ +exists' "a dataset is proposed"
app=$(screen | sed -n 's|^.*Clarifai app *lab-user/\([^ ]*\).*|\1|p')
screen_end
clarifai POST "/v2/users/lab-user/apps/$app/datasets" '{"datasets":[{"id":"since"}]}' >/dev/null
id=$(clarifai GET "/v2/users/lab-user/apps/$app/inputs?page=1&per_page=1" | jq -r '.inputs[0].id')
clarifai POST "/v2/users/lab-user/apps/$app/datasets/since/inputs" "{\"dataset_inputs\":[{\"input\":{\"id\":\"$id\"}}]}" >/dev/null
screen_start second 80 24
key 4
shows 'Dataset +[a-z0-9]+ +exists' "the next start proposes one, too"
on_screen 'Dataset +since +exists'; report $? "the one that is new, not what the cache knew" "$(screen)"
on_screen 'Enter opens the list'; report $? "Enter's hint on a list"
fault '{"kind":"hang","method":"GET","path":"/v2/users/*/datasets"}'
for i in 1 2 3 4 5; do key C-r; sleep 1.2; done             # a request that was silent for a second is given up
[ "$(fired)" -ge 3 ]; report $? "Ctrl-R asks anew for a list that hangs" "$(fired)"
mend; key C-r
shows 'Dataset +since +exists' "and it is there when it is answered"
go_to 'Inputs table'; shows 'Enter next field' "on a text"
go_to '\[ Copy' Tab; shows 'Enter presses it' "on a button"
screen_end

# --- a picker whose list hangs says so, and Ctrl-R asks anew ---
rm -rf "$XDG_CACHE_HOME/lakeferry"
fault '{"kind":"hang","method":"GET","path":"/v2/users/*/apps"}'
screen_start silent 80 24
key 4
go_to 'Clarifai app' Up; key Enter
shows 'asking Clarifai for [0-9]+ s; Ctrl-R asks again' "a picker says whom it waits for and how long"
n=$(fired); key C-r
until_true '[ "$(fired)" -gt $n ]'; report $? "Ctrl-R asks anew"
mend; press_to 'lab-user/labelled' C-r; report $? "and the list comes when it is answered" "$(screen)"
gone 'asking Clarifai'; report $? "then nothing is waited for" "$(screen)"
escape
screen_end

lakeferry export --app labelled --dataset train --inputs-table main.vision.train_inputs --annotations-table main.vision.train_annotations --yes --sandbox \
    >"$WORK/out" 2>&1 || { echo "Bail out! no tables: $(cat "$WORK/out")"; exit 1; }
mkdir -p "$XDG_CONFIG_HOME/lakeferry"; printf 'retry_first = 20ms\nretry_cap = 300ms\n' >"$XDG_CONFIG_HOME/lakeferry/config.ini"
looks() { counter 'v2/users/.*/datasets'; }

# --- a list whose request is never answered: r gives it up for another one, before it fails by itself ---
screen_start hangs 80 24 main.vision
wait_for 'T train_2026'
fault '{"kind":"hang","path":"/api/2.1/unity-catalog/tables","times":1}'
key r
until_true '[ "$(fired)" = 1 ]'; report $? "the request of a list hangs"
volume_make born
until on_screen 'V born|did not finish'; do key r; sleep 0.2; done
on_screen 'V born'; report $? "r asks anew, and what is new is there" "$(screen)"
mend
screen_end

# --- Databricks goes away under an import: Clarifai answers all the time ---
screen_start import 80 24 main.vision.pictures/2026
wait_for 'would become|08/|\.\./'; key i
wait_for 'Inputs table'; go_to 'Inputs table'; key C-u      # nothing in the form is looked up at Databricks
wait_for 'a report only'
shows '[0-9]+ new, [0-9]+ already there' "there is a plan" 60
fault '{"kind":"reset","path":"/api/*"}'
key C-r
shows 'Ctrl-R makes the plan again' "the plan fails, and the line says what to do" 60
runs() { ls -t "$XDG_STATE_HOME/lakeferry/runs"; }
failed=$(runs | head -n 1)
key C-r
until_true '[ "$(runs | head -n 1)" != "$failed" ] && ! runs | grep -qx "$failed"'
report $? "Ctrl-R makes another plan, and the one that failed goes" "$(runs)"
shows 'Ctrl-R makes the plan again' "which fails, too" 60
failed=$(runs | head -n 1)
n=$(looks); until_true '[ "$(looks)" -ge $((n + 3)) ]'
report $? "it is looked whether the platform is back"
is "$(runs | head -n 1)" "$failed" "meanwhile no other plan is begun"
mend
shows '[0-9]+ new, [0-9]+ already there' "it is made by itself when the platform is back" 60
until_true '! runs | grep -qx "$failed"'; report $? "and the one that failed goes" "$(runs)"
screen_end

# --- an update: both tables are asked for again ---
screen_start update 80 24 main.vision.train_inputs
wait_for 'input_id'; key u
shows 'rows unchanged' "there is a plan" 90
id=$(runs | head -n 1)
lakeferry cancel "$id" --sandbox >/dev/null 2>&1; is $? 0 "the plan is cancelled in another terminal"
shows 'the plan was cancelled' "the form says so"
on_screen 'no answer from'; is $? 1 "and not that the platform is silent"
key C-r
shows 'rows unchanged' "Ctrl-R makes another one" 90
runs | grep -qx "$id"; is $? 1 "and the one that was cancelled goes"
fault '{"kind":"hang","path":"/api/2.1/unity-catalog/tables/*"}'
key C-r
until_true '[ "$(fired)" -ge 2 ]' || sleep 1
mend
key C-r
shows 'rows unchanged' "one Ctrl-R after the outage is enough" 50

# --- the program is left while the platform hangs ---
kill -STOP "$SANDBOX_PID"
key F10
shows 'the plan update-[^ ]+ is left behind' "a plan whose rows cannot be removed now is named" 60
wait_for 'EXIT 0'
id=$(screen | grep -o 'the plan update-[^ ]*' | cut -d' ' -f3)
kill -CONT "$SANDBOX_PID"
until_true 'lakeferry cancel "$id" --sandbox >/dev/null 2>&1'; report $? "cancel cleans up, once its worker is gone"
until_true '[ "$(drafts)" = 0 ]'; is "$(drafts)" 0 "then no plan is left behind"
is "$(find "$LAKEFERRY_SANDBOX_DATA/volumes" -name 'lakeferry[-_]*' | wc -l)" 0 "and no row that was staged for one"
done_testing
