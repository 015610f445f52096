"""The library: songs, downloads, deletion."""

import mimetypes
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from music_separator.domain.errors import UnknownResult
from music_separator.domain.job import Artifact, Job, Track
from music_separator.domain.progress import StageStatus
from music_separator.server.conditional import ResultFile, is_known
from music_separator.server.context import Context, Ctx
from music_separator.server.schemas import DeletedBody, ErrorBody, SongBody, SongList, download_name

router = APIRouter(tags=["library"])

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 403, 404)}
FILE: dict[int | str, dict[str, Any]] = ERRORS | {
    206: {"description": "A range of the file"},
    304: {"description": "The client has it already (If-None-Match)"},
    416: {"model": ErrorBody, "description": "No such range"},
}
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


@router.get("/download/{file_id}/{name}", operation_id="download", response_class=FileResponse, responses=FILE)
@router.head("/download/{file_id}/{name}", operation_id="download_head", response_class=FileResponse, responses=FILE)
def download(request: Request, file_id: str, name: str, ctx: Ctx) -> Response:
    """Give one result by its name, such as ``vocals``, ``no_vocals`` or ``<file_id>_karaoke.mp3``; ranges work."""
    track = ctx.track(file_id)
    if name == MIXTURE:
        return _mixture(ctx, track)
    job = ctx.service.jobs.get(file_id)
    digest, artifact = _find(ctx, job, ALIASES.get(name, name))
    headers = {"ETag": f'"{artifact.sha256}"', "Cache-Control": "no-cache"}
    if is_known(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return ResultFile(
        ctx.service.files.artifact_path(digest, artifact.name),
        media_type=artifact.media_type,
        filename=download_name(track, artifact),
        headers=headers,
    )


def _mixture(ctx: Context, track: Track) -> FileResponse:
    kind = mimetypes.guess_type(track.filename)[0] or "application/octet-stream"
    # Never a page: a browser that opens the upload must not run what is in it.
    media_type = kind if kind.startswith(("audio/", "video/")) else "application/octet-stream"
    path = ctx.service.files.blob(track.blob)
    return ResultFile(path, media_type=media_type, filename=track.filename, headers={"ETag": f'"{track.blob}"'})


def _find(ctx: Context, job: Job, name: str) -> tuple[str, Artifact]:
    known: list[str] = []
    for state in job.stages:
        if state.result is None or state.status is not StageStatus.DONE:
            continue
        for artifact in ctx.service.files.result(state.result).artifacts:
            if name in (artifact.name, artifact.filename):
                return state.result, artifact
            known.append(artifact.name)
    raise UnknownResult(name, tuple(known))


def _song(track: Track, job: Job, ctx: Context) -> SongBody:
    return SongBody(
        file_id=track.file_id,
        filename=track.filename,
        title=track.title,
        artist=track.artist,
        duration=track.duration_s,
        size_bytes=track.size_bytes,
        status=job.status,
        url=f"{ctx.base_url}/download/{track.file_id}/{MIXTURE}",
    )
