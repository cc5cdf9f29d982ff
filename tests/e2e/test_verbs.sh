#!/bin/bash
# The contract of the verbs that write, as scripts rely on it: options, questions, JSON lines, statuses, hints; and resume, retry, watch for each.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
CONFIG=$XDG_CONFIG_HOME/lakeferry/config.ini
printf 'staging_volume = main.vision.out\npoll_first = 20ms\nretry_first = 20ms\nfiles_rate = 100000\nclarifai_rate = 1000\n' >"$CONFIG"
LAKE=$BUILD/lakeferry
APP=lab-user/labelled
stopped=warehouse:$(api GET /api/2.0/sql/warehouses | jq -r '.warehouses[] | select(.state=="STOPPED").id' | head -n 1)
commits() { sql "DESCRIBE HISTORY main.vision.$1" | wc -l; }
newest() { lakeferry runs --json | head -n 1 | jq -r .run; }
plan() { grep '"type":"plan"' "$WORK/out" | tail -n 1 | jq -r ".$1"; }
# answering TEXT command...: with a terminal, on which TEXT is typed. What it shows goes to $WORK/out.
answering() {
    local text=$1; shift
    python3 - "$text" "$@" >"$WORK/out" 2>&1 <<'PY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, told = b"", False
while True:
    try:
        got = os.read(fd, 4096)
    except OSError:
        break
    if not got:
        break
    seen += got
    if not told and (b"[y/N] " in seen or b": " in seen.split(b"type ")[-1] and b"type " in seen):
        os.write(fd, sys.argv[1].encode() + b"\n"); told = True
os.write(1, seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}

# --- what a command line must say ---
run "an export without tables" 2 "$LAKE" export --app $APP --dataset train --to main.vision
like "$err" "inputs-table" "names what is missing"
run "an export of names alone, nowhere" 2 "$LAKE" export --app $APP --dataset train --inputs-table a --annotations-table b
like "$err" "needs its catalog and schema.*--to" "says where to name it"
run "--to that is no schema" 2 "$LAKE" export --app $APP --dataset train --to main --inputs-table a --annotations-table b
run "the same table twice" 2 "$LAKE" update --app $APP --dataset train --inputs-table main.vision.a --annotations-table A
like "$err" "must differ" "is refused"
run "an option of another verb" 2 "$LAKE" export --app $APP --dataset train --to main.vision --inputs-table a --annotations-table b --delete-missing
like "$err" "delete-missing does not belong to .lakeferry export" "is refused"
run "a format that is none" 2 "$LAKE" import s3 s3://lab-bucket/imports/harbour.csv --format table --app lab-user/traffic --dataset a
run "help of a verb" 0 "$LAKE" help import s3
like "$out" "csv\|delta" "shows its formats"
unlike "$out" "delete-missing|id-from" "and no other verb's options"

# --- plan, question, run ---
export_train() { "$LAKE" export --app $APP --dataset train --to main.vision --inputs-table v_in --annotations-table v_an "$@"; }
run "an export, nobody to ask" 2 export_train --json
is "$(plan verb)" export "the plan is printed"
like "$err" "no terminal to ask, and --yes" "says why it ends"
is "$(sql "SHOW TABLES IN main.vision" | grep -c '"v_')" 0 "nothing was made"
run "a dry run" 0 export_train --dry-run --json
is "$(printf '%s\n' "$out" | jq -r .type | sort -u | tr '\n' ' ')" "plan progress " "prints the plan"
answering n "$LAKE" export --app $APP --dataset train --to main.vision --inputs-table v_in --annotations-table v_an; is $? 2 "no"
answering y "$LAKE" export --app $APP --dataset train --to main.vision --inputs-table v_in --annotations-table v_an; status=$?
like "$status" "^[03]$" "yes"
like "$(cat "$WORK/out")" "rows: lakeferry preview main.vision.v_in" "the rows' command"
like "$(cat "$WORK/out")" "rows: lakeferry preview main.vision.v_an" "of each table"
run "that command" 0 "$LAKE" preview main.vision.v_an --limit 3
run "an export onto tables that exist" 1 export_train --yes
like "$err" "exists" "is refused"
update_train() { "$LAKE" update --app $APP --dataset train --inputs-table main.vision.v_in --annotations-table v_an "$@"; }
before=$(commits v_in)
run "an update with nothing to do" 0 update_train --yes --json
is "$(plan inserted) $(plan changed) $(plan missing)" "0 0 0" "the plan says so"
is "$(summary inserted) $(summary changed) $(summary commits)" "0 0 0" "the summary, too"
is "$(summary unchanged)" "$(plan unchanged)" "as many unchanged as planned"
is "$(commits v_in)" "$before" "no commit"
run "the same for people" 0 update_train --yes
like "$err" "nothing to write" "said aloud"
sql "DELETE FROM main.vision.v_in WHERE input_id = '$(sql "SELECT min(input_id) FROM main.vision.v_in" | jq -r '.[0]')'" >/dev/null
run "an update with a row to insert" 0 update_train --yes
like "$err" "rows to insert +1" "the plan"
like "$err" "inputs, inserted: " "a sample"
like "$err" "done: 1 inserted, .* 1 commit in" "the summary, one commit in the singular"

# --- a compute that is stopped ---
run "an update, the compute stopped and nobody to ask" 2 update_train --compute "$stopped" --json
is "$(plan start_only)" true "the question is about the compute"
is "$(api GET "/api/2.0/sql/warehouses/${stopped#*:}" | jq -r .state)" STOPPED "it is not started"
answering n "$LAKE" update --app $APP --dataset train --inputs-table main.vision.v_in --annotations-table v_an --compute "$stopped"
is $? 2 "no"
like "$(cat "$WORK/out")" "is stopped, and the plan needs it. Start it\?" "the question"
is "$(api GET "/api/2.0/sql/warehouses/${stopped#*:}" | jq -r .state)" STOPPED "it is left as it is"
run "with --yes" 0 update_train --compute "$stopped" --yes --json
is "$(plan start_only)" null "no question"

run "status with a compute that cannot be used" 0 env DATABRICKS_WAREHOUSE_ID= \
    DATABRICKS_CLUSTER_ID="$(api GET /api/2.1/clusters/list | jq -r '.clusters[] | select(.data_security_mode=="NONE").cluster_id')" "$LAKE" auth status --json
like "$(printf '%s\n' "$out" | jq -r 'select(.type=="compute") | .cause + .remedy')" "Unity Catalog.*--compute" "says why, and what to do"

# --- why a run failed is kept, also when it worked in the foreground, and goes when the run goes on ---
run "a dataset that is not there" 1 "$LAKE" import volume main.vision.pictures --app lab-user/traffic --dataset comes-later --yes
id=$(newest)
run "shown" 0 "$LAKE" runs show "$id"
like "$out" "error +.*there is no dataset comes-later in the app" "with the reason"
clarifai POST /v2/users/lab-user/apps/traffic/datasets '{"datasets":[{"id":"comes-later"}]}' >/dev/null
run "resumed when it is" 3 "$LAKE" resume "$id"
unlike "$("$LAKE" runs show "$id"; "$LAKE" runs --json | jq -r --arg r "$id" 'select(.run == $r)')" "there is no dataset" "the reason is gone"

# --- S3, by command and detached ---
s3() { "$LAKE" import s3 s3://lab-bucket/imports/three-bad-rows.csv --format csv --app lab-user/traffic --dataset v3 --create-dataset --table main.vision.v_s3 "$@"; }
run "S3 with three bad rows" 3 s3 --yes --json
is "$(printf '%s\n' "$out" | jq -r 'select(.type=="item" and .state=="failed").key' | wc -l)" 3 "three items"
is "$(($(summary verified) + $(summary failed)))" "$(summary rows)" "every row in the table"
id=$(newest)
run "shown" 0 "$LAKE" runs show "$id" --failed
is "$(printf '%s\n' "$out" | grep -c '^failed ')" 3 "with its failed rows"
run "shown by the end of its id, as the screens name it" 0 "$LAKE" runs show "${id##*-}"
like "$out" "$id" "it is that run"
run "an end that no run's id has" 1 "$LAKE" runs show "0${id##*-}"
run "watched afterwards" 3 "$LAKE" runs watch "$id" --json
is "$(printf '%s\n' "$out" | jq -r 'select(.type=="summary").failed')" 3 "its summary again"
run "resumed" 3 "$LAKE" resume "$id" --yes --json
run "retried" 3 "$LAKE" retry "$id" --yes --json
like "$err" "mend it where it comes from" "rows that are wrong stay wrong"
run "detached" 0 "$LAKE" import s3 s3://lab-bucket/imports/harbour.csv --format csv --app lab-user/traffic --dataset v3 --table main.vision.v_s3b --yes --detach
like "$err" "runs watch" "says how to follow it"
run "followed" 0 "$LAKE" runs watch "$(newest)"
run "an export, detached" 0 export_train --if-exists replace --yes --detach
"$LAKE" runs watch "$(newest)" >/dev/null 2>"$WORK/err"; like "$?" "^[03]$" "followed"
like "$(cat "$WORK/err")" "rows: lakeferry preview main.vision.v_an" "to the rows"

# --- resume ---
run "a dry run is not resumed" 1 "$LAKE" resume "$(lakeferry runs --json | jq -r 'select(.state=="dry run").run' | head -n 1)"
like "$err" "dry run" "says why"
id=$(lakeferry runs --json | jq -r 'select(.state=="at the gate").run' | head -n 1)
run "a run that waits for its yes" 0 "$LAKE" cancel "$id"
run "cancelled, it is not resumed" 1 "$LAKE" resume "$id"
like "$err" "it was cancelled" "says why"
run "begun, killed" 137 env LAKEFERRY_KILL_AT=stage.send:1 "$LAKE" import volume main.vision.pictures --app lab-user/traffic --dataset v4 --create-dataset --table main.vision.v4 --yes
begun=$(newest)
run "a later one that waits" 2 "$LAKE" import volume main.vision.pictures --app lab-user/traffic --dataset v5 --create-dataset
run "resume without a name" 3 "$LAKE" resume --yes
like "$err" "resuming $begun" "takes the one that was begun"

# --- production ---
printf 'production = lab\n' >>"$CONFIG"
printf '[lab]\nhost = %s\ntoken = %s\nwarehouse_id = wh-live-0001\n' "$ORIGIN" "$DATABRICKS_TOKEN" >"$DATABRICKS_CONFIG_FILE"; chmod 600 "$DATABRICKS_CONFIG_FILE"
production() { answering "$1" "$LAKE" export --profile lab --app $APP --dataset train --to main.vision --inputs-table p_in --annotations-table p_an; }
production y; is $? 2 "a profile marked production takes no y"
like "$(cat "$WORK/out")" "marked as production. To start, type p_in" "asks for the table's name"
production p_in; like "$?" "^[03]$" "which starts it"

# --- a state folder that can only be read ---
room=
for flags in -m -rm; do [ -n "$room" ] || ! unshare $flags mount -t tmpfs tmpfs "$XDG_RUNTIME_DIR" 2>/dev/null || room=$flags; done
if [ -z "$room" ]; then
    tests=$((tests + 1)); echo "ok $tests - runs of a folder that can only be read # SKIP no file system can be mounted here"
else
    many=$(lakeferry runs --json | wc -l)
    mkdir -p "$WORK/ro"
    export WORK LAKE
    run "runs of a folder that can only be read" 0 unshare "$room" bash -c 'mount -t tmpfs tmpfs "$WORK/ro" && cp -r "$XDG_STATE_HOME/lakeferry" "$WORK/ro/" &&
        rm -f "$WORK"/ro/lakeferry/runs/*/*-shm && mount -o remount,ro "$WORK/ro" && XDG_STATE_HOME=$WORK/ro "$LAKE" runs --json'
    is "$(printf '%s\n' "$out" | jq -r 'select(.title != "").run' | wc -l)" "$many" "all are listed"
fi
done_testing
