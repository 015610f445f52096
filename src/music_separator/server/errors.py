"""From the domain's errors to HTTP: the one place where an error becomes a status code."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from music_separator.domain import errors as e
from music_separator.server.addresses import WRONG_METHOD, allowed_methods, missing

_log = logging.getLogger(__name__)

STATUS: dict[type[e.MusicSeparatorError], int] = {
    e.EmptyFile: 422,
    e.NotAudio: 415,
    e.NoSound: 415,
    e.FileTooLarge: 413,
    e.AudioTooLong: 413,
    e.DecodingLimit: 422,
    e.InvalidRequest: 400,
    e.InputError: 422,
    e.NotFoundError: 404,
    e.StageNotReady: 409,
    e.ConflictError: 409,
    e.TokenError: 401,
    e.AccessError: 403,
    e.StageError: 503,
    e.NotEnoughSpace: 507,
    e.StorageError: 503,
    e.MusicSeparatorError: 500,
}
NEVER_ANSWERED = {
    *(e.NoSuchFile, e.DataDirBusy, e.WrongVersion, e.PortTaken, e.NoServer),
    *(e.StageFailed, e.Cancelled),
}
"""What only commands meet; what another error said already; what is no error."""
OTHER_CODES = {
    400: ("foreign_host",),
    403: ("foreign_origin",),
    404: ("not_found", "not_there_yet"),
    413: ("too_large",),
    416: ("no_such_range",),
}
"""Codes that are no class of the domain: an address, a header or a range was wrong, not the work."""
CODES = {400: "invalid_request", 403: "forbidden", 413: "too_large"}
INTERNAL = "Something went wrong in the server. The log has the details under this request id."


def status_of(error: e.MusicSeparatorError) -> int:
    """Give the HTTP status of an error: that of its nearest class."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def codes_of(status: int) -> list[str]:
    """List the codes that an answer of this status can have, those of the edge and the framework included."""
    kinds = [kind for kind in e.every_kind() if not kind.__subclasses__() and kind not in NEVER_ANSWERED]
    own = [kind.code for kind in kinds if status_of(kind.__new__(kind)) == status]
    return list(dict.fromkeys([*own, *OTHER_CODES.get(status, ())]))


def answer(request: Request, status: int, message: str, code: str) -> JSONResponse:
    """Make the JSON body that every error has."""
    body = {"error": message, "code": code, "request_id": request.scope.get("request_id")}
    return JSONResponse(body, status_code=status)


def install(app: FastAPI) -> None:
    """Give every kind of failure its answer."""

    @app.exception_handler(e.MusicSeparatorError)
    async def _domain(request: Request, error: e.MusicSeparatorError) -> JSONResponse:
        return answer(request, status_of(error), str(error), error.code)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return answer(request, 404, *missing(request.url.path))
        if error.status_code == 405:
            said = answer(request, 405, WRONG_METHOD.format(method=request.method), "method_not_allowed")
            known = allowed_methods(request.url.path, request.app.openapi()["paths"])
            said.headers["Allow"] = known or (error.headers or {}).get("Allow", "GET")
            return said
        return answer(request, error.status_code, str(error.detail), CODES.get(error.status_code, "http_error"))

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return answer(request, 400, "The body is no JSON. Send an object, or nothing.", "invalid_request")
        where = ".".join(str(part) for part in first["loc"][1:]) or "body"
        return answer(request, 400, f"{where}: {first['msg']}", "invalid_request")

    @app.exception_handler(ClientDisconnect)
    async def _gone(request: Request, _error: ClientDisconnect) -> JSONResponse:
        # Nobody reads this any more; without it the log would have a traceback for a page that was closed.
        return answer(request, 400, "The request broke off before its end. Send it again.", "invalid_request")

    @app.exception_handler(Exception)
    async def _internal(request: Request, error: Exception) -> JSONResponse:
        _log.error("Unhandled error", exc_info=error, extra={"action": "internal_error"})
        return answer(request, 500, INTERNAL, "internal_error")
