"""One server for all tests of this folder that leave it as it was, and songs that lie on it finished."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.described import Description
from tests.running import Server, running_server, upload, wait_until_over
from tests.songs import LRC, write_song

CRASHES = ("Unhandled error", "Exception in ASGI", "Task exception was never retrieved")
"""What the log says when the server itself stumbled."""

_seeds = itertools.count(100)


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for many tests, each with songs of its own; nothing they do may make it stumble."""
    variables = {"MUSIC_SEPARATOR_ALLOWED_HOSTS": "music.example, studio.example"}
    with running_server(tmp_path_factory.mktemp("shared") / "data", variables=variables) as running:
        yield running
    output = "".join(running.output)
    assert not any(words in output for words in CRASHES), output


@pytest.fixture(scope="package")
def description(shared: Server) -> Description:
    """Read what the server says about itself."""
    with shared.client() as client:
        return Description(client.get("/openapi.json").json())


@pytest.fixture
def client(shared: Server, description: Description) -> Iterator[httpx.Client]:
    """Open an HTTP client for the shared server; every answer it gets must be described."""
    with shared.client() as client:
        client.event_hooks = {"response": [description.check]}
        yield client


@pytest.fixture(scope="package")
def finished(shared: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Take one song through all stages; gives its id. Nobody may change or delete it."""
    song = write_song(tmp_path_factory.mktemp("songs") / "finished.wav", seconds=1.0, seed=90)
    file_id = upload(shared, song, lyrics=LRC, title="Done", artist="Nobody")["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    return str(file_id)


@pytest.fixture(scope="package")
def long_song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a song whose separation lasts for seconds: a minute, 10 MB."""
    return write_song(tmp_path_factory.mktemp("songs") / "long.wav", seconds=60.0, seed=91)


@pytest.fixture
def short_song(tmp_path: Path) -> Path:
    """Make a song of one second that no other test has."""
    return write_song(tmp_path / "short.wav", seconds=1.0, seed=next(_seeds))
