import json
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from music_separator.domain.lyrics import Lyrics
from music_separator.domain.units import Ms
from music_separator.karaoke import writers
from music_separator.karaoke.readers import read_lyrics
from music_separator.karaoke.song import KaraokeSong
from music_separator.karaoke.writers import Writer, all_writers
from music_separator.karaoke.writers.enhanced_lrc import EnhancedLrcWriter
from music_separator.karaoke.writers.lrc import LrcWriter
from music_separator.karaoke.writers.sync_json import SyncJsonWriter
from tests.karaoke.factories import make_even_line, make_line, make_song, make_word

GENERATED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SONG = make_song(
    make_line(
        "Noć je, tiha",
        1000,
        3000,
        make_word("Noć", 1000, 1500, 0.5),
        make_word("je,", 1500, 1750),
        make_word("tiha", 2000, 3000),
    ),
    make_line("đački šešir", 3500, 6004),
    make_line("君の名", 61_005, 63_000),
)


def test_lrc_in_full() -> None:
    assert LrcWriter().render(SONG).decode() == (
        "[ti:Čežnja]\n"
        "[ar:Đorđe Šuć]\n"
        "[la:hr]\n"
        "[length:01:30]\n"
        "[by:AI Music Separator]\n"
        "\n"
        "[00:01.00]Noć je, tiha\n"
        "[00:03.50]đački šešir\n"
        "[00:06.00]\n"
        "[01:01.01]君の名\n"
        "[01:03.00]\n"
    )


def test_enhanced_lrc_in_full() -> None:
    assert EnhancedLrcWriter().render(SONG).decode() == (
        "[ti:Čežnja]\n"
        "[ar:Đorđe Šuć]\n"
        "[la:hr]\n"
        "[length:01:30]\n"
        "[by:AI Music Separator]\n"
        "\n"
        "[00:01.00]<00:01.00>Noć <00:01.50>je,<00:01.75> <00:02.00>tiha<00:03.00>\n"
        "[00:03.50]đački šešir\n"
        "[00:06.00]\n"
        "[01:01.01]君の名\n"
        "[01:03.00]\n"
    )


def test_sync_json_in_full() -> None:
    song = replace(SONG, lyrics=Lyrics(lines=SONG.lyrics.lines[:2]))

    assert (
        SyncJsonWriter(generated_at=GENERATED_AT).render(song).decode()
        == """{
  "file_id": "pjesma",
  "artist": "Đorđe Šuć",
  "song_name": "Čežnja",
  "language": "hr",
  "duration": 90.0,
  "total_lines": 2,
  "synced_lyrics": [
    {
      "timestamp": 1.0,
      "lrc_format": "[00:01.00]Noć je, tiha",
      "text": "Noć je, tiha"
    },
    {
      "timestamp": 3.5,
      "lrc_format": "[00:03.50]đački šešir",
      "text": "đački šešir"
    }
  ],
  "lines": [
    {
      "text": "Noć je, tiha",
      "start_ms": 1000,
      "end_ms": 3000,
      "words": [
        {
          "text": "Noć",
          "start_ms": 1000,
          "end_ms": 1500,
          "confidence": 0.5
        },
        {
          "text": "je,",
          "start_ms": 1500,
          "end_ms": 1750,
          "confidence": 1.0
        },
        {
          "text": "tiha",
          "start_ms": 2000,
          "end_ms": 3000,
          "confidence": 1.0
        }
      ]
    },
    {
      "text": "đački šešir",
      "start_ms": 3500,
      "end_ms": 6004,
      "words": []
    }
  ],
  "lrc_file": "pjesma_karaoke.lrc",
  "audio_file": "pjesma_karaoke.mp3",
  "generated_at": "2026-01-02T03:04:05+00:00"
}
"""
    )


def test_sync_json_says_which_line_was_not_found() -> None:
    song = make_song(make_line("la", 0, 1000), replace(make_line("lo", 1000, 1000), found=False))
    lines = json.loads(SyncJsonWriter(generated_at=GENERATED_AT).render(song))["lines"]
    assert [line.get("found") for line in lines] == [None, False]
    assert read_lyrics(json.dumps({"lines": lines})).lines == song.lyrics.lines


@pytest.mark.parametrize("writer", [LrcWriter(), EnhancedLrcWriter()], ids=["lrc", "enhanced"])
def test_a_line_that_was_not_found_is_not_shown_in_time(writer: LrcWriter | EnhancedLrcWriter) -> None:
    sung, lost, next_one = (
        make_even_line(text, 1000 * at, 200) for at, text in ((1, "one two"), (2, "no"), (2, "three"))
    )
    whole = make_song(sung, replace(lost, found=False), next_one)
    assert writer.render(whole) == writer.render(make_song(sung, next_one))


def test_a_gap_of_exactly_five_seconds_keeps_the_line() -> None:
    song = make_song(make_line("la", 0, 1000), make_line("lo", 6000, 7000), make_line("lu", 12_010, 13_000))

    assert LrcWriter().render(song).decode().splitlines()[6:] == [
        "[00:00.00]la",
        "[00:06.00]lo",
        "[00:07.00]",
        "[00:12.01]lu",
        "[00:13.00]",
    ]


def test_a_duet_rests_when_the_longer_line_has_ended() -> None:
    song = make_song(make_line("long", 0, 9000), make_line("short", 0, 2000), make_line("next", 10_000, 11_000))

    assert LrcWriter().render(song).decode().splitlines()[6:] == [
        "[00:00.00]long",
        "[00:00.00]short",
        "[00:10.00]next",
        "[00:11.00]",
    ]


def test_minutes_may_exceed_fifty_nine() -> None:
    song = make_song(make_line("la", 4_501_000, 4_502_000), duration_ms=Ms(6_000_000))

    assert "[length:100:00]\n" in LrcWriter().render(song).decode()
    assert "[75:01.00]la\n" in LrcWriter().render(song).decode()


def test_what_is_not_known_has_no_header_line() -> None:
    song = make_song(artist=None, language=None)

    assert LrcWriter().render(song).decode().splitlines()[:3] == [
        "[ti:Čežnja]",
        "[length:01:30]",
        "[by:AI Music Separator]",
    ]


def test_words_that_the_text_of_their_line_lacks_are_written_themselves() -> None:
    song = make_song(make_line("Noć!", 0, 2000, make_word("tiha", 0, 1000), make_word("noć", 1000, 2000)))

    assert "[00:00.00]<00:00.00>tiha <00:01.00>noć<00:02.00>\n" in EnhancedLrcWriter().render(song).decode()


def test_every_writer_in_the_folder_is_listed() -> None:
    files = {module.name for module in pkgutil.iter_modules(writers.__path__)} - {"base"}

    assert {type(writer).__module__.rpartition(".")[2] for writer in all_writers(generated_at=GENERATED_AT)} == files


@pytest.mark.parametrize("writer", all_writers(generated_at=GENERATED_AT), ids=lambda writer: writer.suffix)
class TestEveryWriter:
    def test_the_same_song_gives_the_same_bytes(self, writer: Writer) -> None:
        assert writer.render(SONG) == writer.render(make_song(*SONG.lyrics.lines))

    def test_a_file_is_utf_8_without_a_mark_and_ends_with_one_newline(self, writer: Writer) -> None:
        text = writer.render(SONG).decode("utf-8")

        assert text[0] in "[{"
        assert text.endswith("\n")
        assert not text.endswith("\n\n")

    def test_titles_and_lines_cannot_break_out_of_their_row(self, writer: Writer) -> None:
        song = make_song(make_line("la\n[00:09.00]lo\x00\ud800", 1000, 2000), title="a]\r\n[offset:9999]")

        assert b"\n[00:09.00]" not in writer.render(song)
        assert b"\n[offset" not in writer.render(song)

    def test_suffix_and_media_type_are_said(self, writer: Writer) -> None:
        assert writer.suffix.startswith("_")
        assert "/" in writer.media_type


def test_no_two_writers_have_the_same_suffix() -> None:
    suffixes = [writer.suffix for writer in all_writers(generated_at=GENERATED_AT)]

    assert suffixes == ["_karaoke.lrc", "_karaoke.enhanced.lrc", "_sync.json"]


@pytest.mark.parametrize("changes", [{"file_id": ""}, {"title": " "}, {"duration_ms": Ms(-1)}])
def test_a_song_without_id_title_or_length_cannot_exist(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        make_song(**changes)


def test_a_song_is_a_value() -> None:
    assert isinstance(SONG, KaraokeSong)
    assert make_song(*SONG.lyrics.lines) == SONG
