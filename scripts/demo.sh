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

step() { printf '\n$ lakeferry %s\n' "$*"; lakeferry "$@"; }
app=lab-user/traffic dataset=demo-$(date +%s) table=demo_$(date +%s)
step auth status --sandbox
step ls main.vision.pictures/ --sandbox
# Status 3 is the honest end here: the sample volume holds an empty file, which cannot be imported.
status=0
step import volume main.vision.pictures --app "$app" --dataset "$dataset" --create-dataset --table "$table" --sandbox --yes || status=$?
[ $status -eq 0 ] || [ $status -eq 3 ] || exit $status
step ls "clarifai:$app/$dataset" --sandbox
step preview "main.vision.$table" --sandbox --yes --limit 50 --columns input_id,upload_status,upload_error,source_path,input_status
printf '\nThe same command again finds everything in place:\n'
step import volume main.vision.pictures --app "$app" --dataset "$dataset" --table "$table" --sandbox --yes || status=$?
[ $status -eq 0 ] || [ $status -eq 3 ] || exit $status
