from pathlib import Path

import mutagen
import pytest
from mutagen.flac import FLAC
from mutagen.id3 import ID3, SYLT, TIT2, TLAN, TPE1, TXXX, USLT
from mutagen.mp4 import MP4

from music_separator.audio.media import Tags
from music_separator.audio.tags import lrc_from_sylt, read_tags
from tests.audio.files import tone, write_audio, write_flac, write_mp3

LRC = "[00:01.00]Hello\n[00:02.50]world"


def test_timed_lyrics_of_an_mp3_come_out_as_lrc(tmp_path: Path) -> None:
    path = write_mp3(tmp_path / "a.mp3")
    id3 = ID3()
    id3.add(TIT2(text=["Zajc"]))
    id3.add(TPE1(text=["Ana"]))
    id3.add(USLT(lang="slv", text="Hello\nworld"))
    id3.add(SYLT(lang="slv", format=2, type=1, text=[("Hello", 1000), ("world", 2500)]))
    id3.save(path)
    assert read_tags(path, {}, None) == Tags(
        title="Zajc",
        artist="Ana",
        lyrics="[00:01.000]Hello\n[00:02.500]world",
        other_lyrics=("Hello\nworld",),
        language="slv",
    )


def test_words_of_a_line_become_marks_inside_it() -> None:
    events = [("\nHel", 1000), ("lo", 1200), (" you", 1500), ("\nworld", 61_000)]
    assert lrc_from_sylt(events) == "[00:01.000]<00:01.000>Hel<00:01.200>lo<00:01.500> you\n[01:01.000]world"


def test_lines_that_end_in_a_break_are_lines() -> None:
    assert lrc_from_sylt([("one\n", 0), ("two\n", 500)]) == "[00:00.000]one\n[00:00.500]two"


def test_lyrics_timed_in_mpeg_frames_are_left_out(tmp_path: Path) -> None:
    path = write_mp3(tmp_path / "a.mp3")
    id3 = ID3()
    id3.add(SYLT(lang="eng", format=1, type=1, text=[("Hello", 10)]))
    id3.save(path)
    assert read_tags(path, {}, None).lyrics is None


def test_lrc_inside_a_plain_tag_is_preferred_to_plain_words(tmp_path: Path) -> None:
    path = write_mp3(tmp_path / "a.mp3")
    id3 = ID3()
    id3.add(USLT(lang="XXX", text="plain words"))
    id3.add(TXXX(desc="LYRICS", text=[LRC]))
    id3.add(TLAN(text=["eng"]))
    id3.save(path)
    tags = read_tags(path, {}, None)
    assert (tags.lyrics, tags.language) == (LRC, "eng")


@pytest.mark.parametrize("key", ["LYRICS", "UNSYNCEDLYRICS", "SYNCEDLYRICS"])
def test_vorbis_comments_are_read(tmp_path: Path, key: str) -> None:
    path = write_flac(tmp_path / "a.flac")
    flac = FLAC(path)
    flac[key] = LRC.replace("\n", "\r\n")
    flac["ARTIST"] = "Élodie"
    flac.save()
    tags = read_tags(path, {}, None)
    assert (tags.lyrics, tags.artist) == (LRC, "Élodie")


def test_mp4_lyrics_are_read(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "a.m4a", tone(), codec="aac", container="ipod")
    mp4 = MP4(path)
    mp4["\xa9lyr"] = ["la la\nlo lo"]
    mp4["\xa9nam"] = ["歌"]
    mp4.save()
    tags = read_tags(path, {}, "und")
    assert (tags.title, tags.lyrics, tags.language) == ("歌", "la la\nlo lo", None)


def test_what_ffmpeg_found_serves_where_mutagen_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(b"\x1aE\xdf\xa3" + bytes(100))
    found = read_tags(tmp_path / "a.mkv", {"TITLE": "T", "ARTIST": "A", "lyrics-eng": "words"}, "eng")
    assert found == Tags(title="T", artist="A", lyrics="words", language="eng")


def test_broken_tags_are_absent_tags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_mp3(tmp_path / "a.mp3")
    path.write_bytes(b"ID3\x04\0\x40\x7f\x7f\x7f\x7f" + path.read_bytes())
    assert read_tags(path, {"title": "T"}, None).title == "T"

    def stumble(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(mutagen, "File", stumble)
    assert read_tags(path, {"title": "T"}, None).title == "T"


def test_a_book_in_the_lyrics_tag_is_no_song(tmp_path: Path) -> None:
    assert read_tags(write_mp3(tmp_path / "a.mp3"), {"lyrics": "a" * 1_000_001}, None).lyrics is None


def test_every_text_is_kept_once_timed_ones_first(tmp_path: Path) -> None:
    path = write_mp3(tmp_path / "a.mp3")
    id3 = ID3()
    id3.add(USLT(lang="eng", desc="one", text="plain words"))
    id3.add(USLT(lang="eng", desc="two", text="plain words\r\n"))
    id3.add(USLT(lang="hrv", text="druge riječi"))
    id3.add(SYLT(lang="eng", format=2, type=1, text=[("Hello", 1000)]))
    id3.save(path)
    tags = read_tags(path, {"lyrics-eng": "plain words"}, None)
    assert tags.lyrics == "[00:01.000]Hello"
    assert sorted(tags.other_lyrics) == ["druge riječi", "plain words"]


def test_no_more_than_a_book_is_kept_of_other_texts(tmp_path: Path) -> None:
    texts = {f"lyrics-{number}": f"{number}" * 400_000 for number in range(4)}
    tags = read_tags(write_mp3(tmp_path / "a.mp3"), texts, None)
    assert (tags.lyrics, tags.other_lyrics) == ("0" * 400_000, ("1" * 400_000, "2" * 400_000))
