"""The worker of a command, started before the rest of the program is loaded: each takes half a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from music_separator.cli.settings import settings_from

if TYPE_CHECKING:
    from music_separator.workers.supervisor import Supervisor


@contextmanager
def worker_ahead() -> "Iterator[Supervisor]":
    """Give a supervisor whose first worker is on its way. Raises InvalidRequest for settings that cannot be used."""
    # Late: --help has no use for it.
    from music_separator.worker_start import make_supervisor

    workers = make_supervisor(settings_from({}))
    try:
        workers.start_ahead()
        yield workers
    finally:
        workers.close()
