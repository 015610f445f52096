"""What routes are given: the service, the settings, who asks, and where the server is reached."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from music_separator.config import Settings
from music_separator.domain.job import Job, Track
from music_separator.domain.owner import OPERATOR, Owner
from music_separator.server.schemas import JobBody, job_body
from music_separator.service import Service


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The server's side of any request, also of one that nobody signs."""

    service: Service
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class Context(Installation):
    """The server's side of one request of an owner."""

    asking: Owner
    base_url: str

    @property
    def owner(self) -> str | None:
        """The id of the owner who asks; None is all of them, for the operator."""
        return None if self.asking == OPERATOR else self.asking.owner_id

    def track(self, file_id: str) -> Track:
        """Find a track of the asking owner whose bytes are here. Raises UnknownTrack."""
        return self.service.owned_track(file_id, self.owner)

    def link(self, path: str) -> str:
        """Give a path as a link that works without a header: signed, where a token is demanded."""
        return self.service.links.signed(path, self.asking)

    def url(self, path: str) -> str:
        """Give the same link with the address that the server was asked under."""
        return self.base_url + self.link(path)

    def snapshot(self, job: Job) -> JobBody:
        """Make the public state of a job."""
        track = self.service.jobs.track(job.file_id)
        origin = self.service.words.store.origin(job.file_id)
        return job_body(track, job, self.service.results(job), origin, self)


def _installation(request: Request) -> Installation:
    return Installation(service=request.app.state.service, settings=request.app.state.settings)


def _context(request: Request) -> Context:
    state = request.app.state
    base_url = str(request.base_url).rstrip("/")
    # The gate puts the owner there; a route on its open list has none, and must not take a Context.
    owner: Owner = request.scope["owner"]
    return Context(service=state.service, settings=state.settings, asking=owner, base_url=base_url)


Here = Annotated[Installation, Depends(_installation)]
Ctx = Annotated[Context, Depends(_context)]
