"""The examples of the document that the product was ordered from, unchanged, against a real server."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3, USLT

from tests.audio.files import write_mp3
from tests.listening import assert_tells_the_whole_story, assert_whole, told
from tests.nodejs import node
from tests.running import Server, running_server, wait_for
from tests.songs import LRC

DOCUMENT = Path(__file__).parents[3] / "shared" / "reference" / "progress-feedback.md"
HARNESS = Path(__file__).parent / "order_document.cjs"
PORT = 5000
END_S = 60


@pytest.fixture(scope="module")
def document() -> str:
    if not DOCUMENT.is_file():
        pytest.skip("order document not here")
    return DOCUMENT.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server on the document's own port where that is free."""
    with running_server(tmp_path_factory.mktemp("ordered") / "data", port=PORT if _is_free(PORT) else 0) as running:
        yield running


@contextlib.contextmanager
def running_node(command: list[str], folder: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a script that never ends by itself; kills it at the end of the block, or when it takes too long."""
    run = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if variables else None,
        text=True,
        env={**os.environ, **variables},
    )
    limit = threading.Timer(END_S, run.kill)
    limit.start()
    with run:
        try:
            yield run
        finally:
            limit.cancel()
            run.kill()


@pytest.fixture
def tagged_song(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Make the document's song; its words are in its tags, for the document sends none."""
    path = write_mp3(tmp_path / "test_audio.mp3", seconds=2.0 + len(request.node.name) / 50)
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


def _section(document: str, heading: str) -> str:
    return re.split(r"\n#{2,3} ", document.split(f"### {heading}\n", maxsplit=1)[1], maxsplit=1)[0]


def _code(section: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def _at(server: Server, code: str) -> str:
    """Change the port, and nothing else, where the server could not have the document's."""
    return code.replace(f"localhost:{PORT}", server.url.replace("http://127.0.0.1", "localhost"))


def _promised_payloads(document: str) -> list[dict[str, Any]]:
    stages = document.split("## Processing Stages\n", maxsplit=1)[1].split("### Error Example", maxsplit=1)[0]
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", stages, re.DOTALL)]


def _assert_keeps_the_promise(document: str, log: list[dict[str, Any]]) -> None:
    promised = _promised_payloads(document)
    assert len(promised) == 8
    rest = iter(log)
    for payload in promised:
        wanted = {key: value for key, value in payload.items() if key != "file_id"}
        assert any(wanted.items() <= event.items() for event in rest), (wanted, told(log))
    assert {event["error"] for event in log} == {None}
    assert len({event["file_id"] for event in log}) == 1
    assert_tells_the_whole_story(log)
    assert_whole(log)


def test_plain_javascript_example_sees_what_the_document_says(
    document: str, ordered: Server, tagged_song: Path, tmp_path: Path, node_packages: Path
):
    example = tmp_path / "example.js"
    example.write_text(_at(ordered, _code(_section(document, "JavaScript (Socket.IO)"), "javascript")))
    command = [*node(), str(HARNESS), str(example), str(tagged_song)]
    calls: list[list[Any]] = []
    with running_node(command, node_packages) as run:
        for line in run.stdout or ():
            calls.append(json.loads(line))
            if calls[-1][0] == "enableDownloadButtons":
                break

    log = [event for name, event in (call for call in calls if call[0] == "event")]
    _assert_keeps_the_promise(document, log)
    assert [call[1:] for call in calls if call[0] == "updateProgressBar"] == [
        [event["stage"], event["progress"]] for event in log
    ]
    assert [call[1:] for call in calls if call[0] == "updateStatusMessage"] == [
        [event["stage"], event["message"]] for event in log
    ]
    assert not any(call[0] == "showError" for call in calls)
    said = [call[1] for call in calls if call[0] == "console"]
    assert said.count("Upload response:") == 1
    assert said.count("[complete] 100%: All processing complete!") == 1


def test_node_example_prints_what_the_document_says(
    document: str, ordered: Server, tagged_song: Path, node_packages: Path
):
    bash = _code(_section(document, "Manual Testing with curl + Socket.IO client"), "bash")
    listen = _at(ordered, bash.split("(Node.js)\n")[1].split("# Terminal 3")[0])
    upload = _at(ordered, bash.split("# Terminal 3: Upload file\n")[1])
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here; this enables the test: apt-get install curl")
    with running_node([*node(), "-e", listen], node_packages, DEBUG="socket.io-client:socket") as run:
        assert run.stdout is not None
        assert any("socket connected with id" in line for line in run.stderr or ())
        answer = subprocess.run(
            ["bash", "-c", upload], cwd=tagged_song.parent, capture_output=True, text=True, check=True, timeout=END_S
        )
        printed = ""
        while '"All processing complete!"' not in printed or not printed.endswith("}\n"):
            line = run.stdout.readline()
            assert line
            printed += line

    log = json.loads("[" + printed.replace("}\n{", "},\n{") + "]")
    _assert_keeps_the_promise(document, log)
    assert json.loads(answer.stdout)["file_id"] == log[0]["file_id"]


def test_server_logs_the_documented_lines(document: str, ordered: Server, tagged_song: Path):
    with ordered.client() as client, tagged_song.open("rb") as file:
        file_id = client.post("/upload?model=demucs", files={"file": file}).json()["file_id"]
    for line in ("Auto-processing {} with ", "Auto-transcribing {} with ", "Auto-generating karaoke for {}"):
        assert line.format("abc123") in document
        wanted = line.format(file_id)
        wait_for(lambda wanted=wanted: any(wanted in logged for logged in ordered.output), what=f"the line {wanted}")
