"""The examples of the document that the product was ordered from, unchanged, against a real server."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.order import at, code, section
from tests.listening import assert_tells_the_whole_story, assert_whole, told
from tests.nodejs import node
from tests.running import Server, wait_for

HARNESS = Path(__file__).parent / "order_document.cjs"
END_S = 60


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
    example.write_text(at(ordered, code(section(document, "JavaScript (Socket.IO)"), "javascript")))
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
    bash = code(section(document, "Manual Testing with curl + Socket.IO client"), "bash")
    listen = at(ordered, bash.split("(Node.js)\n")[1].split("# Terminal 3")[0])
    upload = at(ordered, bash.split("# Terminal 3: Upload file\n")[1])
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
