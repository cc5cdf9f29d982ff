#!/bin/bash
# Export by keys: from a dataset to its two tables, whose rows stand under the result; names that exist or are the same twice; images;
# from Browse; at three sizes.
. "$(dirname "$0")/lib.sh"
sandbox_start
inputs_of() { clarifai GET "/v2/users/lab-user/apps/$1/datasets/$2/inputs?per_page=1000" | jq '.dataset_inputs | length'; }

# --- app and dataset chosen, everything else filled in ---
screen_start first 80 24
key 4
shows 'Clarifai app +lab-user/' "an app that has datasets is guessed"
key Enter; pick labelled
go_to 'Dataset' Up; key Enter; pick train
shows 'Inputs table +train_inputs +free' "the tables' names follow the dataset"
shows 'Annotations table +train_annotations +free' "both are free"
n=$(inputs_of labelled train)
shows " $n inputs of the dataset" "the plan counts the inputs" 60
go_to '\[ Start' ; key Enter
shows "done: $n exported" "it is exported" 90
shows 'main.vision.train_inputs +[0-9]+ rows' "the inputs table is shown under the result"
shows 'main.vision.train_annotations +[0-9]+ rows' "and the annotations table"
shows '^ input_id ' "with its head"
is "$(sql 'SELECT count(*) FROM main.vision.train_inputs' | jq -r '.[0]')" "$n" "the table has every input"
go_to 'Look at the rows of main.vision.train_annotations'; key Enter
shows 'annotation_id' "Enter opens the whole preview"
key Escape; wait_for 'what next'

# --- names that exist ---
key 4
shows 'Inputs table +train_inputs +exists: choose another name' "the same export again: the names are taken"
shows 'the table exists: choose another name, or what to do with it' "and Start says so"
go_to 'If it exists' Up; key Enter; pick replace
shows 'Inputs table +train_inputs +exists, will be replaced' "they may be replaced"
shows " $n inputs of the dataset" "then there is a plan" 60

# --- one table twice ---
go_to 'Annotations table' Up; key C-u; type_text train_inputs
shows 'Annotations table: it is the inputs table: the two must differ' "the same table twice is refused with the reason"
key C-u; type_text 'a/b'
shows 'Annotations table: ' "so is a name that no table can have"
key C-u; type_text train_annotations
shows " $n inputs of the dataset" "mended, the plan comes back" 60
go_to '\[ Copy' Tab; key Enter
shows 'lakeferry export --app lab-user/labelled --dataset train' "Copy command shows the command line"
screen_end
is "$(drafts)" 0 "no plan is left behind"

# --- from Browse, with images, on a small screen ---
screen_start small 60 15 /Volumes/main/vision/out
wait_for '> out'; wait_for 'listed just now'; key Left; wait_for 'V out'; key e
shows 'Export a Clarifai dataset' "e on a schema opens the form"
go_to 'Clarifai app' Up; key Enter; pick labelled
go_to 'Dataset'; key Enter; pick val
go_to 'Images'; key Enter; pick out
shows 'Images folder' "images ask for their folder"
v=$(inputs_of labelled val)
go_to '\[ Start'
wait_for " $v inputs of" 60
for i in $(seq 600); do screen | grep -q 'plan is being' || break; sleep 0.1; done
key Enter
shows 'done[^:]*: [0-9]+ exported' "it is exported" 120
rows=$(sql 'SELECT count(*) FROM main.vision.val_inputs WHERE image_path IS NOT NULL' | jq -r '.[0]')
is "$(find "$(volume_dir out)/val" -type f 2>/dev/null | wc -l | tr -d ' ')" "$rows" "as many images as rows that name one"
go_to 'Look at the images'; key Enter
shows 'out > val' "and Browse shows them"
press Left
shows '›val/' "in a folder that its parent has now"
screen_end

# --- wide ---
screen_start wide 200 50
key 4
shows 'Clarifai app +lab-user/labelled' "the dataset of the last run is guessed"
shows ' [0-9]+ inputs of the dataset|the table exists' "and planned or refused at once" 60
screen_end
is "$(drafts)" 0 "no plan is left behind"
done_testing
