"""Lyrics that are corrected, timed by hand and chosen again, over HTTP, with the real aligner on a real voice."""

import itertools
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.test_bad_lyrics import OWN, SUNG
from tests.running import Server, events, snapshot, upload, wait_until_over

TEXTS = OWN.split("\n")[:6]
JSON = {"Content-Type": "application/json"}
_numbers = itertools.count()


def lyrics_of(server: Server, file_id: str) -> dict[str, Any]:
    answer = httpx.get(f"{server.url}/jobs/{file_id}/lyrics")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def put(server: Server, file_id: str, content: str | dict[str, Any], query: str = "") -> dict[str, Any]:
    """Send lyrics and wait for the karaoke made of them."""
    url = f"{server.url}/jobs/{file_id}/lyrics{query}"
    answer = httpx.put(url, content=content) if isinstance(content, str) else httpx.put(url, json=content)
    assert answer.status_code == 200, answer.text
    job = wait_until_over(server, file_id, timeout_s=120)
    assert job["status"] == "done"
    return lyrics_of(server, file_id)


def others(lyrics: dict[str, Any], *changed: int) -> list[dict[str, Any]]:
    return [line for place, line in enumerate(lyrics["lines"]) if place not in changed]


@pytest.fixture
def sung(shared: Server) -> tuple[str, dict[str, Any]]:
    """Have a song sung to plain words; gives its id and its lyrics."""
    title = f"Edited {next(_numbers)}"
    file_id = upload(shared, SUNG, lyrics=OWN, title=title)["file_id"]
    assert wait_until_over(shared, file_id, timeout_s=120)["status"] == "done"
    return file_id, lyrics_of(shared, file_id)


def test_a_corrected_line_is_aligned_and_the_others_keep_their_times_to_the_millisecond(
    shared: Server, sung: tuple[str, dict[str, Any]]
):
    file_id, before = sung
    assert [line["text"] for line in before["lines"]] == TEXTS
    after = put(shared, file_id, OWN.replace("Up above the world", "High above the world"))
    assert others(after, 2) == others(before, 2)
    line = after["lines"][2]
    assert line["text"] == "High above the world so high"
    assert before["lines"][1]["end_ms"] <= line["start_ms"] <= line["end_ms"] <= before["lines"][3]["start_ms"]
    assert line["words"][2]["start_ms"] == pytest.approx(before["lines"][2]["words"][2]["start_ms"], abs=300)
    attempt = [event for event in events(shared, file_id) if event["attempt"] == 2]
    assert {event["stage"] for event in attempt} == {"karaoke", "complete"}
    assert "aligning" in {event["detail"] for event in attempt}
    assert snapshot(shared, file_id)["lyrics_source"] == "edited"
    words = httpx.get(f"{shared.url}/download/{file_id}/lyrics").text.splitlines()
    assert words == [line["text"] for line in after["lines"]]
    # the song has words in its tags too
    assert [version["source"] for version in after["versions"]] == ["given", "timed_tags", "edited"]


def test_a_line_timed_by_hand_stays_to_the_millisecond_through_later_edits(
    shared: Server, sung: tuple[str, dict[str, Any]]
):
    file_id, before = sung
    by_hand = {"text": TEXTS[4], "start_ms": 26_011, "end_ms": 30_077}
    lines: list[dict[str, Any]] = [{"text": text} for text in TEXTS]
    lines[4] = by_hand
    timed = put(shared, file_id, {"lines": lines})
    assert others(timed, 4) == others(before, 4)
    assert {key: timed["lines"][4][key] for key in by_hand} == by_hand
    assert timed["lines"][4]["aligned"] is False
    edited = put(shared, file_id, OWN.replace("How I wonder", "Oh I wonder", 1))
    assert others(edited, 1) == others(timed, 1)


def test_an_earlier_version_can_be_read_and_chosen_again(shared: Server, sung: tuple[str, dict[str, Any]]):
    file_id, before = sung
    put(shared, file_id, OWN.replace("diamond", "Diamant"))
    first = httpx.get(f"{shared.url}/jobs/{file_id}/lyrics/1").json()
    assert (first["text"], first["source"], first["in_use"]) == (OWN.strip(), "given", False)
    again = put(shared, file_id, {"number": 1})
    assert (again["number"], again["source"], again["current"]) == (1, "given", True)
    assert [version["in_use"] for version in again["versions"]] == [True, False, False]
    assert others(again, 3) == others(before, 3)
    anew = put(shared, file_id, {"number": 1}, "?align=all")
    assert anew["lines"] == before["lines"]


def test_a_number_or_a_choice_that_is_not_there_is_refused(shared: Server, sung: tuple[str, dict[str, Any]]):
    file_id, _ = sung
    address = f"{shared.url}/jobs/{file_id}/lyrics"
    answers = [
        httpx.put(address, json={"number": 9}),
        httpx.get(f"{address}/9"),
        httpx.put(address, json={"number": 0}),
        httpx.get(f"{address}/0"),
        httpx.put(f"{address}?align=some", content=OWN),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "unknown_lyrics"),
        (404, "unknown_lyrics"),
        *[(400, "invalid_request")] * 3,
    ]
    assert snapshot(shared, file_id)["attempt"] == 1


def test_words_that_lost_are_there_to_be_chosen(shared: Server, tagged_song: Path):
    given = "[00:00.20]Given\n[00:01.00]words\n"
    file_id = upload(shared, tagged_song, lyrics=given)["file_id"]
    assert wait_until_over(shared, file_id)["lyrics_source"] == "given"
    sources = [(version["source"], version["in_use"]) for version in lyrics_of(shared, file_id)["versions"]]
    assert sources == [("given", True), ("timed_tags", False)]
    chosen = put(shared, file_id, {"number": 2})
    assert (chosen["source"], snapshot(shared, file_id)["lyrics_source"]) == ("timed_tags", "timed_tags")
