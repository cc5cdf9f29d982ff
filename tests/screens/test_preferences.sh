#!/bin/bash
# What config.ini says of the screen: theme, mouse, keys of one's own; and what it says wrongly, before the screen is taken.
. "$(dirname "$0")/lib.sh"
sandbox_start
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
config() { printf "$1" >"$XDG_CONFIG_HOME/lakeferry/config.ini"; }
attributes() { tm capture-pane -ep -t "$NAME"; }

config 'mouse = on\ntheme = light\n[keys]\nlist.open = o\nglobal.quit = Ctrl-X\n'
screen_start mine 80 24 main.vision
wait_for 'volumes\+tables'
is "$(tm display -p -t mine '#{mouse_any_flag}')" 1 "mouse = on asks the terminal for its clicks"
like "$(attributes)" '38;5;30m' "theme = light takes dark colours"
shows '›' "the list is there"
press_to '[›>]T train_2026|[›>]V pictures' Down
key o; shows 'pictures *(│|/)|columns' "a key of one's own does its action"
key '?'; shows 'o, Enter +Open what' "and stands in the help"
escape; key C-x; shows 'EXIT 0' "as another does"
is "$(tm display -p -t mine '#{mouse_any_flag}')" 0 "and the mouse is given back"
tm kill-session -t mine

config 'theme = dark\n'
screen_start dark 80 24 main.vision
wait_for 'volumes\+tables'
like "$(attributes)" '38;5;80m' "theme = dark takes bright ones"
is "$(tm display -p -t dark '#{mouse_any_flag}')" 0 "the mouse is left to the terminal unless asked for"
screen_end
config 'theme = mono\n'
screen_start mono 80 24 main.vision
wait_for 'volumes\+tables'
unlike "$(attributes)" '\[([0-9;]*;)?3[1-7]m|38;5' "theme = mono takes none"
screen_end

# refused TEXT WORDS NAME: one sentence with the line, status 2, no screen.
refused() {
    config "$1"
    tm new-session -d -s wrong -x 80 -y 24 "'$BUILD/lakeferry' --sandbox; echo EXIT \$?; sleep 600"; NAME=wrong
    wait_for 'EXIT [0-9]'
    like "$(screen | tr -d '\n')" "$2.*EXIT 2" "$3"
    tm kill-session -t wrong
}
refused '[keys]\nlist.opne = o\n' 'list\.opne in line 2 of config\.ini.*no action named "opne"' "a key of an action that is none"
refused '[keys]\nlists.open = o\n' 'line 2 of config\.ini.*no set of keys named "lists"' "of a set that is none"
refused '[keys]\nopen = o\n' 'line 2 of config\.ini.*is not SET\.ACTION' "without a set"
refused '[keys]\nlist.open = nokey\n' '"nokey" is not the name of a key' "a key that is none"
refused 'theme = pink\n' 'theme in line 1 of config\.ini.*"pink" is not auto' "a theme that is none"
done_testing
