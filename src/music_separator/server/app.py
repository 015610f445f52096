"""Puts the server together: HTTP routes, Socket.IO, the edge around both. The only asynchronous room of the house."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import socketio
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from music_separator.config import Settings
from music_separator.server import api_page, errors, lyrics_page
from music_separator.server.description import complete
from music_separator.server.edge import Edge
from music_separator.server.gate import SOCKET_IO_CLIENTS, Gate, describe
from music_separator.server.metered import Metered
from music_separator.server.metrics import Metrics
from music_separator.server.realtime import EVENT, Realtime
from music_separator.server.routes import jobs, karaoke, library, lyrics, processing, system, uploads
from music_separator.server.routes import metrics as metrics_route
from music_separator.server.schemas import ProgressEventBody
from music_separator.server.small_bodies import SmallBodies
from music_separator.service import Service

EXPOSED_HEADERS = ("X-Request-ID", "Content-Disposition", "ETag", "Accept-Ranges")
DESCRIPTION = "Separate a song, follow every percent, sing it. Progress comes as `processing_progress` over Socket.IO."


def create_app(service: Service, settings: Settings) -> ASGIApp:
    """Make the whole ASGI application over a service that has been started."""
    realtime = Realtime(service)
    metrics = Metrics(service, lambda: realtime.connected)
    http = _http_app(service, settings, realtime, metrics)
    return Metered(Edge(_Switch(SmallBodies(http), socketio.ASGIApp(realtime.sio)), settings), metrics)


def _http_app(service: Service, settings: Settings, realtime: Realtime, metrics: Metrics) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with metrics.listening(service):
            async with realtime.running():
                yield

    app = _DescribedApp(
        title="AI Music Separator",
        version=version("ai-music-separator"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # the stock pages load from other hosts; api_page.py has ours
        redoc_url=None,
        separate_input_output_schemas=False,
        redirect_slashes=False,  # an address with a slash too many is answered like any other that is not there
    )
    app.state.service, app.state.settings, app.state.metrics = service, settings, metrics
    errors.install(app)
    for module in (uploads, jobs, lyrics, processing, karaoke, library, system, metrics_route):
        app.include_router(module.router)
    app.router.routes.extend(Route(path, system.socket_io_client) for path in SOCKET_IO_CLIENTS)
    app.router.routes.extend((*api_page.ROUTES, *lyrics_page.ROUTES))
    app.add_middleware(Gate, service=service)
    # Around the gate: pages of other origins may read why they were refused, and ask what they may send.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )

    @app.webhooks.post(EVENT, operation_id=EVENT)
    def processing_progress(body: ProgressEventBody) -> None:
        """Sent to the client over Socket.IO, in the default namespace, for every step of a job."""

    return app


class _DescribedApp(FastAPI):
    """Describes errors as they are: what the framework would answer with 422 in its own shape is a 400 here."""

    def openapi(self) -> dict[str, Any]:
        """Make the description without the framework's own errors."""
        if self.openapi_schema is None:
            described = super().openapi()
            places = (*described["paths"].values(), *described["webhooks"].values())
            for operation in (found for place in places for found in place.values()):
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
            describe(described)
            for name in ("HTTPValidationError", "ValidationError"):
                described["components"]["schemas"].pop(name, None)
            complete(described)
        return super().openapi()


class _Switch:
    """Sends Socket.IO traffic to its server and everything else, the browser client included, to HTTP."""

    def __init__(self, http: ASGIApp, sockets: ASGIApp) -> None:
        self._http, self._sockets = http, sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_socket = path.startswith("/socket.io") and path not in SOCKET_IO_CLIENTS
        await (self._sockets if is_socket else self._http)(scope, receive, send)
