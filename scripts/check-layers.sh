#!/bin/sh
# Fails when an include crosses a wall: ui, cli -> core -> net -> base; sandbox -> base.
set -u
bad=0
# wall FOLDER PATTERN WHY [allowed file pattern]
wall() {
    hits=$(grep -rnE "#include *[<\"]($2)" "src/$1" --include='*.[ch]' 2>/dev/null | grep -vE "${4:-^$}")
    [ -z "$hits" ] || { echo "$3:"; echo "$hits"; bad=1; }
}
wall base    '(net|core|cli|ui|sandbox)/'  'base stands alone'
wall net     '(core|cli|ui|sandbox)/'      'net knows no runs, no screens'
wall core    '(cli|ui|sandbox)/'           'core knows no screens and no command line'
wall cli     '(net|ui|sandbox)/'           'cli reaches the network only through core'
wall ui      '(net|cli|sandbox)/'          'ui reaches the network only through core'
wall sandbox '(net|core|cli|ui)/'          'the sandbox stands on base alone'
wall .       'n?curses|panel\.h|term\.h'   'only src/ui/term*.c may include curses' '^src/\./ui/(term[a-z_]*\.c|.*"ui/term\.h")|"ui/term|"term\.h"'
wall .       'curl/'                       'only src/net may include curl' '^src/\./net/'
wall core    'sqlite3'                     'only core/journal*.c holds SQLite' '^src/core/journal[a-z_]*\.[ch]:'
wall .       'libsecret'                   'only core/credentials*.c talks to the keyring' '^src/\./core/credentials[a-z_]*\.c'
[ $bad -eq 0 ] && echo "layers hold"
exit $bad
