#!/bin/bash
# Round trip by command: volume -> Clarifai -> tables and pictures -> a label changed -> update. Pictures are compared byte by byte, annotations structure
# by structure, with hostile text in every field; what the plan promised, the summary says and the tables hold agree at each step.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'clarifai_image_host = %s\nfiles_rate = 100000\nfiles_in_flight = 8\nclarifai_rate = 1000\npoll_first = 20ms\n' "$(jq -r .images "$LAKEFERRY_SANDBOX_DATA/endpoint.json")" >"$XDG_CONFIG_HOME/lakeferry/config.ini"
here=$(dirname "$0")
APP=lab-user/round
clarifai POST /v2/users/lab-user/apps '{"apps":[{"id":"round"}]}' >/dev/null
volume_make origin; volume_make back
dir=$(volume_dir origin)
python3 "$here/pictures.py" "$dir/plain" 60 3000
python3 "$here/pictures.py" "$WORK/odd" 6 3000
n=0
for name in 'quote '"'"'" back`tick.png' 'hash #? 100%+&.png' 'line
break.png' 'ünïcode 港 ‮bidi.png' '${x} $HOME.png' '-rf.png'; do cp "$WORK/odd/pic-0000$n.png" "$dir/$name"; n=$((n + 1)); done

run "import" 0 lakeferry import volume main.vision.origin --app $APP --dataset all --create-dataset --table track --yes --json
is "$(summary verified) $(summary rows)" "66 66" "every picture arrived, each has its row"

# --- hostile text in every field of annotations ---
python3 - "$ORIGIN" <<'P'
import json, sys, urllib.request
base = sys.argv[1] + "/v2/users/lab-user/apps/round"
def call(method, path, body=None):
    r = urllib.request.Request(base + path, None if body is None else json.dumps(body).encode(), {"Authorization": "Key sandbox-pat", "Content-Type": "application/json"}, method=method)
    answer = json.loads(urllib.request.urlopen(r).read())
    assert answer["status"]["code"] == 10000, answer["status"]
    return answer
ids = [i["input"]["id"] for i in call("GET", "/datasets/all/inputs?page=1&per_page=100")["dataset_inputs"]]
texts = ["it's \"quoted\" \\ and `ticked`", "two\nlines\r\nand\ttab", "\x1b[31mred\x1b[0m", "\u202eback\u202c \u200bzero", "line\u2028separator\u2029", "${x} $HOME ${env:PATH}",
         "", "null", "NULL", "%s%n", "港の猫 🐱", "a" * 1000000, "</script>", "\u0001\u007f", "--; DROP TABLE x", "{\"not\": \"parsed\"}"]
made = []
for n, text in enumerate(texts):
    made.append({"input_id": ids[n % len(ids)], "data": {"metadata": {"text": text, "nested": {text[:40]: [text[:40], None, True, 1.5, ""]}}}})
    made.append({"input_id": ids[(n + 7) % len(ids)], "data": {"regions": [{"region_info": {"bounding_box": {"top_row": 0, "left_col": 0.25, "bottom_row": 0.5, "right_col": 1}},
                 "data": {"concepts": [{"id": f"c{n}", "name": text[:60] or "empty", "value": 1}]}}]}})
for one in made:
    call("POST", "/annotations", {"annotations": [one]})
P
[ $? -eq 0 ] || echo "Bail out! the sandbox refused an annotation"

export_all() { lakeferry export --app $APP --dataset all --to main.vision --inputs-table r_in --annotations-table r_ann --images main.vision.back/pictures --yes --json "$@"; }
compare() { python3 "$here/tables.py" "$ORIGIN" $APP all main.vision.r_in main.vision.r_ann "${@:2}" >"$WORK/differ"; is "$(cat "$WORK/differ")" "" "$1"; }
run "export with pictures" 0 export_all
compare "the tables and pictures are what Clarifai holds" --images /Volumes/main/vision/back/pictures
is "$(summary verified)" 66 "all inputs"
mismatch=0
while read -r row; do
    source=$(printf '%s' "$row" | jq -r '.[0]') path=$(printf '%s' "$row" | jq -r '.[1]')
    cmp -s "$LAKEFERRY_SANDBOX_DATA/volumes/${source#/Volumes/}" "$LAKEFERRY_SANDBOX_DATA/volumes/${path#/Volumes/}" || { mismatch=$((mismatch + 1)); echo "# $source $path"; }
done < <(sql "SELECT t.source_path, r.image_path FROM main.vision.track t JOIN main.vision.r_in r ON t.input_id = r.input_id")
is "$mismatch" 0 "each picture came back byte by byte"
is "$(sql "SELECT count(*) FROM main.vision.track t JOIN main.vision.r_in r ON t.input_id = r.input_id WHERE r.image_path IS NOT NULL" | jq -r '.[0]')" 66 "all of them"

# --- update: nothing to do, then a label changed, one made, one gone ---
update() { lakeferry update --app $APP --dataset all --inputs-table main.vision.r_in --annotations-table main.vision.r_ann --yes --json "$@"; }
commits() { echo "$(sql "DESCRIBE HISTORY main.vision.r_in" | wc -l) $(sql "DESCRIBE HISTORY main.vision.r_ann" | wc -l)"; }
plan() { grep '"type":"plan"' "$WORK/out" | tail -n 1 | jq -r "$1"; }
before=$(commits)
run "update right after the export" 0 update
is "$(summary inserted) $(summary changed) $(summary missing)" "0 0 0" "nothing to do"
is "$(commits)" "$before" "no commit"
one=$(dataset_inputs $APP all | jq -r .id | sed -n 5p)
box=$(clarifai GET "/v2/users/lab-user/apps/round/annotations?per_page=1000&page=1" | jq -r '[.annotations[] | select(.data.regions != null)][0] | .id + " " + .input_id')
clarifai PATCH /v2/users/lab-user/apps/round/annotations "$(jq -n --arg i "${box% *}" --arg n "${box#* }" '{annotations:[{id:$i,input_id:$n,data:{regions:[{region_info:{bounding_box:{top_row:0.1,left_col:0.1,bottom_row:0.9,right_col:0.9}},data:{concepts:[{id:"changed",value:1}]}}]}}],action:"overwrite"}')" >/dev/null
clarifai POST /v2/users/lab-user/apps/round/annotations "$(jq -n --arg n "$one" '{annotations:[{input_id:$n,data:{concepts:[{id:"brand-new",value:1}]}}]}')" >/dev/null
run "update" 0 update
promised="$(plan .inserted) $(plan .changed) $(plan .missing)"
is "$(summary inserted) $(summary changed) $(summary missing)" "$promised" "the summary says what the plan promised"
[ "$(summary inserted)" -ge 1 ] && [ "$(summary changed)" -ge 1 ]; report $? "something was inserted and something changed" "$promised"
compare "after the update the tables are what Clarifai holds"
is "$(sql "SELECT count(*) FROM main.vision.r_in WHERE image_path IS NOT NULL" | jq -r '.[0]')" 66 "the columns of the pictures are as they were"
before=$(commits)
run "update again" 0 update
is "$(summary inserted) $(summary changed)" "0 0" "nothing to do"
is "$(commits)" "$before" "no commit"
run "preview" 0 lakeferry preview main.vision.r_ann --limit 1000 --format jsonl
is "$(printf '%s\n' "$out" | jq -c . | wc -l)" "$(sql "SELECT count(*) FROM main.vision.r_ann" | jq -r '.[0]')" "every row"
unlike "$(lakeferry preview main.vision.r_ann --limit 100)" "$(printf '\033')" "no control byte reaches the terminal"
done_testing
