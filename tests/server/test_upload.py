import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.forms import CONTENT_TYPE, body, field, file_part
from tests.listening import assert_tells_the_whole_story, assert_whole, listening, numbers, told
from tests.running import Server, events, wait_until_over
from tests.songs import LRC

MODELS = ("demucs", "auto", "htdemucs", "htdemucs_ft", "htdemucs_6s", "center")


def send(client: httpx.Client, song: Path, path: str = "/upload", **fields: str) -> httpx.Response:
    with song.open("rb") as file:
        return client.post(path, files={"file": (song.name, file)}, data=fields)


def test_upload_is_answered_with_its_id_and_goes_on(client: httpx.Client, shared: Server, short_song: Path):
    answer = send(client, short_song, lyrics=LRC, title="La la", artist="Nobody", language="hr")
    sent = answer.json()
    assert answer.status_code == 202
    assert {key: sent[key] for key in ("filename", "title", "artist", "language", "model", "attempt", "existing")} == {
        "filename": "short.wav",
        "title": "La la",
        "artist": "Nobody",
        "language": "hr",
        "model": "demucs",
        "attempt": 1,
        "existing": False,
    }
    assert wait_until_over(shared, sent["file_id"])["status"] == "done"
    log = events(shared, sent["file_id"])
    assert_whole(log)
    assert_tells_the_whole_story(log)


def test_without_auto_process_the_song_is_only_stored(client: httpx.Client, shared: Server, short_song: Path):
    answer = send(client, short_song, auto_process="false")
    file_id = answer.json()["file_id"]
    assert (answer.status_code, answer.json()["status"]) == (200, "uploaded")
    assert told(events(shared, file_id)) == [("upload", 100, "Upload complete")]


def test_stored_song_begins_its_first_attempt_when_asked(client: httpx.Client, shared: Server, short_song: Path):
    file_id = send(client, short_song, auto_process="false", lyrics=LRC).json()["file_id"]
    assert client.post(f"/jobs/{file_id}/retry").json()["done"] == "queued"
    job = wait_until_over(shared, file_id)
    assert (job["status"], job["attempt"]) == ("done", 1)


BAD_CHOICES: dict[str, tuple[dict[str, str], str]] = {
    "no preset": ({"preset": "quick"}, "There is no preset 'quick'. Known: exact, fast, preview."),
    "all of a segment": ({"overlap": "1"}, "overlap must be between 0 and 0.9, such as 0.25."),
    "less than nothing": ({"overlap": "-0.1"}, "overlap must be between 0 and 0.9, such as 0.25."),
    "not a number": ({"overlap": "nan"}, "overlap must be between 0 and 0.9, such as 0.25."),
    "endless": ({"overlap": "1e999"}, "overlap must be between 0 and 0.9, such as 0.25."),
    "a word": ({"overlap": "much"}, "overlap must be a number."),
    "too many shifts": ({"shifts": "11"}, "shifts must be between 0 and 10."),
    "half a shift": ({"shifts": "1.5"}, "shifts must be a number."),
    "a long number": ({"shifts": "9" * 5000}, "shifts must be a number."),
    "an odd number": ({"stems": "3"}, "stems must be one of 2, 4, 6."),
    "more than there are": ({"stems": "6"}, "The model htdemucs gives 4 stems, not 6."),
}


@pytest.mark.parametrize(("fields", "sentence"), BAD_CHOICES.values(), ids=BAD_CHOICES)
def test_a_choice_that_has_no_meaning_is_refused_with_what_has(
    client: httpx.Client, short_song: Path, fields: dict[str, str], sentence: str
):
    answer = send(client, short_song, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["error"] == sentence


def test_an_exact_network_is_not_previewed(client: httpx.Client, short_song: Path):
    answer = send(client, short_song, path="/upload/htdemucs", preset="preview")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "choose it with demucs or center" in answer.json()["error"]


def test_a_preview_is_no_fallback(client: httpx.Client, shared: Server, short_song: Path):
    sent = send(client, short_song, preset="preview", lyrics=LRC, overlap="0.5", shifts="1", stems="2").json()
    job = wait_until_over(shared, sent["file_id"])
    assert (job["status"], job["warnings"]) == ("done", [])
    assert "fallback" not in {event["detail"] for event in events(shared, sent["file_id"])}


@pytest.mark.parametrize("said", ["maybe", "2"])
def test_auto_process_that_means_nothing_is_refused(client: httpx.Client, short_song: Path, said: str):
    answer = send(client, short_song, auto_process=said)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_control_characters_in_a_field_are_spaces(client: httpx.Client, short_song: Path):
    # A NUL went into the database and the tags as it came; PostgreSQL takes none.
    answer = send(client, short_song, title="La\x00la\r\n la", artist="\x07", auto_process="false")
    assert (answer.json()["title"], answer.json()["artist"]) == ("La la la", None)


def test_client_made_id_is_told_its_bytes_before_the_answer(client: httpx.Client, shared: Server, short_song: Path):
    file_id = str(uuid.uuid4())
    whole = body(field("lyrics", LRC), file_part(short_song.read_bytes() + bytes(4 << 20)))
    half = len(whole) // 2
    with listening(shared.url) as listener:

        def in_two_halves() -> Iterator[bytes]:
            yield whole[:half]
            listener.wait_for(lambda event: event["file_id"] == file_id and event["stage"] == "upload")
            yield whole[half:]

        headers = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(whole))}
        answer = client.post("/upload", params={"file_id": file_id}, content=in_two_halves(), headers=headers)
        listener.wait_for_end(file_id)
    assert (answer.status_code, answer.json()["file_id"]) == (202, file_id)
    log = listener.of(file_id)
    assert_whole(log)
    assert_tells_the_whole_story(log)
    assert 0 < log[0]["progress"] < 100
    assert log[0]["message"] == "Uploading..."


def test_upload_begun_again_under_its_id_never_goes_back(client: httpx.Client, shared: Server, short_song: Path):
    # It went back to 0 %: the ticker did not look at what an upload that broke off had told.
    file_id = str(uuid.uuid4())
    whole = body(file_part(short_song.read_bytes() + bytes(4 << 20)))
    headers = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(whole))}

    class BrokenOffError(Exception):
        pass

    with listening(shared.url) as listener:

        def three_quarters() -> Iterator[bytes]:
            yield whole[: len(whole) * 3 // 4]
            listener.wait_for(lambda event: event["file_id"] == file_id)
            raise BrokenOffError

        with pytest.raises(BrokenOffError):
            client.post("/upload", params={"file_id": file_id}, content=three_quarters(), headers=headers)
        answer = client.post("/upload", params={"file_id": file_id}, content=whole, headers=headers)
        listener.wait_for_end(file_id)
    assert answer.status_code == 202
    assert_whole(listener.of(file_id))


def test_upload_cancelled_while_it_arrives_ends_as_cancelled(client: httpx.Client, shared: Server, short_song: Path):
    # It started all the same once its bytes were complete.
    file_id = str(uuid.uuid4())
    whole = body(field("lyrics", LRC), file_part(short_song.read_bytes() + bytes(4 << 20)))
    half = len(whole) // 2
    said: list[str] = []
    with listening(shared.url) as listener:

        def cancelled_half_way() -> Iterator[bytes]:
            yield whole[:half]
            listener.wait_for(lambda event: event["file_id"] == file_id)
            said.append(httpx.post(f"{shared.url}/jobs/{file_id}/cancel").json()["done"])
            yield whole[half:]

        headers = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(whole))}
        answer = client.post("/upload", params={"file_id": file_id}, content=cancelled_half_way(), headers=headers)
        assert (answer.status_code, answer.json()["status"], said) == (200, "cancelled", ["cancelled"])
        assert "a retry begins with it" in answer.json()["message"]
        log = events(shared, file_id)
        assert [(event["stage"], event["message"]) for event in log[-1:]] == [("upload", "Cancelled")]

        client.post(f"/jobs/{file_id}/retry")
        listener.wait_for_end(file_id, attempt=2)
    job = wait_until_over(shared, file_id)
    assert (job["status"], job["attempt"]) == ("done", 2)
    assert [stage["stage"] for stage in job["stages"]] == ["separation", "transcription", "karaoke", "complete"]
    assert_whole(events(shared, file_id))


def test_upload_sent_again_after_a_cancel_starts(client: httpx.Client, shared: Server, short_song: Path):
    file_id = str(uuid.uuid4())
    whole = body(field("lyrics", LRC), file_part(short_song.read_bytes() + bytes(4 << 20)))
    headers = {"Content-Type": CONTENT_TYPE, "Content-Length": str(len(whole))}

    class BrokenOffError(Exception):
        pass

    with listening(shared.url) as listener:

        def cancelled_and_broken_off() -> Iterator[bytes]:
            yield whole[: len(whole) // 2]
            listener.wait_for(lambda event: event["file_id"] == file_id)
            httpx.post(f"{shared.url}/jobs/{file_id}/cancel")
            raise BrokenOffError

        with pytest.raises(BrokenOffError):
            client.post("/upload", params={"file_id": file_id}, content=cancelled_and_broken_off(), headers=headers)
        answer = client.post("/upload", params={"file_id": file_id}, content=whole, headers=headers)
        listener.wait_for_end(file_id, attempt=2)
    assert (answer.status_code, wait_until_over(shared, file_id)["status"]) == (202, "done")
    assert_whole(events(shared, file_id))


def test_id_may_come_as_a_field_after_the_file(client: httpx.Client, short_song: Path):
    file_id = str(uuid.uuid4())
    whole = body(file_part(short_song.read_bytes()), field("file_id", file_id), field("auto_process", "false"))
    answer = client.post("/upload", content=whole, headers={"Content-Type": CONTENT_TYPE})
    assert (answer.status_code, answer.json()["file_id"]) == (200, file_id)


def test_id_that_is_no_uuid_is_refused(client: httpx.Client, short_song: Path):
    answer = send(client, short_song, "/upload?file_id=../../etc")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("in_form", ["g52231d0-88f2-2b12-a536-13ba4e97f864", "8eca8234-c038-4f8c-8ead-c7ed5aec9485"])
def test_id_of_the_form_beside_one_of_the_address_must_be_the_same(
    client: httpx.Client, short_song: Path, in_form: str
):
    # It was not even looked at.
    with short_song.open("rb") as file:
        answer = client.post(
            "/upload", params={"file_id": str(uuid.uuid4())}, files={"file": file}, data={"file_id": in_form}
        )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_same_song_again_is_the_same_job_and_its_milestones_come_again(
    client: httpx.Client, shared: Server, short_song: Path
):
    first = send(client, short_song, lyrics=LRC).json()["file_id"]
    wait_until_over(shared, first)
    before = events(shared, first)
    with listening(shared.url) as listener:
        again = send(client, short_song, lyrics=LRC)
        listener.wait_for_end(first)
    assert (again.status_code, again.json()["file_id"], again.json()["existing"]) == (200, first, True)
    assert events(shared, first) == before
    came = listener.of(first)
    assert_tells_the_whole_story(came)
    assert [event for event in before if event["seq"] in numbers(came)] == came


def test_same_song_under_a_new_id_is_answered_with_the_old_one(client: httpx.Client, shared: Server, short_song: Path):
    first = send(client, short_song, auto_process="false").json()["file_id"]
    unused = str(uuid.uuid4())
    again = send(client, short_song, f"/upload?file_id={unused}", auto_process="false")
    assert (again.status_code, again.json()["file_id"]) == (200, first)
    assert client.get(f"/jobs/{unused}").status_code == 404


def test_failed_song_sent_again_goes_on_where_it_failed(client: httpx.Client, shared: Server, short_song: Path):
    file_id = send(client, short_song).json()["file_id"]
    assert wait_until_over(shared, file_id)["code"] == "no_transcriber"
    answer = send(client, short_song)
    job = wait_until_over(shared, file_id)
    assert (answer.status_code, answer.json()["existing"], job["attempt"]) == (200, True, 2)
    log = events(shared, file_id)
    assert_whole(log)
    assert {event["stage"] for event in log if event["attempt"] == 2} == {"transcription"}


def test_id_of_other_bytes_is_a_conflict(client: httpx.Client, finished: str, short_song: Path):
    answer = send(client, short_song, f"/upload?file_id={finished}")
    assert (answer.status_code, answer.json()["code"]) == (409, "file_id_taken")


@pytest.mark.parametrize("path", ["/upload?model=nonsense", "/upload/nonsense"])
def test_unknown_model_is_refused_with_the_known_ones(client: httpx.Client, short_song: Path, path: str):
    answer = send(client, short_song, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_model")
    assert all(name in answer.json()["error"] for name in MODELS)


def test_exact_model_that_cannot_run_is_never_replaced(client: httpx.Client, shared: Server, short_song: Path):
    answer = send(client, short_song, "/upload/htdemucs", lyrics=LRC)
    assert answer.status_code == 202
    job = wait_until_over(shared, answer.json()["file_id"])
    last = events(shared, job["file_id"])[-1]
    assert (last["stage"], last["progress"], last["message"], last["code"]) == (
        "separation",
        100,
        "Separation failed",
        "model_unavailable",
    )
    assert "Choose model=center" in last["error"]
    assert job["results"] == []


def test_retry_with_a_model_that_runs_completes(client: httpx.Client, shared: Server, short_song: Path):
    file_id = send(client, short_song, "/upload?model=htdemucs_ft", lyrics=LRC).json()["file_id"]
    wait_until_over(shared, file_id)
    client.post(f"/jobs/{file_id}/retry", json={"model": "center"})
    job = wait_until_over(shared, file_id)
    assert (job["status"], job["model"], job["attempt"], job["warnings"]) == ("done", "center", 2, [])


@pytest.mark.parametrize("model", ["demucs", "auto"])
def test_demucs_falls_back_loudly(client: httpx.Client, shared: Server, short_song: Path, model: str):
    file_id = send(client, short_song, f"/upload?model={model}", lyrics=LRC).json()["file_id"]
    job = wait_until_over(shared, file_id)
    assert (job["status"], len(job["warnings"])) == ("done", 1)
    assert job["warnings"][0].startswith("Separated with center instead of Demucs, because ")
    assert job["warning_codes"] == ["fallback"]
    separation = [event for event in events(shared, file_id) if event["stage"] == "separation"]
    assert (separation[0]["detail"], separation[0]["message"]) == ("fallback", job["warnings"][0])


NAMES = {
    "Песма о лету.wav": "Песма о лету.wav",
    "夏の歌.wav": "夏の歌.wav",
    "🎤🎶.wav": "🎤🎶.wav",
    "../../x.mp3": "x.mp3",
    "C:\\Music\\x.mp3": "x.mp3",
    unicodedata.normalize("NFD", "Čežnja.wav"): "Čežnja.wav",
    "a\tb\x01.wav": "ab.wav",
    "..": "..",
}


@pytest.mark.parametrize("given", NAMES)
def test_file_names_of_any_script_are_kept_and_never_a_path(client: httpx.Client, short_song: Path, given: str):
    whole = body(file_part(short_song.read_bytes(), filename=given.replace("\\", "\\\\")), field("auto_process", "no"))
    answer = client.post("/upload", content=whole, headers={"Content-Type": CONTENT_TYPE})
    assert (answer.status_code, answer.json()["filename"]) == (200, NAMES[given])
