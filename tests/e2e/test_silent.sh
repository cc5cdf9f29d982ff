#!/bin/bash
# Hosts that are not there or say nothing: how often they are asked, and what is said while they are waited for.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null

# --- a server that drops every connection before it says a word ---
cat >"$WORK/drop.py" <<'P'
import socket, struct, sys, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    taken, _ = listener.accept()
    print("%.3f" % time.monotonic(), flush=True)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); taken.close()
P
python3 "$WORK/drop.py" >"$WORK/dropped" & DROP_PID=$!
trap 'kill $DROP_PID 2>/dev/null; finish' EXIT
until [ -s "$WORK/dropped" ]; do sleep 0.05; done
DROP=http://127.0.0.1:$(head -n 1 "$WORK/dropped")
# The least time between one connection and the next of those since a line.
least_gap() { tail -n "+$1" "$WORK/dropped" | awk 'NR > 1 && (least == "" || $1 - last < least) { least = $1 - last } { last = $1 } END { print (least >= 0.95) ? "a second or more" : least }'; }
run "a command and a server that drops connections" 1 env DATABRICKS_HOST="$DROP" "$BUILD/lakeferry" ls main
is "$(printf '%s\n' "$err" | grep -c "^lakeferry: cannot list main: .*${DROP#http://}")" 1 "one sentence with host and cause"
is "$(($(wc -l <"$WORK/dropped") - 1))" 3 "three attempts"
is "$(least_gap 2)" "a second or more" "not more than one a second"
from=$(($(wc -l <"$WORK/dropped") + 1))
run "an import and such a server" 1 env CLARIFAI_API_BASE="$DROP" "$BUILD/lakeferry" import volume main.vision.pictures --app lab-user/traffic --dataset quiet --create-dataset --yes
is "$(printf '%s\n' "$err" | grep -c "^lakeferry: .*${DROP#http://}")" 1 "one sentence with the host"
[ "$(tail -n "+$from" "$WORK/dropped" | wc -l)" -le 4 ]; report $? "it is not asked for long"
is "$(least_gap "$from")" "a second or more" "nor more than once a second"

# --- a host that falls silent behind the gate ---
volume_make quiet; python3 "$(dirname "$0")/pictures.py" "$(volume_dir quiet)" 3 1500
control POST faults '{"kind":"latency","ms":9000,"path":"/api/2.0/fs/files/*","method":"GET"}' >/dev/null
lakeferry import volume main.vision.quiet --app lab-user/traffic --dataset quiet --create-dataset --yes >"$WORK/out" 2>"$WORK/err" </dev/null & IMPORT_PID=$!
said=
while kill -0 $IMPORT_PID 2>/dev/null && [ -z "$said" ]; do
    table=$(lakeferry runs 2>/dev/null) line=$(lakeferry runs --json 2>/dev/null | head -n 1)
    said=$(jq -r ".waiting // empty" <<<"$line" | grep -o "${ORIGIN#http://} has not answered for [0-9]* s"); sleep 0.2
done
control DELETE faults >/dev/null
wait $IMPORT_PID; is $? 0 "an import from a host that is silent for a while"
like "$said" "has not answered" "who looks at the runs is told of it"
is "$(jq -c '[.stage, .stage_done, .stage_total, .done, .total]' <<<"$line")" '["send",0,3,0,3]' "and which stage is at work, with what it has done"
like "$table" "sending +0/3 " "in the table, too"
is "$(grep -c "^waiting: ${ORIGIN#http://} has not answered for [5-9] s" "$WORK/err")" 1 "who started it, too, once"
ended=$(lakeferry runs --json | head -n 1)
unlike "$ended" "has not answered" "and when it has ended there is no more word of it"
is "$(jq -c '[has("stage", "stage_done", "stage_total")]' <<<"$ended")" '[false,false,false]' "nor of a stage"
done_testing
