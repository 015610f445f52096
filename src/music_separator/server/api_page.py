"""``/docs``: the API page. Everything on it comes from this server, so it works offline, and its policy says so."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

WEB = files("music_separator") / "web"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = WEB / "docs" / "index.html"
PARTS = {
    "swagger-ui.css": (WEB / "vendor" / "swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": (WEB / "vendor" / "swagger-ui-bundle.js", "text/javascript"),
    "start.js": (WEB / "docs" / "start.js", "text/javascript"),
}
"""What the page loads, and what kind it is."""


def page(_request: Request) -> Response:
    """Serve the page."""
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    return Response(PAGE.read_bytes(), media_type="text/html", headers=headers)


def part(request: Request) -> Response:
    """Serve one of the files that the page loads."""
    path, media_type = PARTS[request.url.path.rpartition("/")[2]]
    return Response(path.read_bytes(), media_type=media_type, headers={"Cache-Control": "max-age=3600"})


PATHS = ("/docs", *(f"/docs/{name}" for name in PARTS))
ROUTES = (Route("/docs", page), *(Route(f"/docs/{name}", part) for name in PARTS))
