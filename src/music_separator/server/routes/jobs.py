"""Jobs: snapshots, the numbered log, and the control verbs."""

import time
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Query

from music_separator.domain.job import JobStatus
from music_separator.server.context import Ctx
from music_separator.server.schemas import (
    ControlBody,
    ErrorBody,
    EventList,
    JobBody,
    JobList,
    ProgressEventBody,
    RetryIn,
)
from music_separator.service import Outcome
from music_separator.store.events import MAX_SEQ

router = APIRouter(tags=["jobs"])

ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 403, 404, 409, 422)}
READ_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 404)}
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
    return control_body(outcome)


@router.post("/jobs/{file_id}/retry", operation_id="retry_job", responses=ERRORS)
def retry(file_id: str, ctx: Ctx, body: RetryIn | None = None) -> ControlBody:
    """Begin the next attempt where the last one ended, or at a stage, with other options if given."""
    ctx.track(file_id)
    wanted = body or RetryIn()
    given = wanted.model_dump(exclude={"stage"}, exclude_none=True)
    options = replace(ctx.service.jobs.get(file_id).options, **given)
    return control_body(ctx.service.retry(file_id, stage=wanted.stage, options=options))


def control_body(outcome: Outcome) -> ControlBody:
    """Say what a verb did."""
    job = outcome.job
    return ControlBody(
        file_id=job.file_id, status=job.status, done=outcome.done, message=outcome.message, attempt=job.attempt
    )
