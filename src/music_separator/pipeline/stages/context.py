"""What a running stage sees of the world: a way to say how far it is, and the question whether it should stop."""

from pathlib import Path

from music_separator.audio.encode import MEDIA_TYPES
from music_separator.domain.job import Artifact
from music_separator.domain.progress import READY, WORKING_MESSAGES, StageName
from music_separator.store.durable import sha256_of
from music_separator.workers.child import Reporter

TEXT = "text/plain; charset=utf-8"


class StageContext:
    """Speaks for one stage. Every call is also a chunk edge: it raises Cancelled when somebody asked to stop."""

    def __init__(self, stage: StageName, reporter: Reporter) -> None:
        self._stage = stage
        self._reporter = reporter
        self._working = False

    def prepare(self, progress: int, message: str, *, detail: str) -> None:
        """Say what getting ready is at, 1-9 percent."""
        self.check_cancelled()
        self._reporter.report({"progress": min(progress, READY - 1), "message": message, "detail": detail})

    def work(self, progress: int, *, detail: str, chunk: int) -> None:
        """Say how much of the real work is done, 10-99 percent, and which chunk comes now."""
        self.check_cancelled()
        report = {"progress": progress, "message": WORKING_MESSAGES[self._stage], "detail": detail, "chunk": chunk}
        # The first is a milestone; and the parent must know the chunk that a worker dies at.
        self._reporter.report(report, must_arrive=not self._working)
        self._working = True

    def check_cancelled(self) -> None:
        """Raise Cancelled when somebody asked to stop."""
        self._reporter.check_cancelled()


def artifact(path: Path, *, name: str, kind: str, media_type: str | None = None) -> Artifact:
    """Describe a finished file."""
    return Artifact(
        name=name,
        kind=kind,
        filename=path.name,
        media_type=media_type or MEDIA_TYPES.get(path.suffix, TEXT),
        size=path.stat().st_size,
        sha256=sha256_of(path),
    )
