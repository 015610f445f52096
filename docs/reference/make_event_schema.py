"""Print the JSON schema of the event, for those who write a front end:

python docs/reference/make_event_schema.py > docs/reference/processing_progress.schema.json
"""

import json
import sys

from music_separator.server.realtime import EVENT
from music_separator.server.schemas import ProgressEventBody

schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **ProgressEventBody.model_json_schema(),
    "title": EVENT,
}
sys.stdout.write(json.dumps(schema, indent=2) + "\n")
