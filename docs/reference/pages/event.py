"""The event as JSON schema, for those who check what they receive."""

import json
from pathlib import Path

from music_separator.server.description import describe_properties
from music_separator.server.realtime import EVENT
from music_separator.server.schemas import ProgressEventBody


def page(_scratch: Path) -> str:
    """Write the schema."""
    described = ProgressEventBody.model_json_schema()
    describe_properties(ProgressEventBody.__name__, described)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": EVENT}
    return json.dumps(schema, indent=2) + "\n"
