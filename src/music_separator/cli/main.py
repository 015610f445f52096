"""The command ``music-separator``: its verbs, and what every one of them has in common (errors, signals, exit codes)."""

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from music_separator.cli.doctor import doctor
from music_separator.cli.jobs import jobs
from music_separator.cli.karaoke import karaoke
from music_separator.cli.separate import separate
from music_separator.cli.serve import serve
from music_separator.domain.errors import InputError, MusicSeparatorError, ModelUnavailable, NoTranscriber

FAILED, UNREADABLE, MISSING, INTERRUPTED, TERMINATED = 1, 3, 4, 130, 143

app = typer.Typer(
    name="music-separator",
    help="Separate songs, follow every percent, sing them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verb in (serve, separate, karaoke, doctor):
    app.command()(verb)
app.add_typer(jobs, name="jobs")


def run() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app(standalone_mode=True)
    except MusicSeparatorError as error:
        typer.echo(f"{error}", err=True)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)


def exit_code(error: MusicSeparatorError) -> int:
    """Give the exit code of an error (wire contract 5)."""
    match error:
        case InputError():
            return UNREADABLE
        case ModelUnavailable() | NoTranscriber():
            return MISSING
        case _:
            return FAILED


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(TERMINATED)
