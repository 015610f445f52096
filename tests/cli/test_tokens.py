"""``tokens``, what ``serve`` says about them, and ``jobs`` of an installation that wants one."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Run
from tests.running import Server, running_server, wait_for
from tests.songs import write_song

PUBLIC = ("--host", "0.0.0.0")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server that other machines reach."""
    with running_server(tmp_path_factory.mktemp("guarded") / "data", flags=PUBLIC) as running:
        yield running


def send(server: Server, token: str, song: Path) -> str:
    with server.client(token) as client, song.open("rb") as file:
        answer = client.post("/upload", files={"file": (song.name, file)}, data={"auto_process": "false"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["file_id"])


def said_about_tokens(server: Server) -> str:
    return "".join(line for line in server.output if "token" in line.lower() or line.startswith("Open "))


def test_tokens_are_added_listed_renewed_and_removed(run: Run, tmp_path: Path):
    data = tmp_path / "data"
    empty = run("tokens", "list", "--data-dir", data)
    added = run("tokens", "add", "Željka", "--data-dir", data)
    renewed = run("tokens", "renew", "Željka", MUSIC_SEPARATOR_DATA_DIR=str(data))
    listed = run("tokens", "list", "--data-dir", data)
    removed = run("tokens", "remove", "Željka", "--data-dir", data)
    assert {done.returncode for done in (empty, added, renewed, listed, removed)} == {0}
    assert empty.stdout == "Nobody has a token.\n"
    assert re.fullmatch(r"ms_[\w-]{43}\n", added.stdout)
    assert re.fullmatch(r"ms_[\w-]{43}\n", renewed.stdout)
    assert renewed.stdout != added.stdout
    assert listed.stdout.startswith("Željka ")
    assert "ms_" not in listed.stdout
    assert removed.stdout == "The token of Željka is gone; the songs stay.\n"
    assert "open to everybody" in removed.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "a b"], 2, "A name is "),
        (["renew", "nobody"], 1, "There is no token of nobody."),
        (["remove", "nobody"], 1, "There is no token of nobody."),
    ],
    ids=str,
)
def test_trouble_with_tokens_is_said(run: Run, tmp_path: Path, arguments: list[str], code: int, words: str):
    done = run("tokens", *arguments, "--data-dir", tmp_path / "data")
    assert (done.returncode, done.stderr.startswith(words)) == (code, True), done.stderr


def test_first_start_for_other_machines_prints_a_token_and_the_next_tells_how_to_get_another(tmp_path: Path):
    with running_server(tmp_path / "data", flags=PUBLIC) as server:
        first, token = said_about_tokens(server), server.token
        assert f"/#token={token}" in first
        assert f"The token of local, shown only now: {token}" in first
        assert "Other machines need a name for this one: start with --allowed-hosts" in "".join(server.output)
        server.stop()
        server.output.clear()
        server.start()
        again = said_about_tokens(server)
        with server.client(token) as client:
            assert client.get("/jobs").status_code == 200
    assert token not in again
    assert "tokens renew NAME" in again


def test_switched_off_by_its_flag_no_token_is_made_or_wanted(tmp_path: Path):
    with running_server(tmp_path / "data", flags=(*PUBLIC, "--unsafe-open")) as server:
        assert server.token == ""
        assert httpx.get(f"{server.url}/jobs").status_code == 200


def test_server_of_this_machine_wants_a_token_as_soon_as_somebody_has_one(run: Run, tmp_path: Path):
    with running_server(tmp_path / "data") as server:
        assert "token" not in "".join(server.output)
        file_id = send(server, "", write_song(tmp_path / "song.wav", seconds=1.0, seed=400))
        token = run("tokens", "add", "ana", "--data-dir", server.data_dir).stdout.strip()
        assert httpx.get(f"{server.url}/jobs").status_code == 401
        with server.client(token) as client:
            assert [job["file_id"] for job in client.get("/jobs").json()["jobs"]] == [file_id]
        run("tokens", "remove", "ana", "--data-dir", server.data_dir)
        assert httpx.get(f"{server.url}/jobs").json()["count"] == 1


def test_jobs_of_all_owners_for_whoever_may_read_the_data_directory_else_those_of_the_token(
    run: Run, guarded: Server, tmp_path: Path
):
    ivo = run("tokens", "add", "ivo", "--data-dir", guarded.data_dir).stdout.strip()
    own, other = (
        send(guarded, token, write_song(tmp_path / f"{seed}.wav", seconds=1.0, seed=seed))
        for token, seed in ((guarded.token, 401), (ivo, 402))
    )
    here = {"MUSIC_SEPARATOR_DATA_DIR": str(guarded.data_dir), "MUSIC_SEPARATOR_URL": guarded.url}

    of_all = run("jobs", "list", **here)
    of_ivo = run("jobs", "list", "--token", ivo, "--url", guarded.url)
    by_variable = run("jobs", "list", MUSIC_SEPARATOR_TOKEN=ivo, MUSIC_SEPARATOR_URL=guarded.url)
    cancelled = run("jobs", "cancel", other, **here)
    followed = run("jobs", "follow", own, **here)

    assert {line.split()[0] for line in of_all.stdout.splitlines()} >= {own, other}
    assert [line.split()[0] for line in of_ivo.stdout.splitlines()] == [other]
    assert by_variable.stdout == of_ivo.stdout
    assert (cancelled.returncode, cancelled.stdout) == (0, "Nothing to cancel: the job is uploaded.\n")
    assert followed.stdout == "upload: 100% - Upload complete\n"


@pytest.mark.parametrize("data_dir", ["nowhere", "another"])
def test_jobs_without_a_token_says_how_to_give_one(run: Run, guarded: Server, tmp_path: Path, data_dir: str):
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / "link.key").write_bytes(b"o" * 32)
    done = run("jobs", "list", "--url", guarded.url, MUSIC_SEPARATOR_DATA_DIR=str(tmp_path / data_dir))
    assert done.returncode == 1
    assert done.stderr == (
        "The server wants a token. Give it with --token, or as the variable MUSIC_SEPARATOR_TOKEN.\n"
    )
    wrong = run("jobs", "list", "--url", guarded.url, "--token", "ms_wrong")
    assert wrong.stderr.startswith("The token is not known here.")


def test_demo_for_other_machines_wants_a_token_of_its_own(tmp_path: Path):
    with running_server(tmp_path / "data", flags=(*PUBLIC, "--demo", "--demo-speed", "1000")) as server:
        assert httpx.get(f"{server.url}/jobs").status_code == 401
        with server.client(server.token) as client:
            wait_for(lambda: client.get("/jobs").json()["count"] == 3)
    assert not (tmp_path / "data").exists()
