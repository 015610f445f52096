"""Bounds the bodies of requests that are no upload: the framework would hold all of one in memory."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 4 << 20
"""Lyrics are a megabyte at most, and JSON may write each letter of them as six."""
UPLOADS = "/upload"
TOO_LARGE = f"The body is larger than {MAX_BYTES >> 20} MiB. Send less."


class SmallBodies:
    """ASGI middleware; uploads bound their parts themselves, as they stream them to disk."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; reading too much of its body ends in a 413."""
        if scope["type"] != "http" or scope["path"].startswith(UPLOADS):
            await self._app(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BYTES:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self._app(scope, counted, send)
