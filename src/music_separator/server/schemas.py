"""The public JSON: what answers look like on the wire. Everything here is part of the contract."""

from pathlib import Path
from typing import Literal, Protocol

from pydantic import BaseModel, Field

from music_separator.domain.caution import CautionCode
from music_separator.domain.job import Artifact, Job, JobStatus, Track
from music_separator.domain.kept_lyrics import LyricsOrigin, LyricsSource
from music_separator.domain.progress import ProgressEvent, StageName, StageStatus
from music_separator.engines.presets import MAX_OVERLAP, MAX_SHIFTS, Preset


class LinkMaker(Protocol):
    """Makes addresses for the one who asks."""

    def link(self, path: str) -> str:
        """Give a path of this server as a relative link."""
        ...

    def url(self, path: str) -> str:
        """Give it as an absolute one."""
        ...


class ErrorBody(BaseModel):
    """Every error: a sentence, the machine's word, the id to find it in the log by."""

    error: str
    code: str
    request_id: str | None = None


class ProgressEventBody(BaseModel):
    """One ``processing_progress`` event."""

    file_id: str
    stage: StageName
    progress: int = Field(ge=0, le=100)
    message: str
    error: str | None
    code: str | None
    seq: int = Field(ge=1)
    status: StageStatus
    detail: str | None
    eta_seconds: float | None
    stage_eta_seconds: float | None
    attempt: int = Field(ge=1)
    batch_id: str | None
    timestamp: str

    @classmethod
    def of(cls, event: ProgressEvent) -> "ProgressEventBody":
        """Make the body of a stored event."""
        return cls.model_validate(event.payload())


class StageBody(BaseModel):
    """Where one stage is."""

    stage: StageName
    status: StageStatus
    progress: int
    message: str
    error: str | None
    code: str | None
    detail: str | None
    eta_seconds: float | None


class ResultBody(BaseModel):
    """One file that can be downloaded."""

    name: str
    kind: str
    filename: str
    media_type: str
    size: int
    sha256: str
    download_url: str
    url: str


class TrackBody(BaseModel):
    """A stem as the earlier backend listed it."""

    name: str
    download_url: str


class JobBody(BaseModel):
    """The snapshot of a song and its job; ``song_name`` to ``tracks`` are keys of the earlier backend.

    ``download_url`` and ``url`` are everything as one ZIP, null until there is something.
    """

    file_id: str
    filename: str
    title: str | None
    artist: str | None
    language: str | None
    duration_seconds: float | None
    status: JobStatus
    attempt: int
    model: str
    has_lyrics: bool
    lyrics_source: LyricsSource | None
    lyrics_by: str | None
    lyrics_versions: int
    warnings: list[str]
    warning_codes: list[CautionCode]
    error: str | None
    code: str | None
    eta_seconds: float | None
    created_at: str
    updated_at: str
    last_seq: int
    stages: list[StageBody]
    results: list[ResultBody]
    download_url: str | None
    url: str | None
    song_name: str
    original_size: int
    tracks: list[TrackBody]
    existing: bool = False
    message: str | None = None


class JobList(BaseModel):
    """All songs, the newest first."""

    jobs: list[JobBody]
    count: int


class EventList(BaseModel):
    """A piece of a job's log; ``last_seq`` is what to ask for next."""

    file_id: str
    events: list[ProgressEventBody]
    last_seq: int


class ControlBody(BaseModel):
    """What a control verb did."""

    file_id: str
    status: JobStatus
    done: str
    message: str
    attempt: int


class RetryIn(BaseModel):
    """Where to begin again, and what to do differently."""

    stage: str | None = None
    model: str | None = None
    lyrics: str | None = None
    transcriber: str | None = None
    preset: Preset | None = None
    overlap: float | None = Field(None, ge=0, le=MAX_OVERLAP, strict=True)
    shifts: int | None = Field(None, ge=0, le=MAX_SHIFTS, strict=True)
    stems: Literal[2, 4, 6] | None = None


class SongBody(BaseModel):
    """A song of the library, with the keys of the earlier backend; ``url`` is the mixture as uploaded."""

    file_id: str
    filename: str
    title: str | None
    artist: str | None
    duration: float | None
    size_bytes: int
    status: JobStatus
    url: str


class SongList(BaseModel):
    """The library."""

    songs: list[SongBody]
    count: int


class KaraokeSongBody(BaseModel):
    """A song that is ready to sing, with the keys of the earlier backend."""

    id: str
    file_id: str
    files: dict[str, str | None]
    title: str | None
    artist: str | None
    duration: float | None
    url: str
    total_lines: int | None
    generated_at: str


class KaraokeSongList(BaseModel):
    """The songs that are ready to sing."""

    songs: list[KaraokeSongBody]
    count: int


class GpuBody(BaseModel):
    """The graphics cards of this machine, with the keys of the earlier backend."""

    available: bool
    torch_installed: bool
    torch_version: str | None
    cuda_available: bool
    gpu_count: int
    devices: list[dict[str, str | int]]
    message: str


class DeletedBody(BaseModel):
    """What a deletion removed: names of results, not places on the server."""

    file_id: str
    message: str
    deleted_files: list[str]


class ModelBody(BaseModel):
    """A separation model: whether it runs here, and why not; the last four keys are those of the earlier backend."""

    name: str
    available: bool
    reason: str | None
    title: str
    default_model: str
    available_models: list[str]
    purpose: str
    file_types: list[str]


class TranscriberBody(BaseModel):
    """A transcriber: whether it can run here; ``reason`` says why not, or that its weights are fetched first."""

    name: str
    available: bool
    reason: str | None


class ModelList(BaseModel):
    """What can be asked for."""

    models: dict[str, ModelBody]
    transcribers: dict[str, TranscriberBody]
    lyrics_lookup: str | None
    default: str
    message: str


class HealthBody(BaseModel):
    """Liveness, with what an operator looks at first; the last five keys are those of the earlier backend."""

    status: Literal["healthy", "degraded"]
    version: str
    jobs_active: int
    free_disk_bytes: int
    ffmpeg: str
    message: str
    available_models: list[str]
    websocket_support: bool
    transcription_endpoint: str | None
    timestamp: str
    server_type: str


def job_body(track: Track, job: Job, artifacts: list[Artifact], words: LyricsOrigin, links: LinkMaker) -> JobBody:
    """Make the snapshot of a job; ``words`` is where its lyrics are from."""
    failed = next((state for state in job.stages if state.error is not None), None)
    everything = f"/download/{track.file_id}"
    return JobBody(
        file_id=track.file_id,
        filename=track.filename,
        title=track.title,
        artist=track.artist,
        language=track.language,
        duration_seconds=track.duration_s,
        status=job.status,
        attempt=job.attempt,
        model=job.options.model,
        has_lyrics=bool(job.options.lyrics or track.tag_lyrics),
        lyrics_source=words.source,
        lyrics_by=words.made_by,
        lyrics_versions=words.versions,
        warnings=[warning.message for warning in job.warnings],
        warning_codes=[warning.code for warning in job.warnings],
        error=failed.error if failed else None,
        code=failed.code if failed else None,
        eta_seconds=job.eta_seconds if job.status.is_active else None,
        created_at=job.created_at,
        updated_at=job.updated_at,
        last_seq=job.last_seq,
        stages=[StageBody.model_validate(state, from_attributes=True) for state in job.stages],
        results=[result_body(track, artifact, links) for artifact in artifacts],
        download_url=links.link(everything) if artifacts else None,
        url=links.url(everything) if artifacts else None,
        song_name=track.title or Path(track.filename).stem,
        original_size=track.size_bytes,
        tracks=[
            TrackBody(name=artifact.name, download_url=links.link(f"{everything}/{artifact.name}"))
            for artifact in artifacts
            if artifact.kind == "stem"
        ],
    )


def result_body(track: Track, artifact: Artifact, links: LinkMaker) -> ResultBody:
    """Say where a file is."""
    path = f"/download/{track.file_id}/{artifact.name}"
    return ResultBody(
        name=artifact.name,
        kind=artifact.kind,
        filename=download_name(track, artifact),
        media_type=artifact.media_type,
        size=artifact.size,
        sha256=artifact.sha256,
        download_url=links.link(path),
        url=links.url(path),
    )


def download_name(track: Track, artifact: Artifact) -> str:
    """Give the name a download is saved under: stems carry the song's, the karaoke files keep their own."""
    if artifact.kind == "stem":
        return f"{track.file_id}_{artifact.filename}"
    return artifact.filename
