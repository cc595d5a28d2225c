#!/bin/sh
# Puts the questions of collection.json, and a dashboard of them, into a new
# collection of a Metabase. It needs curl and jq. Each run makes a new collection:
# archive the one before in Metabase.
#
#   METABASE_URL       where it is, such as https://metabase.example.com
#   METABASE_API_KEY   of a group that may edit (Admin, Settings, Authentication, API keys)
#   METABASE_DATABASE  the number of the database: it stands in its address, /admin/databases/2
set -eu
: "${METABASE_URL:?say where Metabase is: https://metabase.example.com}"
: "${METABASE_API_KEY:?make an API key in Admin, Settings, Authentication}"
: "${METABASE_DATABASE:?give the number of the database in Metabase: it stands in its address, /admin/databases/2}"
file="$(dirname "$0")/collection.json"

# call METHOD PATH sends what comes in as JSON and prints the answer.
call() {
	curl --fail-with-body --silent --show-error --request "$1" \
		--header "x-api-key: $METABASE_API_KEY" --header "Content-Type: application/json" \
		--data-binary @- "${METABASE_URL%/}/api/$2"
}

collection=$(jq .collection "$file" | call POST collection | jq .id)
cards="[]"
count=$(jq '.questions | length' "$file")
i=0
while [ "$i" -lt "$count" ]; do
	card=$(jq --argjson i "$i" --argjson db "$METABASE_DATABASE" --argjson into "$collection" \
		'.questions[$i] | .collection_id = $into | .dataset_query.database = $db' "$file" | call POST card | jq .id)
	cards=$(echo "$cards" | jq -c --argjson id "$card" '. + [$id]')
	i=$((i + 1))
done
board=$(jq --argjson into "$collection" '.dashboard | {name, description, parameters, collection_id: $into}' "$file" | call POST dashboard | jq .id)
jq --argjson ids "$cards" '.dashboard | {
	parameters,
	dashcards: (.cards | to_entries | map(.key as $n | .value | {
		id: (-1 - $n), card_id: $ids[.question], row, col, size_x, size_y, visualization_settings: {},
		parameter_mappings: [.filters[] as $f | {
			parameter_id: ("mrrsync-" + $f), card_id: $ids[.question], target: ["variable", ["template-tag", $f]]
		}]
	}))
}' "$file" | call PUT "dashboard/$board" > /dev/null
echo "$count questions and a dashboard: ${METABASE_URL%/}/dashboard/$board"
