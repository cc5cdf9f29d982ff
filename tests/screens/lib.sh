# What tests of forms by keys share: a terminal in tmux with the program on the platform of the test. Source it; bash only.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
command -v tmux >/dev/null || { echo "1..0 # SKIP tmux is not installed"; exit 0; }
SOCKET=lakeferry-$(basename "$0" .sh)-$$
tm() { tmux -L "$SOCKET" -f /dev/null "$@"; }
leave() { tm kill-server 2>/dev/null; finish; }
trap leave EXIT
tm new-session -d -s anchor 'sleep 3600'     # keeps the server between the others

# screen_start NAME COLUMNS ROWS [argument...]: the program on the platform that runs.
screen_start() {
    NAME=$1
    tm new-session -d -s "$1" -x "$2" -y "$3" "env TERM=xterm-256color '$BUILD/lakeferry' --sandbox ${*:4}; echo EXIT \$?; sleep 600"
    wait_for 'F1|\[\?\]' || echo "# no first frame"
}
screen_end() { key F10; wait_for 'EXIT 0'; tm kill-session -t "$NAME"; }
screen() { tm capture-pane -p -t "$NAME"; }
# wait_for REGEX [seconds]: until the screen shows it.
wait_for() {
    local tries=0 most=$(( ${2:-30} * 20 ))
    until screen | grep -qE -- "$1"; do tries=$((tries + 1)); [ $tries -lt $most ] || return 1; sleep 0.05; done
}
# gone REGEX: until the screen shows it no more.
gone() { local tries=0; while screen | grep -qE -- "$1"; do tries=$((tries + 1)); [ $tries -lt 600 ] || return 1; sleep 0.05; done; }
shows() { wait_for "$1" "${3:-30}"; report $? "$2" "$(screen)"; }
key() { local k; for k in "$@"; do tm send-keys -t "$NAME" "$k"; done; }
type_text() { tm send-keys -t "$NAME" -l "$1"; }
selected() { tm capture-pane -ep -t "$NAME" | sed 's/\x1b\[38;5;[0-9]*m//g' | grep -qE -- $'\e\\[([0-9]+;)*7m *'"$1"; }
# press KEY: and until the screen is another one; a key that changes nothing costs a second.
press() {
    local before tries=0
    before=$(tm capture-pane -ep -t "$NAME" 2>/dev/null); key "$1"
    until [ "$(tm capture-pane -ep -t "$NAME" 2>/dev/null)" != "$before" ]; do tries=$((tries + 1)); [ $tries -lt 20 ] || break; sleep 0.05; done
    sleep 0.05
}
# escape: what is typed next must not be taken for a key with Alt.
escape() { press Escape; sleep 0.3; }
# until_at KEY condition...: presses until the condition holds. A busy machine may go past it: then back, slowly.
until_at() {
    local i back=$1 forth=$1; shift
    case $forth in Down) back=Up ;; Up) back=Down ;; Left) back=Right ;; Right) back=Left ;; Tab) back=BTab ;; esac
    for i in $(seq 40); do "$@" && return 0; press "$forth"; done
    for i in $(seq 60); do "$@" && return 0; press "$back"; sleep 0.4; done
    "$@"
}
on_screen() { screen | grep -qE -- "$1"; }
lit() { tm capture-pane -ep -t "$NAME" | grep -qE -- $'\e\\[[0-9;]*7m'"$1"; }
focused() { selected "$1" || on_screen "^ ?[›>] ?$1"; }
# press_to REGEX KEY: presses until the screen shows it.
press_to() { until_at "$2" on_screen "$1"; }
# go_to REGEX [KEY]: presses (Down) until the line or button that begins so is the one with the focus.
go_to() {
    until_at "${2:-Down}" focused "$1" && return 0
    echo "# never at: $1"; screen | sed 's/^/# /'
    return 1
}
# pick TEXT: takes the only row of the open picker that has it, once that is listed.
pick() { wait_for 'filter'; type_text "$1"; wait_for "filter $1"; wait_for "›[^│]*$1"; key Enter; gone 'filter'; }
# drafts: runs that are planned only and were left behind.
drafts() { lakeferry runs --json | jq -s '[.[] | select(.state == "planning" or .state == "at the gate")] | length'; }
