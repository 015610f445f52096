"""The command ``music-separator``: its verbs, and what all of them have in common (errors, signals, exit codes)."""

import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

import typer

from music_separator.cli import exits
from music_separator.cli.align import align
from music_separator.cli.doctor import doctor
from music_separator.cli.job_lyrics import job_lyrics
from music_separator.cli.jobs import jobs
from music_separator.cli.karaoke import karaoke
from music_separator.cli.models import models
from music_separator.cli.separate import separate
from music_separator.cli.serve import serve
from music_separator.cli.setup import setup
from music_separator.cli.tokens import tokens
from music_separator.domain.errors import MusicSeparatorError

app = typer.Typer(
    name="music-separator",
    help="Separate songs, follow every percent, sing them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for verb in (serve, karaoke, separate, align, doctor, setup):
    app.command()(verb)
jobs.command("lyrics")(job_lyrics)
app.add_typer(jobs, name="jobs")
app.add_typer(models, name="models")
app.add_typer(tokens, name="tokens")


def run() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    _write_utf8()
    code = _exit_code()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything of ours is closed; threads of libraries must not hold the process open.
    os._exit(code)


def _write_utf8() -> None:
    """Write UTF-8 into files and pipes, also where the system would not (Windows); a console knows its own."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors=stream.errors)


def _exit_code() -> int:
    try:
        app()
    except MusicSeparatorError as error:
        typer.echo(f"{error}", err=True)
        return exits.of_code(error.code)
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else exits.DONE
    return exits.DONE


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(exits.TERMINATED)
