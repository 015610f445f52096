"""The karaoke library of the earlier backend's front ends: songs that are ready to sing, and their files inline."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from music_separator.domain.job import Artifact, Job, Track
from music_separator.domain.progress import StageName, StageStatus
from music_separator.server.context import Context, Ctx
from music_separator.server.routes.library import FILE, send_result
from music_separator.server.schemas import KaraokeSongBody, KaraokeSongList

router = APIRouter(tags=["karaoke"])

ENDINGS = {"lrc": "_karaoke.lrc", "audio": "_karaoke.mp3", "metadata": "_sync.json"}
"""Keys of the earlier backend's ``files``, and the files they name."""


@router.get("/karaoke/songs", operation_id="list_karaoke_songs")
def list_karaoke_songs(ctx: Ctx) -> KaraokeSongList:
    """List the songs whose karaoke is made, the newest first."""
    ready = [(track, job) for track, job in ctx.service.jobs.library(owner=ctx.owner) if _is_ready(job)]
    songs = [_song(track, job, ctx) for track, job in ready]
    return KaraokeSongList(songs=songs, count=len(songs))


@router.get("/karaoke/{file_id}/{name}", operation_id="karaoke_file", response_class=FileResponse, responses=FILE)
def karaoke_file(request: Request, file_id: str, name: str, ctx: Ctx) -> Response:
    """Give one result to be shown or played in place; names as for downloads."""
    return send_result(request, ctx, file_id, name, disposition="inline")


def _is_ready(job: Job) -> bool:
    state = job.stage(StageName.KARAOKE)
    return state is not None and state.status is StageStatus.DONE


def _song(track: Track, job: Job, ctx: Context) -> KaraokeSongBody:
    artifacts = [artifact for artifact in ctx.service.results(job) if artifact.kind == "karaoke"]
    lines = ctx.service.facts(job, StageName.KARAOKE).get("lines")
    return KaraokeSongBody(
        id=track.file_id,
        file_id=track.file_id,
        files={key: _named(artifacts, ending) for key, ending in ENDINGS.items()},
        title=track.title,
        artist=track.artist,
        duration=track.duration_s,
        url=ctx.url(f"/karaoke/{track.file_id}/{track.file_id}_karaoke.mp3"),
        total_lines=int(lines) if lines is not None else None,
        generated_at=job.updated_at,
    )


def _named(artifacts: list[Artifact], ending: str) -> str | None:
    return next((artifact.name for artifact in artifacts if artifact.name.endswith(ending)), None)
