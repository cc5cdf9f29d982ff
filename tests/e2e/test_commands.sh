#!/bin/bash
# The commands around an import: help, ls, preview, runs, status; wrong input gets one clear sentence and the right status.
. "$(dirname "$0")/lib.sh"
sandbox_start
use_environment

run "help" 0 lakeferry --help
for verb in "auth login" "auth status" "ls" "preview" "import volume" "runs" "resume" "retry" "cancel" "sandbox"; do like "$out" "$verb" "help names $verb"; done
run "version" 0 lakeferry --version
like "$out" '^lakeferry [0-9]+\.[0-9]+\.[0-9]+$' "version"
run "help of a verb" 0 lakeferry import volume --help
like "$out" "create-dataset" "help of a verb lists its options"
run "help of half a verb" 0 lakeferry auth --help
like "$out" "auth login" "help of half a verb names its verbs"
like "$out" "auth logout" "all of them"
unlike "$out" "import volume|preview" "and no other one"
run "help of the runs" 0 lakeferry runs --help
like "$out" "runs show RUN" "and what else begins with that word"
run "help of a verb without words" 0 lakeferry runs prune --help
unlike "$out" " $" "no line of it ends in a blank"

run "catalogs" 0 lakeferry ls
like "$out" "main" "catalogs are listed"
run "schemas as JSON" 0 lakeferry ls main --json
is "$(printf '%s\n' "$out" | jq -r 'select(.name=="vision").kind')" schema "a schema as JSON"
run "volumes and tables" 0 lakeferry ls main.vision
like "$out" "volume +pictures" "a volume"
like "$out" "table +all_types" "a table"
run "columns" 0 lakeferry ls main.vision.all_types
like "$out" "column" "columns of a table"
run "files" 0 lakeferry ls main.vision.pictures/
like "$out" "2026/" "a folder"
run "many tables" 0 lakeferry ls main.many --json
is "$(printf '%s\n' "$out" | wc -l)" 5000 "5,000 tables"
run "apps" 0 lakeferry ls clarifai:lab-user
like "$out" "traffic" "apps"
run "datasets" 0 lakeferry ls clarifai:lab-user/labelled
like "$out" "dataset" "datasets"
run "no such catalog" 1 lakeferry ls nope
like "$err" "nope" "names it"
run "preview" 0 lakeferry preview main.vision.all_types --yes
run "preview as CSV" 0 lakeferry preview main.vision.labels_2025 --yes --format csv --limit 2
is "$(python3 -c 'import csv,sys; print(len(list(csv.reader(open(sys.argv[1], newline="")))))' "$WORK/out")" 3 "a head and two rows"
run "preview as JSON lines" 0 lakeferry preview main.vision.labels_2025 --yes --format jsonl --limit 2 --columns input_id
is "$(printf '%s\n' "$out" | jq -r .input_id | wc -l)" 2 "two objects"
run "preview of nothing" 1 lakeferry preview main.vision.nope --yes
like "$err" "main.vision.nope" "names the table"
run "a cluster that is stopped, nobody to ask" 2 lakeferry preview main.vision.all_types --compute cluster:0101-120000-lab0001
like "$err" "yes" "says what to do"
run "a cluster that is started" 0 lakeferry preview main.vision.all_types --compute cluster:0101-120000-lab0001 --yes
run "a cluster without Unity Catalog" 2 lakeferry preview main.vision.all_types --compute "cluster:$(api GET /api/2.1/clusters/list | jq -r '.clusters[] | select(.data_security_mode=="NONE").cluster_id')" --yes
like "$err" "Unity Catalog" "says why"
run "status" 0 lakeferry auth status
like "$out" "lab-user" "who we are"
like "$out" "environment" "where it came from"
unlike "$out$err" "dapi-sandbox|sandbox-pat" "no secret"

run "no such option" 2 lakeferry ls --jsn
like "$err" "did you mean" "comes near"
run "no such verb" 2 lakeferry imprt volume x
run "half a verb" 2 lakeferry import
run "bad table" 2 lakeferry preview a.b --yes
run "bad choice" 2 lakeferry import volume main.vision.pictures --app traffic --dataset d --on-conflict maybe
like "$err" "skip suffix fail" "lists the choices"
run "nobody to ask" 2 lakeferry import volume main.vision.pictures --app traffic --dataset d --create-dataset
like "$err" "yes" "the question nobody can answer"
run "no terminal, no verb" 2 lakeferry
run "a wrong token" 4 env DATABRICKS_TOKEN=dapi-wrong "$BUILD/lakeferry" ls
run "a wrong Clarifai token" 4 env CLARIFAI_PAT=wrong "$BUILD/lakeferry" ls clarifai:lab-user
run "a wrong token of an import" 4 env CLARIFAI_PAT=wrong-one "$BUILD/lakeferry" import volume main.vision.pictures --app traffic --dataset d --create-dataset --yes
run "a volume without permission" 4 lakeferry ls main.locked.private/
like "$err" "private|locked" "names the volume"
run "a host that is not there" 1 env DATABRICKS_HOST=http://127.0.0.1:9 timeout 120 "$BUILD/lakeferry" ls
like "$err" "127.0.0.1" "names the host"
run "plain http to elsewhere" 2 env DATABRICKS_HOST=http://example.invalid "$BUILD/lakeferry" ls
like "$err" "https" "says why"
run "no credentials at all" 2 env -u DATABRICKS_HOST -u DATABRICKS_TOKEN "$BUILD/lakeferry" ls
printf 'DATABRICKS_TOKEN=abcdef123456\nNONSENSE=1\n' | "$BUILD/lakeferry" auth login --stdin >"$WORK/out" 2>"$WORK/err"; is $? 2 "an unknown line of a login"
rm -rf "$XDG_STATE_HOME/lakeferry/runs"
run "an import into no app" 1 lakeferry import volume main.vision.pictures --app nowhere --dataset d --create-dataset --yes
run "what failed before its gate is no unfinished run" 0 lakeferry resume
run "prune" 0 lakeferry runs prune
is "$("$BUILD/lakeferry" runs --json | jq -r 'select(.state=="failed").run' | wc -l)" 0 "and prune removes it"
run "runs" 0 lakeferry runs --json
run "nothing to resume or a run" 0 lakeferry runs
done_testing
