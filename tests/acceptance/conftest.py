"""Servers for the tests of this folder that leave them running, songs with lyrics in their tags, the order document."""

import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from mutagen.id3 import ID3, USLT

from tests.acceptance.order import DOCUMENT, PORT
from tests.audio.files import write_mp3
from tests.nodejs import install_node_modules
from tests.running import Server, running_server
from tests.songs import LRC, write_song

_songs = itertools.count()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for many tests, each with songs of its own."""
    with running_server(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture(scope="package")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a song whose separation lasts for seconds."""
    return write_song(tmp_path_factory.mktemp("songs") / "long.wav", seconds=40.0, seed=30)


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """Install the packages of the JavaScript clients; gives the folder that has node_modules in it."""
    return install_node_modules(Path(__file__).parents[1] / "node").parent


@pytest.fixture(scope="package")
def document() -> str:
    """Read the order document."""
    if not DOCUMENT.is_file():
        pytest.skip("order document not here")
    return DOCUMENT.read_text(encoding="utf-8")


@pytest.fixture(scope="package")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server on the document's own port where that is free."""
    with running_server(tmp_path_factory.mktemp("ordered") / "data", port=PORT if _is_free(PORT) else 0) as running:
        yield running


@pytest.fixture
def tagged_song(tmp_path: Path) -> Path:
    """Make the document's song, another one for each test; its words are in its tags, for the document sends none."""
    path = write_mp3(tmp_path / "test_audio.mp3", seconds=2.0 + next(_songs) / 50)
    tags = ID3()
    tags.add(USLT(lang="eng", text=LRC))
    tags.save(path)
    return path


def _is_free(port: int) -> bool:
    try:
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind((address, port))
    except OSError:
        return False
    return True
