"""The form of POST /upload as OpenAPI describes it: the route reads its body as a stream, so nothing derives this."""

from typing import Any

from music_separator.engines.presets import BY_COUNT, MAX_OVERLAP, MAX_SHIFTS, Preset
from music_separator.engines.transcription.registry import known_transcribers

YES = ("true", "1", "yes", "on")
NO = ("false", "0", "no", "off")

LONGEST_NAME = 255
LONGEST_LANGUAGE = 35
"""A language tag of RFC 5646 section 4.4.1, and the column in the database."""
LONGEST_BATCH_ID = 64

FIELDS: dict[str, dict[str, Any]] = {
    "file": {"type": "string", "format": "binary", "description": "The song: an audio file, or a video with sound."},
    "auto_process": {
        "type": "string",
        "enum": [*YES, *NO],
        "default": "true",
        "description": "Whether to begin at once; with false the song is only stored.",
    },
    "lyrics": {"type": "string", "description": "Plain text, LRC, SRT, WebVTT or timed JSON."},
    "language": {
        "type": "string",
        "maxLength": LONGEST_LANGUAGE,
        "description": "Language of the lyrics, ISO 639-1.",
        "examples": ["en"],
    },
    "title": {"type": "string", "maxLength": LONGEST_NAME, "description": "Title; else that of the file's tags."},
    "artist": {"type": "string", "maxLength": LONGEST_NAME, "description": "Artist; else that of the file's tags."},
    "preset": {
        "type": "string",
        "enum": list(Preset),
        "default": Preset.EXACT,
        "description": "How the song is separated: exact, fast, or preview, which needs no network.",
    },
    "overlap": {
        "type": "number",
        "minimum": 0,
        "maximum": MAX_OVERLAP,
        "description": "Share of a segment that lies in the next one too; else the preset's.",
    },
    "shifts": {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_SHIFTS,
        "default": 0,
        "description": "Average over so many shifted passes.",
    },
    "stems": {
        "type": "integer",
        "enum": list(BY_COUNT),
        "description": "How many stems; else all that the model has.",
    },
    "transcriber": {
        "type": "string",
        "enum": list(known_transcribers()),
        "description": "Who writes down lyrics that are not given; see GET /models.",
    },
    "file_id": {"type": "string", "format": "uuid", "description": "Id that the client made for the song."},
    "batch_id": {
        "type": "string",
        "maxLength": LONGEST_BATCH_ID,
        "description": "The client's own name for a group of songs.",
    },
}

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": {"type": "object", "required": ["file"], "properties": FIELDS}},
        },
    }
}
