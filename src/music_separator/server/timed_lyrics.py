"""What timed JSON looks like, for the description of the API. karaoke/readers/timed_json.py reads it and says what is
wrong where.
"""

from typing import Any

_TIME = {"type": ["integer", "null"], "minimum": 0}
_TIMED: dict[str, Any] = {"text": {"type": "string"}, "start_ms": _TIME, "end_ms": _TIME}
_WORD = {
    "type": "object",
    "required": ["text", "start_ms", "end_ms"],
    "properties": _TIMED | {"confidence": {"type": "number", "minimum": 0, "maximum": 1, "default": 1}},
}
_LINE = {
    "type": "object",
    "required": ["text"],
    "properties": _TIMED | {"words": {"type": "array", "items": _WORD}, "found": {"type": "boolean"}},
}
TIMED_LYRICS = {
    "type": "object",
    "title": "TimedLyrics",
    "description": "Lines with times in milliseconds, as `_sync.json` has them. A line may lack words or times.",
    "required": ["lines"],
    "properties": {"lines": {"type": "array", "items": _LINE}},
}
