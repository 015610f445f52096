"""POST /upload: a song arrives as multipart, is safe on disk, and is answered while the work goes on."""

import time
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from music_separator.domain.errors import FileTooLarge, InvalidRequest
from music_separator.domain.job import JobOptions, JobStatus
from music_separator.domain.owner import FIRST_OWNER
from music_separator.domain.progress import StageName, StageReport
from music_separator.engines.presets import Preset
from music_separator.engines.registry import check_known
from music_separator.karaoke.readers import decode_text
from music_separator.server.context import Context, Ctx
from music_separator.server.multipart import FormReceiver
from music_separator.server.schemas import ErrorBody, JobBody
from music_separator.server.upload_form import FORM, LONGEST_BATCH_ID, LONGEST_LANGUAGE, LONGEST_NAME, NO, YES
from music_separator.service import Added, NewTrack, new_file_id

router = APIRouter(tags=["upload"])

N = TypeVar("N", int, float)
FORM_OVERHEAD_BYTES = 2 << 20
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody} for status in (400, 403, 404, 409, 413, 415, 422, 503, 507)
}


@router.post(
    "/upload", status_code=202, operation_id="upload", responses=ERRORS | {200: {"model": JobBody}}, openapi_extra=FORM
)
async def upload(
    request: Request, response: Response, ctx: Ctx, model: str = "demucs", file_id: str | None = None
) -> JobBody:
    """Take a song in. 202 while the work goes on, 200 when it is only stored or was here already."""
    return await _receive(request, response, ctx, model, file_id)


@router.post(
    "/upload/{model}",
    status_code=202,
    operation_id="upload_model",
    responses=ERRORS | {200: {"model": JobBody}},
    openapi_extra=FORM,
)
async def upload_for_model(
    request: Request, response: Response, ctx: Ctx, model: str, file_id: str | None = None
) -> JobBody:
    """Take a song in, for the model named in the path."""
    return await _receive(request, response, ctx, model, file_id)


async def _receive(request: Request, response: Response, ctx: Context, model: str, file_id: str | None) -> JobBody:
    check_known(model)
    size = _announced_size(request, ctx)
    client_id = new_file_id(file_id) if file_id is not None else None
    target = ctx.service.files.incoming(new_file_id(None))
    form = FormReceiver(request.headers.get("content-type", ""), target, max_bytes=ctx.settings.max_upload_mib << 20)
    ticker = _UploadTicker(ctx, client_id, size, form)
    try:
        await form.receive(request.stream(), ticker.tick if client_id else None)
        new = _new_track(form, ctx, model, client_id, target)
        added = await run_in_threadpool(ctx.service.add_track, new)
    finally:
        target.unlink(missing_ok=True)
    return await run_in_threadpool(_answer, added, response, ctx, new.start)


def _answer(added: Added, response: Response, ctx: Context, started: bool) -> JobBody:
    is_cancelled = added.job.status is JobStatus.CANCELLED and not added.existing
    response.status_code = 200 if added.existing or is_cancelled or not started else 202
    body = ctx.snapshot(added.job)
    message = "This song is here already." if added.existing else "The song is stored; follow processing_progress."
    if is_cancelled:
        message = "The upload was cancelled; the song is stored, and a retry begins with it."
    return body.model_copy(update={"existing": added.existing, "message": message})


def _new_track(form: FormReceiver, ctx: Context, model: str, client_id: str | None, target: Any) -> NewTrack:
    in_form = new_file_id(given) if (given := form.text("file_id")) else None
    if client_id and in_form and in_form != client_id:
        raise InvalidRequest("The form has another file_id than the address. Send one of them.")
    raw_lyrics = form.fields.get("lyrics", b"")
    lyrics = decode_text(raw_lyrics).strip() if raw_lyrics.strip() else None
    return NewTrack(
        owner=ctx.owner or FIRST_OWNER,
        path=target,
        sha256=form.sha256,
        size_bytes=form.size,
        filename=form.filename or "audio",
        options=JobOptions(
            model=model,
            lyrics=lyrics or None,
            transcriber=form.text("transcriber"),
            preset=form.text("preset") or Preset.EXACT,
            overlap=_number(form, "overlap", float),
            shifts=_number(form, "shifts", int) or 0,
            stems=_number(form, "stems", int),
        ),
        file_id=client_id or in_form,
        title=form.line("title", longest=LONGEST_NAME),
        artist=form.line("artist", longest=LONGEST_NAME),
        language=form.line("language", longest=LONGEST_LANGUAGE),
        batch_id=form.line("batch_id", longest=LONGEST_BATCH_ID),
        start=_flag(form.text("auto_process")),
    )


def _number(form: FormReceiver, name: str, kind: type[N]) -> N | None:
    text = form.text(name)
    try:
        return None if text is None else kind(text)
    except ValueError:
        raise InvalidRequest(f"{name} must be a number.") from None


def _announced_size(request: Request, ctx: Context) -> int | None:
    """Refuse what says itself that it is too large, before its body."""
    limit = ctx.settings.max_upload_mib << 20
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        ctx.service.files.require_space(0)
        return None
    if int(length) > limit + FORM_OVERHEAD_BYTES:
        raise FileTooLarge(limit)
    ctx.service.files.require_space(int(length))
    return int(length)


def _flag(text: str | None) -> bool:
    said = (text or YES[0]).lower()
    if said not in (*YES, *NO):
        raise InvalidRequest("auto_process must be true or false.")
    return said in YES


class _UploadTicker:
    """Turns bytes received into ``upload`` events of a client-made id, one a percent, at most ten a second."""

    def __init__(self, ctx: Context, file_id: str | None, size: int | None, form: FormReceiver) -> None:
        self._ctx, self._file_id, self._size, self._form = ctx, file_id, size, form
        self._begun = False
        self._attempt = 1
        self._last = -1
        self._next_at = 0.0

    def tick(self, received: int) -> None:
        """Say how much has come, if that is a new percent. Raises FileIdTaken."""
        if self._file_id is None or not self._size or self._form.filename is None:
            return
        service, owner = self._ctx.service, self._ctx.owner or FIRST_OWNER
        if not self._begun:
            self._begun = True
            if service.is_taken(self._file_id, owner):
                self._file_id = None  # told apart at the end: the same bytes again are no conflict
                return
            self._attempt = service.reserve(self._file_id, owner=owner, filename=self._form.filename)
            self._last = service.upload_percent(self._file_id)  # an upload that broke off never goes back
        percent = min(99, received * 100 // self._size)
        now = time.monotonic()
        if percent > self._last and now >= self._next_at:
            self._last, self._next_at = percent, now + 0.1
            report = StageReport(stage=StageName.UPLOAD, progress=percent, message="Uploading...")
            service.log.append(self._file_id, report, attempt=self._attempt)
