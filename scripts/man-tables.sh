#!/bin/bash
# Rewrites the parts of man/lakeferry.1 between ".\" BEGIN name" and ".\" END name" from the tables in the code.
# usage: scripts/man-tables.sh [--check]        --check only says whether the page is up to date
set -eu
cd "$(dirname "$0")/.."
page=man/lakeferry.1

# Fields are parted by a unit separator: tabs would be blanks to read, and empty fields would vanish.
escape() { sed 's/\\/\\\\/g; s/-/\\-/g'; }
# X(ID, "name", "second", ..., "help") lines of one header as troff paragraphs.
options() {
    sed -nE 's/^ *X\([A-Z_0-9]+, "([^"]*)", "([^"]*)", ([A-Z_0-9| ]+), "([^"]*)"\).*/\1\x1f\2\x1f\4/p' src/cli/args.h |
        while IFS=$'\x1f' read -r name value help; do
            printf '.TP\n.B \\-\\-%s%s\n%s\n' "$(escape <<<"$name")" "${value:+ $(escape <<<"$value")}" "$(escape <<<"$help")"
        done
}
settings() {
    sed -nE 's/^ *X\([A-Z_0-9]+, "([^"]*)", "([^"]*)", "([^"]*)"\).*/\1\x1f\2\x1f\3/p' src/core/settings.h |
        while IFS=$'\x1f' read -r name value help; do
            printf '.TP\n.BR %s " (%s)"\n%s\n' "$name" "$(escape <<<"${value:-empty}")" "$(escape <<<"$help")"
        done
}
verbs() {
    tr '\n' ' ' <src/cli/verbs.c | grep -oE '\{ "[a-z0-9 ]+", "[^"]*", +"[^"]*",' | sed -E 's/\{ "([^"]*)", "([^"]*)", +"([^"]*)",/\1\x1f\2\x1f\3/' |
        while IFS=$'\x1f' read -r words usage help; do
            printf '.TP\n.B lakeferry %s%s\n%s\n' "$words" "${usage:+ $(escape <<<"$usage")}" "$(escape <<<"$help")"
        done
}
# Bindings of the keymap joined with the actions' sentences, set by set, in the keymap's order.
keys() {
    sed -nE 's/^ *X\(([A-Z_0-9]+), *"([^"]*)", *"[^"]*", *[A-Z_]+, *"([^"]*)"\).*/\1\t\2\t\3/p' src/ui/actions.h >"$new.actions"
    sed -nE 's/.*\[KEYS_([A-Z]+)\] = \{ "[a-z]+", "([^"]+)" \}.*/\1\t\2/p' < <(grep -oE '\[KEYS_[A-Z]+\] = \{ "[^"]*", "[^"]*" \}' src/ui/keymap.c) >"$new.sets"
    sed -E 's/\{ KEYS_([A-Z]+), ACTION_([A-Z_]+), "([^"]*)" \}/\1\t\2\t\3/' < <(grep -oE '\{ KEYS_[A-Z]+, ACTION_[A-Z_]+, "[^"]*" \}' src/ui/keymap.c) >"$new.own"
    grep -oE "\{ KEYS_[A-Z]+, [A-Z]\(('.'|[A-Z_]+|[0-9]+)\), ACTION_[A-Z_]+ \}" src/ui/keymap.c |
        sed -E "s/\{ KEYS_([A-Z]+), ([A-Z])\(('(.)'|([A-Z_]+)|([0-9]+))\), ACTION_([A-Z_]+) \}/\1\t\2\t\4\5\6\t\7/" |
        awk -F'\t' -v actions="$new.actions" -v sets="$new.sets" -v own="$new.own" '
            BEGIN {
                while ((getline line < actions) > 0) { split(line, f, "\t"); help[f[1]] = f[3]; command[f[1]] = f[2] }
                while ((getline line < sets) > 0) { split(line, f, "\t"); title[f[1]] = f[2] }
                while ((getline line < own) > 0) { split(line, f, "\t"); here[f[1] SUBSEP f[2]] = f[3] }
            }
            function key(kind, text) {
                sub(/^UI_KEY_/, "", text); gsub(/_/, " ", text)
                if (text == " ") return "Space"
                if (text == "BACK TAB") return "Shift-Tab"
                if (kind == "C") return "Ctrl-" toupper(text)
                if (kind == "A") return "Alt-" toupper(text)
                if (kind == "F") return "F" text
                if (length(text) == 1) return text
                parts = split(tolower(text), word, " "); text = ""
                for (p = 1; p <= parts; p++) text = text (p > 1 ? "-" : "") toupper(substr(word[p], 1, 1)) substr(word[p], 2)
                return text
            }
            {
                if ($3 ~ /WHEEL/) next
                id = $1 SUBSEP $4
                if (!(id in keys)) { order[++n] = id; set[n] = $1; action[n] = $4; keys[id] = key($2, $3) }
                else keys[id] = keys[id] ", " key($2, $3)
            }
            END {
                for (i = 1; i <= n; i++) {
                    if (set[i] != last) { printf ".SS %s\n", title[set[i]]; last = set[i] }
                    k = keys[order[i]]; gsub(/\\/, "\\e", k); gsub(/-/, "\\-", k); h = order[i] in here ? here[order[i]] : help[action[i]]; gsub(/-/, "\\-", h); c = command[action[i]]; gsub(/-/, "\\-", c)
                    printf ".TP\n.BR \"%s\" \"  (%s)\"\n%s\n", k, c, h
                }
            }'
}

new=$(mktemp)
trap 'rm -f "$new" "$new.actions" "$new.sets" "$new.own"' EXIT
skip=
while IFS= read -r line; do
    case $line in
    '.\" BEGIN '*) printf '%s\n' "$line" >>"$new"; skip=1; "${line#.\\\" BEGIN }" >>"$new" ;;
    '.\" END '*) skip=; printf '%s\n' "$line" >>"$new" ;;
    *) [ -n "$skip" ] || printf '%s\n' "$line" >>"$new" ;;
    esac
done <"$page"
if [ "${1:-}" = --check ]; then
    cmp -s "$new" "$page" || { echo "man/lakeferry.1 is not what the tables say; run scripts/man-tables.sh"; exit 1; }
else
    cmp -s "$new" "$page" || cp "$new" "$page"
fi
