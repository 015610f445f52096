"""Our own small clients, as a reader of examples/clients would run them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.listening import MILESTONES
from tests.nodejs import node
from tests.running import Server
from tests.songs import LRC, write_song

CLIENTS = Path(__file__).parents[2] / "examples" / "clients"
PAGE_HARNESS = Path(__file__).parent / "plain_page.cjs"
LINES = [f"[{stage}] {progress}%: {message}" for stage, progress, message in MILESTONES]
SUFFIXES = ("_vocals.flac", "_no_vocals.flac", "_karaoke.mp3", "_karaoke.lrc", "_sync.json")
SEEDS = {"node-listen.mjs": 41, "python_client.py": 42, "curl.sh": 43, "plain-javascript.html": 44}


@pytest.fixture
def lyrics(tmp_path: Path) -> Path:
    path = tmp_path / "words.lrc"
    path.write_text(LRC, encoding="utf-8")
    return path


def song_for(client: str, folder: Path) -> Path:
    """Make a song that no other client sends; its name wants quoting."""
    return write_song(folder / "my song; čežnja.wav", seconds=1.0, seed=SEEDS[client])


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUTF8": "1", **variables}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60, env=environment
    )


def assert_told_in_order(output: str) -> None:
    rest = iter(output.splitlines())
    assert all(any(line.startswith(wanted) for line in rest) for wanted in LINES), output


def assert_downloaded(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.stat().st_size > 0)
    assert all(any(name.endswith(suffix) for name in names) for suffix in SUFFIXES), names


def test_node_client_follows_a_song_to_its_downloads(shared: Server, lyrics: Path, tmp_path: Path, node_packages: Path):
    shutil.copy(CLIENTS / "node-listen.mjs", tmp_path)
    shutil.copytree(node_packages / "node_modules", tmp_path / "node_modules")
    song = song_for("node-listen.mjs", tmp_path)
    command = [*node(), "node-listen.mjs", shared.url, song.name, lyrics.name]
    first, again = run(command, tmp_path), run(command, tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert_told_in_order(first.stdout)
    assert f"{shared.url}/download/" in first.stdout
    assert again.returncode == 0, again.stderr


def test_python_client_follows_a_song_to_its_downloads(shared: Server, lyrics: Path, tmp_path: Path):
    song = song_for("python_client.py", tmp_path)
    command = [sys.executable, str(CLIENTS / "python_client.py"), song.name, "--lyrics", lyrics.name]
    command += ["--server", shared.url, "--out", "results"]
    first, again = run(command, tmp_path), run(command, tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert_told_in_order(first.stdout)
    assert_downloaded(tmp_path / "results")
    assert again.returncode == 0, again.stderr


def test_python_client_says_why_a_song_failed(shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "wordless.wav", seconds=1.0, seed=45)
    command = [sys.executable, str(CLIENTS / "python_client.py"), song.name, "--server", shared.url, "--out", "results"]
    done = run(command, tmp_path)
    assert done.returncode == 1
    assert "Add the lyrics as LRC and retry" in done.stderr
    assert sorted(path.name.rpartition("_")[2] for path in (tmp_path / "results").iterdir()) == [
        "vocals.flac",
        "vocals.flac",
    ]


def test_shell_client_follows_a_song_to_its_downloads(shared: Server, lyrics: Path, tmp_path: Path):
    if shutil.which("curl") is None or shutil.which("bash") is None:
        pytest.skip("there is no curl or bash here; this enables the test: apt-get install bash curl")
    song = song_for("curl.sh", tmp_path)
    command = ["bash", str(CLIENTS / "curl.sh"), song.name, lyrics.name, "results"]
    done = run(command, tmp_path, SERVER=shared.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert_told_in_order(done.stdout)
    assert_downloaded(tmp_path / "results")


def test_script_of_the_plain_page_shows_a_song_to_its_downloads(
    shared: Server, lyrics: Path, tmp_path: Path, node_packages: Path
):
    song = song_for("plain-javascript.html", tmp_path)
    page = CLIENTS / "plain-javascript.html"
    done = run([*node(), str(PAGE_HARNESS), str(page), shared.url, str(song), str(lyrics)], node_packages)
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(done.stdout.splitlines()[-1])
    assert shown["outcome"] == "Ready to download:"
    assert shown["stages"] == [
        "upload 100 %: Upload complete, starting separation...",
        "separation 100 %: Audio separation complete",
        "transcription 100 %: Transcription complete",
        "karaoke 100 %: Karaoke generation complete",
    ]
    assert all(address.startswith(f"{shared.url}/download/") for address in shown["downloads"])
    assert len(shown["downloads"]) == 7


def test_python_client_says_why_a_file_is_refused(shared: Server, lyrics: Path, tmp_path: Path):
    done = run([sys.executable, str(CLIENTS / "python_client.py"), str(lyrics), "--server", shared.url], tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Send MP3, WAV, FLAC" in done.stderr
    assert "Traceback" not in done.stderr


def test_node_client_ends_with_the_reason_of_a_failure(shared: Server, tmp_path: Path, node_packages: Path):
    shutil.copy(CLIENTS / "node-listen.mjs", tmp_path)
    shutil.copytree(node_packages / "node_modules", tmp_path / "node_modules")
    song = write_song(tmp_path / "wordless.wav", seconds=1.0, seed=46)
    done = run([*node(), "node-listen.mjs", shared.url, song.name], tmp_path)
    assert done.returncode == 1
    assert "No lyrics were given" in done.stderr
