#!/bin/bash
# Runs test programs that speak TAP (cmocka's too), two at a time, and prints one closing line "N passed, N failed, N skipped".
# usage: tests/run.sh BUILD PROGRAM...        JOBS=2 TIMEOUT=900 as environment; LAKEFERRY_VALGRIND=1 runs each program under valgrind
set -u
build=$1; shift
out=$(mktemp -d "${TMPDIR:-/tmp}/lakeferry-check.XXXXXX")
trap 'rm -rf "$out"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP LAKEFERRY_BUILD=$build LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
umask 022
# Every server that a test asks is on this machine.
export no_proxy='*' NO_PROXY='*'
# What is set for a person's own work has no say here.
for name in $(compgen -e | grep -E '^(DATABRICKS_|CLARIFAI_|LAKEFERRY_(KILL|FILES|SANDBOX)|XDG_|AWS_)|^(CURL_HOME|CURL_CA_BUNDLE|SSL_CERT_FILE|SSL_CERT_DIR|NETRC|NO_COLOR|COLORTERM|COLUMNS|LINES|ESCDELAY|TMUX|STY|TMUX_TMPDIR|UPDATE|TEST_MOUSE|LANG|LANGUAGE|EDITOR|PAGER|TERMINFO|PYTHONPATH|PYTHONHOME|G_DEBUG|G_SLICE|MALLOC_.*|BASH_ENV|CDPATH|GREP_OPTIONS|POSIXLY_CORRECT)$'); do unset "$name"; done
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}

one() {
    local program=$1 name log home status under=()
    # Leaks count as errors; a child that a test starts is a program of its own and is not followed.
    if [ -n "${LAKEFERRY_VALGRIND:-}" ]; then
        # What is only "possibly" lost hangs by a pointer of a thread that still lives: a server of the test's, GLib's pool.
        under=(valgrind -q --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=9
               "--suppressions=$TESTS/valgrind.supp")
    fi
    name=${program#"$LAKEFERRY_BUILD"/}; name=${name#./}
    log=$OUT/$(echo "$name" | tr / _)
    home=$(mktemp -d "$OUT/home.XXXXXX")
    # A test sees nothing of the person's own configuration, and leaves nothing behind.
    # The sanitizer's report of a worker or of a program that is meant to fail: nobody reads their status.
    ASAN_OPTIONS="$ASAN_OPTIONS:log_path=$log.asan" env -u DBUS_SESSION_BUS_ADDRESS -u DISPLAY HOME="$home" TMPDIR="$home" XDG_CONFIG_HOME="$home/config" XDG_STATE_HOME="$home/state" XDG_CACHE_HOME="$home/cache" \
        XDG_RUNTIME_DIR="$home" timeout -k 10 "${TIMEOUT:-900}" "${under[@]}" "$program" >"$log.out" 2>"$log.err" </dev/null
    status=$?
    chmod -R u+rwx "$home" 2>/dev/null; rm -rf "$home"
    local passed failed skipped
    # cmocka calls what it skipped "not ok 5 # SKIP".
    skipped=$(grep -caE '^(not )?ok .*# SKIP' "$log.out")
    passed=$(grep -aE '^ok ' "$log.out" | grep -cav '# SKIP')
    failed=$(grep -aE '^not ok ' "$log.out" | grep -cav '# SKIP')
    # A crash, a time-out or a program without a single result is a failure of its own.
    if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    if [ $((passed + failed + skipped)) -eq 0 ]; then failed=1; fi
    # A signal that a test sends is no fault of the program's, and is written in capitals.
    failed=$((failed + $(cat "$log".asan.* 2>/dev/null | grep -cE 'ERROR: (LeakSanitizer|AddressSanitizer: [a-z])')))
    echo "$passed $failed $skipped" >"$log.sum"
    grep -aE '^(not )?ok .*# SKIP' "$log.out" | sed "s|^|$name: |"
    if [ "$failed" -ne 0 ]; then
        echo "FAILED $name (status $status)"
        grep -aE '^not ok|^# ' "$log.out" | head -n 60 | sed 's/^/    /'
        tail -n 40 "$log.err" | sed 's/^/    /'
        cat "$log".asan.* 2>/dev/null | head -n 60 | sed 's/^/    /'
    else
        echo "ok     $name: $passed passed"
    fi
}
export -f one
export OUT=$out TESTS=$(cd "$(dirname "$0")" && pwd)
printf '%s\0' "$@" | xargs -0 -P "${JOBS:-2}" -I{} bash -c 'one "$1"' _ {}

passed=0; failed=0; skipped=0
for sum in "$out"/*.sum; do
    [ -e "$sum" ] || continue
    read -r p f s <"$sum"
    passed=$((passed + p)); failed=$((failed + f)); skipped=$((skipped + s))
done
[ $((passed + failed)) -gt 0 ] || failed=1
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
