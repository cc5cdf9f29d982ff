#!/bin/bash
# Completion as shells use it: the scripts they are given, driven through a real bash; names from the cache and from nowhere else.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
export PATH=$BUILD:$PATH

for shell in bash zsh fish; do
    run "a script for $shell" 0 lakeferry completion "$shell"
    cp "$WORK/out" "$WORK/complete.$shell"
    case $shell in bash) check=(bash -n) ;; zsh) check=(zsh -n) ;; fish) check=(fish --no-execute) ;; esac
    if command -v "$shell" >/dev/null; then
        "${check[@]}" "$WORK/complete.$shell" 2>"$WORK/err"; report $? "$shell takes it" "$(cat "$WORK/err")"
    else
        tests=$((tests + 1)); echo "ok $tests - $shell takes it # SKIP $shell is not installed"
    fi
done
run "a shell it does not know" 2 lakeferry completion tcsh
like "$err" "bash, zsh or fish" "names those it knows"

lakeferry ls >/dev/null; lakeferry ls main >/dev/null; lakeferry ls main.vision >/dev/null; lakeferry ls main.vision.pictures/ >/dev/null
lakeferry ls clarifai: >/dev/null; lakeferry ls clarifai:lab-user >/dev/null; lakeferry ls clarifai:lab-user/labelled >/dev/null
kill "$SANDBOX_PID"; wait "$SANDBOX_PID" 2>/dev/null; SANDBOX_PID=

# typed LINE: what bash would offer at its end.
typed() {
    bash --norc -c 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; read -ra COMP_WORDS <<<"${2//:/ : }"; [[ $2 == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _lakeferry; printf "%s\n" "${COMPREPLY[@]}"' _ "$WORK/complete.bash" "$1" 2>"$WORK/err" | tr '\n' ' ' | sed 's/ $//'
}
is "$(typed 'lakeferry exp')" export "a verb"
is "$(typed 'lakeferry import ')" "s3 volume" "its second word"
is "$(typed 'lakeferry update --app lab-user/labelled --del')" "--delete-missing" "an option of the verb"
is "$(typed 'lakeferry preview main.vis')" "main.vision." "a schema, with no answer from anywhere"
is "$(typed 'lakeferry preview main.vision.labels')" "main.vision.labels_2025" "a table"
is "$(typed 'lakeferry import volume main.vision.pictures/')" "main.vision.pictures/2026/" "a folder"
is "$(typed 'lakeferry export --app lab-user/lab')" "lab-user/labelled" "an app"
like "$(typed 'lakeferry export --app lab-user/labelled --dataset ')" "(^| )train( |$)" "its datasets"
is "$(typed 'lakeferry ls clarifai:lab-user/lab')" "lab-user/labelled" "behind a colon only what readline replaces"
is "$(typed 'lakeferry export --if-exists=re')" "replace" "behind an equals sign, too"
is "$(typed 'lakeferry runs sh')" show "a word of the runs"
is "$(typed 'lakeferry ls --log-file ')" "" "no names where a file is meant"
mkdir -p "$XDG_STATE_HOME/lakeferry/runs/import-20260101-abcd"
is "$(typed 'lakeferry resume imp')" import-20260101-abcd "a run"
run "nothing known of a profile" 0 lakeferry --complete --profile other preview ""
is "$out" "" "no names of it"
done_testing
