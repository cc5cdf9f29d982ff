#!/bin/bash
# Browse, Authenticate and Preview by keys in tmux: names on both sides of a slow or stopped platform, places by name, rows, terminals of every kind.
. "$(dirname "$0")/lib.sh"
sandbox_start --port "$(fixed_port)"
leave() { kill -CONT "$SANDBOX_PID" 2>/dev/null; tm kill-server 2>/dev/null; finish; }

tm new-session -d -s anchor 'sleep 3600'   # keeps the server between the others

# screen_start NAME COLUMNS ROWS [argument...]: the program on the platform that runs; ENVIRONMENT: what env sets before.
screen_start() {
    NAME=$1
    tm new-session -d -s "$1" -x "$2" -y "$3" "cd '$WORK'; env TERM=xterm-256color ${ENVIRONMENT:-} '$BUILD/lakeferry' ${*:4} 2>'$WORK/stderr'; echo EXIT \$?; cat '$WORK/stderr'; sleep 600"
}
screen_end() { tm kill-session -t "$NAME"; }
# gone REGEX NAME: until the screen does not show it.
gone() { local tries=0; while screen | grep -qE -- "$1"; do tries=$((tries + 1)); [ $tries -lt 400 ] || break; sleep 0.05; done; ! screen | grep -qE -- "$1"; report $? "$2" "$(screen)"; }

# --- columns by arrows and Enter ---
for size in "80 24" "200 50" "60 15"; do
    # shellcheck disable=SC2086
    screen_start walk $size --sandbox
    shows '[›>]dev' "$size: the catalogs are there"
    press_to '[›>]main' Down; key Enter; wait_for 'vision'; press_to '[›>]vision' Down; key Right
    wait_for 'V pictures'; press_to '[›>]V pictures' Down; key Enter
    shows 'main > vision > pictures' "$size: the line above says where this is"
    wait_for '2026/'; key Enter; wait_for '08/'; key Enter
    shows 'harbour-0001\.jpg +25 KB' "$size: files with their sizes"
    escape; press Left; key Left
    shows 'main > vision( |$)' "$size: back where it came from"
    shows '[›>]V pictures' "$size: the old cursor is found again"
    key q
    shows 'EXIT 0' "$size: q leaves"
    screen_end
done

# --- arrows and Enter alone: from tab to tab, and down to the rows of a table ---
screen_start arrows 80 24 --sandbox main.vision.inputs_2025
wait_for '[›>]T inputs_2025'; key Enter
shows 'main > vision > inputs_2025' "Enter shows the columns of a table"
key Enter
shows '40 rows, all shown' "and once more its rows" 60
press_to '[›>]labelled-001' Down; key Enter
shows 'row 2 of 40 shown' "a row opens"
escape; key Escape; wait_for 'columns'
press_to 'Unity Catalog' Left; key Left
shows '1 Auth \[2 Browse\] 3' "left of everything are the tabs"
key Right Right
shows '\[4 Export\]' "arrows choose among them"
key Left Left Left; key Enter
shows 'Who you are, and where' "Enter opens one"
press_to '\[1 Auth\]' Up; key Right Enter
shows 'Unity Catalog' "from a form the tabs are above it"
press_to '\[2 Browse\]' Up; key Down
gone '\[2 Browse\]' "Down goes back"
key :; key Tab
shows 'find-previous' "Tab on an empty command line lists the commands"
escape; key q; wait_for 'EXIT 0'; screen_end

# --- filter, marks, details, places by name ---
screen_start names 80 24 --sandbox /Volumes/main/vision/pictures/2026/08
shows 'car-0001\.png' "a folder can be named at the start"
press_to '/Volumes/main/vision/pictures/2026/08/car-0001\.jpg' Down
shows 'would become input id +car-0001' "details: path and the id it would get"
key /; type_text harb
shows ' 08 +5 of 12' "the filter narrows while it is typed"
gone 'car-0001\.png' "what does not match is not shown"
key Enter; key Space; key Space
shows '2 marked' "space marks"
key Escape
shows ' 08 +12( |$)' "Esc takes the filter away"
shows '2 marked' "and leaves the marks"
key :; type_text 'main.vis'
shows '^ main\.vision' "places complete from what is known"
key Tab; type_text '.la'; sleep 0.5; key Tab; key Enter
shows '[›>]T labels_2025' ": jumps to a table"
shows 'columns +6' "its columns stand beside it"
key :; type_text 'nowhere.at.all'; key Enter
shows 'cannot go to nowhere\.at\.all' "an unknown place is told in words"
key i
shows 'import: choose a volume or a folder in one first' "an action that cannot be used says why"
key ?
shows 'Keys of Browse' "? shows the keys"
escape; key :; type_text 'main.odd-schema'; key Tab
shows 'main\.`odd-schema#1`' "odd names complete with their quotes"
key Enter
shows 'main > odd-schema#1' "and are gone to"
key q; wait_for 'EXIT 0'; screen_end

# --- 5,000 tables: keys work while they come ---
rm -rf "$XDG_CACHE_HOME"; mkdir -p "$XDG_CACHE_HOME"
screen_start many 80 24 --sandbox main.many
shows 'T table_00005' "the first of 5,000 tables are shown"
key G; key g; key Down
shows '[›>]T table_00001' "keys move the cursor meanwhile"
shows 'volumes\+tables +5,000( |$)' "all came" 60
shows '[›>]T table_00001' "the cursor stayed on its item"
key q; wait_for 'EXIT 0'; screen_end
screen_start cached 80 24 --sandbox main.many
shows 'volumes\+tables +5,000' "the next start knows them"
key q; wait_for 'EXIT 0'; screen_end

# --- the platform stops answering, goes away, comes back ---
screen_start down 80 24 --sandbox main.vision
wait_for 'T train_2026'; press_to '[›>]V pictures' Down; wait_for 'listed just now'
kill -STOP "$SANDBOX_PID"
key r
shows 'has not answered yet' "a platform that hangs is named"
key Down; key Down
shows '[›>]T all_types' "keys work while it hangs"
kill -CONT "$SANDBOX_PID"
gone 'has not answered yet' "it goes on when the platform does"
key q; wait_for 'EXIT 0'; screen_end
use_environment
ENVIRONMENT="DATABRICKS_HOST=$DATABRICKS_HOST DATABRICKS_TOKEN=$DATABRICKS_TOKEN CLARIFAI_PAT=$CLARIFAI_PAT CLARIFAI_API_BASE=$CLARIFAI_API_BASE" \
    screen_start away 80 24 main.vision
shows 'T train_2026' "a host by environment is browsed the same way"
kill "$SANDBOX_PID"; wait "$SANDBOX_PID" 2>/dev/null
key r
shows 'cannot reach 127\.0\.0\.1' "a platform that is gone: one sentence with the host"
shows 'T train_2026' "what is known stays"
port=${ORIGIN##*:}
SANDBOX_PID=
"$BUILD/lakeferry-sandbox" --port "$port" --data "$LAKEFERRY_SANDBOX_DATA" >"$WORK/sandbox.out" 2>"$WORK/sandbox.err" & SANDBOX_PID=$!
shows 'answers again' "it is noticed by itself when it is back" 60
key q; wait_for 'EXIT 0'; screen_end
unset DATABRICKS_HOST DATABRICKS_TOKEN CLARIFAI_PAT CLARIFAI_API_BASE CLARIFAI_USER_ID DATABRICKS_WAREHOUSE_ID

# --- Authenticate ---
screen_start auth 80 24 --sandbox
wait_for '[›>]dev'; key 1
shows 'works: you are lab-user@example\.com' "Authenticate tells who you are on Databricks"
shows 'works: you are lab-user$' "and at Clarifai"
shows 'set, sandbox' "where values come from stands beside them"
press_to '[›>] Compute' Up; key Enter
shows 'Sleeping warehouse +STOPPED' "the compute picker shows states"
press_to '[›>]warehouse +wh-lab' Up; key Enter
shows 'warehouse:wh-lab-00002 +stopped' "another one is taken"
shows 'works: you are lab-user@example\.com' "both sides are tested with it"
# --- Preview on compute that is stopped ---
key M-2; key :; type_text 'main.vision.inputs_2025'; key Enter; wait_for '[›>]T inputs_2025'
starts=$(counter 'warehouses/.*/start')
key p
shows 'Reading rows needs warehouse wh-lab-00002, which is STOPPED' "preview asks before it starts compute"
key Enter
shows 'nothing was started' "the safe answer starts nothing"
is "$(counter 'warehouses/.*/start')" "$starts" "the platform was not asked to start"
key Enter; wait_for 'Start it'; key Right Enter
shows '40 rows, all shown' "it is started when the person says so, and rows come" 60
shows 'read just now by warehouse wh-lab-00002' "the compute that answered is named"
key /; type_text '033'; key Enter
shows '[›>]labelled-033' "find goes to the cell"
escape; key Enter
shows 'row 34 of 40 shown' "Enter shows the record"
shows '▾input_metadata +\{1\}' "JSON is a tree"
escape; key e; wait_for 'inputs_2025\.csv'; key Enter
shows '40 rows written to' "what is shown is written to a file"
shows '^ /.*/inputs_2025\.csv|to /.*/inputs_2025\.csv' "and its whole path is said"
is "$(wc -l <"$WORK/inputs_2025.csv" | tr -d ' ')" "$(grep -c '' "$WORK/inputs_2025.csv")" "the file is whole"
like "$(head -n 1 "$WORK/inputs_2025.csv")" '^input_id,' "with its head line"
key q; wait_for 'EXIT 0'; screen_end

# --- nothing configured; tokens typed in ---
screen_start fresh 80 24
shows 'no host is known' "without a host Authenticate comes first and says what is missing"
wait_for '[›>] Host'
type_text "$ORIGIN"; key Down; type_text 'dapi-sandbox-token'
shows '••••••••' "a typed token is not shown"
key Down Down Down Down Enter
shows 'works: you are lab-user@example\.com' "typed values are used"
key Right Enter
shows 'No keyring answers here' "without a keyring it asks where to store"
key Right Enter
shows 'stored the Databricks token in the credentials file' "a file is taken when the person says so"
is "$(stat -c %a "$XDG_CONFIG_HOME"/lakeferry/credentials.ini)" 600 "which only they can read"
key F10; wait_for 'EXIT 0'
unlike "$(cat "$WORK/stderr")$(screen)" 'dapi-sandbox' "no token on the screen"
screen_end
rm -f "$XDG_CONFIG_HOME"/lakeferry/credentials.ini

# --- the line goes away while a plan is being made: nothing of it is left ---
runs_left() { find "$XDG_STATE_HOME/lakeferry/runs" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
screen_start hup 80 24 --sandbox main.vision
wait_for 'T train_2026'; press_to '[›>]V scans' Down; key i
for i in $(seq 1200); do [ "$(runs_left)" != 0 ] && break; sleep 0.02; done
[ "$(runs_left)" != 0 ]; report $? "a plan is being made"
tm kill-session -t hup
for i in $(seq 1200); do [ "$(runs_left)" = 0 ] && break; sleep 0.05; done
is "$(runs_left)" 0 "and is gone with the screen"

# --- terminals ---
ENVIRONMENT='LC_ALL=C LANG=C' screen_start ascii 80 24 --sandbox main.vision
wait_for 'T train_2026'
! screen | LC_ALL=C grep -q '[^ -~]'; report $? "a locale without UTF-8 gets ASCII" "$(screen)"
key q; wait_for 'EXIT 0'; screen_end
ENVIRONMENT='NO_COLOR=1' screen_start mono 80 24 --sandbox main.vision
wait_for 'T train_2026'
! tm capture-pane -ep -t mono | grep -qE $'\e\\[[0-9;]*(3|4|9|10)[0-8](m|;)'; report $? "NO_COLOR: no colours"
key q; wait_for 'EXIT 0'; screen_end
screen_start small 80 24 --sandbox main.vision
wait_for 'T train_2026'
tm resize-window -t small -x 30 -y 8; shows 'too small' "below a usable size: one notice"
tm resize-window -t small -x 80 -y 24; shows 'T train_2026' "and back"
key q; wait_for 'EXIT 0'; screen_end
ENVIRONMENT='TERM=dumb' screen_start dumb 80 24 --sandbox
shows 'EXIT 2' "TERM=dumb is refused"
screen_end
run "no terminal at all" 2 lakeferry --sandbox
screen_start readonly 80 24 --sandbox --read-only main.vision
wait_for 'V pictures'; key i
shows 'import: this session is read-only' "--read-only says so"
pid=$(tm list-panes -t readonly -F '#{pane_pid}'); child=$(pgrep -P "$pid" lakeferry)
kill -TERM "$child"
shows 'EXIT 143' "TERM leaves the terminal clean"
screen_end

done_testing
