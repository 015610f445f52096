"""Lyrics of a song: read, replaced, corrected line by line, or chosen among those that are kept."""

import json
from typing import Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from music_separator.domain.errors import InvalidRequest
from music_separator.karaoke.readers import decode_text
from music_separator.server.context import Ctx
from music_separator.server.lyrics_bodies import ChoiceIn, LyricsBody, LyricsIn, LyricsVersionBody
from music_separator.server.routes.jobs import ERRORS, READ_ERRORS, control_body
from music_separator.server.schemas import ControlBody
from music_separator.server.timed_lyrics import TIMED_LYRICS

router = APIRouter(tags=["jobs"])

MAX_LYRICS_BYTES = 1 << 20
MAX_NUMBER = 1 << 31


@router.get("/jobs/{file_id}/lyrics", operation_id="get_lyrics", responses=READ_ERRORS)
def get_lyrics(file_id: str, ctx: Ctx) -> LyricsBody:
    """Give the lyrics in use, line by line with times and doubts, where they come from, and every version kept."""
    ctx.track(file_id)
    return LyricsBody.of(file_id, ctx.service.words.look(ctx.service.jobs.get(file_id)))


@router.get("/jobs/{file_id}/lyrics/{number}", operation_id="get_lyrics_version", responses=READ_ERRORS)
def get_version(file_id: str, number: int, ctx: Ctx) -> LyricsVersionBody:
    """Give one version of the lyrics as it came in."""
    ctx.track(file_id)
    if not 0 < number <= MAX_NUMBER:
        raise InvalidRequest("number: a version of lyrics has a number from 1 on.")
    return LyricsVersionBody.whole(file_id, ctx.service.words.store.get(file_id, number))


@router.put(
    "/jobs/{file_id}/lyrics",
    operation_id="put_lyrics",
    responses=ERRORS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/json": {
                    "schema": {
                        "anyOf": [LyricsIn.model_json_schema(), TIMED_LYRICS, ChoiceIn.model_json_schema()],
                    }
                },
            },
        }
    },
)
async def put_lyrics(file_id: str, request: Request, ctx: Ctx, align: str = Query("changed")) -> ControlBody:
    """Replace the lyrics (text, LRC, SRT, WebVTT or timed JSON), or choose kept ones: a new attempt of karaoke alone.

    Times that are given stay as they are, and so do those of unchanged lines; only the other lines are put on the
    voice, between their neighbours. With `align=all` every line without times is.
    """
    await run_in_threadpool(ctx.track, file_id)
    if align not in ("changed", "all"):
        raise InvalidRequest("align: it is changed or all.")
    sent = await _sent(request)
    service, align_all = ctx.service, align == "all"
    if isinstance(sent, ChoiceIn):
        outcome = await run_in_threadpool(service.choose_lyrics, file_id, sent.number, align_all=align_all)
    else:
        outcome = await run_in_threadpool(service.save_lyrics, file_id, sent, align_all=align_all)
    return control_body(outcome)


async def _sent(request: Request) -> str | ChoiceIn:
    raw = bytearray()
    async for piece in request.stream():
        raw += piece
        if len(raw) > MAX_LYRICS_BYTES:
            raise InvalidRequest("The lyrics are larger than 1 MiB.")
    if request.headers.get("content-type", "").startswith("application/json"):
        return _lyrics_in(bytes(raw))
    return decode_text(bytes(raw))


def _lyrics_in(raw: bytes) -> str | ChoiceIn:
    """Take the text out of ``{"lyrics": "..."}``, the choice out of ``{"number": 2}``; timed JSON is lyrics itself."""
    try:
        sent: Any = json.loads(raw)
        if isinstance(sent, dict) and "lines" in sent:
            return decode_text(raw)
        kind: type[BaseModel] = ChoiceIn if isinstance(sent, dict) and "number" in sent else LyricsIn
        found = kind.model_validate(sent, strict=True)
    except (ValueError, RecursionError):
        raise InvalidRequest(
            'Send {"lyrics": "..."}, {"lines": [...]} or {"number": 2} as JSON, or the lyrics as text/plain.'
        ) from None
    return found.lyrics if isinstance(found, LyricsIn) else ChoiceIn.model_validate(found)
