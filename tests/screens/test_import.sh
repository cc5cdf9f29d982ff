#!/bin/bash
# Import by keys: from the start to the previewed tracking table with arrows and Enter only, at three sizes; runs that go on without
# their screen; a second terminal; a run that is cancelled; what is left behind.
. "$(dirname "$0")/lib.sh"
sandbox_start
runs_alive() { lakeferry runs --json 2>/dev/null | jq -s '[.[] | select(.alive)] | length'; }

# --- arrows and Enter only, once Import is in front ---
round_trip() { # COLUMNS ROWS VOLUME
    screen_start "s$1" "$1" "$2"
    key 3
    shows 'Volume +\(choose\)' "$1x$2: the form asks for a volume"
    wait_for 'lab-user/'
    key Enter; wait_for '›main|main '
    press_to '›main ' Down; key Enter; wait_for 'vision'
    press_to '›vision' Down; key Enter; wait_for 'V pictures'
    wait_for "V $3"; press_to "›V $3" Down; key Enter
    shows 'Inputs table +main\.vision\.[a-z_]+ +(free|this)' "$1x$2: the table's name is suggested and free"
    press_to '\[ Start \]' Down
    wait_for '[0-9]+ new, ' 30
    until_at Down lit '\[ Start'
    shows '[0-9]+ new, [0-9]+ already there' "$1x$2: the plan stands above Start"
    key Enter
    shows 'Runs >|->' "$1x$2: the run is shown"
    shows 'Look at the rows of main' "$1x$2: the run ended and offers its rows" 60
    press_to '›Look at the rows' Up
    key Enter
    shows 'source_path|input_id' "$1x$2: the tracking table is previewed" 30
    key q
    shows 'EXIT 0' "$1x$2: it leaves cleanly"
    tm kill-session -t "$NAME"
}
round_trip 80 24 pictures
round_trip 200 50 scans
volume_make small
python3 "$(dirname "$0")/../e2e/pictures.py" "$WORK/small" 3 2000 && cp "$WORK/small"/*.png "$(volume_dir small)/"
round_trip 60 15 small
is "$(sql 'SELECT count(*) FROM main.vision.small' | jq -r '.[0]')" 3 "the table has the rows of the files"

# --- what is skipped opens; the command line is shown ---
screen_start look 80 24
key 2; wait_for 'catalogs'; key 3; wait_for 'choose'
key Enter; press_to '›main ' Down; key Enter; press_to '›vision' Down; key Enter; press_to '›V pictures' Down; key Enter
shows 'this import.s own: continued' "a table of the same import is known as its own"
wait_for 'already there' 30
until_at Down lit ' +[0-9]+ files? of '
key Enter
shows 'notes\.txt' "the line of skipped files opens their list"
escape; wait_for 'Import from'
until_at Tab lit '\[ Copy'
key Enter
shows 'lakeferry import volume /Volumes/main/vision/pictures' "Copy command shows the command line"
key F10
wait_for 'EXIT 0'
for i in $(seq 600); do [ "$(runs_alive)" = 0 ] && break; sleep 0.1; done
is "$(runs_alive)" 0 "no planning process is left when the program is left"
is "$(lakeferry runs --json | jq -s '[.[] | select(.state == "planning" or .state == "at the gate")] | length')" 0 "no plan is left among the runs"
tm kill-session -t look

# --- a run goes on without its screen; a second terminal sees it; it can be paused and cancelled there ---
lakeferry import volume main.vision.many_files --app traffic --dataset big --create-dataset --yes --detach --sandbox >"$WORK/out" 2>&1
screen_start first 80 24
shows '1 run >' "the head line counts the run"
key 6; wait_for 'sending|settling|planning'; key Enter
shows 'sending +[0-9,]+ / 1,500' "stages with counts"
key q
shows 'goes on: import-' "leaving says which run goes on"
tm kill-session -t first
screen_start second 80 24
key 6; wait_for 'many_files'; key Enter; wait_for 'sending'
key p
shows '^ paused' "p pauses"
key p; gone '^ paused'; key x
shows 'Cancel it' "x asks first"
key Right Enter
shows 'cancelled: [0-9,]+ verified, [0-9,]+ cancelled' "it is cancelled, and the numbers say what was done" 60
key q
wait_for 'EXIT 0'
done_testing
