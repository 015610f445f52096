"""What is said of an address that no route answers: not there yet, nothing there, or not with this method."""

import re
from dataclasses import dataclass

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Route

NOTHING_THERE = "There is nothing at this address. The page /docs lists the addresses that there are."
WRONG_METHOD = "This address does not take {method}. The header Allow says what it takes."


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An address that is promised and not there yet; ``instead`` is what to do until then."""

    route: str
    path: str
    what: str
    instead: str

    @property
    def sentence(self) -> str:
        """What a request for it is answered."""
        return f"{self.what} not in this version yet. {self.instead}"


WAITING = (
    Waiting(
        route="/files",
        path=r"/files(/.*)?",
        what="Resumable uploads (tus) are",
        instead="Send the whole song to POST /upload.",
    ),
    Waiting(
        route="/batches",
        path=r"/batches(/.*)?",
        what="Batches are",
        instead="Send each song to POST /upload, with one batch_id for all.",
    ),
    Waiting(
        route="/jobs/{file_id}/pause",
        path=r"/jobs/[^/]+/pause",
        what="Pause is",
        instead="Cancel the job and retry it later: finished stages stay.",
    ),
    Waiting(
        route="/jobs/{file_id}/resume",
        path=r"/jobs/[^/]+/resume",
        what="Resume is",
        instead="Retry a job that was cancelled: it goes on after its finished stages.",
    ),
)


def missing(path: str) -> tuple[str, str]:
    """Say in a sentence and a code why nothing is at this path."""
    found = next((waiting for waiting in WAITING if re.fullmatch(waiting.path, path)), None)
    return (found.sentence, "not_there_yet") if found is not None else (NOTHING_THERE, "not_found")


def allowed_methods(request: Request) -> str:
    """List the methods of this address, as the header Allow wants them: of a path in words before one of patterns."""
    here = [route for route in _routes(request) if route.matches(request.scope)[0] is not Match.NONE]
    nearest = min((route.path.count("{") for route in here), default=0)
    methods = {method for route in here if route.path.count("{") == nearest for method in route.methods or ()}
    return ", ".join(sorted(methods))


def _routes(request: Request) -> list[Route]:
    found: list[BaseRoute] = request.app.router.routes
    return [route for route in found if isinstance(route, Route)]
