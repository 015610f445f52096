"""Counts every HTTP request by the template of its route, its status and its bytes, and times the answer."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from music_separator.server.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""What no route was found for, and methods that nobody knows: a label must not grow with what strangers send."""
SOCKETS = "/socket.io"
UNANSWERED = 499
"""The client went before anything was answered; nginx counts it under this number."""


class Metered:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, received, status = time.monotonic(), 0, UNANSWERED

        async def take() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def reply(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, take, reply)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in METHODS else OTHER
            self._metrics.requests.labels(method, route, status).inc()
            self._metrics.latency.labels(route).observe(time.monotonic() - began)
            self._metrics.received.labels(route).inc(received)


def _route(scope: Scope) -> str:
    path: str | None = getattr(scope.get("route"), "path", None)
    return path or (SOCKETS if scope["path"].startswith(SOCKETS) else OTHER)
