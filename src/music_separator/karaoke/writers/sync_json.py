"""``_sync.json``: the keys of the earlier backend (seconds), and ``lines`` with words in milliseconds beside them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from music_separator.domain.lyrics import Line, Word
from music_separator.domain.units import seconds_from_ms
from music_separator.karaoke.lrc_syntax import format_time, shield
from music_separator.karaoke.song import AUDIO_SUFFIX, LRC_SUFFIX, KaraokeSong

CONFIDENCE_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class SyncJsonWriter:
    """JSON for front ends. ``generated_at`` is handed in, so that the same song gives the same bytes."""

    suffix: ClassVar[str] = "_sync.json"
    media_type: ClassVar[str] = "application/json"

    generated_at: datetime

    def render(self, song: KaraokeSong) -> bytes:
        """Write one object, indented, with every script as it is (no ``\\u`` escapes)."""
        lines = song.lyrics.lines
        body = {
            "file_id": song.file_id,
            "artist": song.artist,
            "song_name": song.title,
            "language": song.language,
            "duration": seconds_from_ms(song.duration_ms),
            "total_lines": len(lines),
            "synced_lyrics": [_synced(line) for line in lines],
            "lines": [_timed(line) for line in lines],
            "lrc_file": song.file_id + LRC_SUFFIX,
            "audio_file": song.file_id + AUDIO_SUFFIX,
            "generated_at": self.generated_at.isoformat(),
        }
        return (json.dumps(body, ensure_ascii=False, indent=2) + "\n").encode(errors="replace")


def _synced(line: Line) -> dict[str, object]:
    return {
        "timestamp": seconds_from_ms(line.start_ms),
        "lrc_format": f"[{format_time(line.start_ms)}]{shield(line.text)}",
        "text": line.text,
    }


def _timed(line: Line) -> dict[str, object]:
    words = [_word(word) for word in line.words]
    timed = {"text": line.text, "start_ms": line.start_ms, "end_ms": line.end_ms, "words": words}
    return timed if line.found else {**timed, "found": False}


def _word(word: Word) -> dict[str, object]:
    confidence = round(word.confidence, CONFIDENCE_DIGITS)
    return {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "confidence": confidence}
