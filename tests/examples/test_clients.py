"""The clients under examples/clients, run as their header comments say, against a real server (the page: browser/)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nodejs import install_node_modules, node
from tests.running import Server
from tests.songs import LRC

CLIENTS = Path(__file__).parents[2] / "examples" / "clients"
NODE_PROJECT = Path(__file__).parents[1] / "node"
TIMEOUT_S = 120

MILESTONES = (
    "[upload] 100%: Upload complete, starting separation...",
    "[separation] 10%: Separating audio tracks...",
    "[separation] 100%: Audio separation complete",
    "[transcription] 10%: Transcribing lyrics with AI...",
    "[transcription] 100%: Transcription complete",
    "[karaoke] 10%: Generating karaoke with synced lyrics...",
    "[karaoke] 100%: Karaoke generation complete",
    "[complete] 100%: All processing complete!",
)


@pytest.fixture
def lyrics(tmp_path: Path) -> Path:
    path = tmp_path / "the lyrics.lrc"
    path.write_text(LRC, encoding="utf-8")
    return path


def run(command: list[str | Path], *, server: Server) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "SERVER": server.url}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)


def node_client(folder: Path) -> list[str | Path]:
    """Lay the client beside its package, as the one who follows its header comment does."""
    shutil.copytree(install_node_modules(NODE_PROJECT), folder / "node_modules", symlinks=True)
    return [*node(), shutil.copy(CLIENTS / "node-listen.mjs", folder)]


def curl_client() -> list[str | Path]:
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None:
        pytest.skip("there is no bash or no curl here; this enables the test: apt-get install bash curl")
    return [bash, CLIENTS / "curl.sh"]


def assert_milestones(printed: str) -> None:
    """The documented eight are a subsequence of what was printed."""
    lines = iter(printed.splitlines())
    missing = [wanted for wanted in MILESTONES if not any(line.startswith(wanted) for line in lines)]
    assert missing == [], printed


def test_node_client_follows_a_song_to_its_addresses(server: Server, song: Path, lyrics: Path, tmp_path: Path):
    client = node_client(tmp_path)
    done = run([*client, server.url, song, lyrics], server=server)
    assert done.returncode == 0, done.stderr
    assert_milestones(done.stdout)
    assert "_karaoke.mp3" in done.stdout
    again = run([*client, server.url, song, lyrics], server=server)
    assert (again.returncode, "_karaoke.mp3" in again.stdout) == (0, True), again.stderr


def test_node_client_ends_with_the_reason_of_a_failure(server: Server, song: Path, tmp_path: Path):
    done = run([*node_client(tmp_path), server.url, song], server=server)
    assert done.returncode == 1
    assert "No lyrics were given" in done.stderr


def test_python_client_downloads_the_results(server: Server, song: Path, lyrics: Path, tmp_path: Path):
    command = [sys.executable, CLIENTS / "python_client.py", song, "--lyrics", lyrics, "--server", server.url]
    done = run([*command, "--out", tmp_path / "out"], server=server)
    assert done.returncode == 0, done.stderr
    assert_milestones(done.stdout)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".flac", ".mp3", ".lrc", ".json"}
    again = run([*command, "--out", tmp_path / "again"], server=server)
    assert again.returncode == 0, again.stderr


def test_python_client_says_why_a_file_is_refused(server: Server, lyrics: Path):
    done = run([sys.executable, CLIENTS / "python_client.py", lyrics, "--server", server.url], server=server)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Send MP3, WAV, FLAC" in done.stderr
    assert "Traceback" not in done.stderr


def test_curl_client_downloads_the_results(server: Server, song: Path, lyrics: Path, tmp_path: Path):
    done = run([*curl_client(), song, lyrics, tmp_path / "out"], server=server)
    assert done.returncode == 0, done.stderr
    assert_milestones(done.stdout)
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".flac", ".mp3", ".lrc", ".json"}


def test_curl_client_keeps_what_was_made_before_a_failure(server: Server, song: Path, tmp_path: Path):
    done = run([*curl_client(), song, "", tmp_path / "out"], server=server)
    assert done.returncode == 1
    assert "No lyrics were given" in done.stdout
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".flac"}
