"""Timed JSON: the shape of ``_sync.json`` and of ``align --json``, and what is said where it is not that."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from music_separator.domain.errors import EmptyLyrics, UnreadableLyrics, WrongLyricsTimes
from music_separator.domain.lyrics import Line, Lyrics, LyricsText, PartlyTimed
from music_separator.domain.units import Ms
from music_separator.karaoke.readers import MAX_SIZE, read_lyrics
from music_separator.karaoke.writers.sync_json import SyncJsonWriter
from tests.karaoke.factories import make_line, make_song, make_word
from tests.karaoke.test_round_trip import lines_with_words, lines_without_words

WRITER = SyncJsonWriter(generated_at=datetime(2026, 1, 2, tzinfo=UTC))
DURATION_MS = Ms(10_000)


def line(text: str = "la la", start_ms: object = 1000, end_ms: object = 2000, *words: object) -> dict[str, object]:
    return {"text": text, "start_ms": start_ms, "end_ms": end_ms, "words": list(words)}


def word(text: object = "la", start_ms: object = 1000, end_ms: object = 1500, **more: object) -> dict[str, object]:
    return {"text": text, "start_ms": start_ms, "end_ms": end_ms, **more}


def sent(*lines: object, **more: object) -> str:
    return json.dumps({"lines": list(lines), **more}, ensure_ascii=False)


@given(lines_with_words() | lines_without_words())
def test_our_own_sync_json_is_read_back_to_the_millisecond(lines: list[Line]) -> None:
    text = WRITER.render(make_song(*lines, duration_ms=Ms(8_000_000))).decode()
    assert read_lyrics(text) == Lyrics(lines=tuple(lines), language="hr", title="Čežnja", artist="Đorđe Šuć")


def test_words_ahead_of_their_line_in_lrc_come_back_as_they_are() -> None:
    lyrics = read_lyrics("[00:01.00]one\n[00:05.00]<00:00.50>two <00:04.50>three<00:06.00>\n")
    assert isinstance(lyrics, Lyrics)
    assert [(line.text, line.start_ms) for line in lyrics.lines] == [("two three", 500), ("one", 1000)]
    assert read_lyrics(WRITER.render(make_song(*lyrics.lines)).decode()).lines == lyrics.lines


def test_confidence_is_kept_and_is_1_where_nobody_says() -> None:
    found = read_lyrics(sent(line("la la", 1000, 2000, word(confidence=0.25), word("la", 1500, 2000))))
    assert isinstance(found, Lyrics)
    assert [each.confidence for each in found.lines[0].words] == [0.25, 1.0]


def test_lines_without_words_keep_their_times() -> None:
    assert read_lyrics(sent({"text": "Živjela", "start_ms": 5, "end_ms": 6})) == Lyrics(
        lines=(make_line("Živjela", 5, 6),)
    )


def test_no_times_at_all_are_plain_lyrics() -> None:
    text = sent({"text": "one"}, {"text": "  "}, {"text": "two", "start_ms": None, "end_ms": None, "words": []})
    assert read_lyrics(text) == LyricsText(lines=("one", "two"))


def test_some_times_are_partly_timed_lyrics() -> None:
    found = read_lyrics(sent({"text": "one"}, line("two", 1000, 2000, word("two")), language="hr"))
    assert found == PartlyTimed(
        lines=("one", make_line("two", 1000, 2000, make_word("two", 1000, 1500))), language="hr"
    )


WRONG: list[tuple[list[object], int, str]] = [
    ([line(), line(start_ms=500, end_ms=900)], 2, "it begins before the line ahead of it"),
    ([line(start_ms=2000, end_ms=1000)], 1, "the line cannot last from 2000 to 1000 ms"),
    ([line(start_ms=-1)], 1, "the line cannot last from -1 to 2000 ms"),
    ([line(start_ms=1.5)], 1, "start_ms and end_ms of the line must be whole milliseconds"),
    ([line(start_ms="1000")], 1, "start_ms and end_ms of the line must be whole milliseconds"),
    ([line(start_ms=True)], 1, "start_ms and end_ms of the line must be whole milliseconds"),
    ([line(end_ms=None)], 1, "start_ms and end_ms of the line must be whole milliseconds"),
    ([line(end_ms=11_001)], 1, "the line ends at 11001 ms, after the end of the song"),
    ([line("la", 1000, 2000, word(end_ms=2001))], 1, "the word 'la' is not within the times of its line"),
    ([line("la", 1000, 2000, word(start_ms=999))], 1, "the word 'la' is not within the times of its line"),
    (
        [line("la", 1000, 2000, word(start_ms=None))],
        1,
        "start_ms and end_ms of the word 'la' must be whole milliseconds",
    ),
    (
        [line(), line("lo la", 2000, 3000, word("lo", 2500, 2600), word("la", 2100, 2400))],
        2,
        "the word 'la' begins before the word ahead of it",
    ),
    ([line("la", None, None, word())], 1, "start_ms and end_ms of the line must be whole milliseconds"),
]


@pytest.mark.parametrize(("lines", "number", "why"), WRONG, ids=[why for _, _, why in WRONG])
def test_times_that_cannot_be_are_refused_with_the_line(lines: list[object], number: int, why: str) -> None:
    with pytest.raises(WrongLyricsTimes) as refused:
        read_lyrics(sent(*lines), DURATION_MS)
    assert (refused.value.line, refused.value.why) == (number, why)
    assert str(refused.value) == f"Line {number} of the lyrics: {why}. Send them again with that corrected."


UNREADABLE: list[tuple[str, str]] = [
    ('{"lines": 3}', 'the JSON has no "lines" that are a list'),
    ('{"words": []}', 'the JSON has no "lines" that are a list'),
    (sent("la"), "line 1 of the timed JSON must be an object"),
    (sent({"start_ms": 1}), "line 1 of the timed JSON needs text"),
    (sent(line(), {"text": 7}), "line 2 of the timed JSON needs text"),
    (sent({"text": "la", "words": "la"}), "line 1 of the timed JSON has words that are no list"),
    (sent({"text": "la", "words": ["la"]}), "line 1 of the timed JSON has a word that is no object"),
    (sent(line("la", 0, 9, word(" "))), "line 1 of the timed JSON has a word without text"),
    (sent(line("", 1000, 2000, word())), "line 1 of the timed JSON has words and no text"),
    (sent(line("la", 0, 9, word(confidence=1.1))), "line 1 of the timed JSON has a word whose confidence"),
    (sent(line("la", 0, 9, word(confidence=True))), "line 1 of the timed JSON has a word whose confidence"),
    (
        '{"lines": [{"text": "la", "words": [{"text": "la", "confidence": NaN}]}]}',
        "line 1 of the timed JSON has a word",
    ),
    ('{"lines": [', "this begins like timed JSON and is none"),
    ('{"lines": ' + "[" * 100_000, "nested too deeply"),
    ('{"lines": [{"text": "la", "start_ms": ' + "9" * 5000 + "}]}", "this begins like timed JSON and is none"),
]


@pytest.mark.parametrize(("text", "why"), UNREADABLE, ids=[why for _, why in UNREADABLE])
def test_what_is_not_that_shape_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(UnreadableLyrics) as refused:
        read_lyrics(text)
    assert why in refused.value.why


@pytest.mark.parametrize("lines", [[], [{"text": " "}], [line("🎤")]])
def test_lines_without_a_word_are_empty(lines: list[Any]) -> None:
    with pytest.raises(EmptyLyrics):
        read_lyrics(sent(*lines))


def test_escapes_bring_no_control_characters_in() -> None:
    found = read_lyrics('{"lines": [{"text": "la\\u0000 la\\nla\\ud800"}]}')
    assert found == LyricsText(lines=("la la la",))


def test_lyrics_in_curly_brackets_are_lyrics() -> None:
    assert read_lyrics("{Refrain}\nla la") == LyricsText(lines=("{Refrain}", "la la"))


def test_five_thousand_words_of_our_own_are_within_the_limit() -> None:
    words = [make_word(f"riječ{n % 10}", 1000 + 100 * n, 1090 + 100 * n, 0.987) for n in range(5000)]
    rows = [words[n : n + 5] for n in range(0, 5000, 5)]
    lines = [make_line(" ".join(each.text for each in row), row[0].start_ms, row[-1].end_ms, *row) for row in rows]
    text = WRITER.render(make_song(*lines, duration_ms=Ms(600_000))).decode()
    assert len(text.encode()) <= MAX_SIZE
    assert read_lyrics(text).lines == tuple(lines)
