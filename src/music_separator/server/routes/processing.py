"""One stage at a time on a stored song, at the earlier backend's addresses; progress comes by the same events."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from music_separator.domain.progress import StageName
from music_separator.engines.registry import check_known
from music_separator.engines.transcription.registry import known_transcribers
from music_separator.server.context import Context, Ctx
from music_separator.server.schemas import ErrorBody, JobBody

router = APIRouter(tags=["processing"])

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 403, 404, 409)}
KARAOKE = "karaoke"


@router.post("/process/{model}/{file_id}", status_code=202, operation_id="process", responses=ERRORS)
def process(model: str, file_id: str, ctx: Ctx) -> JobBody:
    """Run the stage that a model belongs to: a separation model, a transcriber such as ``whisper``, or ``karaoke``."""
    if model == KARAOKE:
        return _run(ctx, file_id, StageName.KARAOKE)
    if model in known_transcribers():
        return _run(ctx, file_id, StageName.TRANSCRIPTION, transcriber=model)
    check_known(model)
    return _run(ctx, file_id, StageName.SEPARATION, model=model)


@router.post("/separate/{file_id}", status_code=202, operation_id="separate", responses=ERRORS)
def separate(file_id: str, ctx: Ctx) -> JobBody:
    """Make the stems of a stored song."""
    return _run(ctx, file_id, StageName.SEPARATION)


@router.post("/transcribe/{file_id}", status_code=202, operation_id="transcribe", responses=ERRORS)
def transcribe(file_id: str, ctx: Ctx) -> JobBody:
    """Decide the words of a stored song whose stems are made."""
    return _run(ctx, file_id, StageName.TRANSCRIPTION)


@router.post("/karaoke/{file_id}", status_code=202, operation_id="make_karaoke", responses=ERRORS)
def karaoke(file_id: str, ctx: Ctx) -> JobBody:
    """Make the karaoke of a stored song whose stems and words are there."""
    return _run(ctx, file_id, StageName.KARAOKE)


def _run(ctx: Context, file_id: str, stage: StageName, **chosen: Any) -> JobBody:
    ctx.track(file_id)
    options = replace(ctx.service.jobs.get(file_id).options, **chosen)
    outcome = ctx.service.run_stage(file_id, stage, options)
    return ctx.snapshot(outcome.job).model_copy(update={"message": outcome.message})
