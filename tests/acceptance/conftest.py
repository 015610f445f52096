"""One server for the tests of this folder that leave it running, and songs with lyrics in their tags."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodejs import install_node_modules
from tests.running import Server, running_server
from tests.songs import write_song


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
