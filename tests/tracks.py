"""Tracks, results and published folders for tests of the rooms that store and run them."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from music_separator.domain.job import Artifact, StageResult, Track

CREATED_AT = "2026-01-02T03:04:05.678Z"


def track(file_id: str = "song-1", **values: Any) -> Track:
    """Make a stored track of ten seconds."""
    stored = Track(
        file_id=file_id,
        owner="local",
        blob=digest_of(f"mixture of {file_id}"),
        filename="song.wav",
        size_bytes=1000,
        duration_s=10.0,
        created_at=CREATED_AT,
    )
    return replace(stored, **values)


def digest_of(text: str) -> str:
    """Give a digest that nothing else has."""
    return hashlib.sha256(text.encode()).hexdigest()


def finished(folder: Path, files: dict[str, bytes], **facts: str | float | bool) -> StageResult:
    """Write a stage's finished files into ``folder``, as a worker would, and describe them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for filename, content in files.items():
        (folder / filename).write_bytes(content)
        made.append(
            Artifact(
                name=Path(filename).stem,
                kind="stem",
                filename=filename,
                media_type="audio/flac",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
        )
    return StageResult(artifacts=tuple(made), facts=dict(facts))
