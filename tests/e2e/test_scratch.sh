#!/bin/bash
# A user who may make tables but no volumes, and names no place to stage: rows go as literals through a scratch table. Export, import and update, on a
# warehouse and on a cluster, with hostile text, lost answers, kills and a cancel; the same tables, and nothing left.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
export DATABRICKS_TOKEN=dapi-sandbox-tables DATABRICKS_CLUSTER_ID=0101-120000-live001
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000,"clarifai.input_process_ms":[5,20],"warehouse.start_ms":200}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'files_rate = 100000\nclarifai_rate = 1000\npoll_first = 20ms\nretry_first = 20ms\nretry_cap = 300ms\n' >"$XDG_CONFIG_HOME/lakeferry/config.ini"
APP=lab-user/scratchy
here=$(dirname "$0")
scratch_left() { sql 'SHOW TABLES IN main.vision' | grep -c '"lakeferry_'; }
volumes_left() { api GET '/api/2.1/unity-catalog/volumes?catalog_name=main&schema_name=vision' | jq -r '.volumes[]?.name' | grep -c '^lakeferry_'; }
history_of() { sql "DESCRIBE HISTORY main.vision.$1" | wc -l; }
plan() { grep '"type":"plan"' "$WORK/out" | tail -n 1 | jq -r "$1"; }
fault() { control POST faults "$1" >/dev/null; }
calm() { control DELETE faults >/dev/null; }
fired() { [ "$(control GET faults | jq '[.. | objects | .fired? // empty] | add // 0')" -gt 0 ]; report $? "$1: it was seen" "$(control GET faults)"; }
forget() { rm -rf "$XDG_STATE_HOME/lakeferry/runs"; }
clean() { is "$(scratch_left) $(volumes_left)" "0 0" "$1: no scratch table and no volume is left"; }

# --- the world: hostile text in every input ---
clarifai POST /v2/users/lab-user/apps '{"apps":[{"id":"scratchy"}]}' >/dev/null
post() { clarifai POST "/v2/users/lab-user/apps/scratchy/$1" "$2"; }
post datasets '{"datasets":[{"id":"ds"},{"id":"got"}]}' >/dev/null
python3 "$here/pictures.py" "$WORK/pics" 8 300
HOSTILE=$(printf 'it'"'"'s \\ "${x}" ${env:HOME} `b` \\u0041 \\ -- /* ; :p %%_ \001\n\r\t\033[31m \342\200\256 \360\237\232\227 '"''"' \\')
for i in 0 1 2 3 4 5 6 7; do
    jq -cn --arg id "car-$i" --arg b "$(base64 -w0 "$WORK/pics/pic-0000$i.png")" --arg h "$HOSTILE" \
        '{id:$id,dataset_ids:["ds"],data:{image:{base64:$b,allow_duplicate_url:true},metadata:{note:$h,($h):1}}}'
done | jq -cs '{inputs:.}' | curl -sS "$ORIGIN/v2/users/lab-user/apps/scratchy/inputs" -H "Authorization: Key sandbox-pat" -H 'Content-Type: application/json' -d @- >/dev/null
label() { post annotations "$(jq -cn --arg i "$1" --arg c "$2" '{annotations:[{input_id:$i,data:{concepts:[{id:$c,name:$c,value:1}]},status:{code:24150}}]}')" >/dev/null; }
until [ "$(dataset_inputs $APP ds | jq -r .status.code | grep -c 30000)" = 8 ]; do :; done
label car-1 truck
export_to() { local name=$1; shift; lakeferry export --app $APP --dataset ds --to main.vision --inputs-table "${name}_in" --annotations-table "${name}_ann" --yes --json "$@"; }
update_of() { local name=$1; shift; lakeferry update --app $APP --dataset ds --inputs-table "main.vision.${name}_in" --annotations-table "main.vision.${name}_ann" --yes --json "$@"; }
same() { is "$(python3 "$here/tables.py" "$ORIGIN" "$APP" ds "main.vision.$1_in" "main.vision.$1_ann")" "" "$2: the tables hold what Clarifai holds"; }

# --- export ---
for compute in warehouse cluster; do
    run "export by a $compute" 0 export_to "$compute" --compute "$compute"
    like "$(plan .staging)" "^a scratch table in main.vision.*CREATE VOLUME" "$compute: the plan says so"
    same "$compute" "export by a $compute"
    is "$(sql "SELECT get_json_object(input_metadata, '\$.note') FROM main.vision.${compute}_in WHERE input_id = 'car-3'" | jq -r '.[0]')" "$HOSTILE" "$compute: hostile text arrives as it is"
    is "$(history_of "${compute}_in") $(history_of "${compute}_ann")" "1 1" "$compute: one commit a table"
    clean "export by a $compute"
done
run "dry run of an export" 0 export_to dry --dry-run
like "$(plan .staging)" "^a scratch table" "dry run: the plan says so"
clean "dry run"

# --- update: the difference and the MERGE read from it ---
label car-2 bus
before=$(history_of warehouse_ann)
run "update" 0 update_of warehouse
is "$(plan .inserted) $(summary inserted)" "1 1" "update: one new label"
same warehouse update
is "$(history_of warehouse_ann)" "$((before + 1))" "update: one commit"
clean "update"
run "update once more" 0 update_of warehouse
is "$(summary inserted) $(summary changed) $(history_of warehouse_ann)" "0 0 $((before + 1))" "a second update changes nothing"
clean "second update"
run "dry run of an update" 2 update_of warehouse --dry-run
like "$err" "--staging" "the sentence says what to name"

# --- import: the tracking table; names of files are hostile, too ---
volume_make src
cp "$WORK/pics/pic-00000.png" "$(volume_dir src)/it's \"\${x}\" \`b\` \\n.png"
cp "$WORK/pics/pic-00001.png" "$(volume_dir src)/plain \$y 🚗.png"
run "import" 0 lakeferry import volume main.vision.src --app $APP --dataset got --table track --yes --json
like "$(plan .staging)" "^a scratch table" "import: the plan says so"
is "$(sql "SELECT source_path FROM main.vision.track ORDER BY 1" | jq -r '.[0]')" \
    "$(find "$(volume_dir src)" -type f | sed "s|^$LAKEFERRY_SANDBOX_DATA/volumes|/Volumes|" | LC_ALL=C sort)" "the tracking table names the files as they are"
clean "import"

# --- from S3 the rows come from the compute: a volume it must be, and the sentence says so ---
run "import from S3" 4 lakeferry import s3 s3://lab-bucket/imports/harbour.csv --format csv --app $APP --dataset got --table main.vision.s3track --yes --json
like "$err" "CREATE VOLUME.*--staging" "from S3: what to ask for, and what to name"
clean "import from S3"

# --- more than a batch: 1,000 rows a statement ---
python3 - "$WORK/many" <<'PY'
import json, sys
with open(sys.argv[1], "w") as f:
    json.dump({"inputs": [{"id": f"text-{i:04}", "dataset_ids": ["many"], "data": {"text": {"raw": f"it's ${{x}} {i} \\"}, "metadata": {"i": i}}} for i in range(1, 129)]}, f)
PY
post datasets '{"datasets":[{"id":"many"}]}' >/dev/null
for round in 0 1 2 3 4 5 6 7 8; do
    jq -c --arg r "$round" '.inputs |= map(.id += "-" + $r)' "$WORK/many" | curl -sS "$ORIGIN/v2/users/lab-user/apps/scratchy/inputs" -H "Authorization: Key sandbox-pat" -H 'Content-Type: application/json' -d @- >/dev/null
done
until [ "$(dataset_inputs $APP many | jq -r .status.code | grep -c 30000)" = 1152 ]; do sleep 0.2; done
control POST reset '{"counters":true}' >/dev/null
run "more than a batch" 0 lakeferry export --app $APP --dataset many --to main.vision --inputs-table many_in --annotations-table many_ann --yes --json
is "$(python3 "$here/tables.py" "$ORIGIN" "$APP" many main.vision.many_in main.vision.many_ann)" "" "more than a batch: the tables hold what Clarifai holds"
is "$(sql 'SELECT count(*) FROM main.vision.many_in' | jq -r '.[0]')" 1152 "every row once"
[ "$(counter '^POST /api/2.0/sql/statements$')" -le 20 ]; report $? "rows share statements" "$(counter '^POST /api/2.0/sql/statements$')"
clean "more than a batch"
[ -z "${LAKEFERRY_RECORD:-}" ] || done_testing            # what follows says the same statements again and again

# --- the answer of each statement lost in turn: it was executed ---
forget
for n in 1 2 3 4 5 6 7 8; do
    fault "{\"kind\":\"lost_reply\",\"path\":\"/api/2.0/sql/statements\",\"method\":\"POST\",\"nth\":[$n]}"
    run "answer $n lost" 0 export_to "lost$n"
    fired "answer $n lost"
    calm
    same "lost$n" "answer $n lost"
    is "$(history_of "lost${n}_in") $(history_of "lost${n}_ann")" "1 1" "answer $n lost: one commit a table"
    clean "answer $n lost"
done
for n in 1 2 3 4 6 8 9; do
    label "car-$((n % 8))" "lost-$n"
    fault "{\"kind\":\"lost_reply\",\"path\":\"/api/2.0/sql/statements\",\"method\":\"POST\",\"nth\":[$n]}"
    run "answer $n of an update lost" 0 update_of warehouse
    fired "answer $n of an update lost"
    calm
    same warehouse "answer $n of an update lost"
    clean "answer $n of an update lost"
done
fault '{"kind":"lost_reply","path":"/api/1.2/commands/execute","method":"POST","nth":[2,4]}'
run "answers of a cluster lost" 0 export_to lostc --compute cluster
fired "answers of a cluster lost"; calm
same lostc "answers of a cluster lost"
clean "answers of a cluster lost"

# --- killed, then resumed ---
killed() { # POINT command...
    local point=$1; shift
    LAKEFERRY_KILL_AT=$point "$@" >"$WORK/killed" 2>&1 </dev/null
    is $? 137 "killed at $point"
}
forget
rounds=0
for point in point.scratch:1 point.scratch:2 point.statement:1 point.statement:2 point.statement:3 point.ran:1 point.batch:1 point.batch:2 point.ran:3 point.staged:1 \
    point.staged:2 point.ran:4 point.ran:5 point.ran:8 stage.compare:1 stage.finish:1; do
    name=k$((++rounds))
    killed "$point" export_to "$name"
    run "export resumed after $point" 0 lakeferry resume --yes --json
    same "$name" "export resumed after $point"
    is "$(history_of "${name}_in") $(history_of "${name}_ann")" "1 1" "export resumed after $point: one commit a table"
    clean "export resumed after $point"
    forget
done
for point in point.scratch:1 point.batch:1 point.staged:1 point.staged:2 stage.difference:1 stage.merge:1 point.ran:8; do
    label "car-$((++rounds % 8))" "round-$rounds"
    killed "$point" update_of warehouse
    run "update resumed after $point" 0 lakeferry resume --yes --json
    same warehouse "update resumed after $point"
    clean "update resumed after $point"
    forget
done
killed point.batch:1 lakeferry import volume main.vision.src --app $APP --dataset got --table track2 --yes --json
run "import resumed" 0 lakeferry resume --yes --json
is "$(sql 'SELECT count(*) FROM main.vision.track2' | jq -r '.[0]')" 2 "import resumed: a row a file"
clean "import resumed"
forget

# --- killed, then cancelled; and a failure: both leave nothing ---
killed point.batch:1 export_to gone
[ "$(scratch_left)" -gt 0 ]; report $? "a killed run leaves its scratch table"
run "cancel" 0 lakeferry cancel "$(ls "$XDG_STATE_HOME/lakeferry/runs")"
clean "cancelled"
is "$(sql 'SHOW TABLES IN main.vision' | grep -c 'gone_in')" 0 "cancelled: no table"
forget
label car-5 cancelled
killed point.batch:1 update_of warehouse
run "cancel of an update whose plan was not made" 0 lakeferry cancel "$(ls "$XDG_STATE_HOME/lakeferry/runs")"
clean "an update cancelled before its plan"
forget
killed point.batch:1 update_of warehouse
printf 'no database' >"$(echo "$XDG_STATE_HOME"/lakeferry/runs/*)/journal.db"
rm -f "$XDG_STATE_HOME"/lakeferry/runs/*/journal.db-*
run "an update whose journal is damaged" 0 lakeferry resume "$(ls "$XDG_STATE_HOME/lakeferry/runs")" --yes --json
clean "an update whose journal is damaged"
forget
label car-6 refused
fault '{"kind":"status","status":400,"path":"/api/2.0/sql/statements","method":"POST","nth":[4],"body":"{\"error_code\":\"BAD_REQUEST\",\"message\":\"no\"}"}'
run "an update whose plan cannot be made" 1 update_of warehouse
fired "an update whose plan cannot be made"; calm
clean "an update whose plan cannot be made"
forget
killed point.batch:1 export_to theirs
mine=$(sql 'SHOW TABLES IN main.vision' | jq -r '.[1]' | grep '^lakeferry_')
sql "ALTER TABLE main.vision.$mine SET TBLPROPERTIES ('lakeferry.run' = 'somebody')" >/dev/null
run "cancel" 0 lakeferry cancel "$(ls "$XDG_STATE_HOME/lakeferry/runs")"
is "$(scratch_left)" 1 "a table that another run owns is left alone"
sql "DROP TABLE main.vision.$mine" >/dev/null
forget
sql "CREATE TABLE main.vision.taken_ann (a STRING) USING DELTA" >/dev/null
fault '{"kind":"status","status":400,"path":"/api/2.0/sql/statements","method":"POST","nth":[3],"body":"{\"error_code\":\"BAD_REQUEST\",\"message\":\"no\"}"}'
run "a statement that is refused" 1 export_to refused
fired "a statement that is refused"; calm
clean "a statement that is refused"
done_testing
