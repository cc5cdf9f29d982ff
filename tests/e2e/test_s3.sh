#!/bin/bash
# Import from S3, by command: CSV and Delta, cluster and warehouse, good rows and bad ones, killed and gone on with. Truth is what the platform holds.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment
CLUSTER=0101-120000-live001
PICTURES=$(sed -n '2s/^[^,]*,\(http[^,]*\)\/pictures\/.*/\1/p' "$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports/harbour.csv")/pictures
volume_make staging

app_make() { clarifai POST /v2/users/lab-user/apps "{\"apps\":[{\"id\":\"$1\",\"default_workflow_id\":\"Universal\"}]}" | jq -r .status.code; }
csv() { mkdir -p "$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports/parts"; cat >"$LAKEFERRY_SANDBOX_DATA/s3/lab-bucket/imports/$1"; }
s3() { # URL-part FORMAT APP [option...]
    local url=s3://lab-bucket/$1 format=$2 app=$3; shift 3
    lakeferry import s3 "$url" --format "$format" --app "lab-user/$app" --dataset ds --create-dataset --yes --json "$@"
}
plan() { grep '"type":"plan"' "$WORK/out" | tail -n 1 | jq -r ".$1 // \"-\""; }
input() { clarifai GET "/v2/users/lab-user/apps/$1/inputs/$2" | jq -c '.input'; }
items() { grep '"type":"item"' "$WORK/out" | jq -r '[.key, .reason] | @tsv' | sed 's/^[^#]*#//' | sort -n; }
posts() { counter '^POST .*/inputs$'; }
left() { find "$(volume_dir staging)" -mindepth 1 | wc -l; volumes_made; }
volumes_made() { api GET '/api/2.1/unity-catalog/volumes?catalog_name=main&schema_name=vision' | jq -r '.volumes[].name' | grep -c lakeferry; }

# --- a file whose columns, case, quotes and scripts are anything but regular ---
printf '\xef\xbb\xbf' >"$WORK/odd.csv"
cat >>"$WORK/odd.csv" <<END
"Metadata", INPUT ,colour,"InputId",GeoPoints,CONCEPTS
"{'note': 'it\\'s, ""quoted""', 'deep': {'on': True, 'off': None, 'list': (1, 2.5)}}",$PICTURES/cat-1.jpg,red,001,"4.9,52.37","['猫', ""it's""]"
"{""line"": ""one
two""}",$PICTURES/cat-1.jpg,,a_b-2,"-0.12, 51.5","cat, dog ,cat"
,$PICTURES/street-3.jpg,blue,三,,
,$PICTURES/street-3.jpg,"x
y",plain,,
END
sed -i 's/$/\r/' "$WORK/odd.csv"
csv odd.csv <"$WORK/odd.csv"
app_make odd >/dev/null
clarifai POST /v2/users/lab-user/apps/odd/concepts '{"concepts":[{"id":"c-17","name":"猫"},{"id":"dog","name":"hound"}]}' >/dev/null
run "columns in any order and case" 3 s3 imports/odd.csv csv odd --table main.vision.odd
is "$(plan candidates) $(plan new) $(plan failed)" "4 4 0" "the plan counts the rows"
like "$(plan notes)" "colour" "a column that means nothing is named"
is "$(summary planned) $(summary verified) $(summary failed) $(summary rows) $(summary commits)" "4 3 1 4 1" "three arrive, one row fails alone"
is "$(items)" $'3\trow 3: inputid: "三" holds other characters than letters, digits, - and _' "the bad row has its number and reason"
is "$(input odd 001 | jq -c '.data.metadata | del(.lakeferry)')" '{"note":"it'"'"'s, \"quoted\"","deep":{"on":true,"off":null,"list":[1,2.5]}}' "a Python dict is metadata"
is "$(input odd 001 | jq -c '[.data.concepts[] | .id, .name] | sort')" "[\"c-17\",\"it's\",\"it-s-$(printf "it's" | sha256sum | cut -c1-8)\",\"猫\"]" "concepts have the app's id, or one made of the name"
is "$(input odd 001 | jq -c '.data.geo.geo_point | [.longitude, .latitude]')" "[4.9,52.37]" "geopoints are longitude, latitude"
is "$(input odd a_b-2 | jq -c '[.data.concepts[].name] | sort')" '["cat","dog"]' "concepts with commas, doubled ones once"
like "$(input odd a_b-2 | jq -c '[.data.concepts[] | select(.name == "dog") | .id]')" '"dog-[0-9a-f]{8}"' "an id that another concept has is not taken"
is "$(input odd a_b-2 | jq -r '.data.metadata.line' | tr -d '\r' | tr '\n' '|')" 'one|two|' "a cell of two lines"
is "$(input odd 001 | jq -r '.data.metadata.lakeferry.source')" "s3://lab-bucket/imports/odd.csv#001" "the fingerprint names file and inputid"
is "$(sql "SELECT source_path, input_id, upload_status, upload_error IS NULL FROM main.vision.odd ORDER BY source_path" | tr -d '\n')" \
    '["s3://lab-bucket/imports/odd.csv#1","001","verified","true"]["s3://lab-bucket/imports/odd.csv#2","a_b-2","verified","true"]["s3://lab-bucket/imports/odd.csv#3",null,"failed","false"]["s3://lab-bucket/imports/odd.csv#4","plain","verified","true"]' \
    "every row of the file has its row in the tracking table"
before=$(posts)
run "the same again on a cluster" 3 s3 imports/odd.csv csv odd --table main.vision.odd --compute cluster:$CLUSTER
is "$(plan new) $(plan present) $(summary present) $(summary failed) $(summary commits) $(posts)" "1 3 3 1 0 $before" "sends nothing and makes no commit"
is "$(left)" $'0\n0' "nothing that was staged is left"

# --- the sample with errors ---
app_make errors >/dev/null
run "a file with bad rows, on a cluster" 3 s3 imports/with-errors.csv csv errors --staging main.vision.staging --compute cluster:$CLUSTER
is "$(summary planned) $(summary verified) $(summary failed) $(summary rows)" "16 4 12 null" "the good ones arrive without a table"
is "$(plan new) $(plan failed)" "15 1" "rows with too few cells are known in the plan"
is "$(items | cut -f1 | tr '\n' ' ')" "2 3 4 5 6 7 8 10 11 12 13 14 " "each bad row is told by its number"
like "$(items)" "8	refused by Clarifai: .* \([0-9]{5}\)" "a URL that does not download has Clarifai's reason"
like "$(items)" "13	row 13: inputid: row 1 has it already" "an inputid twice: the later row fails"
is "$(dataset_inputs lab-user/errors ds | jq -r .id | sort | tr '\n' ' ')" "001 good-1 good-2 missing-picture two-lines " "no other input is there"
run "the same from a Delta folder, on a warehouse" 3 s3 delta/with-errors delta errors --staging main.vision.staging --on-conflict suffix
is "$(summary planned) $(summary verified) $(summary failed)" "16 5 11" "the same rows beside them, by suffix"
is "$(dataset_inputs lab-user/errors ds | jq -r .id | grep -c -- '-[0-9a-f]\{8\}$')" 5 "with ids of their own"
run "conflicts fail the run when asked" 1 s3 delta/harbour delta errors --staging main.vision.staging --on-conflict fail
like "$err" "1 of the rows cannot have their ids.*nothing was sent" "before anything is sent"
run "conflicts are left alone otherwise" 3 s3 delta/harbour delta errors --staging main.vision.staging
is "$(summary verified) $(summary conflict)" "29 1" "and reported"
is "$(left)" $'0\n0' "staging is clean"

# --- Delta with columns of other types ---
sql "CREATE TABLE delta.\`s3://lab-bucket/delta/nested\` USING DELTA AS SELECT 7 AS INPUTID, '$PICTURES/cat-1.jpg' AS input, array('a, b', 'c') AS concepts, map('k', 'v', 'n', CAST(NULL AS STRING)) AS metadata, named_struct('longitude', 1.5D, 'latitude', 2.5D) AS geopoints, 1 AS other UNION ALL SELECT 8, '$PICTURES/cat-2.jpg', NULL, NULL, NULL, 2" >/dev/null
for compute in cluster:$CLUSTER warehouse; do
    app_make "nested-${compute%:*}" >/dev/null
    run "arrays, maps and structs on a ${compute%:*}" 0 s3 delta/nested delta "nested-${compute%:*}" --staging main.vision.staging --compute $compute
    is "$(input "nested-${compute%:*}" 7 | jq -c '[([.data.concepts[].name] | sort), (.data.metadata | del(.lakeferry)), .data.geo.geo_point.longitude, .data.geo.geo_point.latitude]')" \
        '[["a, b","c"],{"k":"v","n":null},1.5,2.5]' "are concepts, metadata and a place"
    is "$(input "nested-${compute%:*}" 8 | jq -c '[.data.concepts // [], .data.geo]')" '[[],null]' "and NULL is nothing"
done

# --- parts of a failed attempt beside the real ones; text that wants to be more than text ---
app_make hostile >/dev/null
python3 - "$PICTURES" "$WORK/hostile.csv" "$WORK/hostile.json" <<'END'
import csv, json, sys
texts = ["'\";--`x`\\", "${x} $(id) {{y}}", "\u2028\u2029\u0085", "\x1b[31m\u202e\ufeff", "", "\u00e9e\u0301", "\U0001F600", "a\tb\nc", "<b>&amp;", "x" * 1000000, "NULL", "\\N"]
with open(sys.argv[2], "w", newline="", encoding="utf-8") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow(["inputid", "input", "concepts", "metadata", "geopoints"])
    for i, text in enumerate(texts):
        out.writerow(["h-%d" % i, "%s/cat-%d.jpg" % (sys.argv[1], i), json.dumps(["c%d" % i, text[:40]], ensure_ascii=False), json.dumps({"t": text, text[:20]: 1}) if i % 2 else repr({"t": text, text[:20]: 1}), ""])
with open(sys.argv[3], "w") as f:
    for i, text in enumerate(texts):
        f.write(json.dumps({"id": "h-%d" % i, "t": text, "k": sorted({"t", text[:20]})}, ensure_ascii=False, separators=(",", ":")) + "\n")
END
csv hostile.csv <"$WORK/hostile.csv"
control POST settings '{"sql.failed_attempt":1}' >/dev/null
run "hostile text, with a failed attempt's part" 0 s3 imports/hostile.csv csv hostile --table main.vision.hostile --compute cluster:$CLUSTER
control POST settings '{"sql.failed_attempt":0}' >/dev/null
is "$(summary planned) $(summary verified)" "12 12" "every row once"
jq -c '[.id, .t, .k]' "$WORK/hostile.json" | sort >"$WORK/wanted"
all_inputs lab-user/hostile | jq -c '[.id, .data.metadata.t, (.data.metadata | del(.lakeferry) | keys)]' | sort >"$WORK/got"
cmp -s "$WORK/wanted" "$WORK/got"; report $? "and every byte of it" "$(diff "$WORK/wanted" "$WORK/got" | cut -c1-200 | head -n 6)"
run "and once more" 0 s3 imports/hostile.csv csv hostile --table main.vision.hostile
is "$(summary present) $(summary commits)" "12 0" "changes nothing"

# --- what is refused, in words ---
run "a missing file" 1 s3 imports/nothing.csv csv odd --staging main.vision.staging
like "$err" "cannot read s3://lab-bucket/imports/nothing.csv: .*PATH_NOT_FOUND.*check the URL" "says so"
printf 'id,url\n1,2\n' | csv other.csv
run "a file without the columns" 1 s3 imports/other.csv csv odd --staging main.vision.staging
like "$err" "there is no column inputid; it has: id, url" "says what it has"
printf 'inputid,INPUT,input\n1,2,3\n' | csv twice.csv
run "a column twice" 1 s3 imports/twice.csv csv odd --staging main.vision.staging
like "$err" "column input twice" "says so"
printf 'inputid,input\nfirst-of-them,%s/cat-1.jpg\n' "$PICTURES" | csv parts/a.csv
printf '\xef\xbb\xbfinputid,input\r\nf-2,%s/cat-2.jpg\r\n' "$PICTURES" | csv parts/b.csv
for compute in cluster:$CLUSTER warehouse; do
    run "a folder of files with one header, on a ${compute%:*}" 0 s3 imports/parts csv odd --staging main.vision.staging --compute "$compute" --dry-run
    is "$(plan candidates)" 2 "has the rows of all"
done
printf 'input,inputid\n%s/cat-3.jpg,f-3\n' "$PICTURES" | csv "parts/c 50%.csv"
run "a folder whose files have different headers" 1 s3 imports/parts csv odd --staging main.vision.staging
like "$err" "different headers: that of s3://lab-bucket/imports/parts/c 50%.csv is not \"inputid,input\"" "names the file"
run "a folder of a table as CSV" 1 s3 delta/harbour csv odd --staging main.vision.staging
run "no place for the rows" 2 s3 imports/odd.csv csv odd
like "$err" "name one with --staging" "asks for one"
for url in 'http://h/x.csv' 's3://b/${x}.csv' 's3://b/*.csv'; do
    run "the URL $url" 2 lakeferry import s3 "$url" --format csv --app odd --dataset ds --yes
done
run "a file with a header only" 0 s3 imports/header-only.csv csv odd --staging main.vision.staging
is "$(summary planned)" 0 "has nothing to import"

# --- stopped compute, dry run ---
run "a stopped compute is not started unasked" 2 lakeferry import s3 s3://lab-bucket/imports/harbour.csv --format csv --app lab-user/odd --dataset ds --staging main.vision.staging --compute cluster:0101-120000-lab0001 --dry-run --json
is "$(api GET '/api/2.1/clusters/get?cluster_id=0101-120000-lab0001' | jq -r .state)" TERMINATED "it is still off"
before=$(counter '^(POST|PATCH|PUT|DELETE) /v2/')
run "a dry run" 0 s3 imports/harbour.csv csv odd --table main.vision.dry --dry-run
is "$(plan new) $(plan candidates) $(counter '^(POST|PATCH|PUT|DELETE) /v2/') $(left | tr '\n' ' ')" "30 30 $before 0 0 " "counts and changes nothing"

[ -z "${LAKEFERRY_RECORD:-}" ] || done_testing            # what follows says the same statements again and again

# --- 5,000 rows, killed and gone on with ---
{
    echo "inputid,input,concepts,metadata,geopoints"
    for i in $(seq 1 5000); do
        printf 'row-%d,%s/cat-%d.jpg,"cat,c%d","{""n"": %d}",\n' "$i" "$PICTURES" $((i % 20)) $((i % 300)) "$i"
    done
} >"$WORK/many.csv"
csv many.csv <"$WORK/many.csv"
app_make many >/dev/null
killed=
for point in point.ran:4 point.rows:5 sent:20 stage.send:1; do
    LAKEFERRY_KILL_AT=$point s3 imports/many.csv csv many --table main.vision.many >"$WORK/out" 2>"$WORK/err" </dev/null
    is $? 137 "killed at $point"
    id=$(ls -t "$XDG_STATE_HOME/lakeferry/runs" | head -n 1)
    case $point in point.*) killed="$killed $id"; continue ;; esac        # they go on below, when others have sent the same meanwhile
    run "resumed" 0 lakeferry resume "$id" --json
    is "$(summary planned) $(summary rows) $(summary failed)" "5000 5000 0" "every row is accounted for"
done
for id in $killed; do
    run "resumed after another run" 0 lakeferry resume "$id" --json
    is "$(summary planned) $(($(summary present) + $(summary verified)))" "5000 5000" "what the other sent is found there"
done
is "$(all_inputs lab-user/many | jq -r .id | sort | uniq | wc -l) $(all_inputs lab-user/many | wc -l)" "5000 5000" "no input twice or missing"
is "$(sql "SELECT count(*), count(DISTINCT input_id), count_if(upload_status IN ('verified', 'present')) FROM main.vision.many")" '["5000","5000","5000"]' "and no row"
is "$(all_inputs lab-user/many | jq -r 'select(.data.metadata.n != (.id | ltrimstr("row-") | tonumber)) | .id' | wc -l)" 0 "each with its own cells"
is "$(left)" $'0\n0' "nothing that was staged is left"

# --- cancelled when only a part was read ---
app_make half >/dev/null
LAKEFERRY_KILL_AT=point.rows:3 s3 imports/many.csv csv half --table main.vision.half >"$WORK/out" 2>"$WORK/err" </dev/null
id=$(ls -t "$XDG_STATE_HOME/lakeferry/runs" | head -n 1)
run "a killed run is cancelled" 0 lakeferry cancel "$id"
is "$(all_inputs lab-user/half | wc -l) $(sql "SELECT count(*), count_if(upload_status = 'cancelled') FROM main.vision.half")" '0 ["1500","1500"]' "nothing is sent, and the table says so"
is "$(left)" $'0\n0' "nothing that was staged is left"
done_testing
