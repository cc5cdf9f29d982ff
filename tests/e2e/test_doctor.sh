#!/bin/bash
# doctor: each thing that can be wrong is named with its fix; nothing is changed; the status is for scripts. And the probe of SQL forms.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
export TERM=xterm-256color LC_ALL=C.UTF-8
unset TMUX STY NO_COLOR
CONFIG=$XDG_CONFIG_HOME/lakeferry; mkdir -p "$CONFIG"
printf 'staging_volume = main.vision.out\nretry_first = 20ms\nretry_cap = 100ms\n' >"$CONFIG/config.ini"
fault() { control POST faults "$1" >/dev/null; }
calm() { control DELETE faults >/dev/null; }
# verdict GROUP NAME: of the last run with --json.
verdict() { printf '%s\n' "$out" | jq -r --arg g "$1" --arg n "$2" 'select(.type=="check" and .group==$g and .name==$n).verdict'; }
fix() { printf '%s\n' "$out" | jq -r --arg g "$1" --arg n "$2" 'select(.type=="check" and .group==$g and .name==$n) | .fix // ""'; }
text() { printf '%s\n' "$out" | jq -r --arg g "$1" --arg n "$2" 'select(.type=="check" and .group==$g and .name==$n).text'; }

before=$(control GET counters | jq -c '[.requests | to_entries[] | select(.key | test("POST|PUT|DELETE|PATCH")) | .value] | add // 0')
run "all that is well" 0 lakeferry doctor --json
for name in address credential TLS clock identity catalogs files staging compute SQL; do is "$(verdict databricks $name)" ok "Databricks: $name"; done
for name in address credential TLS clock identity apps quota; do is "$(verdict clarifai $name)" ok "Clarifai: $name"; done
for name in settings credentials profiles state cache runtime; do is "$(verdict machine $name)" ok "machine: $name"; done
for name in TERM colours locale clipboard size; do is "$(verdict terminal $name)" ok "terminal: $name"; done
like "$(text terminal colours)" 256 "colours as terminfo has them"
is "$(control GET counters | jq -c '[.requests | to_entries[] | select(.key | test("POST|PUT|DELETE|PATCH")) | .value] | add // 0')" "$before" "nothing was written anywhere"
unlike "$out$err" "dapi-sandbox|sandbox-pat" "no secret"
run "for people" 0 lakeferry doctor
like "$out" "^ok +databricks +identity +you are lab-user" "a line for each"

run "a wrong token" 4 env DATABRICKS_TOKEN=dapi-wrong "$BUILD/lakeferry" doctor --json
is "$(verdict databricks identity)" fail "Databricks does not know us"
is "$(verdict clarifai identity)" ok "Clarifai does"
run "Clarifai's token in the secret scope" 0 env -u CLARIFAI_PAT "$BUILD/lakeferry" doctor --json
like "$(text clarifai credential)" "secret scope" "is found there"
run "no token of Clarifai" 4 env -u CLARIFAI_PAT -u DATABRICKS_HOST -u DATABRICKS_TOKEN "$BUILD/lakeferry" doctor --json
like "$(verdict clarifai credential)$(fix clarifai credential)" "fail.*CLARIFAI_PAT" "says where to put it"
run "no host" 1 env -u DATABRICKS_HOST -u DATABRICKS_TOKEN "$BUILD/lakeferry" doctor --json
like "$(fix databricks address)" "DATABRICKS_HOST" "says how to name one"
run "a host that is not there" 1 env DATABRICKS_HOST=http://127.0.0.1:1 "$BUILD/lakeferry" doctor --json
is "$(verdict databricks connection)" fail "no connection"
run "a host without TLS where there must be some" 1 env DATABRICKS_HOST="https://${ORIGIN#http://}" "$BUILD/lakeferry" doctor --json
is "$(verdict databricks TLS)" fail "TLS"
for family in "catalogs /api/2.1/unity-catalog/catalogs*" "files /api/2.0/fs/*" "compute /api/2.0/sql/warehouses/*"; do
    fault '{"kind":"status","status":403,"path":"'"${family#* }"'","body":"{\"error_code\":\"403\",\"message\":\"Provided OAuth token does not have required scopes\"}"}'
    run "a token kept from ${family%% *}" 4 lakeferry doctor --json
    is "$(verdict databricks "${family%% *}")" fail "${family%% *} is named"
    is "$(verdict databricks identity)" ok "identity is not"
    calm
done
run "a stopped cluster" 0 env DATABRICKS_WAREHOUSE_ID= DATABRICKS_CLUSTER_ID=0101-120000-lab0001 "$BUILD/lakeferry" doctor --json
like "$(text databricks compute)" "TERMINATED" "is told"
is "$(counter 'clusters/start')" 0 "and not started"
run "a cluster without Unity Catalog" 1 env DATABRICKS_WAREHOUSE_ID= \
    DATABRICKS_CLUSTER_ID="$(api GET /api/2.1/clusters/list | jq -r '.clusters[] | select(.data_security_mode=="NONE").cluster_id')" "$BUILD/lakeferry" doctor --json
like "$(text databricks compute)" "Unity Catalog" "says why"
run "no compute chosen" 0 env -u DATABRICKS_WAREHOUSE_ID "$BUILD/lakeferry" doctor --json
like "$(verdict databricks compute)$(text databricks compute)" "warn.*warehouse:wh-live-0001" "names what there is"

printf '[lab]\nhost = %s\ntoken = dapi-x\n' "$ORIGIN" >"$DATABRICKS_CONFIG_FILE"; chmod 644 "$DATABRICKS_CONFIG_FILE"
run "profiles that others may read" 0 lakeferry doctor --json
like "$(verdict machine profiles)$(fix machine profiles)" "warnchmod 600" "the fix is a command"
rm "$DATABRICKS_CONFIG_FILE"
printf 'no section or value\n' >"$CONFIG/config.ini"
run "settings that cannot be understood" 1 lakeferry doctor --json
like "$(printf '%s\n' "$out" | jq -r 'select(.verdict=="fail").text')" "config.ini" "names the file"
printf 'staging_volume = main.vision.nowhere\n' >"$CONFIG/config.ini"
run "a staging volume that is not there" 1 lakeferry doctor --json
is "$(verdict databricks staging)" fail "staging"
: >"$WORK/file"
run "a state folder that is a file" 1 env XDG_STATE_HOME="$WORK/file" "$BUILD/lakeferry" doctor --json
like "$(verdict machine state)$(fix machine state)" "fail.*XDG_STATE_HOME" "state"
run "a terminal without a name" 1 env TERM= "$BUILD/lakeferry" doctor --json
is "$(verdict terminal TERM)" warn "TERM"
run "not UTF-8" 1 env LC_ALL=C "$BUILD/lakeferry" doctor --json
like "$(fix terminal locale)" "UTF-8" "locale"

# --- the probe ---
printf 'poll_first = 20ms\nretry_first = 20ms\n' >"$CONFIG/config.ini"
run "a probe without a place" 1 lakeferry doctor --probe --json
like "$(text probe probe)$(fix probe probe)" "staging" "asks for one"
for compute in warehouse:wh-live-0001 cluster:0101-120000-live001; do
    run "every form by $compute" 0 lakeferry doctor --probe --staging main.vision.out --compute $compute --json
    is "$(printf '%s\n' "$out" | jq -r 'select(.group=="probe").verdict' | sort | uniq -c | tr -s ' ')" " 15 ok" "all work"
done
is "$(api GET '/api/2.1/unity-catalog/tables?catalog_name=main&schema_name=vision' | jq '[.tables[] | select(.name | test("probe"))] | length')" 0 "no table is left"
is "$(find "$LAKEFERRY_SANDBOX_DATA/volumes/main/vision/out" -type f | wc -l)" 0 "no file is left"
run "remembered" 0 lakeferry doctor --json
like "$(text databricks SQL)" "all 15 forms worked on warehouse wh-live-0001" "by workspace and compute"
fault '{"kind":"status","status":400,"method":"POST","path":"/api/2.0/sql/statements","nth":[4],"body":"{\"error_code\":\"BAD_REQUEST\",\"message\":\"this runtime does not take it\"}"}'
run "a form that does not work" 0 lakeferry doctor --probe --staging main.vision.out --json
calm
like "$(verdict probe append)$(text probe append)$(fix probe append)" "warn.*does not take it.*if-exists replace" "is named, with what to do without it"
like "$(text probe merge)" "not tried" "what needs it is not tried"
is "$(verdict probe create)" ok "the others are"
is "$(api GET '/api/2.1/unity-catalog/tables?catalog_name=main&schema_name=vision' | jq '[.tables[] | select(.name | test("probe"))] | length')" 0 "no table is left then either"
run "remembered, too" 0 lakeferry doctor --json
like "$(verdict databricks SQL)$(text databricks SQL)" "warn4 of 15 forms.*append, samples, merge, delete missing" "with its names"
run "a stopped compute, nobody to ask" 1 lakeferry doctor --probe --staging main.vision.out --compute cluster:0101-120000-lab0001 --json
like "$(text probe probe)$(fix probe probe)" "TERMINATED.*yes" "is not started"
run "a volume that may not be written" 4 lakeferry doctor --probe --staging samples.nowhere.nothing --json
is "$(verdict probe probe)" fail "is said"
done_testing
