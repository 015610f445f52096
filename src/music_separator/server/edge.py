"""The outermost layer of the server: a request id for everything, and the Host and Origin rules (wire contract 4).

A web page on a foreign name that resolves to this machine (DNS rebinding) is stopped by the Host list; a page of
another origin may read, and upload as the order document shows, but not control.
"""

import json
import re
import uuid
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from music_separator.config import LOOPBACK_HOSTS, Settings

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
GUARDED_METHODS = {"PUT", "DELETE", "PATCH"}
CONTROL_PATHS = re.compile(
    r"^/(jobs/[^/]+/(cancel|pause|resume|retry)|process/[^/]+/[^/]+|(separate|transcribe|karaoke)/[^/]+)$"
)
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src *; "
    "img-src 'self' data:; media-src 'self' blob:"
)


class Edge:
    """ASGI middleware around HTTP and Socket.IO alike."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = {*LOOPBACK_HOSTS, settings.host.lower(), *(name.lower() for name in settings.allowed_hosts)}
        self._origins = {origin.lower() for origin in settings.allowed_origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        scope["request_id"] = asked if REQUEST_ID.fullmatch(asked) else str(uuid.uuid4())

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                _stamp(MutableHeaders(scope=message), scope["request_id"])
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, reply)
        else:
            await _refuse(scope, receive, reply, *refusal)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        if host_name(headers.get("host", "")) not in self._hosts:
            return 400, "foreign_host", "This server does not answer to that host name. Add it with --allowed-hosts."
        method = scope.get("method")
        guarded = method in GUARDED_METHODS or (method == "POST" and CONTROL_PATHS.match(scope["path"]))
        origin = headers.get("origin")
        if guarded and origin is not None and not self._may_control(origin, headers["host"], method or ""):
            return 403, "foreign_origin", "Pages of that origin may not control jobs. Add it with --allowed-origins."
        return None

    def _may_control(self, origin: str, own_host: str, method: str) -> bool:
        if origin == "null":
            # A page opened from disk, or a sandboxed frame of any site (docs/adr/0008): nothing that destroys.
            return method != "DELETE"
        scheme, _, host = origin.partition("://")
        # The page that this server itself serves, under a name on the Host list; a proxy may have made it https.
        is_ours = host_name(host) in LOOPBACK_HOSTS or host.lower() == own_host.lower()
        return (scheme in ("http", "https") and is_ours) or origin.lower() in self._origins


def host_name(host: str) -> str:
    """Take the port and the brackets off a Host header."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _stamp(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", POLICY)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, code: str, message: str) -> None:
    kind = "http.response"
    if scope["type"] == "websocket":
        await receive()
        kind = "websocket.http.response"
        if kind not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008, "reason": code})
            return
    body = json.dumps({"error": message, "code": code, "request_id": scope["request_id"]}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
