"""A Track (one song as uploaded) and its Job (the run of the five stages on it), as values."""

from dataclasses import dataclass, field
from enum import StrEnum

from music_separator.domain.caution import Caution
from music_separator.domain.progress import WORK_STAGES, StageName, StageStatus


class JobStatus(StrEnum):
    """Where a job is as a whole."""

    UPLOADING = "uploading"
    """Bytes are still arriving under an id that the client made."""
    UPLOADED = "uploaded"
    """Stored; nothing was asked for yet."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_active(self) -> bool:
        """Whether work is owed."""
        return self in (JobStatus.QUEUED, JobStatus.RUNNING)

    @property
    def accepts_events(self) -> bool:
        """Whether an attempt is open: its bytes arrive, or its work is owed."""
        return self.is_active or self is JobStatus.UPLOADING


@dataclass(frozen=True, kw_only=True)
class Track:
    """One song in the library. ``blob`` is the SHA-256 of the mixture's bytes, ``duration_s`` what its header says."""

    file_id: str
    owner: str
    blob: str
    filename: str
    size_bytes: int
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    language: str | None = None
    duration_s: float | None = None
    tag_lyrics: str | None = None
    source_bits: int = 16
    created_at: str


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """What a person chose. ``lyrics`` is the text as given, of any kind; None means: look for it.

    ``preset``, ``overlap`` (share of a segment), ``shifts`` and ``stems`` (2, 4, 6; None is all) are of the separation.
    """

    model: str = "demucs"
    lyrics: str | None = None
    transcriber: str | None = None
    preset: str = "exact"
    overlap: float | None = None
    shifts: int = 0
    stems: int | None = None

    @property
    def separation(self) -> tuple[object, ...]:
        """Everything that the stems depend on."""
        return (self.model, self.preset, self.overlap, self.shifts, self.stems)


@dataclass(frozen=True, kw_only=True)
class StageState:
    """The last known state of one stage; ``result`` is the digest its artifacts are stored under."""

    stage: StageName
    status: StageStatus
    progress: int
    message: str
    detail: str | None = None
    error: str | None = None
    code: str | None = None
    eta_seconds: float | None = None
    result: str | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """The state of one track's work. ``first_stage`` and ``last_stage`` are what this attempt runs."""

    file_id: str
    status: JobStatus
    attempt: int
    first_stage: StageName
    last_stage: StageName = StageName.KARAOKE
    options: JobOptions
    cancel_requested: bool = False
    batch_id: str | None = None
    warnings: tuple[Caution, ...] = ()
    last_seq: int = 0
    eta_seconds: float | None = None
    created_at: str
    updated_at: str
    stages: tuple[StageState, ...] = field(default=())

    @property
    def due(self) -> tuple[StageName, ...]:
        """The working stages of this attempt, in order."""
        return WORK_STAGES[WORK_STAGES.index(self.first_stage) : WORK_STAGES.index(self.last_stage) + 1]

    @property
    def is_complete(self) -> bool:
        """Whether every working stage has its results."""
        done = {state.stage for state in self.stages if state.status is StageStatus.DONE}
        return done.issuperset(WORK_STAGES)

    def stage(self, name: StageName) -> StageState | None:
        """Find the state of a stage, or None where it has not been reached."""
        return next((state for state in self.stages if state.stage is name), None)


INTERNAL = "internal"
"""Kind of an artifact that a later attempt begins with, and that nobody downloads."""


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A stored file. ``name`` is what a download is asked for by, ``filename`` what it is called on disk."""

    name: str
    kind: str
    filename: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What a stage made: its files, facts that later stages need, and warnings for the person."""

    artifacts: tuple[Artifact, ...]
    facts: dict[str, str | float | bool]
    warnings: tuple[Caution, ...] = ()
