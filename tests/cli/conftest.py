"""Runs the command line as a person does: in a process of its own, in an empty folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Server, running_server
from tests.songs import LRC, write_song

PROGRAM = (sys.executable, "-m", "music_separator")
LIMIT_S = 60

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Give a function that runs a command line in the test's folder and waits for its end."""

    def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=LIMIT_S,
            env={
                **os.environ,
                "PYTHONUTF8": "1",
                "COLUMNS": "200",
                "MUSIC_SEPARATOR_OFFLINE": "1",
                "MUSIC_SEPARATOR_MODELS_DIR": str(tmp_path / ".models"),
                **variables,
            },
        )

    return run


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give a function that starts a command line and does not wait; all are gone afterwards."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "MUSIC_SEPARATOR_OFFLINE": "1", "MUSIC_SEPARATOR_MODELS_DIR": str(tmp_path / ".models")},
            # A program started in the background of a shell ignores Ctrl-C; this one shall not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        with process:
            pass


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """Make a song of a second with its LRC beside it."""
    song = write_song(tmp_path / "Čežnja 夜.wav", seconds=1.0, seed=5)
    song.with_suffix(".lrc").write_text(LRC, encoding="utf-8")
    return song


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for the commands that talk to one."""
    with running_server(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running
