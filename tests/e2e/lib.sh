# What every end-to-end test shares: a local platform of its own, the program, and TAP. Source it; bash only.
set -u
BUILD=${LAKEFERRY_BUILD:-build}
BUILD=$(cd "$BUILD" && pwd)
WORK=$(mktemp -d "${TMPDIR:-/tmp}/lakeferry-e2e.XXXXXX")
export LAKEFERRY_SANDBOX_DATA=$WORK/sandbox
export XDG_STATE_HOME=$WORK/state XDG_CONFIG_HOME=$WORK/config XDG_CACHE_HOME=$WORK/cache XDG_RUNTIME_DIR=$WORK/run
export DATABRICKS_CONFIG_FILE=$WORK/databrickscfg
mkdir -p "$XDG_STATE_HOME" "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR"; chmod 700 "$XDG_RUNTIME_DIR"
export no_proxy='*' NO_PROXY='*' PYTHONDONTWRITEBYTECODE=1   # everything is on this machine
umask 022
SANDBOX_PID=
tests=0; failures=0

finish() {
    [ -z "$SANDBOX_PID" ] || { kill "$SANDBOX_PID" 2>/dev/null; wait "$SANDBOX_PID" 2>/dev/null; }
    rm -rf "$WORK"
}
trap finish EXIT

# fixed_port: for a server that comes back where it was; it and the next are free. Ports that are given out by chance lie higher.
fixed_port() {
    python3 - <<'PY'
import random, socket
while True:
    port = random.randrange(12000, 30000, 2)
    try:
        for n in (port, port + 1):
            with socket.socket() as s:
                s.bind(("127.0.0.1", n))
        break
    except OSError:
        pass
print(port)
PY
}
# sandbox_start [option...]: starts a platform and sets ORIGIN; the environment then names it like any host.
sandbox_start() {
    mkdir -p "$LAKEFERRY_SANDBOX_DATA"
    "$BUILD/lakeferry-sandbox" --port 0 --data "$LAKEFERRY_SANDBOX_DATA" ${LAKEFERRY_RECORD:+--record "$LAKEFERRY_RECORD/$(basename "$0")"} "$@" \
        >"$WORK/sandbox.out" 2>"$WORK/sandbox.err" &
    SANDBOX_PID=$!
    local tries=0
    until [ -s "$WORK/sandbox.out" ]; do
        kill -0 "$SANDBOX_PID" 2>/dev/null || { echo "Bail out! the sandbox did not start: $(cat "$WORK/sandbox.err")"; exit 1; }
        tries=$((tries + 1)); [ $tries -lt 4800 ] || { echo "Bail out! the sandbox is not ready after 240 s"; exit 1; }
        sleep 0.05
    done
    ORIGIN=$(jq -r .origin "$LAKEFERRY_SANDBOX_DATA/endpoint.json")
}
# The same platform as if it were anywhere: by environment instead of --sandbox.
use_environment() {
    DATABRICKS_HOST=$ORIGIN; DATABRICKS_TOKEN=$(jq -r .databricks_token "$LAKEFERRY_SANDBOX_DATA/endpoint.json")
    CLARIFAI_PAT=$(jq -r .clarifai_pat "$LAKEFERRY_SANDBOX_DATA/endpoint.json"); CLARIFAI_API_BASE=$ORIGIN; CLARIFAI_USER_ID=lab-user
    DATABRICKS_WAREHOUSE_ID=wh-live-0001
    export DATABRICKS_HOST DATABRICKS_TOKEN CLARIFAI_PAT CLARIFAI_API_BASE CLARIFAI_USER_ID DATABRICKS_WAREHOUSE_ID
}
# quick_platform: one that limits nothing, by environment; CONFIG is the file of settings, which is not there yet.
quick_platform() {
    sandbox_start
    use_environment
    control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
    LAKE=$BUILD/lakeferry CONFIG=$XDG_CONFIG_HOME/lakeferry/config.ini
    mkdir -p "${CONFIG%/*}"
}
# quick_settings LINE...: settings with short waits and quotas that limit nothing, and these lines.
quick_settings() {
    printf '%s\n' 'files_rate = 100000' 'files_in_flight = 8' 'clarifai_rate = 1000' 'poll_first = 20ms' 'retry_first = 20ms' 'retry_cap = 300ms' "$@" >"$CONFIG"
}
# until_true CONDITION: waits for it, at most a minute.
until_true() { local n=0; until eval "$1"; do sleep 0.05; n=$((n + 1)); [ $n -lt 1200 ] || return 1; done; }
control() { curl -sS -X "$1" "$ORIGIN/_control/$2" ${3:+-H 'Content-Type: application/json' -d "$3"}; }
counter() { control GET counters | jq -r --arg k "$1" '[.requests | to_entries[] | select(.key | test($k)) | .value] | add // 0'; }
lakeferry() { "$BUILD/lakeferry" "$@"; }

# api METHOD PATH [body]: the platform asked directly, past the program.
api() { curl -sS -X "$1" "$ORIGIN$2" -H "Authorization: Bearer dapi-sandbox-token" ${3:+-H 'Content-Type: application/json' -d "$3"}; }
clarifai() { curl -sS -X "$1" "$ORIGIN$2" -H "Authorization: Key sandbox-pat" ${3:+-H 'Content-Type: application/json' -d "$3"}; }
# volume_make NAME: a managed volume main.vision.NAME; its files are $(volume_dir NAME) on disk.
volume_make() { api POST /api/2.1/unity-catalog/volumes "{\"catalog_name\":\"main\",\"schema_name\":\"vision\",\"name\":\"$1\",\"volume_type\":\"MANAGED\"}" >/dev/null; mkdir -p "$(volume_dir "$1")"; }
volume_dir() { echo "$LAKEFERRY_SANDBOX_DATA/volumes/main/vision/$1"; }
# sql TEXT: rows of a statement as JSON arrays, past the program.
sql() { api POST /api/2.0/sql/statements "$(jq -n --arg s "$1" '{warehouse_id:"wh-live-0001",statement:$s,wait_timeout:"50s"}')" | jq -c '.result.data_array[]?'; }
# app_make NAME: an app of lab-user with the dataset ds.
app_make() { clarifai POST /v2/users/lab-user/apps "{\"apps\":[{\"id\":\"$1\"}]}" >/dev/null; clarifai POST "/v2/users/lab-user/apps/$1/datasets" '{"datasets":[{"id":"ds"}]}' >/dev/null; }
# all_inputs USER/APP: every input of an app as one JSON line each.
all_inputs() {
    local page=1 got
    while :; do
        got=$(clarifai GET "/v2/users/${1%/*}/apps/${1#*/}/inputs?page=$page&per_page=1000" | jq -c '.inputs[]?')
        [ -n "$got" ] || return 0
        printf '%s\n' "$got"; page=$((page + 1))
    done
}
dataset_inputs() { # USER/APP DATASET
    local page=1 got
    while :; do
        got=$(clarifai GET "/v2/users/${1%/*}/apps/${1#*/}/datasets/$2/inputs?page=$page&per_page=1000" | jq -c '.dataset_inputs[]?.input')
        [ -n "$got" ] || return 0
        printf '%s\n' "$got"; page=$((page + 1))
    done
}
summary() { grep '"type":"summary"' "$WORK/out" | tail -n 1 | jq -r ".$1"; }

# ok CONDITION-STATUS NAME [details]
report() {
    tests=$((tests + 1))
    if [ "$1" -eq 0 ]; then echo "ok $tests - $2"; else
        failures=$((failures + 1)); echo "not ok $tests - $2"; [ -z "${3:-}" ] || printf '%s\n' "$3" | sed 's/^/# /'
    fi
}
is() { [ "$1" = "$2" ]; report $? "$3" "got: $1
wanted: $2"; }
like() { printf '%s' "$1" | grep -qE -- "$2"; report $? "$3" "got: $1
wanted to match: $2"; }
unlike() { ! printf '%s' "$1" | grep -qE -- "$2"; report $? "$3" "got: $1
wanted not to match: $2"; }
# run NAME STATUS command...: runs it, keeps $out and $err, checks the exit status.
run() {
    local name=$1 wanted=$2 got; shift 2
    "$@" >"$WORK/out" 2>"$WORK/err" </dev/null; got=$?
    out=$(cat "$WORK/out"); err=$(cat "$WORK/err")
    is "$got" "$wanted" "$name: exit status $wanted"
    [ "$got" = "$wanted" ] || printf '%s\n' "$err" | tail -n 8 | sed 's/^/# /'
}
done_testing() { echo "1..$tests"; [ $failures -eq 0 ]; exit; }
