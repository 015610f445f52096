"""Progress on the command line: bars on a terminal, plain lines elsewhere, or the events as JSON lines."""

import json
import sys
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from music_separator.domain.progress import FINISHED, READY, ProgressEvent, StageName

PLAIN_STEP = 10
"""Percent between two plain lines."""


class Show(Protocol):
    """Something that shows events as they come."""

    def event(self, event: ProgressEvent) -> None:
        """Show one."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def choose(*, as_json: bool) -> Show:
    """Pick the way for where stderr goes."""
    if as_json:
        return JsonLines()
    console = Console(stderr=True)
    return Bars(console) if console.is_terminal else PlainLines()


class JsonLines:
    """The very events of the wire, one per line, on stdout."""

    def event(self, event: ProgressEvent) -> None:
        """Print one."""
        sys.stdout.write(json.dumps(event.payload(), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Do nothing."""


class PlainLines:
    """A line per stage start, per ten percent and per end, on stderr."""

    def __init__(self) -> None:
        self._said: dict[StageName, int] = {}

    def event(self, event: ProgressEvent) -> None:
        """Print one if it is worth a line."""
        last = self._said.get(event.stage, -PLAIN_STEP)
        if event.progress not in (READY, FINISHED) and event.progress // PLAIN_STEP == last // PLAIN_STEP:
            return
        self._said[event.stage] = event.progress
        sys.stderr.write(f"{event.stage}: {event.progress}% - {event.error or event.message}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Do nothing."""


class Bars:
    """One bar per stage with percent and time left."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[message]}"),
            console=console,
        )
        self._progress.start()
        self._bars: dict[StageName, TaskID] = {}

    def event(self, event: ProgressEvent) -> None:
        """Move a bar."""
        if event.stage in (StageName.UPLOAD, StageName.COMPLETE):
            return
        if event.stage not in self._bars:
            self._bars[event.stage] = self._progress.add_task(event.stage, total=FINISHED, left="", message="")
        left = f"{event.stage_eta_seconds:.0f} s left" if event.stage_eta_seconds else ""
        self._progress.update(
            self._bars[event.stage], completed=event.progress, message=event.error or event.message, left=left
        )

    def close(self) -> None:
        """Leave the bars as they are."""
        self._progress.stop()
