"""Lyrics timed elsewhere (timed JSON, SRT, WebVTT), over HTTP: kept to the millisecond, or refused with why."""

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.test_bad_lyrics import FOREIGN
from tests.listening import assert_whole
from tests.running import Server, events, snapshot, upload, wait_until_over
from tests.songs import LRC, write_song
from tests.timed_songs import stamp

EXAMPLE = Path(__file__).parents[2] / "examples" / "song"
TRUE: dict[str, Any] = json.loads((EXAMPLE / "words.json").read_text(encoding="utf-8"))
EDITED = {
    "lines": [
        {
            "text": "Sing along",
            "start_ms": 203,
            "end_ms": 907,
            "words": [
                {"text": "Sing", "start_ms": 203, "end_ms": 411, "confidence": 1.0},
                {"text": "along", "start_ms": 411, "end_ms": 907, "confidence": 0.25},
            ],
        },
        {
            "text": "To the end",
            "start_ms": 1001,
            "end_ms": 1899,
            "words": [{"text": "To the end", "start_ms": 1001, "end_ms": 1899, "confidence": 1.0}],
        },
    ]
}
JSON = {"Content-Type": "application/json"}
_seeds = itertools.count(700)


@pytest.fixture(scope="module")
def sung(shared: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Take a song of two seconds through all stages; gives its id."""
    song = write_song(tmp_path_factory.mktemp("songs") / "sung.wav", seconds=2.0, seed=next(_seeds))
    file_id = upload(shared, song, lyrics=LRC)["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    return str(file_id)


def put(server: Server, file_id: str, lyrics: object, **headers: str) -> httpx.Response:
    content = lyrics if isinstance(lyrics, str) else json.dumps(lyrics, ensure_ascii=False)
    return httpx.put(f"{server.url}/jobs/{file_id}/lyrics", content=content.encode(), headers=headers)


def sync_of(server: Server, file_id: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server.url}/download/{file_id}/{file_id}_sync.json").json()
    return found


@pytest.mark.parametrize("headers", [JSON, {"Content-Type": "text/plain"}, {}], ids=["json", "text", "none"])
def test_edited_times_make_the_karaoke_alone_and_stay_as_they_are(shared: Server, sung: str, headers: dict[str, str]):
    answer = put(shared, sung, EDITED | {"title": headers.get("Content-Type", "none")}, **headers)
    job = wait_until_over(shared, sung)
    last = [event for event in events(shared, sung) if event["attempt"] == job["attempt"]]
    assert (answer.status_code, answer.json()["attempt"], job["status"]) == (200, job["attempt"], "done")
    assert {event["stage"] for event in last} == {"karaoke", "complete"}
    assert "aligning" not in {event["detail"] for event in last}
    assert_whole(events(shared, sung))
    assert sync_of(shared, sung)["lines"] == EDITED["lines"]


def test_our_own_sync_json_sent_back_changes_nothing(shared: Server, sung: str):
    put(shared, sung, EDITED)
    wait_until_over(shared, sung)
    before = sync_of(shared, sung)
    answer = put(shared, sung, before, **JSON)
    wait_until_over(shared, sung)
    after = sync_of(shared, sung)
    assert answer.status_code == 200
    assert {**after, "generated_at": ""} == {**before, "generated_at": ""}


def test_timed_json_comes_with_an_upload(shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=next(_seeds))
    file_id = upload(shared, song, lyrics=json.dumps(EDITED))["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    assert sync_of(shared, file_id)["lines"] == EDITED["lines"]


def test_subtitles_come_with_an_upload(shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=next(_seeds))
    srt = "1\n00:00:00,203 --> 00:00:00,907\n<i>Sing</i> along\n\n2\n00:00:01,001 --> 00:00:01,899\nTo the end\n"
    file_id = upload(shared, song, lyrics=srt)["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    assert [line["start_ms"] for line in sync_of(shared, file_id)["lines"]] == [203, 1001]


def test_line_without_times_is_put_on_the_voice_between_its_neighbours(shared: Server):
    given = copy.deepcopy(TRUE)
    given["lines"][2] = {"text": given["lines"][2]["text"]}
    file_id = upload(shared, EXAMPLE / "twinkle.mp3", lyrics=json.dumps(given), title="Partly timed")["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    found = sync_of(shared, file_id)["lines"]
    assert [line for n, line in enumerate(found) if n != 2] == [line for n, line in enumerate(TRUE["lines"]) if n != 2]
    starts = [word["start_ms"] for word in found[2]["words"]]
    assert starts == pytest.approx([word["start_ms"] for word in TRUE["lines"][2]["words"]], abs=300)
    assert all(0.5 < word["confidence"] < 1.0 for word in found[2]["words"])


LINES = [(line["text"], line["start_ms"], line["end_ms"]) for line in TRUE["lines"]]
LINE_TIMES = "".join(f"[{stamp(start_ms)}]{text}\n[{stamp(end_ms)}]\n" for text, start_ms, end_ms in LINES)
NEAR_MS, NEAR_SHARE = 300, 0.83
"""What real songs reach (docs/adr/0009)."""


def assert_has_words(lines: list[dict[str, Any]], *places: int) -> None:
    """Assert that lines have the times that they came with, and their words where they are sung, inside of them."""
    near = []
    for place in places:
        line, true = lines[place], TRUE["lines"][place]
        times = [time for word in line["words"] for time in (word["start_ms"], word["end_ms"])]
        assert (line["text"], line["start_ms"], line["end_ms"]) == LINES[place]
        assert [line["start_ms"], *times, line["end_ms"]] == sorted([line["start_ms"], *times, line["end_ms"]])
        assert " ".join(word["text"] for word in line["words"]) == line["text"]
        assert all(0.0 < word["confidence"] < 1.0 for word in line["words"])
        starts = zip(line["words"], true["words"], strict=True)
        near += [abs(word["start_ms"] - sung["start_ms"]) < NEAR_MS for word, sung in starts]
    assert sum(near) > NEAR_SHARE * len(near)


def test_words_of_an_lrc_with_line_times_are_found_inside_their_lines_and_twice_the_same(shared: Server):
    found = []
    for title in ("Line times", "Line times again"):
        file_id = upload(shared, EXAMPLE / "twinkle.mp3", lyrics=LINE_TIMES, title=title)["file_id"]
        job = wait_until_over(shared, file_id)
        assert (job["status"], job["warning_codes"]) == ("done", ["fallback"])
        assert "aligning" in {event["detail"] for event in events(shared, file_id)}
        assert_whole(events(shared, file_id))
        found.append(sync_of(shared, file_id)["lines"])
    assert_has_words(found[0], *range(6))
    assert found[0] == found[1]
    lines = httpx.get(f"{shared.url}/jobs/{file_id}/lyrics").json()["lines"]
    assert [(line["text"], line["aligned"], line["words"] != []) for line in lines] == [
        (text, False, True) for text, _, _ in LINES
    ]


def test_an_lrc_that_is_sent_later_gets_words_and_then_only_for_the_lines_that_changed(shared: Server):
    song = EXAMPLE / "twinkle.mp3"
    file_id = upload(shared, song, lyrics=json.dumps(EDITED), title="Line times later")["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    put(shared, file_id, LINE_TIMES)
    wait_until_over(shared, file_id)
    before = sync_of(shared, file_id)["lines"]
    assert_has_words(before, *range(6))
    put(shared, file_id, LINE_TIMES.replace("wonder", "ponder", 1))
    assert wait_until_over(shared, file_id)["status"] == "done"
    after = sync_of(shared, file_id)["lines"]
    assert [line for n, line in enumerate(after) if n != 1] == [line for n, line in enumerate(before) if n != 1]
    assert [word["text"] for word in after[1]["words"]] == ["How", "I", "ponder", "what", "you", "are!"]


def test_lines_without_words_get_them_between_lines_that_have_some(shared: Server):
    given = copy.deepcopy(TRUE)
    given["lines"][1]["words"] = given["lines"][3]["words"] = []
    file_id = upload(shared, EXAMPLE / "twinkle.mp3", lyrics=json.dumps(given), title="Partly worded")["file_id"]
    assert wait_until_over(shared, file_id)["status"] == "done"
    found = sync_of(shared, file_id)["lines"]
    assert [found[n] for n in (0, 2, 4, 5)] == [TRUE["lines"][n] for n in (0, 2, 4, 5)]
    assert_has_words(found, 1, 3)


@pytest.mark.parametrize("kind", ["words", "times"])
def test_line_times_of_another_song_stay_and_get_no_words(shared: Server, kind: str):
    other = FOREIGN.splitlines() if kind == "words" else [text for text, _, _ in LINES]
    late_ms = 4_000 if kind == "times" else 0
    cues = [
        {"text": text, "start_ms": start_ms + late_ms, "end_ms": end_ms + late_ms}
        for text, (_, start_ms, end_ms) in zip(other, LINES, strict=True)
        if end_ms + late_ms < 39_000
    ]
    lyrics = json.dumps({"lines": cues})
    file_id = upload(shared, EXAMPLE / "twinkle.mp3", lyrics=lyrics, title=f"Other {kind}")["file_id"]
    job = wait_until_over(shared, file_id)
    assert (job["status"], job["warning_codes"]) == ("done", ["fallback", "foreign_lyrics"])
    assert sync_of(shared, file_id)["lines"] == [{**cue, "words": []} for cue in cues]


def changed(line: int, **values: object) -> dict[str, Any]:
    wrong = copy.deepcopy(EDITED)
    wrong["lines"][line].update(values)
    return wrong


WRONG: list[tuple[object, int, str, str]] = [
    (
        changed(1, start_ms=100),
        422,
        "wrong_lyrics_times",
        "Line 2 of the lyrics: it begins before the line",
    ),
    (
        changed(1, end_ms=3001),
        422,
        "wrong_lyrics_times",
        "Line 2 of the lyrics: the line ends at 3001 ms",
    ),
    (changed(0, end_ms=800), 422, "wrong_lyrics_times", "Line 1 of the lyrics: the word 'along' is not within"),
    (changed(0, text=5), 422, "unreadable_lyrics", "line 1 of the timed JSON needs text"),
    ({"lines": []}, 422, "empty_lyrics", "no words"),
    ({"lines": "la"}, 422, "unreadable_lyrics", "a list"),
    ({"words": []}, 400, "invalid_request", '{"lines": [...]}'),
    ('{"lines": ', 400, "invalid_request", "as JSON"),
    ("[" * 100_000, 400, "invalid_request", "as JSON"),
]


@pytest.mark.parametrize(("lyrics", "status", "code", "says"), WRONG, ids=[says for _, _, _, says in WRONG])
def test_wrong_times_are_refused_with_the_line_and_nothing_begins(
    shared: Server, sung: str, lyrics: object, status: int, code: str, says: str
):
    before = snapshot(shared, sung)
    answer = put(shared, sung, lyrics, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert says in answer.json()["error"]
    assert snapshot(shared, sung) == before


def test_times_after_the_end_are_refused_at_the_upload(shared: Server, tmp_path: Path):
    song = write_song(tmp_path / "song.wav", seconds=2.0, seed=next(_seeds))
    with song.open("rb") as file:
        late = json.dumps(changed(1, end_ms=60_000))
        answer = httpx.post(f"{shared.url}/upload", files={"file": ("song.wav", file)}, data={"lyrics": late})
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_lyrics_times")
