#!/bin/bash
# kill -9 in the middle of an import, three times in each state of the journal and at each stage's begin, then `resume`: the same inputs, bytes and
# rows as an undisturbed run. The process kills itself at the n-th commit into a state (LAKEFERRY_KILL_AT); that each kill happened is asserted.
. "$(dirname "$0")/lib.sh"
quick_platform
quick_settings
volume_make kill
dir=$(volume_dir kill)
for part in 0 1 2; do python3 "$(dirname "$0")/pictures.py" "$dir/part$part" 100 2000 100 "kill$part"; done
: >"$dir/empty.jpg"; echo "not a picture" >"$dir/text.jpg"; echo notes >"$dir/notes.txt"
cp "$dir/part0/kill0-00000.png" "$dir/theirs.png"

# An app of its own for each round, with one foreign input and one picture that is there already.
app_make() {
    clarifai POST /v2/users/lab-user/apps "{\"apps\":[{\"id\":\"$1\"}]}" >/dev/null
    clarifai POST "/v2/users/lab-user/apps/$1/datasets" '{"datasets":[{"id":"ds"}]}' >/dev/null
    clarifai POST "/v2/users/lab-user/apps/$1/inputs" "$(jq -n --arg b "$(base64 -w0 "$dir/part0/kill0-00001.png")" '{inputs:[{id:"theirs",data:{image:{base64:$b}}}]}')" >/dev/null
}
import() { lakeferry import volume main.vision.kill --app "lab-user/$1" --dataset ds --table "t_$1" --yes --json; }
inputs_of() { dataset_inputs "lab-user/$1" ds | jq -r '[.id, .data.metadata.lakeferry.source, .data.metadata.lakeferry.sha256, (.data.image.hosted.suffix | split("/") | last)] | @tsv' | sort; }
rows_of() { sql "SELECT source_path, input_id, upload_status, upload_error FROM main.vision.t_$1 ORDER BY source_path"; }

app_make calm
run "an undisturbed run" 3 import calm
want_inputs=$(inputs_of calm); want_rows=$(rows_of calm)
is "$(printf '%s\n' "$want_inputs" | wc -l)" 300 "300 inputs"

round() { # POINT:N  LABEL  [fault rule]
    local app resumes=0 status
    rounds=$((rounds + 1)); app=k$rounds
    app_make "$app"
    [ -z "${3:-}" ] || control POST faults "$3" >/dev/null
    LAKEFERRY_KILL_AT=$1 import "$app" >"$WORK/killed" 2>&1 </dev/null; status=$?
    is "$status" 137 "$2: killed at $1"
    [ "$status" = 137 ] || { rm -rf "$XDG_STATE_HOME/lakeferry/runs"; return; }
    lakeferry resume --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null; status=$?
    is "$status" 3 "$2: resumed after $1"
    [ "$status" = 3 ] || tail -n 5 "$WORK/err" | sed 's/^/# /'
    is "$(inputs_of "$app" | md5sum)" "$(printf '%s\n' "$want_inputs" | md5sum)" "$2: the same inputs and bytes after $1"
    is "$(rows_of "$app" | md5sum)" "$(printf '%s\n' "$want_rows" | md5sum)" "$2: the same rows after $1"
    is "$(api GET '/api/2.0/fs/directories/Volumes/main/vision/out' | jq -r '.contents // [] | length')" 0 "$2: nothing staged is left after $1"
    rm -rf "$XDG_STATE_HOME/lakeferry/runs"
}
rounds=0
# Three kills a state; where a state is entered by one transaction for all items, three times there.
for point in listed:1 listed:2 listed:3 planned:1 planned:1 planned:1 sent:1 sent:2 sent:3 accepted:1 accepted:2 accepted:3 \
    verified:1 verified:1 verified:1 skipped:1 skipped:2 skipped:1 failed:1 failed:1 failed:1 conflict:1 conflict:1 conflict:1; do
    round "$point" "state ${point%:*}"
done
# What is unknown after a kill while an answer is lost: the batch was taken, nobody heard of it.
for n in 1 2 3; do
    round unknown:1 "state unknown" '{"method":"POST","path":"*/inputs","nth":['$n'],"times":1,"kind":"lost_reply"}'
    control DELETE faults >/dev/null
done
for stage in list look plan send settle verify table finish; do round "stage.$stage:1" "stage $stage"; done
for point in answered statement staged ran; do round "point.$point:1" "between steps"; done
done_testing
