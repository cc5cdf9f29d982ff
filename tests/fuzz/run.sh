#!/bin/bash
# Fuzzes each target for FUZZ_SECONDS with libFuzzer, two at a time, from the committed corpus, and prints how many executions each made.
# usage: tests/fuzz/run.sh BUILD REPLAY-PROGRAM...    (their libFuzzer twins are in BUILD/fuzz)
set -u
build=$1; shift
export build FUZZ_SECONDS=${FUZZ_SECONDS:-60} found=$build/fuzz/found
mkdir -p "$found"
# cJSON and SQLite keep the memory they need; what a target leaks itself is found at its end.
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

one() {
    local replay=$1 name=${1##*/} target=$build/fuzz/${1#"$build"/} corpus log status
    corpus=$build/fuzz/corpus/$name; log=$found/$name.log
    mkdir -p "$corpus"
    LAKEFERRY_FUZZ_CORPUS=$PWD/tests/fuzz/corpus "$replay" --seeds "$corpus" || return 1
    "$target" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -verbosity=1 \
        -artifact_prefix="$found/$name-" "$corpus" >"$log" 2>&1 </dev/null
    status=$?
    if [ $status -eq 0 ]; then
        echo "ok     $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, corpus of $(find "$corpus" -type f | wc -l)"
    else
        echo "FAILED $name: $(grep -aE '^(SUMMARY|==.*ERROR|.*does not hold)' "$log" | head -n 1); $(ls "$found" | grep "^$name-" | head -n 1) in $found"
    fi
    return $status
}
export -f one
printf '%s\0' "$@" | xargs -0 -P "${JOBS:-2}" -I{} bash -c 'one "$1"' _ {}
