#!/bin/bash
# The demo: on a terminal the interface on a local platform; without one the whole round trip by command, ending in the rows.
set -eu
build=$(cd "${1:-build}" && pwd)
PATH=$build:$PATH
demo=$build/demo
export LAKEFERRY_SANDBOX_DATA=$demo/sandbox XDG_STATE_HOME=$demo/state XDG_CACHE_HOME=$demo/cache XDG_CONFIG_HOME=$demo/config
mkdir -p "$demo"

if [ -t 0 ] && [ -t 1 ] && [ -z "${LAKEFERRY_DEMO_HEADLESS:-}" ]; then
    exec lakeferry --sandbox
fi

# step WORD...: the command, shown and run. Status 3 is an honest end where the sample data holds what cannot be carried: an empty file, a cut one.
step() {
    local status=0
    printf '\n$ lakeferry %s\n' "$*"
    lakeferry "$@" || status=$?
    [ $status -eq 0 ] || [ $status -eq 3 ] || exit $status
}
say() { printf '\n# %s\n' "$*"; }
now=$(date +%s)
app=lab-user/traffic dataset=demo-$now inputs=demo_${now}_inputs annotations=demo_${now}_annotations

step doctor --sandbox
step ls main.vision.pictures/ --sandbox
say 'A volume into a dataset; every file has its row in the tracking table:'
step import volume main.vision.pictures --app "$app" --dataset "$dataset" --create-dataset --table "demo_$now" --sandbox --yes
step preview "main.vision.demo_$now" --sandbox --yes --limit 50 --columns input_id,upload_status,upload_error,source_path,input_status
say 'The same command again finds everything in place:'
step import volume main.vision.pictures --app "$app" --dataset "$dataset" --table "demo_$now" --sandbox --yes
say 'The dataset into two tables, its pictures into a volume:'
step export --app "$app" --dataset "$dataset" --to main.vision --inputs-table "$inputs" --annotations-table "$annotations" \
    --images "main.vision.out/demo-$now" --sandbox --yes
step preview "main.vision.$inputs" --sandbox --yes --limit 5 --columns input_id,image_path,image_bytes,input_status
say 'Rows of a CSV file at an S3 address join the dataset, with concepts, metadata and places:'
step import s3 s3://lab-bucket/imports/harbour.csv --format csv --app "$app" --dataset "$dataset" --table "main.vision.demo_${now}_s3" --sandbox --yes
say 'The tables are brought up to date; a second time there is nothing to do:'
step update --app "$app" --dataset "$dataset" --inputs-table "main.vision.$inputs" --annotations-table "$annotations" --sandbox --yes
step update --app "$app" --dataset "$dataset" --inputs-table "main.vision.$inputs" --annotations-table "$annotations" --sandbox --yes
step preview "main.vision.$annotations" --sandbox --yes --limit 10 --columns input_id,annotation_type,annotation_concepts,annotation_status
step runs --sandbox
