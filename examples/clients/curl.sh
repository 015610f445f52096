#!/usr/bin/env bash
# Upload a song, follow its events over HTTP, download every result. Needs bash, curl and python3 (to read JSON).
#
# Run:  ./curl.sh SONG [LYRICS.lrc [FOLDER]]
#       SERVER=http://localhost:5000 ./curl.sh song.mp3 song.lrc results
set -euo pipefail

server=${SERVER:-http://localhost:5000}
song=${1:?usage: curl.sh SONG [LYRICS.lrc [FOLDER]]}
lyrics=${2:-}
folder=${3:-.}

# Print what the Python expression $1 makes of the JSON on stdin (called "it" there): a text, or a line for each of a list.
json() {
  python3 -c 'import json, sys
it = json.load(sys.stdin)
made = eval(sys.argv[1])
for line in made if isinstance(made, list) else [made]: print(line)' "$1"
}

form=(--form "file=@\"$song\"" --form auto_process=true)
if [[ -n $lyrics ]]; then form+=(--form "lyrics=<\"$lyrics\""); fi

answer=$(curl --silent --show-error "${form[@]}" "$server/upload?model=demucs")
error=$(json 'it.get("error") or ""' <<<"$answer")
if [[ -n $error ]]; then
  echo "$error" >&2
  exit 1
fi
file_id=$(json 'it["file_id"]' <<<"$answer")

# Every event has a number: ask for those after the last one seen, and none is missed.
last_seq=0
status=queued
while true; do
  # The state is read before the events: once it is final, the events that follow are the last ones.
  status=$(curl --silent --show-error --fail "$server/jobs/$file_id" | json 'it["status"]')
  events=$(curl --silent --show-error --fail "$server/jobs/$file_id/events?after=$last_seq")
  json '["[{stage}] {progress}%: {message} {error}".format(**{**e, "error": e["error"] or ""}) for e in it["events"]]' <<<"$events"
  last_seq=$(json "it['events'][-1]['seq'] if it['events'] else $last_seq" <<<"$events")
  case $status in done | failed | cancelled) break ;; esac
  sleep 1
done

mkdir -p "$folder"
curl --silent --fail "$server/jobs/$file_id" \
  | json '["{download_url} {filename}".format(**result) for result in it["results"]]' \
  | while read -r path name; do
    curl --silent --show-error --fail --output "$folder/$name" "$server$path"
    echo "$folder/$name"
  done

[[ $status == done ]]
