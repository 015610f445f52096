"""Answers with a stored file: what the client has already (RFC 9110 section 13), and errors like all others."""

import re
from pathlib import Path

from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from music_separator.server.errors import answer

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
_REFUSALS = {
    400: ("That range cannot be read. Ask for bytes=first-last.", "invalid_request"),
    416: ("The file has no such range of bytes.", "no_such_range"),
}


def is_known(headers: Headers, etag: str) -> bool:
    """Whether the client says that it has exactly this (If-None-Match, compared weakly)."""
    asked = ",".join(headers.getlist("if-none-match"))
    return asked.strip() == "*" or etag in _ENTITY_TAG.findall(asked)


class ResultFile(FileResponse):
    """A stored file; a range that it cannot give is refused in JSON, where the framework would answer plain text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a range of it, or its headers alone."""
        refused = False

        async def watch(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in _REFUSALS:
                refused = True
                await self._refuse(message["status"], scope, receive, send)
            elif not refused:
                await send(message)

        await super().__call__(scope, receive, watch)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        response = answer(Request(scope), status, *_REFUSALS[status])
        if status == 416:
            response.headers["Content-Range"] = f"bytes */{Path(self.path).stat().st_size}"
        await response(scope, receive, send)
