"""``serve``, ``jobs`` and ``doctor``, and what all verbs share."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from music_separator.cli import doctor
from music_separator.domain.errors import UnknownTrack
from music_separator.engines.alignment import phonetic
from tests.cli.conftest import Run
from tests.running import Server, events, snapshot, upload, wait_until_over
from tests.songs import LRC, write_song

HEAVY = ("numpy", "av", "fastapi", "sqlalchemy", "dbos", "uvicorn", "socketio", "soxr", "mutagen")


def test_jobs_are_listed_followed_cancelled_and_retried(run: Run, shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=1.0, seed=8)
    file_id = upload(shared, song, title="La la", artist="Nobody")["file_id"]
    wait_until_over(shared, file_id)

    listed = run("jobs", "list", "--url", shared.url)
    followed = run("jobs", "follow", file_id, "--url", shared.url)
    cancelled = run("jobs", "cancel", file_id, "--url", shared.url)
    retried = run("jobs", "retry", file_id, MUSIC_SEPARATOR_URL=shared.url)

    assert (listed.returncode, followed.returncode, cancelled.returncode, retried.returncode) == (0, 0, 0, 0)
    row = next(line for line in listed.stdout.splitlines() if line.startswith(file_id))
    assert row.split() == [file_id, "failed", "transcription", "100%", "Nobody", "-", "La", "la"]
    assert followed.stdout.splitlines() == [
        f"{event['stage']}: {event['progress']}% - {event['error'] or event['message']}"
        for event in events(shared, file_id)
        if event["attempt"] == 1
    ]
    assert cancelled.stdout == "Nothing to cancel: the job is failed.\n"
    assert retried.stdout == "Attempt 2 goes on from transcription.\n"
    assert wait_until_over(shared, file_id)["attempt"] == 2


def test_follow_goes_on_to_the_end_of_a_running_job(run: Run, shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=5.0, seed=9)
    file_id = upload(shared, song, lyrics=LRC)["file_id"]
    followed = run("jobs", "follow", file_id, "--url", shared.url)
    assert (followed.returncode, snapshot(shared, file_id)["status"]) == (0, "done")
    assert len(followed.stdout.splitlines()) == len(events(shared, file_id))


def test_lyrics_are_shown_sent_and_chosen(run: Run, shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=10)
    words = "[00:00.50]<00:00.50>La la la\n[00:01.00]<00:01.00>Lo lo lo\n"
    file_id = upload(shared, song, lyrics=words)["file_id"]
    wait_until_over(shared, file_id)
    (tmp_path / "other.lrc").write_text("[00:00.25]<00:00.25>Čežnja\n", encoding="utf-8")
    shown = run("jobs", "lyrics", file_id, "--url", shared.url)
    sent = run("jobs", "lyrics", file_id, "--send", "other.lrc", "--url", shared.url)
    wait_until_over(shared, file_id)
    edited = run("jobs", "lyrics", file_id, "--url", shared.url)
    chosen = run("jobs", "lyrics", file_id, "--use", "1", "--url", shared.url)
    wait_until_over(shared, file_id)
    both = run("jobs", "lyrics", file_id, "--use", "1", "--send", "other.lrc", "--url", shared.url)
    missing = run("jobs", "lyrics", file_id, "--use", "7", "--url", shared.url)
    assert shown.stdout == "* 1  given  La la la\n[00:00.50] La la la\n[00:01.00] Lo lo lo\n"
    assert sent.stdout == "Attempt 2 goes on from karaoke.\n"
    assert edited.stdout == "  1  given  La la la\n* 2  edited  Čežnja\n[00:00.25] Čežnja\n"
    assert chosen.stdout == "Attempt 3 goes on from karaoke.\n"
    assert (both.returncode, both.stderr) == (2, "Choose one of --use and --send.\n")
    assert (missing.returncode, "no lyrics with the number 7" in missing.stderr) == (1, True)


def test_trouble_of_the_server_is_said_in_its_words(run: Run, shared: Server):
    done = run("jobs", "cancel", "nobody", "--url", shared.url)
    assert (done.returncode, done.stderr) == (1, f"{UnknownTrack('nobody')}\n")


@pytest.mark.parametrize("verb", [["list"], ["lyrics", "x"], ["follow", "x"], ["cancel", "x"], ["retry", "x"]], ids=str)
def test_without_a_server_it_says_how_to_start_one(run: Run, verb: list[str]):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        done = run("jobs", *verb, "--url", url)
    assert done.returncode == 1
    assert done.stderr.startswith(f"No server answers at {url}. Start one with `music-separator serve`")


def test_doctor_says_what_works_here(run: Run, tmp_path: Path):
    done = run("doctor", MUSIC_SEPARATOR_DATA_DIR=str(tmp_path / "data"), MUSIC_SEPARATOR_MIN_FREE_MIB="1")
    assert done.returncode == 0
    for words in (
        "FFmpeg libraries",
        "center: runs here",
        "htdemucs: the weights htdemucs are not on this machine",
        "phonetic: runs here",
        "is writable",
    ):
        assert words in done.stdout


def test_doctor_says_what_the_aligner_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MUSIC_SEPARATOR_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(phonetic, "model_folder", lambda: None)
    with pytest.raises(typer.Exit):
        doctor.doctor()
    assert "phonetic: Words are timed by their likeness to speech alone" in capsys.readouterr().out


def test_doctor_fails_where_the_data_folder_cannot_be(run: Run, tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = run("doctor", MUSIC_SEPARATOR_DATA_DIR=str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert "FAIL  data folder" in done.stdout
    assert "Choose another --data-dir." in done.stdout


def test_setting_that_cannot_be_used_is_named(run: Run):
    # It was a traceback.
    done = run("doctor", MUSIC_SEPARATOR_PORT="many")
    assert done.returncode == 2
    assert done.stderr.startswith("The setting port (or MUSIC_SEPARATOR_PORT) cannot be used: ")


def test_serve_on_a_taken_port_says_so_and_stops(run: Run, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), "--data-dir", tmp_path / "data")
    assert done.returncode == 1
    assert done.stderr.startswith(f"Port {port} is taken.")
    assert not (tmp_path / "data").exists()


def test_serve_over_the_data_of_another_server_says_so_and_stops(run: Run, shared: Server):
    done = run("serve", "--port", "0", "--data-dir", shared.data_dir)
    assert done.returncode == 1
    assert "Another server already uses " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_serve_on_an_address_that_this_machine_has_not_says_so_and_stops(run: Run, tmp_path: Path, host: str):
    # It was a traceback.
    done = run("serve", "--host", host, "--port", "0", "--data-dir", tmp_path / "data")
    assert done.returncode == 2
    assert done.stderr.startswith(f"Cannot listen on {host} (")
    assert "Choose another --host." in done.stderr


def test_help_loads_nothing_heavy(run: Run):
    script = f"import sys, music_separator.cli.main; print(*(set({HEAVY}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""
    shown = run("--help")
    assert shown.returncode == 0
    assert all(verb in shown.stdout for verb in ("serve", "separate", "karaoke", "doctor", "jobs"))
