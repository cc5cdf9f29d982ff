#!/bin/bash
# The tree itself: the walls between layers, the manual against the tables, the programs' hardening, and where secrets may not stand.
cd "$(dirname "$0")/../.." || exit 1
BUILD=${LAKEFERRY_BUILD:-build}
n=0; bad=0
check() { n=$((n + 1)); if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else bad=1; echo "not ok $n - $2"; printf '%s\n' "${3:-}" | sed 's/^/# /'; fi; }
out=$(scripts/check-layers.sh); check $? "layers" "$out"
out=$(scripts/man-tables.sh --check); check $? "the manual says what the tables say" "$out"
out=$(sed -nE 's/^ *X\([A-Z_0-9]+, "([^"]*)".*/\1/p' src/cli/args.h src/core/settings.h |
    while IFS= read -r name; do sed 's/\\-/-/g' man/lakeferry.1 | grep -qE "^[.](B --|BR )$name( |\$)" || echo "$name"; done)
[ -z "$out" ]; check $? "the manual has every option and every setting" "$out"
for program in lakeferry lakeferry-sandbox; do
    case $(readelf -h "$BUILD/$program") in *DYN*) check 0 "$program is position independent" ;; *) check 1 "$program is position independent" ;; esac
    dynamic=$(readelf -d "$BUILD/$program"); segments=$(readelf -lW "$BUILD/$program"); symbols=$(readelf -W --dyn-syms "$BUILD/$program")
    [[ $segments == *GNU_RELRO* && $dynamic == *NOW* ]]; check $? "$program has full RELRO"
    [[ $segments =~ GNU_STACK[^$'\n']*RW\  ]]; check $? "$program has no executable stack"
    if [[ $symbols == *__asan_init* || $symbols == *__tsan_init* ]]; then
        echo "ok $((n += 1)) - $program: stack protector and checked functions # SKIP a sanitizer build replaces them"
    else
        [[ $symbols == *__stack_chk_fail* ]]; check $? "$program has the stack protector"
        [[ $symbols == *_chk@* ]]; check $? "$program has checked library functions"
    fi
done
out=$(grep -nE '"--(token|password|secret|pat)"' -r src/cli); [ -z "$out" ]; check $? "no option takes a secret" "$out"
echo "1..$n"
exit $bad
