"""What a worker is asked to do, one type per stage. They cross a pipe as JSON, so: paths as text, plain values only."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from music_separator.domain.progress import StageName


@dataclass(frozen=True, kw_only=True)
class SeparationTask:
    """Decode ``source`` and split it with ``engine`` into stems.

    ``fallback`` lets a lesser engine do it where the weights cannot be had; ``own_checkpoint`` is used instead of the
    model's weights. The rest is as in JobOptions and in Settings.
    """

    stage: ClassVar[StageName] = StageName.SEPARATION
    work_dir: str
    source: str
    engine: str
    max_duration_s: float
    stem_format: str = "flac"
    fallback: bool = False
    preset: str = "exact"
    overlap: float | None = None
    shifts: int = 0
    stems: int | None = None
    weights_dir: str = ""
    hub_url: str = ""
    offline: bool = True
    own_checkpoint: str | None = None
    device: str = "auto"
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class TranscriptionTask:
    """Decide the words: given ones, those in the file's tags, those that are looked up, what ``transcriber`` hears.

    ``transcriber`` is an exact name, or one that means none; ``is_chosen`` where a person named it. Nothing is looked
    up without ``lookup_url``. ``device`` and ``threads`` are as in Settings.
    """

    stage: ClassVar[StageName] = StageName.TRANSCRIPTION
    work_dir: str
    given: str | None
    from_tags: str | None
    transcriber: str | None = None
    is_chosen: bool = False
    vocals: str | None = None
    language: str | None = None
    weights_dir: str = ""
    hub_url: str = ""
    hub_token: str | None = field(default=None, repr=False)
    offline: bool = True
    device: str = "auto"
    threads: int = 1
    lookup_url: str | None = None
    lookup_dir: str = ""
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class KaraokeTask:
    """Time ``lyrics`` by the voice where they have no times, lay them out, write every file of the karaoke."""

    stage: ClassVar[StageName] = StageName.KARAOKE
    work_dir: str
    file_id: str
    lyrics: str
    vocals: str
    instrumental: str
    duration_s: float
    title: str | None
    artist: str | None
    language: str | None
    made_at: str
    only_times: bool = False
    """Nothing but the timed words, in the lines they were given in."""
    witness: str | None = None
    """The folder of the weights that confirm the times; ``threads`` are for them."""
    threads: int = 1
    known: str | None = None
    """Timed JSON of lines as they were before: the unchanged ones keep their times."""
    edited: bool = False
    """The words are others than transcription decided on: they are written out in the place of those."""
    hinted: bool = False
    """The times of ``lyrics`` are hints; the voice decides."""


Task = SeparationTask | TranscriptionTask | KaraokeTask
_KINDS: dict[str, type[Task]] = {kind.stage: kind for kind in (SeparationTask, TranscriptionTask, KaraokeTask)}


def to_message(task: Task) -> dict[str, Any]:
    """Make the task sendable."""
    return {"stage": str(task.stage), **asdict(task)}


def from_message(message: dict[str, Any]) -> Task:
    """Rebuild what was sent."""
    fields = {key: value for key, value in message.items() if key != "stage"}
    return _KINDS[message["stage"]](**fields)


def output_dir(work_dir: str) -> Path:
    """Give the folder of a stage's finished files: what is published in one rename."""
    folder = Path(work_dir) / "out"
    folder.mkdir(exist_ok=True)
    return folder
