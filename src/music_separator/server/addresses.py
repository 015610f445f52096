"""What is said of an address that no route answers: not there yet, nothing there, or not with this method."""

import re
from dataclasses import dataclass

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


def allowed_methods(path: str, described: dict[str, dict[str, object]]) -> str:
    """List the methods of this path by the ``paths`` of OpenAPI; "" for a path that is not among them.

    A path in words comes before one of patterns: ``/karaoke/songs`` is no song.
    """
    here = [pattern for pattern in described if _matches(pattern, path)]
    nearest = min(here, key=lambda pattern: pattern.count("{"), default="")
    return ", ".join(sorted(method.upper() for method in described.get(nearest, ())))


def _matches(pattern: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(pattern)), path) is not None
