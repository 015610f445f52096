"""``/lyrics``: the page on which the lyrics of a song are corrected. Everything on it comes from this server."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = files("music_separator") / "web" / "lyrics"
KINDS = {".js": "text/javascript", ".css": "text/css"}
PARTS = ("editor.css", "edits.js", "page.js", "server.js", "texts.js")
"""What the page loads."""
HEADERS = {"Cache-Control": "no-cache"}


def page(_request: Request) -> Response:
    """Serve the page."""
    return Response((FOLDER / "index.html").read_bytes(), media_type="text/html", headers=HEADERS)


def part(request: Request) -> Response:
    """Serve one of the files that the page loads."""
    name = request.url.path.rpartition("/")[2]
    media_type = KINDS[name[name.rindex(".") :]]
    return Response((FOLDER / name).read_bytes(), media_type=media_type, headers=HEADERS)


PATHS = ("/lyrics", *(f"/lyrics/{name}" for name in PARTS))
ROUTES = (Route("/lyrics", page), *(Route(f"/lyrics/{name}", part) for name in PARTS))
