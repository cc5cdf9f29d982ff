#!/bin/bash
# Secrets, hosts, certificates, names: what must not get out does not, whoever asks and whatever things are called.
. "$(dirname "$0")/lib.sh"
quick_platform
settle_in() { quick_settings 'give_up = 2s' "$@"; }
settle_in
volume_make sea
python3 "$(dirname "$0")/pictures.py" "$(volume_dir sea)" 60 900 60
SECRETS='sandbox-pat|dapi-sandbox-token|canary'

# --- the process: command line, environment of children, core dumps ---
app_make proc
control POST faults '{"kind":"latency","ms":2000,"path":"/api/2.0/fs/files/*","method":"GET"}' >/dev/null
run "a worker begins" 0 "$LAKE" import volume main.vision.sea --app lab-user/proc --dataset ds --table t_proc --yes --detach --json
RUN=$(printf '%s\n' "$out" | jq -r '.run // empty' | head -n 1)
until_true '[ -n "$("$LAKE" runs --json | jq -r "select(.alive).run")" ]'
PID=$(pgrep -f -- "--worker $RUN" | head -n 1)
[ -n "$PID" ]; report $? "the worker is found"
unlike "$(tr '\0' '\n' <"/proc/$PID/cmdline")" "$SECRETS" "no secret in its command line"
unlike "$(tr '\0' '\n' <"/proc/$PID/environ")" "$SECRETS" "no secret in its environment"
like "$(awk '/core file/ { print $5 }' "/proc/$PID/limits")" '^[01]$' "it leaves no core dump"
own=$(ps -o ni= -p $$); [ "$(ps -o ni= -p "$PID")" -gt "$own" ] || [ "$own" -ge 19 ]; report $? "it gives way to the programs a person works with"
is "$(ps -o cls= -p "$PID" | tr -d ' ')" B "and does not interrupt them when it wakes"
control DELETE faults >/dev/null
until_true '[ -z "$("$LAKE" runs --json | jq -r "select(.alive).run")" ]'
app_make core
control POST faults '{"kind":"latency","ms":2000,"path":"/api/2.0/fs/files/*","method":"GET"}' >/dev/null
mkdir "$WORK/core"
# A sanitizer would take the signal for itself.
export TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS:}handle_segv=0" ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0"
(cd "$WORK/core" && ulimit -c unlimited 2>/dev/null; exec "$LAKE" import volume main.vision.sea --app lab-user/core --dataset ds --yes --json) >"$WORK/core.out" 2>"$WORK/core.err" </dev/null & PID=$!
until_true 'grep -q "\"send\"" "$WORK/core.out" || ! kill -0 $PID'
is "$(awk '/core file/ { print $5 }' "/proc/$PID/limits")" 1 "a run in the foreground leaves no core dump either"
kill -SEGV $PID; wait $PID; is $? 139 "and ends by a crash"
is "$(find "$WORK/core" -type f)" "" "no core file is there"
control DELETE faults >/dev/null
run "and can be resumed" 0 "$LAKE" resume --yes --json

# --- redirects: a credential stays with its own host and port ---
mkdir "$WORK/fronts"; echo "port 302" >"$WORK/fronts/kind"
python3 "$(dirname "$0")/fronts.py" "$WORK/fronts" "$ORIGIN" >"$WORK/ports" 2>"$WORK/fronts.err" & FRONTS=$!
trap 'kill $FRONTS 2>/dev/null; finish' EXIT
until_true '[ -s "$WORK/ports" ]' || { cat "$WORK/fronts.err"; exit 1; }
port() { jq -r ".[\"$1\"]" "$WORK/ports"; }
for kind in port host scheme file loop user relative gopher; do
    for status in 301 302 303 307 308; do
        echo "$kind $status" >"$WORK/fronts/kind"
        DATABRICKS_HOST=http://127.0.0.1:$(port redirect) "$LAKE" ls main >>"$WORK/redirect.out" 2>&1 </dev/null; a=$?
        CLARIFAI_API_BASE=http://127.0.0.1:$(port redirect) "$LAKE" ls clarifai:lab-user >>"$WORK/redirect.out" 2>&1 </dev/null; b=$?
        is "$a $b" "1 1" "a redirect ($kind, $status) is refused by both platforms"
    done
done
is "$(grep -c '^redirect' "$WORK/fronts/seen")" 80 "each was asked once"
is "$(grep -c '^trap' "$WORK/fronts/seen")" 0 "nobody followed one"
is "$(grep -c 'redirects to' "$WORK/redirect.out")" 80 "each is said"
run "http to a host that is not this machine" 2 env DATABRICKS_HOST=http://192.0.2.1 "$LAKE" ls main
like "$err" "https" "says that only https is allowed"

# --- certificates ---
for kind in wrong-host expired self-signed good; do
    : >"$WORK/fronts/seen"
    [ $kind = good ] && settle_in || settle_in "ca_file = $WORK/fronts/ca.pem"
    run "Databricks with a certificate that is $kind${kind/good/ of an unknown authority}" 1 env DATABRICKS_HOST="https://127.0.0.1:$(port $kind)" "$LAKE" ls main
    like "$err" "certificate|authority|TLS" "it is said"
    run "Clarifai, too" 1 env CLARIFAI_API_BASE="https://127.0.0.1:$(port $kind)" "$LAKE" ls clarifai:lab-user
    is "$(cat "$WORK/fronts/seen")" "" "and nothing was sent"
done
settle_in "ca_file = $WORK/fronts/ca.pem"
app_make tls
run "an import through TLS with the authority in ca_file" 0 env DATABRICKS_HOST="https://127.0.0.1:$(port good)" CLARIFAI_API_BASE="https://127.0.0.1:$(port good)" \
    "$LAKE" import volume main.vision.sea --app lab-user/tls --dataset ds --table t_tls --yes --json
is "$(dataset_inputs lab-user/tls ds | wc -l)" 60 "everything arrived"
settle_in "ca_file = $WORK/none.pem"
run "an authority's file that is not there" 1 env DATABRICKS_HOST="https://127.0.0.1:$(port good)" "$LAKE" ls main
like "$err" "$WORK/none.pem" "is named"
settle_in

# --- names that are no names ---
unsafe() { LC_ALL=C grep -acP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf' "$1"; }
volume_make odd
ODD=$'\x1b]0;owned\x07\x1b[2J\u202egnp.exe \u0085\u200b\u2028'
put() { curl -sS -X PUT "$ORIGIN/api/2.0/fs/files/Volumes/main/vision/odd/$(jq -rn --arg n "$1" '$n | @uri')?overwrite=true" -H "Authorization: Bearer dapi-sandbox-token" --data-binary @"$(volume_dir sea)/pic-00000.png" -o /dev/null -w '%{http_code}\n'; }
control POST settings '{"files.make_parents":1}' >/dev/null     # one name holds slashes
is "$(put "$ODD.png") $(put $'new\nline\t.png') $(put "\$(touch $WORK/owned) \`id\` ';--.png") $(put 'a#b?c%41&d+e.png')" "204 204 204 204" "files with such names are there"
control POST settings '{"files.make_parents":0}' >/dev/null
sql "CREATE TABLE main.vision.odd_values USING DELTA COMMENT '$ODD' AS SELECT '$ODD' AS a, 'plain' AS b" >/dev/null
clarifai POST /v2/users/lab-user/apps "$(jq -n --arg d "$ODD" '{apps:[{id:"odd",description:$d}]}')" >/dev/null
clarifai POST /v2/users/lab-user/apps/odd/datasets "$(jq -n --arg d "$ODD" '{datasets:[{id:"ds",description:$d}]}')" >/dev/null
n=0
for command in "ls main.vision.odd" "ls main.vision" "preview main.vision.odd_values --yes" "ls clarifai:lab-user" "ls clarifai:lab-user/odd" "import volume main.vision.odd --app lab-user/odd --dataset ds --table t_odd --yes" runs; do
    for json in "" --json; do
        n=$((n + 1))
        $LAKE $command $json >"$WORK/odd.$n.out" 2>"$WORK/odd.$n.err" </dev/null
        is "$? $(unsafe "$WORK/odd.$n.out") $(unsafe "$WORK/odd.$n.err")" "0 0 0" "nothing that a terminal acts on: $command $json"
        [ -z "$json" ] || { jq -e . "$WORK/odd.$n.out" >/dev/null; report $? "it is JSON"; }
    done
done
like "$(cat "$WORK/odd.1.out")" 'u202e' "it is shown as an escape"
[ ! -e "$WORK/owned" ]; report $? "no name was run by a shell"
is "$(dataset_inputs lab-user/odd ds | jq -c .data.metadata.lakeferry.source | LC_ALL=C sort -u | wc -l)" 4 "all four arrived, with their names"
is "$(sql 'SELECT count(DISTINCT source_path) FROM main.vision.t_odd')" '["4"]' "and are in the table"
before=$(sql 'SHOW TABLES IN main.vision' | wc -l)
app_make inject
for name in 'main.vision.`x`` ; DROP TABLE main.vision.t_odd; --`' "main.vision.\`it's \${y} \\\\\`"; do
    "$LAKE" import volume main.vision.odd --app lab-user/inject --dataset ds --table "$name" --yes --json >"$WORK/inject.out" 2>"$WORK/inject.err" </dev/null
    like "$?" '^[0123]$' "a table called $name is made or refused"
done
is "$(sql 'SELECT count(*) FROM main.vision.t_odd')" '["4"]' "and no other is touched"
for path in main.vision.odd/../sea main.vision.odd/x/../../sea /Volumes/main/vision/odd/..; do
    "$LAKE" ls "$path" >"$WORK/dots.out" 2>"$WORK/dots.err" </dev/null
    is "$? $(wc -c <"$WORK/dots.out")" "2 0" "$path is refused"
done

# --- everything that was written ---
run "a log of everything" 0 "$LAKE" ls main --log-file "$WORK/debug.log" --log-level debug
CLARIFAI_PAT=canary-pat DATABRICKS_TOKEN=dapi-canary "$LAKE" auth status --log-file "$WORK/debug.log" --log-level debug >"$WORK/auth.out" 2>&1 </dev/null
is "$(grep -rlaE "$SECRETS" "$XDG_STATE_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR" "$WORK"/*.out "$WORK"/*.err "$WORK"/out "$WORK"/err "$WORK/debug.log" | grep -v sandbox.out)" "" \
    "no secret in state, configuration, cache, logs, reports, output"
is "$(find "$XDG_STATE_HOME/lakeferry" "$XDG_CACHE_HOME/lakeferry" "$XDG_RUNTIME_DIR/lakeferry" "$WORK/debug.log" \( -type f -not -perm 600 -o -type d -not -perm 700 -o -type s -not -perm 600 \) | head -n 5)" "" \
    "files are 0600 in folders 0700"
done_testing
