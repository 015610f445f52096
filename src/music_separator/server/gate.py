"""Says who asks, before any route is found: a token in the header, or a signature in the query.

Everything wants one but the few addresses listed here: a route that is added is closed until somebody opens it.
"""

from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from music_separator.access.links import EXPIRES, SIGNATURE
from music_separator.domain.errors import AccessError, TokenError, TokenMissing
from music_separator.domain.owner import OPERATOR, Owner
from music_separator.server import api_page, lyrics_page
from music_separator.server.errors import answer, status_of
from music_separator.service import Service

SOCKET_IO_CLIENTS = ("/socket.io/socket.io.js", "/socket.io/socket.io.min.js")
OPEN_PATHS = frozenset(
    {
        "/",
        "/test_progress.html",
        "/openapi.json",
        "/health",
        "/health/health",
        "/health/status",
        *SOCKET_IO_CLIENTS,
        *api_page.PATHS,
        *lyrics_page.PATHS,
    }
)
"""What a browser or a watchdog fetches before anybody could say who they are; nothing of anybody's is in it."""
LINKED_PATHS = ("/download/", "/karaoke/")
"""What links go to: the signature of an owner is as good as the token there, for reading."""
CHALLENGES = {TokenMissing: "Bearer", TokenError: 'Bearer error="invalid_token"'}
"""WWW-Authenticate, RFC 6750 section 3."""
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "Wanted unless the server is this machine's alone."},
    "signedLink": {
        "type": "apiKey",
        "in": "query",
        "name": SIGNATURE,
        "description": f"With `{EXPIRES}`: links in answers carry both where a token is wanted.",
    },
}


class Gate:
    """ASGI middleware: puts the Owner who asks into the scope, or answers 401 or 403."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its owner, or refuse it."""
        if scope["type"] == "http" and scope["path"] not in OPEN_PATHS:
            try:
                scope["owner"] = await run_in_threadpool(self._owner_of, scope)
            except AccessError as error:
                await _refuse(error, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _owner_of(self, scope: Scope) -> Owner:
        tokens = self._service.tokens
        token = _bearer(Headers(scope=scope))
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if token is None and SIGNATURE in query and tokens.is_demanded:
            owners = tokens.owners.active() if _is_linked(scope) else []
            return self._service.links.owner_of(scope["path"], query, [*owners, OPERATOR])
        return tokens.owner_of(token)


def describe(document: dict[str, Any]) -> None:
    """Add to an OpenAPI description what this gate does: the schemes, and 401 and 403 where they can come."""
    document["components"]["securitySchemes"] = SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path in OPEN_PATHS:
                operation["security"] = []
                continue
            operation["security"] = [{"token": []}]
            operation["responses"]["401"] = _refusal("No token, or one that is not known")
            operation["responses"].setdefault("403", _refusal("A signature that is not valid"))
            if _is_linked({"method": method.upper(), "path": path}):
                operation["security"].append({"signedLink": []})


def _refusal(description: str) -> dict[str, Any]:
    body = {"schema": {"$ref": "#/components/schemas/ErrorBody"}}
    return {"description": description, "content": {"application/json": body}}


def _is_linked(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and scope["path"].startswith(LINKED_PATHS)


def _bearer(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _refuse(error: AccessError, scope: Scope, receive: Receive, send: Send) -> None:
    response = answer(Request(scope), status_of(error), str(error), error.code)
    challenge = next((CHALLENGES[kind] for kind in type(error).__mro__ if kind in CHALLENGES), None)
    if challenge is not None:
        response.headers["WWW-Authenticate"] = challenge
    await response(scope, receive, send)
