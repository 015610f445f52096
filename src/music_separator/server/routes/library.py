"""The library: songs, downloads, deletion."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from music_separator.audio.encode import MEDIA_TYPES, AudioFormat
from music_separator.domain.errors import InvalidRequest, UnknownResult
from music_separator.domain.job import Artifact, Job, Track
from music_separator.engines.base import Stem
from music_separator.engines.registry import check_known
from music_separator.server.conditional import ResultFile, is_known
from music_separator.server.context import Context, Ctx
from music_separator.server.schemas import DeletedBody, ErrorBody, SongBody, SongList, download_name
from music_separator.server.zipping import Entry, stream_zip

router = APIRouter(tags=["library"])

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 403, 404)}
BYTES: dict[str, Any] = {
    kind: {"schema": {"type": "string", "format": "binary"}}
    for kind in ("audio/*", "video/*", "text/plain", "application/octet-stream")
} | {"application/json": {}}
"""What results and mixtures are sent as."""
FILE: dict[int | str, dict[str, Any]] = ERRORS | {
    200: {"content": BYTES},
    206: {"content": BYTES | {"multipart/byteranges": {"schema": {"type": "string", "format": "binary"}}}},
    304: {},
    416: {"model": ErrorBody},
}
ZIP: dict[int | str, dict[str, Any]] = ERRORS | {200: {"content": {"application/zip": {}}}}
STEM_NAMES = {*map(str, Stem), "no_vocals", "instrumental"}
MIXTURE = "mixture"
"""The name under which the upload itself is downloaded."""
ALIASES = {"instrumental": "no_vocals"}


@router.get("/songs", operation_id="list_songs")
def list_songs(ctx: Ctx) -> SongList:
    """List the library, the newest first."""
    songs = [_song(track, job, ctx) for track, job in ctx.service.jobs.library(owner=ctx.owner)]
    return SongList(songs=songs, count=len(songs))


@router.delete("/songs/{file_id}", operation_id="delete_song", responses=ERRORS)
def delete_song(file_id: str, ctx: Ctx) -> DeletedBody:
    """Remove everything stored about a song."""
    ctx.track(file_id)
    made = [artifact.name for artifact in ctx.service.results(ctx.service.jobs.get(file_id))]
    ctx.service.delete(file_id)
    message = "The song and everything made from it are deleted."
    return DeletedBody(file_id=file_id, message=message, deleted_files=[MIXTURE, *made])


@router.get("/download/{file_id}", operation_id="download_all", response_class=StreamingResponse, responses=ZIP)
def download_all(file_id: str, ctx: Ctx) -> StreamingResponse:
    """Give everything made from a song as one ZIP."""
    track = ctx.track(file_id)
    entries = [
        Entry(name=download_name(track, artifact), path=ctx.service.files.artifact_path(digest, artifact.name))
        for digest, artifact in ctx.service.stored_results(ctx.service.jobs.get(file_id))
    ]
    if not entries:
        raise UnknownResult("everything", ())
    name = quote(f"{track.title or Path(track.filename).stem}.zip")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return StreamingResponse(stream_zip(entries), media_type="application/zip", headers=headers)


@router.get("/download/{file_id}/{name}", operation_id="download", response_class=FileResponse, responses=FILE)
@router.head("/download/{file_id}/{name}", operation_id="download_head", response_class=FileResponse, responses=FILE)
def download(
    request: Request,
    file_id: str,
    name: str,
    ctx: Ctx,
    audio_format: Annotated[str | None, Query(alias="format")] = None,
) -> Response:
    """Give one result by its name, such as ``vocals``, ``no_vocals`` or ``<file_id>_karaoke.mp3``; ranges work.

    ``format`` gives a stem as flac, wav (32-bit float), mp3 or opus.
    """
    return send_result(request, ctx, file_id, name, audio_format=audio_format)


@router.get(
    "/download/{model}/{file_id}/{name}", operation_id="download_of_model", response_class=FileResponse, responses=FILE
)
def download_of_model(request: Request, model: str, file_id: str, name: str, ctx: Ctx) -> Response:
    """Give a result by the earlier backend's address, such as ``/download/demucs/<file_id>/vocals.mp3``."""
    check_known(model)
    stem, _, suffix = name.rpartition(".")
    if stem in STEM_NAMES and suffix in set(AudioFormat):
        return send_result(request, ctx, file_id, stem, audio_format=suffix)
    return send_result(request, ctx, file_id, name)


def send_result(
    request: Request,
    ctx: Context,
    file_id: str,
    name: str,
    *,
    audio_format: str | None = None,
    disposition: str = "attachment",
) -> Response:
    """Answer with a file of a song's results, or with 304 where the client has it. Raises UnknownResult."""
    track = ctx.track(file_id)
    if name == MIXTURE:
        return _mixture(ctx, track)
    digest, artifact = _find(ctx, ctx.service.jobs.get(file_id), ALIASES.get(name, name))
    found = _as(ctx, digest, artifact, audio_format)
    headers = {"ETag": f'"{found.tag}"', "Cache-Control": "no-cache"}
    if is_known(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return ResultFile(
        found.path,
        media_type=found.media_type,
        filename=f"{Path(download_name(track, artifact)).stem}{found.path.suffix}",
        headers=headers,
        content_disposition_type=disposition,
    )


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A file to send; ``tag`` changes with its content."""

    path: Path
    media_type: str
    tag: str


def _as(ctx: Context, digest: str, artifact: Artifact, audio_format: str | None) -> _Found:
    """Find a result's file, made anew in another format where that is asked for."""
    stored = ctx.service.files.artifact_path(digest, artifact.name)
    if audio_format is None or f".{audio_format}" == stored.suffix:
        return _Found(path=stored, media_type=artifact.media_type, tag=artifact.sha256)
    if audio_format not in set(AudioFormat) or artifact.kind != "stem":
        raise InvalidRequest(f"format is one of {', '.join(AudioFormat)}, and only for stems.")
    path = ctx.service.converted(digest, artifact, AudioFormat(audio_format))
    return _Found(path=path, media_type=MEDIA_TYPES[path.suffix], tag=f"{artifact.sha256[:32]}-{audio_format}")


def _mixture(ctx: Context, track: Track) -> FileResponse:
    kind = mimetypes.guess_type(track.filename)[0] or "application/octet-stream"
    # Never a page: a browser that opens the upload must not run what is in it.
    media_type = kind if kind.startswith(("audio/", "video/")) else "application/octet-stream"
    path = ctx.service.files.blob(track.blob)
    return ResultFile(path, media_type=media_type, filename=track.filename, headers={"ETag": f'"{track.blob}"'})


def _find(ctx: Context, job: Job, name: str) -> tuple[str, Artifact]:
    stored = ctx.service.stored_results(job)
    for digest, artifact in stored:
        if name in (artifact.name, artifact.filename):
            return digest, artifact
    raise UnknownResult(name, tuple(artifact.name for _, artifact in stored))


def _song(track: Track, job: Job, ctx: Context) -> SongBody:
    return SongBody(
        file_id=track.file_id,
        filename=track.filename,
        title=track.title,
        artist=track.artist,
        duration=track.duration_s,
        size_bytes=track.size_bytes,
        status=job.status,
        url=ctx.url(f"/download/{track.file_id}/{MIXTURE}"),
    )
