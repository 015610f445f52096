"""Answers with a stored file: validators (RFC 9110 section 13), and errors in the shape that all errors have."""

import re

from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from music_separator.server.errors import answer

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
NO_SUCH_RANGE = "The file has no such range of bytes."


def is_known(headers: Headers, etag: str) -> bool:
    """Whether the client says that it has exactly this (If-None-Match, compared weakly)."""
    asked = ",".join(headers.getlist("if-none-match"))
    return asked.strip() == "*" or etag in _ENTITY_TAG.findall(asked)


class ResultFile(FileResponse):
    """A file whose impossible ranges are answered as JSON; a range that cannot be read is no range."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a range of it, or its headers alone."""
        refused = False

        async def watch(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                refused = True
                await self._refuse(scope, receive, send)
            elif not refused:
                await send(message)

        await super().__call__(scope, receive, watch)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = answer(Request(scope), 416, NO_SUCH_RANGE, "no_such_range")
        if self.stat_result is not None:
            response.headers["Content-Range"] = f"bytes */{self.stat_result.st_size}"
        await response(scope, receive, send)
