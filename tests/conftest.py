"""Fixtures for the whole suite. The server is real, in its own process, one per test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Server, running_server
from tests.songs import write_song

pytest_plugins = ["tests.strict_skips"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Run a server over an empty data directory."""
    with running_server(tmp_path / "data") as running:
        yield running


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Make a song of four seconds."""
    return write_song(tmp_path / "song.wav")
