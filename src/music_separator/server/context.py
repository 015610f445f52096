"""What routes are given: the service, the settings, who asks, and where the server is reached."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from music_separator.config import Settings
from music_separator.domain.job import Job, Track
from music_separator.server.schemas import JobBody, job_body
from music_separator.service import Service

SINGLE_OWNER = "local"
"""Without accounts there is one owner, and every client is it (wire contract 2)."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The server's side of one request."""

    service: Service
    settings: Settings
    owner: str
    base_url: str

    def track(self, file_id: str) -> Track:
        """Find a track of the asking owner whose bytes are here. Raises UnknownTrack."""
        return self.service.owned_track(file_id, self.owner)

    def snapshot(self, job: Job) -> JobBody:
        """Make the public state of a job."""
        track = self.service.jobs.track(job.file_id)
        return job_body(track, job, self.service.results(job), self.base_url)


def _context(request: Request) -> Context:
    state = request.app.state
    base_url = str(request.base_url).rstrip("/")
    return Context(service=state.service, settings=state.settings, owner=SINGLE_OWNER, base_url=base_url)


Ctx = Annotated[Context, Depends(_context)]
