#!/bin/bash
# Trouble of every kind, as a person meets it: each gets one sentence and the right exit status, nothing is lost, nothing is there twice, and what
# was stopped goes on when the trouble is over.
. "$(dirname "$0")/lib.sh"
quick_platform
quick_settings "give_up = 60s"
FILES=300
volume_make sea
for part in 0 1 2; do python3 "$(dirname "$0")/pictures.py" "$(volume_dir sea)/part$part" 100 1500 100 "p$part"; done

import() { local app=$1; shift; "$LAKE" import volume main.vision.sea --app "lab-user/$app" --dataset ds --table "t_$app" --yes "$@"; }
fault() { control POST faults "$1" >/dev/null; }
calm() { control DELETE faults >/dev/null; }
slow() { fault '{"kind":"latency","ms":200,"path":"/api/2.0/fs/files/*","method":"GET"}'; }
newest() { "$LAKE" runs --json | head -n 1 | jq -r .run; }
state_of() { "$LAKE" runs --json | jq -r --arg r "$1" 'select(.run == $r) | .state'; }
# whole APP: every file once on both sides.
facts() { echo "$(all_inputs "lab-user/$1" | wc -l) $(dataset_inputs "lab-user/$1" ds | jq -r 'select(.status.code == 30000).data.metadata.lakeferry.source' | sort -u | wc -l) $(sql "SELECT count(*), count(DISTINCT source_path), count(DISTINCT input_id) FROM main.vision.t_$1 WHERE upload_status = 'verified'" | tr -d '[]"')"; }
whole() { is "$(facts "$1")" "$FILES $FILES $FILES,$FILES,$FILES" "$2: every picture once, in the dataset and in the table"; }
one_sentence() { is "$(printf '%s\n' "$err" | grep -c '^lakeferry: ')" 1 "$1: one sentence"; unlike "$err" '\.\. |out of memory' "$1: that makes sense"; }

# --- hosts that are not the platform ---
cat >"$WORK/hosts.py" <<'P'
import http.server, socket, sys, threading
class Page(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome</body></html>"
        self.send_response(200); self.send_header("Content-Type", "text/html"); self.send_header("Content-Length", str(len(body)))
        self.end_headers(); self.wfile.write(body)
    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer
    def log_message(self, *a): pass
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=web.serve_forever, daemon=True).start()
mute = socket.socket(); mute.bind(("127.0.0.1", 0)); mute.listen(100)
print(web.server_address[1], mute.getsockname()[1], flush=True)
held = []
while True: held.append(mute.accept())
P
python3 "$WORK/hosts.py" >"$WORK/ports" & HOSTS_PID=$!
trap 'kill $HOSTS_PID 2>/dev/null; finish' EXIT
until_true '[ -s "$WORK/ports" ]'
read -r WEB MUTE <"$WORK/ports"
WEB=http://127.0.0.1:$WEB MUTE=http://127.0.0.1:$MUTE
# The silent ones together, since each takes its ten seconds.
mute() { local name=$1; shift; timeout 300 "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" </dev/null; echo $? >"$WORK/$name.status"; }
mute ls env DATABRICKS_HOST="$MUTE" "$LAKE" ls main & M1=$!
mute apps env CLARIFAI_API_BASE="$MUTE" "$LAKE" ls clarifai:lab-user & M2=$!
mute import env DATABRICKS_HOST="$MUTE" XDG_STATE_HOME="$WORK/mute-state" "$LAKE" import volume main.vision.sea --app lab-user/traffic --dataset ds --create-dataset --yes & M3=$!
run "a web page instead of Databricks" 1 env DATABRICKS_HOST="$WEB" "$LAKE" ls main
one_sentence "a web page instead of Databricks"
like "$err" "web page.*${WEB#http://}" "and it names the host"
run "a web page instead of Clarifai" 1 env CLARIFAI_API_BASE="$WEB" "$LAKE" ls clarifai:lab-user
one_sentence "a web page instead of Clarifai"
run "an import from a web page" 1 env DATABRICKS_HOST="$WEB" "$LAKE" import volume main.vision.sea --app lab-user/traffic --dataset ds --create-dataset --yes
run "a name that nobody knows" 1 env DATABRICKS_HOST="https://$(printf 'x%.0s' {1..70}).invalid" "$LAKE" ls
like "$err" "name resolution" "says that the name is unknown"
one_sentence "a name that nobody knows"

# --- files of settings, places, words ---
printf '[one]\nhost = %s\ntoken = dapi-sandbox-token\nclient_id = a\nclient_secret = canary-client-secret\n' "$ORIGIN" >"$DATABRICKS_CONFIG_FILE"
run "two ways to sign in" 2 env -u DATABRICKS_HOST -u DATABRICKS_TOKEN "$LAKE" ls --profile one
unlike "$out$err" "canary" "no secret in the sentence"
run "a profile that is not there" 2 "$LAKE" ls --profile two
printf '[one\nhost = x\n' >"$DATABRICKS_CONFIG_FILE"
run "a broken profile file" 2 env -u DATABRICKS_HOST -u DATABRICKS_TOKEN "$LAKE" ls
like "$err" "line 1" "names the line"
rm "$DATABRICKS_CONFIG_FILE"
echo 'give_up = soon' >"$CONFIG"
run "a broken setting" 2 "$LAKE" ls main
like "$err" "give_up in line 1" "names it"
quick_settings "give_up = 60s"
run "a dataset id that cannot be" 2 "$LAKE" import volume main.vision.sea --app lab-user/traffic --dataset 'a b' --create-dataset --yes
run "an app that is not there" 1 "$LAKE" import volume main.vision.sea --app lab-user/none --dataset ds --create-dataset --yes --json
is "$(printf '%s\n' "$out" | jq -r 'select(.type == "error") | .code')" 11101 "an error object"
one_sentence "an app that is not there"
run "the same by a worker" 1 "$LAKE" import volume main.vision.sea --app lab-user/none --dataset ds --create-dataset --yes --detach
like "$err" "none" "is said here too"
: >"$WORK/file"
run "a state folder that is a file" 1 env XDG_STATE_HOME="$WORK/file" "$LAKE" import volume main.vision.sea --app lab-user/traffic --dataset ds --create-dataset --yes
one_sentence "a state folder that is a file"
"$LAKE" ls main.many >/dev/full 2>"$WORK/err"; is $? 1 "a full disk behind standard output"
like "$(cat "$WORK/err")" "standard output" "is said"

# --- a full disk under the journal ---
disk='app=$1; mount -t tmpfs -o size=500k tmpfs "$WORK/tiny" || exit 77
export XDG_STATE_HOME=$WORK/tiny
set -- import volume main.vision.sea --app "lab-user/$app" --dataset ds --table "t_$app" --yes
"$LAKE" "$@"; echo "full $?"; mount -o remount,size=16m "$WORK/tiny"; "$LAKE" resume --yes; echo "resumed $?"'
app_make disk
export WORK LAKE
mkdir "$WORK/tiny"
room=
for flags in -m -rm; do [ -n "$room" ] || ! unshare $flags mount -t tmpfs tmpfs "$WORK/tiny" 2>/dev/null || room=$flags; done
if [ -z "$room" ]; then
    tests=$((tests + 1)); echo "ok $tests - a full disk # SKIP no file system can be mounted here"
else
    unshare "$room" bash -c "$disk" _ disk >"$WORK/out" 2>"$WORK/err" </dev/null
    is "$(tr '\n' ' ' <"$WORK/out")" "full 1 resumed 0 " "a full disk ends the run, room lets it go on"
    like "$(cat "$WORK/err")" "$WORK/tiny.*disk is full" "the sentence names the path"
    whole disk "a full disk"
fi

# --- signals ---
stop() { # NAME STATUS SIGNAL...
    local name=$1 wanted=$2 app=stop$tests pid status
    shift 2; app_make "$app"; slow; control POST reset '{"counters":true}' >/dev/null
    "$LAKE" import volume main.vision.sea --app "lab-user/$app" --dataset ds --table "t_$app" --yes --json >"$WORK/out" 2>"$WORK/err" </dev/null & pid=$!
    until_true '[ "$(counter "^GET /api/2.0/fs/files")" -ge 50 ]'
    for signal; do kill -"$signal" $pid; sleep 0.1; done
    wait $pid; status=$?
    calm
    is $status "$wanted" "$name: exit status $wanted"
    like "$(cat "$WORK/err")" "lakeferry resume" "$name: says how to go on"
    run "$name: resume" 0 "$LAKE" resume --yes
    whole "$app" "$name"
}
stop "INT" 130 INT
stop "INT twice" 130 INT INT
stop "TERM" 143 TERM
stop "HUP" 129 HUP

# --- workers ---
app_make work; slow
run "detached" 0 import work --detach
id=$(newest)
pid=$(cat "$XDG_STATE_HOME/lakeferry/runs/$id/lock")
unlike "$(tr '\0' '\n' <"/proc/$pid/cmdline"; tr '\0' '\n' <"/proc/$pid/environ")" "sandbox-pat|dapi-sandbox" "no secret in a worker's arguments and environment"
run "a second process on the run" 1 "$LAKE" resume "$id" --yes
like "$err" "another process runs it" "says why"
calm
run "watched to its end" 0 "$LAKE" runs watch "$id"
like "$err" "^done: $FILES planned, $FILES verified" "with its summary"
whole work "detached"
run "cancel of what is over" 0 "$LAKE" cancel "$id"
like "$err" "nothing to cancel" "says so"
is "$(state_of "$id")" "done" "and changes nothing"

app_make live; slow
run "to be cancelled" 0 import live --detach
id=$(newest)
run "cancel of a live run" 0 "$LAKE" cancel "$id"
calm
until_true '[ "$(state_of "$id")" = cancelled ]'
is "$(sql "SELECT count(*) FROM main.vision.t_live" | tr -d '[]"')" $FILES "a row for each file, cancelled or not"
run "retry of what was cancelled" 0 "$LAKE" retry "$id" --yes
whole live "cancelled and retried"

app_make dead; slow
run "to be killed" 0 import dead --detach
id=$(newest)
until_true '[ "$(state_of "$id")" = running ]'
kill -9 "$(cat "$XDG_STATE_HOME/lakeferry/runs/$id/lock")"
until_true '[ "$("$LAKE" runs --json | jq -r --arg r "$id" "select(.run == \$r) | .alive")" = false ]'
calm
run "a dead run cannot be watched" 1 "$LAKE" runs watch "$id"
like "$err" "resume" "but resumed"
like "$("$LAKE" runs)" "$id +stopped, resumable" "and is shown as one that can be resumed"
run "cancel of a dead run" 0 "$LAKE" cancel "$id"
is "$(state_of "$id")" cancelled "is cancelled"
run "prune" 0 "$LAKE" runs prune
is "$(state_of "$id")" "" "is gone"

# --- what failed, mended ---
volume_make mend; dir=$(volume_dir mend)
python3 "$(dirname "$0")/pictures.py" "$dir" 4 1500 4 m
: >"$dir/empty.png"; head -c 20971520 /dev/zero >"$dir/huge.png"
app_make mend
run "two files that cannot go" 3 "$LAKE" import volume main.vision.mend --app lab-user/mend --dataset ds --table t_mend --yes
id=$(newest)
cp "$dir/m-00000.png" "$dir/empty.png"; cp "$dir/m-00001.png" "$dir/huge.png"
run "retry when they are mended" 0 "$LAKE" retry "$id" --yes
is "$(sql "SELECT count(*) FROM main.vision.t_mend WHERE upload_status = 'verified'" | tr -d '[]"')" 6 "all six are verified"
like "$err" "2 items taken up again" "how many were taken up again is said"
like "$("$LAKE" runs show "$id")" "retry +2 items taken up again" "and shown"
run "nothing left to retry" 0 "$LAKE" retry "$id" --yes
like "$err" "nothing failed" "says so"

# --- faults of the platforms: the run finishes by itself ---
number=0
weather() { # NAME RULE...
    local name=$1 app; shift; number=$((number + 1)); app=fault$number
    app_make "$app"
    for rule; do fault "$rule"; done
    run "$name" 0 import "$app" --json
    is "$(control GET faults | jq '[.faults[] | select(.fired == 0)] | length')" 0 "$name: happened"
    calm
    is "$(summary verified) $(summary rows)" "$FILES $FILES" "$name: the summary counts every picture"
    whole "$app" "$name"
}
post='"path":"*/inputs","method":"POST"' get='"path":"/api/2.0/fs/files/*","method":"GET"'
weather "answers lost" "{\"kind\":\"lost_reply\",$post,\"times\":3}"
weather "429 with Retry-After" '{"kind":"status","status":429,"retry_after":"1","path":"/v2/*","nth":[3,6]}'
weather "429 with nonsense" '{"kind":"status","status":429,"retry_after":"soon","path":"/v2/*","times":2}'
weather "503 for every fifth" '{"kind":"status","status":503,"share":0.2,"seed":9}'
weather "a sign-in page" "{\"kind\":\"html_login\",$post,\"nth\":[2]}" "{\"kind\":\"html_login\",$get,\"nth\":[20,90]}"
weather "bodies cut" "{\"kind\":\"cut_body\",$get,\"share\":0.2,\"seed\":3}"
weather "too many requests, says the body" "{\"kind\":\"clarifai_code\",\"code\":11005,$post,\"times\":2}"
weather "the hourly quota" "{\"kind\":\"clarifai_code\",\"code\":11003,$post,\"times\":2}"
weather "maintenance" "{\"kind\":\"clarifai_code\",\"code\":39997,$post,\"times\":1}"
weather "a token refused for a while" "{\"kind\":\"status\",\"status\":403,\"body\":\"{\\\"error_code\\\":\\\"403\\\",\\\"message\\\":\\\"Invalid access token\\\"}\",$get,\"nth\":[20,21,22]}"
weather "the answer of the statement lost" '{"kind":"lost_reply","method":"POST","path":"/api/2.0/sql/statements","times":1}'

# --- faults that stay: parked, and resumed when they are gone ---
quick_settings "give_up = 1s"
stay() { # NAME STATUS RULE
    local name=$1 app; number=$((number + 1)); app=fault$number
    app_make "$app"; fault "$3"
    run "$name" "$2" import "$app"
    calm
    like "$err" "the run waits" "$name: says that it waits"
    like "$err" "lakeferry resume $(newest)" "$name: says how to go on"
    unlike "$err" "^done:" "$name: does not call it done"
    is "$(state_of "$(newest)")" parked "$name: is parked"
    run "$name: resume" 0 "$LAKE" resume --yes
    whole "$app" "$name"
}
stay "a revoked key" 4 "{\"kind\":\"clarifai_code\",\"code\":11009,\"http\":401,$post}"
stay "a revoked token" 4 "{\"kind\":\"status\",\"status\":403,\"body\":\"{\\\"error_code\\\":\\\"403\\\",\\\"message\\\":\\\"Invalid access token\\\"}\",$get}"
stay "maintenance without end" 1 "{\"kind\":\"clarifai_code\",\"code\":39997,$post}"
stay "a warehouse that is down" 1 '{"kind":"status","status":503,"path":"/api/2.0/sql/statements*"}'

# --- a reader that goes away ---
app_make pipe
"$LAKE" import volume main.vision.sea --app lab-user/pipe --dataset ds --table t_pipe --yes --json 2>"$WORK/err" </dev/null | head -n 1 >"$WORK/out"
is "${PIPESTATUS[0]}" 1 "a closed pipe ends the import"
is "$(jq -r .type "$WORK/out")" progress "what was read is whole"
run "resumed behind a closed pipe" 0 "$LAKE" resume --yes
whole pipe "a closed pipe"

# --- rows that come by a link which has expired ---
run "a preview" 0 "$LAKE" preview main.vision.t_pipe --format csv --limit 50 --yes
cp "$WORK/out" "$WORK/by-answer"
control POST settings '{"statement.inline_bytes":10}' >/dev/null
fault '{"kind":"status","status":403,"path":"/results/*","nth":[1]}'
run "the same by links" 0 "$LAKE" preview main.vision.t_pipe --format csv --limit 50 --yes
cmp "$WORK/by-answer" "$WORK/out" >"$WORK/cmp"; report $? "a link that has expired is asked for again, and no row is lost" "$(cat "$WORK/cmp")"
is "$(control GET faults | jq '.faults[0].fired')" 1 "it had expired"
fault '{"kind":"status","status":403,"path":"/results/*"}'
run "links that are never good" 1 "$LAKE" preview main.vision.t_pipe --format csv --limit 50 --yes
like "$err" "link to the result has expired" "links that are never good: what it is"
calm
control POST settings '{"statement.inline_bytes":26214400}' >/dev/null

# --- the silent hosts, meanwhile ---
wait $M1 $M2 $M3
for name in ls apps import; do
    is "$(cat "$WORK/$name.status")" 1 "a host that never answers ($name): exit status 1"
    like "$(cat "$WORK/$name.err")" "${MUTE#http://}.* did not (answer|finish its answer) within 10 s" "a host that never answers ($name): says so"
done
like "$(cat "$WORK/ls.err")" "no answer yet from $MUTE" "and first that it waits"

# --- no secret anywhere ---
"$LAKE" preview main.vision.all_types --yes --log-file "$WORK/debug.log" --log-level debug >/dev/null 2>&1
CLARIFAI_PAT=canary-pat DATABRICKS_TOKEN=dapi-canary "$LAKE" auth status --log-file "$WORK/debug.log" --log-level debug >/dev/null 2>&1
[ -s "$WORK/debug.log" ]; report $? "there is a log"
is "$(grep -rlaE 'sandbox-pat|dapi-sandbox-token|canary' "$XDG_STATE_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR" "$WORK"/*.err "$WORK"/*.out "$WORK/debug.log")" "" "no secret in state, configuration, cache, logs, reports"
is "$(find "$XDG_STATE_HOME/lakeferry" "$XDG_CACHE_HOME/lakeferry" "$XDG_RUNTIME_DIR/lakeferry" -perm /077 -not -type l | head -n 3)" "" "what is kept is for its owner only"
is "$(api GET '/api/2.1/unity-catalog/volumes?catalog_name=main&schema_name=vision' | jq -r '.volumes[].name' | grep -c lakeferry_)" 0 "no staging volume is left"
done_testing
