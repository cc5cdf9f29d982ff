#!/bin/bash
# Judges from outside: the end-to-end tests run against a recording platform, and what was said and answered goes before the vendors'
# own definitions and open Spark with Delta. Prints TAP lines and a closing line. usage: tests/conformance/run.sh BUILD
# An unreachable package registry is a failure with CI=true, otherwise a skip that says so.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${1:?usage: tests/conformance/run.sh BUILD}
mkdir -p "$build/conformance"
build=$(cd "$build" && pwd)
work=$build/conformance
results=$work/results; : >"$results"
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# What these run again and again is judged by the others' recordings.
not_recorded="test_attack.sh test_http2.sh test_kill.sh test_kill_tables.sh test_memory.sh test_scale.sh"

say() { printf '%s\n' "$*" | tee -a "$results"; }
close() {
    local skipped passed failed
    skipped=$(grep -cE '^ok .*# SKIP' "$results")
    passed=$(($(grep -cE '^ok ' "$results") - skipped))
    failed=$(grep -cE '^not ok ' "$results")
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]; exit
}
# unreachable NAME LOG: what cannot be had from a registry.
unreachable() {
    local reason; reason=$(tail -n 3 "$2" | tr '\n' ' ' | cut -c1-300)
    if [ "${CI:-}" = true ]; then say "not ok - $1: $reason"; else say "ok - $1 # SKIP cannot be installed here: $reason"; fi
}
# part NAME command…: a check that prints TAP; one that ends badly without saying why is a failure of its own. Prints when it has ended.
part() {
    local name=$1 status began=$SECONDS; shift
    "$@" >"$work/$name.tap" 2>"$work/$name.err"
    status=$?
    if [ "$status" -ne 0 ] && ! grep -q '^not ok' "$work/$name.tap"; then
        echo "not ok - $name ended with status $status" >>"$work/$name.tap"
        tail -n 20 "$work/$name.err" | sed 's/^/#   /' >>"$work/$name.tap"
    fi
    echo "# $name took $((SECONDS - began)) s" >>"$work/$name.tap"
    tee -a "$results" <"$work/$name.tap"
}

# --- the judges: kept below BUILD, so that another run downloads nothing ---
venv=$work/venv; python=$venv/bin/python
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    { /usr/bin/python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --no-input -r "$here/requirements.txt" &&
        cp "$here/requirements.txt" "$venv/requirements.txt"; } >"$work/pip.log" 2>&1 || { unreachable "Python packages" "$work/pip.log"; close; }
fi
jars=$work/ivy/jars
if [ ! -e "$work/ivy/complete" ]; then
    "$python" "$here/fetch_jars.py" "$work" >"$work/jars.log" 2>&1 && touch "$work/ivy/complete"
fi

# --- the recording ---
record=$work/record
rm -rf "$record"; mkdir -p "$record"
began=$SECONDS
programs=()
for script in "$root"/tests/e2e/test_*.sh; do
    case " $not_recorded " in *" $(basename "$script") "*) echo "# $(basename "$script") is not recorded" ;; *) programs+=("./tests/e2e/$(basename "$script")") ;; esac
done
(cd "$root" && LAKEFERRY_RECORD=$record tests/run.sh "$build" "${programs[@]}") >"$work/e2e.log" 2>&1
grep -E '^(ok|FAILED) ' "$work/e2e.log" | grep -v '# SKIP' | while read -r word name rest; do
    if [ "$word" = ok ]; then say "ok - recorded ${name%:}"; else say "not ok - recorded $name $rest"; fi
done
grep -q '^FAILED' "$work/e2e.log" && sed 's/^/#   /' "$work/e2e.log" | head -n 80
echo "# recording took $((SECONDS - began)) s"

# --- the checks; Spark computes while the others mostly wait ---
spark=
if [ -e "$work/ivy/complete" ]; then
    part sql "$python" "$here/check_sql.py" "$build" "$record" "$work" "$jars" >"$work/sql.out" &
    spark=$!
else
    unreachable "Delta's jars for Spark" "$work/jars.log"
fi
part messages "$python" "$here/drive_clarifai.py" "$build" "$work" "$record"
part client "$python" "$here/drive_client.py" "$build" "$work" "$record"
part clarifai "$python" "$here/check_clarifai.py" "$record"
part databricks "$python" "$here/check_databricks.py" "$record"
part sdk "$python" "$here/drive_sdk.py" "$build" "$work"
part keyring "$python" "$here/check_keyring.py" "$build" "$work"
part terminals "$python" "$here/check_terminals.py" "$build" "$work"
if [ -n "$spark" ]; then
    wait "$spark"
    cat "$work/sql.out"
fi
close
