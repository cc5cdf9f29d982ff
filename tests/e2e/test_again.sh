#!/bin/bash
# Runs gone through once more: a finished one resumed, one with nothing to retry, one cancelled as it ended.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
printf 'files_rate = 100000\nclarifai_rate = 1000\npoll_first = 20ms\nretry_first = 20ms\nretry_cap = 300ms\n' >"$XDG_CONFIG_HOME/lakeferry/config.ini"
APP=lab-user/traffic
volume_make again; python3 "$(dirname "$0")/pictures.py" "$(volume_dir again)" 30 1500
newest() { lakeferry runs --json | head -n 1 | jq -r .run; }
zero() { control POST reset '{"counters":true}' >/dev/null; }
import() { lakeferry import volume main.vision.again --app $APP --dataset again --table again --yes --json "$@"; }
history() { sql "DESCRIBE HISTORY main.vision.again" | wc -l; }
rows() { sql 'SELECT count(*) FROM main.vision.again' | jq -r '.[0]'; }
untouched() { # NAME: since the counters were set to zero no picture, file or statement went either way
    is "$(counter '^POST .*/inputs$')" 0 "$1: no picture is sent"
    is "$(counter '/fs/files|/fs/directories')" 0 "$1: no file is read or staged"
    is "$(counter 'sql/statements|/commands/')" 0 "$1: no statement is run"
}

# --- a finished import, resumed ---
run "an import" 0 import --create-dataset
id=$(summary run) first=$(summary rows)
zero
run "resumed" 0 lakeferry resume "$id" --yes --json
untouched "a finished import resumed"
is "$(counter '^GET .*/datasets/[^/]*/inputs$')" 4 "the passes of one verification, a page and its end each"
is "$(summary rows) $(summary verified)" "$first 30" "it tells the same"
zero
run "resumed once more" 0 lakeferry resume "$id" --yes --json
untouched "and resumed once more"

# What changed in Clarifai meanwhile is written.
one=$(dataset_inputs $APP again | jq -r .id | head -n 1)
clarifai DELETE "/v2/users/lab-user/apps/traffic/inputs" "{\"ids\":[\"$one\"]}" >/dev/null
until [ "$(dataset_inputs $APP again | wc -l)" = 29 ]; do sleep 0.1; done
before=$(history)
run "resumed when an input is gone" 3 lakeferry resume "$id" --yes --json
is "$(summary unaccounted)" 1 "it says what is gone"
is "$(history)" $((before + 1)) "and the table does"
is "$(sql "SELECT upload_status FROM main.vision.again WHERE input_id = '$one'" | jq -r '.[0]')" unaccounted "in its row"
zero
run "resumed after that" 3 lakeferry resume "$id" --yes --json
untouched "what was written is not written again"

# A table that is gone is made again, for who resumes the run wants it.
sql 'DROP TABLE main.vision.again' >/dev/null
run "resumed when the table is gone" 3 lakeferry resume "$id" --yes --json
is "$(rows)" 30 "it is there again"

# --- nothing to retry ---
value() { # RUN FACT
    python3 - "$XDG_STATE_HOME/lakeferry/runs/$1/journal.db" "$2" <<'P'
import sqlite3, sys
print(*(r[0] for r in sqlite3.connect(sys.argv[1]).execute("SELECT value FROM facts WHERE key = ?", sys.argv[2:])))
P
}
facts() { python3 - "$XDG_STATE_HOME/lakeferry/runs/$1/journal.db" <<'P'
import sqlite3, sys
print(" ".join(sorted(r[0] for r in sqlite3.connect(sys.argv[1]).execute("SELECT key FROM facts WHERE key LIKE 'stage.%'"))))
P
}
run "rows of which three are wrong" 3 lakeferry import s3 s3://lab-bucket/imports/three-bad-rows.csv --format csv --app $APP --dataset bad --create-dataset --table main.vision.bad --yes --json
id=$(summary run) stages=$(facts "$id")
zero
run "retried" 3 lakeferry retry "$id" --yes --json
untouched "rows that would fail again, retried"
is "$(facts "$id")" "$stages" "no stage is to be gone through again"
run "an import without failures" 0 import
id=$(summary run)
zero
run "retried" 0 lakeferry retry "$id" --yes --json
untouched "an import without failures, retried"
like "$err" "nothing failed" "and says why"

# --- cancelled as it ends ---
run "killed when only the cleaning is left" 137 env LAKEFERRY_KILL_AT=stage.table:1 "$BUILD/lakeferry" import volume main.vision.again --app $APP --dataset late --create-dataset --table late --yes --json
id=$(newest)
run "cancelled" 0 lakeferry cancel "$id"
like "$err" "nothing was left to cancel" "says that it is done"
is "$(lakeferry runs --json | jq -r --arg r "$id" 'select(.run == $r).state')" done "and the runs say so, too"

# --- the time that a stage took in earlier turns counts ---
control POST faults '{"kind":"latency","ms":60000,"path":"/api/2.0/fs/files/*","method":"GET"}' >/dev/null
volume_make slow; cp "$(volume_dir again)"/*0.png "$(volume_dir slow)/"
"$BUILD/lakeferry" import volume main.vision.slow --app $APP --dataset slow --create-dataset --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null & slow=$!
until [ "$(counter 'GET /api/2.0/fs/files')" -gt 0 ] && grep -q '"phase":"send"' "$WORK/out"; do sleep 0.1; done
first=$(newest)
same() { lakeferry import volume main.vision.slow --app "$1" --dataset "$2" --create-dataset --dry-run --json 2>/dev/null | grep '"type":"plan"' | jq -r '.notes[]?' | grep -c "run $first does the same now"; }
is "$(same $APP slow) $(same $APP other)" "1 0" "a second import of the same is told of the first, another is not"
kill -TERM $slow; sleep 0.2; kill -TERM $slow 2>/dev/null; wait $slow; is $? 143 "stopped while it sends"
control DELETE faults >/dev/null
id=$first first=$(value "$id" spent.send)
run "resumed" 0 lakeferry resume "$id" --yes --json
whole=$(value "$id" stage.send)
[ "${first:-0}" -gt 0 ] && [ "${whole:-0}" -ge "$first" ]; report $? "the stage's time holds both turns"

# --- a source that changed behind the gate: one advice ---
BUCKET=$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports
head -n 6 "$BUCKET/harbour.csv" >"$BUCKET/moving.csv"
LAKEFERRY_KILL_AT=stage.plan:1 lakeferry import s3 s3://lab-bucket/imports/moving.csv --format csv --app $APP --dataset moving --create-dataset --table main.vision.moving --yes >"$WORK/out" 2>"$WORK/err" </dev/null
is $? 137 "killed behind its plan"
id=$(newest)
run "gone on with, killed behind its gate" 137 env LAKEFERRY_KILL_AT=point.ran:1 "$BUILD/lakeferry" resume "$id" --yes
sed -n '7p' "$BUCKET/harbour.csv" >>"$BUCKET/moving.csv"
run "gone on with when the file has another row" 1 lakeferry resume "$id" --yes
like "$err" "start the import again" "it says what to do"
unlike "$err" "lakeferry resume" "and not the contrary"

# --- a finished export, a finished update, resumed ---
run "an export" 0 lakeferry export --app $APP --dataset again --to main.vision --inputs-table race_in --annotations-table race_an --yes --json
id=$(summary run)
zero
run "resumed" 0 lakeferry resume "$id" --yes --json
untouched "a finished export resumed"
is "$(counter '^GET .*/datasets/[^/]*/inputs$')" 4 "the passes of one verification, a page and its end each"
clarifai PATCH /v2/users/lab-user/apps/traffic/inputs "$(dataset_inputs $APP again | head -n 2 | jq -sc '{action:"merge",inputs:map({id,data:{metadata:{again:1}}})}')" >/dev/null
update() { lakeferry update --app $APP --dataset again --inputs-table main.vision.race_in --annotations-table main.vision.race_an --yes --json; }
run "an update" 0 update
id=$(summary run) first=$(summary changed) all=$(summary rows)
zero
run "resumed" 0 lakeferry resume "$id" --yes --json
is "$(counter '/fs/files|/fs/directories')" 0 "a finished update resumed: no row is staged"
is "$(counter 'POST .*sql/statements$')" 2 "no table is compared, its version is asked for"
is "$(summary changed) $(summary rows)" "$first $all" "it tells the same"
sql "UPDATE main.vision.race_in SET image_url = 'other' WHERE input_id = '$(sql 'SELECT min(input_id) FROM main.vision.race_in' | jq -r '.[0]')'" >/dev/null
run "resumed when somebody has written the table" 3 lakeferry resume "$id" --yes --json
like "$(grep '"type":"item"' "$WORK/out" | jq -r .reason)" "1 rows differ" "the tables are compared again"
run "another update settles it" 0 update

# --- an update whose work others did first ---
clarifai PATCH /v2/users/lab-user/apps/traffic/inputs "$(dataset_inputs $APP again | head -n 3 | jq -sc '{action:"merge",inputs:map({id,data:{metadata:{seen:1}}})}')" >/dev/null
LAKEFERRY_KILL_AT=stage.difference:1 update >"$WORK/out" 2>"$WORK/err" </dev/null; is $? 137 "an update is killed behind its plan"
id=$(newest)
run "another does its work" 0 update
changed=$(summary changed)
[ "$changed" -ge 3 ]; report $? "three inputs changed"
before=$(sql 'DESCRIBE HISTORY main.vision.race_in' | wc -l)
run "the first one goes on" 3 lakeferry resume "$id" --yes --json
is "$(sql 'DESCRIBE HISTORY main.vision.race_in' | wc -l)" "$before" "it makes no commit without a row"
is "$(summary commits) $(summary changed)" "0 0" "and claims none"
like "$(grep '"type":"item"' "$WORK/out" | jq -r .reason)" "0 changed, 0 deleted instead of 0, 3, 0" "but says what it found"

# --- a journal that is damaged while rows are staged ---
staged_left() { find "$LAKEFERRY_SANDBOX_DATA/volumes" -name 'lakeferry[-_]*' | wc -l; }
ruin() { # RUN
    head -c 3000 /dev/urandom >"$XDG_STATE_HOME/lakeferry/runs/$1/journal.db"; rm -f "$XDG_STATE_HOME/lakeferry/runs/$1"/journal.db-*
}
# ruined NAME: an import of 30 pictures that is killed with its rows staged, its journal destroyed; sets id.
ruined() {
    LAKEFERRY_KILL_AT=point.staged:1 lakeferry import volume main.vision.again --app $APP --dataset "$1" --create-dataset --table "$1" --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null
    is $? 137 "killed with rows staged"
    id=$(newest); ruin "$id"
    [ "$(staged_left)" -gt 0 ]; report $? "they are there"
}
is "$(staged_left)" 0 "nothing is staged before"
ruined ruin_a
shown=$(lakeferry runs --json | jq -c --arg r "$id" 'select(.run == $r)')
like "$shown" "main.vision.again|/Volumes/main/vision/again" "a run without its journal still says what it is"
is "$(date -u -d "@$(($(jq .started_ms <<<"$shown") / 1000))" +%Y)" "$(date -u +%Y)" "and since when"
run "resumed without its journal" 0 lakeferry resume "$id" --yes --json
is "$(staged_left)" 0 "what was staged is removed"
is "$(sql 'SELECT count(*) FROM main.vision.ruin_a' | jq -r '.[0]')" 30 "and the table has its rows once"
ruined ruin_b
find "$XDG_STATE_HOME/lakeferry/runs" -mindepth 1 -maxdepth 1 ! -name "$id" -exec rm -rf {} +
run "resumed without saying which" 0 lakeferry resume --yes --json
like "$err" "passed over $id: its journal is damaged.*lakeferry resume $id" "a run that nothing is known of is named, and how to go on with it"
like "$err" "nothing to resume: no run is known to be unfinished" "and not called finished"
run "a run without its journal is cancelled" 0 lakeferry cancel "$id"
is "$(staged_left)" 0 "what was staged is removed then, too"

# A context of the cluster that such a run left is destroyed, beside the one that it makes when it goes on.
LAKEFERRY_KILL_AT=point.statement:1 lakeferry import volume main.vision.again --app $APP --dataset left --create-dataset --table left --compute cluster:0101-120000-live001 --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null
is $? 137 "killed with a context made"
id=$(newest); ruin "$id"
zero
run "resumed without its journal" 0 lakeferry resume "$id" --yes --json
is "$(($(counter 'POST /api/1.2/contexts/destroy') - $(counter 'POST /api/1.2/contexts/create')))" 1 "the context that was left is destroyed"
is "$(staged_left)" 0 "and what was staged is removed"

done_testing
