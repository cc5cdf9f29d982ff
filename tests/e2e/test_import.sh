#!/bin/bash
# Import from a volume by command: what arrives, what is reported, the same again, ten more, conflicts, tables that exist.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
APP=lab-user/traffic
import() { lakeferry import volume "$@" --yes --json; }

# --- the sample volume, with all its oddities ---
run "dry run" 0 lakeferry import volume main.vision.pictures --app $APP --dataset voyage --create-dataset --table voyage --dry-run --json
plan=$(grep '"type":"plan"' "$WORK/out")
is "$(clarifai GET /v2/users/lab-user/apps/traffic/datasets/voyage | jq -r .status.code)" 11101 "a dry run makes no dataset"
is "$(sql 'SHOW TABLES IN main.vision' | grep -c voyage)" 0 "a dry run makes no table"
run "a missing dataset is not made unasked" 1 import main.vision.pictures --app $APP --dataset voyage --table voyage
like "$err" "create-dataset" "the sentence names --create-dataset"
run "import" 3 import main.vision.pictures --app $APP --dataset voyage --create-dataset --table voyage
cp "$WORK/out" "$WORK/first"
verified=$(summary verified); failed=$(summary failed); skipped=$(summary skipped); planned=$(summary planned)
is "$((verified + $(summary present) + skipped + failed + $(summary conflict) + $(summary unaccounted)))" "$planned" "every candidate is accounted for"
is "$(printf '%s' "$plan" | jq .new)" "$((verified + failed - $(printf '%s' "$plan" | jq .failed) + $(grep '"state":"skipped"' "$WORK/first" | grep -c 'no picture\|not a picture')))" "the plan promised what the summary says, less the reported items"
ready() { dataset_inputs "$1" "$2" | jq -c 'select(.status.code == 30000)'; }
is "$(ready $APP voyage | wc -l)" "$verified" "the dataset holds what was verified"
is "$(sql 'SELECT count(*) FROM main.vision.voyage' | jq -r '.[0]')" "$(summary rows)" "the table holds the rows that the summary says"
is "$(sql "SELECT count(*) FROM main.vision.voyage WHERE upload_status = 'verified'" | jq -r '.[0]')" "$verified" "verified rows"
is "$(sql "SELECT count(*) FROM main.vision.voyage WHERE upload_status = 'failed'" | jq -r '.[0]')" "$failed" "failed rows"
is "$(sql 'SELECT count(DISTINCT source_path) FROM main.vision.voyage' | jq -r '.[0]')" "$(summary rows)" "one row a file"
is "$(grep -c '"state":"failed"' "$WORK/first")" "$failed" "each failure is an item line"
unlike "$(cat "$WORK/first")" "sandbox-pat|dapi-sandbox" "no secret in the output"

# --- bytes and metadata ---
mismatch=0
while read -r input; do
    source=$(printf '%s' "$input" | jq -r .data.metadata.lakeferry.source)
    want=$(printf '%s' "$input" | jq -r .data.metadata.lakeferry.sha256)
    encoded=$(python3 -c 'import sys,urllib.parse;print(urllib.parse.quote(sys.argv[1]))' "$source")
    got=$(curl -sS "$ORIGIN/api/2.0/fs/files$encoded" -H "Authorization: Bearer dapi-sandbox-token" | sha256sum | cut -d' ' -f1)
    url=$(printf '%s' "$input" | jq -r '.data.image.hosted.prefix + "/orig/" + .data.image.hosted.suffix')
    sent=$(curl -sS "$url" -H "Authorization: Key sandbox-pat" | sha256sum | cut -d' ' -f1)
    [ "$got" = "$want" ] && [ "$sent" = "$want" ] || { mismatch=$((mismatch + 1)); echo "# $source: $want $got $sent"; }
done < <(ready $APP voyage)
is "$mismatch" 0 "every input has the bytes and the hash of its file"
is "$(dataset_inputs $APP voyage | jq -r .id | grep -cvE '^[A-Za-z0-9_-]{1,48}$')" 0 "every id fits Clarifai's rules"

# --- the same again ---
commits() { sql "DESCRIBE HISTORY main.vision.voyage" | wc -l; }
before=$(commits); control POST reset '{"counters":true}' >/dev/null
run "the same import again" 3 import main.vision.pictures --app $APP --dataset voyage --table voyage
is "$(summary verified)" 0 "nothing was sent"
is "$(summary present)" "$verified" "everything is present"
is "$(counter '^POST .*/inputs$')" 0 "no picture went out"
is "$(commits)" "$before" "no commit was made"

# --- ten more files, one of them a twin of a stem that is taken ---
python3 "$(dirname "$0")/pictures.py" "$WORK/more" 10 3000
cp "$WORK/more"/*.png "$(volume_dir pictures)/"
ids=$(dataset_inputs $APP voyage | jq -r '[.data.metadata.lakeferry.source, .id] | @tsv' | sort)
control POST reset '{"counters":true}' >/dev/null
run "ten more files" 3 import main.vision.pictures --app $APP --dataset voyage --table voyage
is "$(summary verified)" 10 "ten were sent"
is "$(counter '^POST .*/inputs$')" 1 "in one call"
is "$(dataset_inputs $APP voyage | jq -r '[.data.metadata.lakeferry.source, .id] | @tsv' | sort | comm -23 <(printf '%s\n' "$ids") - | wc -l)" 0 "old inputs kept their ids"
is "$(sql "SELECT count(*) FROM main.vision.voyage" | jq -r '.[0]')" "$(summary rows)" "the table has a row for each"

# --- conflicts: an id that is somebody else's ---
volume_make clash; cp "$WORK/more/pic-00000.png" "$(volume_dir clash)/theirs.png"; cp "$WORK/more/pic-00001.png" "$(volume_dir clash)/ours.png"
clarifai POST /v2/users/lab-user/apps/traffic/inputs "$(jq -n --arg b "$(base64 -w0 "$WORK/more/pic-00002.png")" '{inputs:[{id:"theirs",data:{image:{base64:$b}}}]}')" >/dev/null
theirs=$(clarifai GET /v2/users/lab-user/apps/traffic/inputs/theirs | jq -c '.input.data.image.url')
run "conflict fails at the gate" 1 import main.vision.clash --app $APP --dataset clash --create-dataset --on-conflict fail
is "$(clarifai GET /v2/users/lab-user/apps/traffic/inputs/ours | jq -r .status.code)" 11101 "nothing was sent"
run "conflict skipped" 3 import main.vision.clash --app $APP --dataset clash --create-dataset
is "$(summary conflict)" 1 "one conflict"
is "$(summary verified)" 1 "the other went"
is "$(clarifai GET /v2/users/lab-user/apps/traffic/inputs/theirs | jq -c '.input.data.image.url')" "$theirs" "the foreign input is untouched"
run "conflict with a suffix" 0 import main.vision.clash --app $APP --dataset clash --on-conflict suffix
is "$(summary verified)" 1 "the conflicting file went under an id of ours"
is "$(dataset_inputs $APP clash | wc -l)" 2 "both are in the dataset"

# --- tables that exist ---
sql "CREATE TABLE main.vision.foreign_table (a STRING) USING DELTA" >/dev/null
sql "INSERT INTO main.vision.foreign_table VALUES ('kept')" >/dev/null
control POST reset '{"counters":true}' >/dev/null
run "a table that exists stops the import" 1 import main.vision.clash --app $APP --dataset clash2 --create-dataset --table foreign_table
is "$(counter '^POST .*/inputs$')" 0 "before anything is sent"
is "$(sql 'SELECT a FROM main.vision.foreign_table' | jq -r '.[0]')" kept "and is left as it was"
run "replace" 0 import main.vision.clash --app $APP --dataset clash --table foreign_table --if-exists replace --on-conflict suffix
is "$(sql 'SELECT count(*) FROM main.vision.foreign_table' | jq -r '.[0]')" 2 "replaced by the import's rows"

# --- another way of naming ---
volume_make twins; mkdir -p "$(volume_dir twins)/a" "$(volume_dir twins)/b"
cp "$WORK/more/pic-00003.png" "$(volume_dir twins)/a/x.png"; cp "$WORK/more/pic-00004.png" "$(volume_dir twins)/b/x.png"
run "twins" 0 import main.vision.twins --app $APP --dataset twins --create-dataset --id-from path
is "$(dataset_inputs $APP twins | jq -r .id | grep -c x)" 2 "ids from the whole path"
is "$(dataset_inputs $APP twins | jq -r .id | sort -u | wc -l)" 2 "two ids"
is "$(ls "$(volume_dir out)" 2>/dev/null | wc -l)" 0 "nothing stays in the staging volume"
done_testing
