#!/bin/bash
# Import from S3 by keys: the two forms of Import, a URL typed, everything else filled in; rows that fail alone, with their numbers; the tracking
# table under the result; the same again; a Delta folder without a table.
. "$(dirname "$0")/lib.sh"
sandbox_start

screen_start first 80 24
key 3
shows '\[Volume\]  S3 \(Alt-S\)' "Import begins with volumes and says how to get to S3"
key Right
shows 'Volume \(Alt-V\)  \[S3\]' "Right goes to S3"
key M-v; wait_for '\[Volume\]'; key M-s
shows 'URL +s3://bucket' "Alt-S, too, and the URL is asked for"
type_text 'https://example.com/x.csv'
shows 'the URL has to begin with s3:' "a URL that is none is refused"
key C-u; type_text 's3://lab-bucket/imports/with-errors.csv'
shows 'Format +csv' "the format follows the ending"
shows 'Dataset +with-errors +new, will be made' "the dataset is suggested"
shows 'Tracking table +with_errors +free' "so is the tracking table"
go_to 'Clarifai app'; key Enter; pick traffic
shows ' [0-9]+ rows' "the plan counts the rows" 90
rows=$(screen | grep -oE ' [0-9]+ rows' | head -n 1 | tr -dc 0-9)
go_to '\[ Start'; key Enter
shows 'done, [0-9]+ not imported' "it ended, with rows that failed" 120
shows '#[0-9]+ +inputid: it is empty' "each with its number and reason"
is "$(sql 'SELECT count(*) FROM main.vision.with_errors' | jq -r '.[0]')" "$rows" "the tracking table has a row for each"
go_to 'Look at the rows of main.vision.with_errors' Up; key Enter
shows 'upload_status|source_path|input_id' "which can be previewed"
key Escape; wait_for 'what next'

# --- the same again ---
key 3
shows "this import.s own: continued" "the table of the same import is known as its own"
shows ' 0 new|already there' "what is there is not sent again" 90

# --- a Delta folder, no table ---
go_to 'URL' Up; key C-u; type_text 's3://lab-bucket/delta/harbour'
shows 'Format +delta' "a folder is taken for Delta"
go_to 'Table in'; key Enter; pick 'no table'
shows 'a report only' "there may be no table"
gone 'Tracking table'; report $? "then none is named"
go_to '\[ Copy' Tab; key Enter
shows 'lakeferry import s3 s3://lab-bucket/delta/harbour --format delta' "Copy command shows the command line"
screen_end
is "$(drafts)" 0 "no plan is left behind"

# --- narrow ---
screen_start small 60 15
key 3; wait_for 'Volume'; key Up Up Up; go_to 'Import from' Up; key Enter; pick S3
shows '\[S3\]' "the first field switches as well"
screen_end
done_testing
