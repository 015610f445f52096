from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.listening import assert_whole, listening
from tests.running import Server, events, snapshot, upload, wait_for, wait_until_over
from tests.songs import LRC

PLAIN = "La la la\nLo lo lo\n"


def files_of(server: Server) -> set[Path]:
    """Find everything stored beside the databases."""
    kept = ("blobs", "artifacts", "work", "incoming")
    return {path for name in kept for path in (server.data_dir / name).rglob("*") if path.is_file()}


def folders_named(server: Server, name: str) -> list[Path]:
    return list(server.data_dir.rglob(f"*{name}*"))


def is_separating(server: Server, file_id: str) -> Callable[[], bool]:
    def separating() -> bool:
        stages = {stage["stage"]: stage for stage in snapshot(server, file_id)["stages"]}
        return "separation" in stages and stages["separation"]["progress"] >= 10

    return separating


def test_cancel_of_a_finished_job_does_nothing_and_says_so(client: httpx.Client, shared: Server, finished: str):
    before = events(shared, finished)
    answer = client.post(f"/jobs/{finished}/cancel")
    assert (answer.status_code, answer.json()["done"]) == (200, "done")
    assert answer.json()["message"] == "Nothing to cancel: the job is done."
    assert events(shared, finished) == before


def test_retry_of_a_finished_job_does_nothing_and_says_so(client: httpx.Client, shared: Server, finished: str):
    answer = client.post(f"/jobs/{finished}/retry")
    assert (answer.json()["done"], answer.json()["message"]) == ("done", "Nothing to retry: everything is done.")
    assert snapshot(shared, finished)["attempt"] == 1


def test_job_that_waits_is_cancelled_and_another_cancel_changes_nothing(
    client: httpx.Client, shared: Server, long_song: Path, short_song: Path
):
    ahead = upload(shared, long_song, lyrics=LRC)["file_id"]
    waiting = upload(shared, short_song, lyrics=LRC)["file_id"]
    queued = events(shared, waiting)[1]
    first, second = (client.post(f"/jobs/{waiting}/cancel").json() for _ in range(2))
    client.post(f"/jobs/{ahead}/cancel")
    log = events(shared, waiting)
    assert (queued["stage"], queued["progress"], queued["status"], queued["message"]) == (
        "separation",
        0,
        "queued",
        "Waiting: 1 song first",
    )
    assert (first["done"], second["done"]) == ("cancelled", "cancelled")
    assert (log[-1]["status"], log[-1]["message"], log[-1]["error"]) == ("cancelled", "Cancelled", None)
    assert_whole(log)


def test_retry_while_the_job_runs_begins_nothing(client: httpx.Client, shared: Server, long_song: Path):
    file_id = upload(shared, long_song, title="Retried while it runs")["file_id"]
    answer = client.post(f"/jobs/{file_id}/retry").json()
    client.post(f"/jobs/{file_id}/cancel")
    assert (answer["message"], answer["attempt"]) == ("The job is already under way.", 1)


@pytest.mark.parametrize(("stage", "status", "code"), [("mixing", 404, "unknown_stage"), ("karaoke", 409, "not_ready")])
def test_retry_from_a_stage_that_cannot_be_is_refused(
    client: httpx.Client, shared: Server, short_song: Path, stage: str, status: int, code: str
):
    file_id = upload(shared, short_song)["file_id"]
    wait_until_over(shared, file_id)
    answer = client.post(f"/jobs/{file_id}/retry", json={"stage": stage})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_retry_from_the_first_stage_runs_all_of_them(client: httpx.Client, shared: Server, short_song: Path):
    file_id = upload(shared, short_song, lyrics=LRC)["file_id"]
    wait_until_over(shared, file_id)
    client.post(f"/jobs/{file_id}/retry", json={"stage": "separation"})
    assert wait_until_over(shared, file_id)["status"] == "done"
    log = events(shared, file_id)
    assert_whole(log)
    again = [event["stage"] for event in log if event["attempt"] == 2]
    assert list(dict.fromkeys(again)) == ["separation", "transcription", "karaoke", "complete"]


def test_retry_with_an_unknown_model_is_refused(client: httpx.Client, shared: Server, finished: str):
    answer = client.post(f"/jobs/{finished}/retry", json={"model": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_model")
    assert snapshot(shared, finished)["model"] == "demucs"


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_control_of_an_unknown_song_is_not_found(client: httpx.Client, verb: str):
    answer = client.post(f"/jobs/nobody/{verb}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_file_id")


@pytest.mark.parametrize("body", [b"[1]", b"{", b'{"stage": 7}'])
def test_retry_with_nonsense_is_a_bad_request(client: httpx.Client, finished: str, body: bytes):
    answer = client.post(f"/jobs/{finished}/retry", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("announced", [True, False])
def test_retry_with_megabytes_is_too_large(client: httpx.Client, finished: str, announced: bool):
    # All of it was held in memory, however much came.
    body = b'{"lyrics": "' + b"la " * 2_000_000 + b'"}'
    content = body if announced else iter([body[: 1 << 20], body[1 << 20 :]])
    answer = client.post(f"/jobs/{finished}/retry", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


BAD_LYRICS: dict[str, tuple[bytes, str, int, str]] = {
    "nothing": (b"", "text/plain", 422, "empty_lyrics"),
    "blanks": (b" \n\t\n", "text/plain", 422, "empty_lyrics"),
    "times without words": (b"[00:01.00]\n", "text/plain", 422, "empty_lyrics"),
    "bytes of no text": (bytes(range(256)) * 4, "text/plain", 422, "unreadable_lyrics"),
    "too much": (b"la " * 500_000, "text/plain", 400, "invalid_request"),
    "JSON without lyrics": (b'{"text": "la"}', "application/json", 400, "invalid_request"),
    "broken JSON": (b'{"lyrics": "la', "application/json", 400, "invalid_request"),
}


@pytest.mark.parametrize("case", BAD_LYRICS)
def test_lyrics_that_are_none_are_refused(client: httpx.Client, shared: Server, finished: str, case: str):
    content, kind, status, code = BAD_LYRICS[case]
    answer = client.put(f"/jobs/{finished}/lyrics", content=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert snapshot(shared, finished)["attempt"] == 1


def test_lyrics_in_json_make_the_karaoke_anew(client: httpx.Client, shared: Server, short_song: Path):
    file_id = upload(shared, short_song, lyrics=LRC)["file_id"]
    wait_until_over(shared, file_id)
    answer = client.put(f"/jobs/{file_id}/lyrics", json={"lyrics": "[00:00.20]Čežnja\n"})
    assert answer.json()["message"] == "Attempt 2 goes on from karaoke."
    wait_until_over(shared, file_id)
    assert "Čežnja" in client.get(f"/download/{file_id}/{file_id}_karaoke.lrc").text


def test_lyrics_of_a_job_that_is_separated_wait_for_their_turn(client: httpx.Client, shared: Server, long_song: Path):
    file_id = upload(shared, long_song, title="Lyrics come late")["file_id"]
    answer = client.put(f"/jobs/{file_id}/lyrics", content=LRC)
    job = wait_until_over(shared, file_id)
    assert answer.json()["done"] == "saved"
    assert (job["status"], job["attempt"]) == ("done", 1)


def test_delete_removes_everything_of_a_song(client: httpx.Client, shared: Server, short_song: Path):
    before = files_of(shared)
    file_id = upload(shared, short_song, lyrics="[00:00.10]Deleted\n")["file_id"]
    wait_until_over(shared, file_id)
    answer = client.delete(f"/songs/{file_id}")
    assert (answer.status_code, answer.json()["file_id"]) == (200, file_id)
    assert files_of(shared) == before
    assert folders_named(shared, file_id) == []
    for path in (f"/jobs/{file_id}", f"/jobs/{file_id}/events", f"/download/{file_id}/vocals"):
        assert client.get(path).status_code == 404
    assert client.delete(f"/songs/{file_id}").status_code == 404
    with listening(shared.url) as listener:
        assert listener.subscribe({file_id: 0})["unknown"] == [file_id]


def test_delete_keeps_what_another_song_needs(client: httpx.Client, shared: Server, short_song: Path):
    kept = upload(shared, short_song, lyrics=LRC, title="Kept")["file_id"]
    gone = upload(shared, short_song, lyrics=LRC, title="Gone")["file_id"]
    for file_id in (kept, gone):
        wait_until_over(shared, file_id)
    client.delete(f"/songs/{gone}")
    assert client.get(f"/download/{kept}/vocals").status_code == 200
    client.post(f"/jobs/{kept}/retry", json={"stage": "separation"})
    assert wait_until_over(shared, kept)["status"] == "done"


def test_delete_of_a_song_that_is_separated_stops_it_and_leaves_nothing(
    client: httpx.Client, shared: Server, long_song: Path
):
    before = files_of(shared)
    file_id = upload(shared, long_song, lyrics=LRC, title="Deleted while it runs")["file_id"]
    wait_for(is_separating(shared, file_id), what="the separation")
    assert client.delete(f"/songs/{file_id}").status_code == 200
    wait_for(lambda: files_of(shared) == before and not folders_named(shared, file_id), what="the last file going")
    assert client.get(f"/jobs/{file_id}").status_code == 404
    again = upload(shared, long_song, lyrics=LRC, title="Deleted while it runs")
    assert again["existing"] is False
    assert wait_until_over(shared, again["file_id"])["status"] == "done"


@pytest.mark.parametrize("file_id", ["..", "%2e%2e", "*", ".", "%00"])
def test_delete_of_what_is_no_id_deletes_nothing(client: httpx.Client, shared: Server, finished: str, file_id: str):
    before = files_of(shared)
    assert client.delete(f"/songs/{file_id}").status_code in (404, 405)
    assert files_of(shared) == before
