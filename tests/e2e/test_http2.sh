#!/bin/bash
# HTTP/2: an import through nghttpx, which says GOAWAY in the middle, several times, and which is killed in the middle; nothing is lost or there twice.
. "$(dirname "$0")/lib.sh"
command -v nghttpx >/dev/null || { echo "1..0 # SKIP nghttpx (package nghttp2-proxy) is not here"; echo "ok 1 - HTTP/2 # SKIP no nghttpx"; exit 0; }
sandbox_start
use_environment
control POST settings '{"files.rps":100000,"files.in_flight":64,"clarifai.rps":1000}' >/dev/null
mkdir -p "$XDG_CONFIG_HOME/lakeferry"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/key.pem" -out "$WORK/ca.pem" -days 30 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
printf 'files_rate = 100000\nfiles_in_flight = 8\nclarifai_rate = 1000\npoll_first = 20ms\nretry_first = 20ms\nretry_cap = 300ms\nca_file = %s\n' "$WORK/ca.pem" >"$XDG_CONFIG_HOME/lakeferry/config.ini"
PORT=$(fixed_port)
PROXY=
proxy_start() {
    nghttpx --single-process --workers=1 --no-ocsp --frontend="127.0.0.1,$PORT" --backend="127.0.0.1,${ORIGIN##*:}" --log-level=FATAL --accesslog-file="$WORK/access" \
        --accesslog-format='$alpn $status' --errorlog-file=/dev/null --conf=/dev/null "$WORK/key.pem" "$WORK/ca.pem" >"$WORK/proxy.out" 2>&1 & PROXY=$!
    until curl -s -o /dev/null --cacert "$WORK/ca.pem" "https://127.0.0.1:$PORT/"; do
        kill -0 "$PROXY" 2>/dev/null || { echo "Bail out! the proxy ended: $(cat "$WORK/proxy.out")"; exit 1; }
        sleep 0.02
    done
}
# proxy_stop SIGNAL: QUIT says GOAWAY and ends when the streams have ended, at most a third of a second later.
proxy_stop() {
    local n=0
    kill -"$1" "$PROXY"
    while kill -0 "$PROXY" 2>/dev/null && [ $n -lt 15 ]; do sleep 0.02; n=$((n + 1)); done
    kill -KILL "$PROXY" 2>/dev/null
    wait "$PROXY" 2>/dev/null; true
}
trap 'kill $PROXY 2>/dev/null; finish' EXIT
volume_make sea
python3 "$(dirname "$0")/pictures.py" "$(volume_dir sea)" 300 900 300
proxy_start
for app in goaway killed; do
    clarifai POST /v2/users/lab-user/apps "{\"apps\":[{\"id\":\"$app\"}]}" >/dev/null; clarifai POST "/v2/users/lab-user/apps/$app/datasets" '{"datasets":[{"id":"ds"}]}' >/dev/null
    control POST faults '{"kind":"latency","ms":250,"path":"/api/2.0/fs/files/*","method":"GET"}' >/dev/null
    control POST reset '{"counters":true}' >/dev/null
    DATABRICKS_HOST=https://127.0.0.1:$PORT CLARIFAI_API_BASE=https://127.0.0.1:$PORT lakeferry import volume main.vision.sea --app "lab-user/$app" --dataset ds --table "t_$app" --yes --json \
        >"$WORK/out" 2>"$WORK/err" </dev/null & RUN=$!
    turns=0
    for files in 40 90 140 190; do
        n=0; until [ "$(counter '^GET /api/2.0/fs/files')" -ge $files ] || ! kill -0 $RUN 2>/dev/null; do sleep 0.02; n=$((n + 1)); [ $n -lt 3000 ] || break; done
        kill -0 $RUN 2>/dev/null || break
        if [ $app = goaway ]; then proxy_stop QUIT; else proxy_stop KILL; fi
        proxy_start; turns=$((turns + 1))
    done
    wait $RUN; is $? 0 "$app: the import ends well"; tail -n 3 "$WORK/err" | sed "s/^/# /"
    is $turns 4 "$app: four times in its middle"
    control DELETE faults >/dev/null
    is "$(all_inputs "lab-user/$app" | wc -l) $(dataset_inputs "lab-user/$app" ds | jq -r .data.metadata.lakeferry.source | sort -u | wc -l) $(sql "SELECT count(*), count(DISTINCT source_path) FROM main.vision.t_$app WHERE upload_status = 'verified'" | tr -d '[]"')" \
        "300 300 300,300" "$app: every picture once"
done
like "$(sort -u "$WORK/access")" '^h2 200' "it was HTTP/2"
done_testing
