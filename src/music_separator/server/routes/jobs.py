"""Jobs: snapshots, the numbered log, and the control verbs."""

import json
import time
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from music_separator.domain.errors import InvalidRequest
from music_separator.domain.job import JobStatus
from music_separator.karaoke.readers import decode_text
from music_separator.server.context import Ctx
from music_separator.server.schemas import (
    ControlBody,
    ErrorBody,
    EventList,
    JobBody,
    JobList,
    LyricsIn,
    ProgressEventBody,
    RetryIn,
)
from music_separator.server.timed_lyrics import TIMED_LYRICS
from music_separator.service import Outcome
from music_separator.store.events import MAX_SEQ

router = APIRouter(tags=["jobs"])

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 403, 404, 409, 422)}
READ_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 404)}
MAX_LYRICS_BYTES = 1 << 20
CANCEL_WAIT_S = 2.5
"""A cancel is answered when the worker is gone, which takes about a second at most."""


@router.get("/jobs", operation_id="list_jobs")
def list_jobs(ctx: Ctx) -> JobList:
    """List all songs with their jobs, the newest first."""
    bodies = [ctx.snapshot(job) for _, job in ctx.service.jobs.library(owner=ctx.owner)]
    return JobList(jobs=bodies, count=len(bodies))


@router.get("/jobs/{file_id}", operation_id="get_job", responses=READ_ERRORS)
@router.get("/status/{file_id}", operation_id="get_status", responses=READ_ERRORS)
def get_job(file_id: str, ctx: Ctx) -> JobBody:
    """Give the snapshot of one job."""
    ctx.track(file_id)
    return ctx.snapshot(ctx.service.jobs.get(file_id))


@router.get("/jobs/{file_id}/events", operation_id="list_events", responses=READ_ERRORS)
def list_events(file_id: str, ctx: Ctx, after: int = Query(0, ge=0, le=MAX_SEQ)) -> EventList:
    """Read the log after a number: the very events that went over Socket.IO."""
    ctx.service.owned(file_id, ctx.owner)
    events = [ProgressEventBody.of(event) for event in ctx.service.log.read(file_id, after=after)]
    return EventList(file_id=file_id, events=events, last_seq=events[-1].seq if events else after)


@router.post("/jobs/{file_id}/cancel", operation_id="cancel_job", responses=ERRORS)
def cancel(file_id: str, ctx: Ctx) -> ControlBody:
    """Stop the running attempt, or an upload under a client-made id; stems that are done stay."""
    ctx.service.owned(file_id, ctx.owner)
    outcome = ctx.service.cancel(file_id)
    give_up_at = time.monotonic() + CANCEL_WAIT_S
    while outcome.done == "cancelling" and time.monotonic() < give_up_at:
        time.sleep(0.05)
        job = ctx.service.jobs.get(file_id)
        if job.status is JobStatus.CANCELLED:
            outcome = Outcome(job=job, done="cancelled", message="The job is cancelled.")
    return _control(outcome)


@router.post("/jobs/{file_id}/retry", operation_id="retry_job", responses=ERRORS)
def retry(file_id: str, ctx: Ctx, body: RetryIn | None = None) -> ControlBody:
    """Begin the next attempt where the last one ended, or at a stage, with other options if given."""
    ctx.track(file_id)
    wanted = body or RetryIn()
    given = wanted.model_dump(exclude={"stage"}, exclude_none=True)
    options = replace(ctx.service.jobs.get(file_id).options, **given)
    return _control(ctx.service.retry(file_id, stage=wanted.stage, options=options))


@router.put(
    "/jobs/{file_id}/lyrics",
    operation_id="put_lyrics",
    responses=ERRORS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/json": {"schema": {"anyOf": [LyricsIn.model_json_schema(), TIMED_LYRICS]}},
            },
        }
    },
)
async def put_lyrics(file_id: str, request: Request, ctx: Ctx) -> ControlBody:
    """Replace the lyrics (text, LRC, SRT, WebVTT or timed JSON): a new attempt of karaoke alone.

    Times that are given stay as they are; lines without times are put on the voice between their neighbours.
    """
    await run_in_threadpool(ctx.track, file_id)
    lyrics = await _lyrics_of(request)
    return _control(await run_in_threadpool(ctx.service.save_lyrics, file_id, lyrics))


async def _lyrics_of(request: Request) -> str:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_LYRICS_BYTES:
            raise InvalidRequest("The lyrics are larger than 1 MiB.")
    if request.headers.get("content-type", "").startswith("application/json"):
        return _lyrics_in(bytes(raw))
    return decode_text(bytes(raw))


def _lyrics_in(raw: bytes) -> str:
    """Take the text out of ``{"lyrics": "..."}``; timed JSON is lyrics itself."""
    try:
        sent = json.loads(raw)
        if isinstance(sent, dict) and "lines" in sent:
            return decode_text(raw)
        return LyricsIn.model_validate(sent, strict=True).lyrics
    except (ValueError, RecursionError):
        raise InvalidRequest(
            'Send {"lyrics": "..."} or {"lines": [...]} as JSON, or the lyrics as text/plain.'
        ) from None


def _control(outcome: Outcome) -> ControlBody:
    job = outcome.job
    return ControlBody(
        file_id=job.file_id, status=job.status, done=outcome.done, message=outcome.message, attempt=job.attempt
    )
