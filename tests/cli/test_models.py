"""``models``, and ``karaoke`` of a song without words."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.engines.hub import running_hub
from tests.engines.transcription.tiny_whisper import SUNG_TEXT, write_tiny_whisper
from tests.songs import write_song

REPOSITORY = "Systran/faster-whisper-tiny"


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    return tmp_path / ".models"


def test_weights_are_pulled_verified_listed_and_found(run: Run, tmp_path: Path, models_dir: Path):
    made = write_tiny_whisper(tmp_path / "made")
    offered = {path.name: path.read_bytes() for path in made.iterdir()}
    with running_hub(offered, repository=REPOSITORY) as hub:
        where = {"MUSIC_SEPARATOR_OFFLINE": "0", "MUSIC_SEPARATOR_HUB_URL": hub.url}
        pulled = run("models", "pull", "whisper-tiny", **where)
    verified, listed = run("models", "verify"), run("models", "list")
    found, root = run("models", "path", "whisper-tiny"), run("models", "path")

    assert [done.returncode for done in (pulled, verified, listed, found, root)] == [0] * 5
    assert pulled.stdout == f"whisper-tiny is in {models_dir / 'whisper-tiny'}\n"
    assert "Downloading Whisper tiny (MIT): 1 of 1 MB" not in pulled.stdout
    assert pulled.stderr.splitlines()[0] == "Downloading Whisper tiny (MIT): 0 of 1 MB"
    assert len(verified.stdout.splitlines()) == len(offered)
    assert f"as {hub.url} stated" in verified.stdout
    rows = {line.split()[0]: line.split()[1] for line in listed.stdout.splitlines()}
    assert (rows["whisper-tiny"], rows["whisper-large-v3"]) == ("here", "-")
    assert (found.stdout, root.stdout) == (f"{models_dir / 'whisper-tiny'}\n", f"{models_dir}\n")


def test_verify_says_what_is_known_of_files_by_hand_and_finds_changes(run: Run, models_dir: Path):
    folder = write_tiny_whisper(models_dir / "whisper-tiny")
    first = run("models", "verify", "whisper-tiny")
    (folder / "config.json").write_text("{}")
    second = run("models", "verify", "whisper-tiny")
    assert (first.returncode, "placed by hand, source unknown" in first.stdout) == (0, True)
    assert second.returncode == 4
    assert "config.json" in second.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["models", "pull", "whisper-tiny"], 4, "by hand, or switch offline off"),
        (["models", "pull", "parrot"], 2, "Known: htdemucs, htdemucs_ft, htdemucs_6s, whisper-tiny"),
        (["models", "verify", "whisper-tiny"], 4, "by hand"),
        (["karaoke", "song.wav", "--transcriber", "parrot"], 2, "Known: whisper, whisper-tiny"),
        (["karaoke", "song.wav", "--transcriber", "whisper-tiny", "--offline"], 4, "offline"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_each_kind_of_trouble_has_its_exit_code_and_sentence(
    run: Run, tmp_path: Path, arguments: list[str], code: int, says: str
):
    write_song(tmp_path / "song.wav", seconds=1.0)
    done = run(*arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_at_the_hub_is_said_with_exit_code_4(run: Run):
    where = {"MUSIC_SEPARATOR_OFFLINE": "0", "MUSIC_SEPARATOR_HUB_URL": "http://127.0.0.1:9"}
    done = run("models", "pull", "whisper-tiny", **where)
    assert done.returncode == 4
    assert "Check the connection and retry" in done.stderr


def test_a_hub_that_is_no_address_is_named(run: Run):
    done = run("models", "path", MUSIC_SEPARATOR_HUB_URL="file:///etc")
    assert done.returncode == 2
    assert "hub-url" in done.stderr


def test_karaoke_of_a_song_without_words_writes_what_was_heard(run: Run, tmp_path: Path, models_dir: Path):
    write_tiny_whisper(models_dir / "whisper-tiny")
    song = write_song(tmp_path / "wordless.wav", seconds=2.0)
    done = run("karaoke", song.name, "--transcriber", "whisper-tiny", "--json")
    said = {(event["stage"], event["message"]) for event in map(json.loads, done.stdout.splitlines())}
    assert ("transcription", "Transcription complete") in said
    assert (tmp_path / "wordless" / "lyrics.txt").read_text(encoding="utf-8") == f"{SUNG_TEXT}\n"
    transcript = json.loads((tmp_path / "wordless" / "transcript.json").read_text(encoding="utf-8"))
    assert transcript["engine"] == "whisper-tiny"
