import re
from pathlib import Path

import av
import pytest
from mutagen.id3 import ID3, TALB, Encoding

from music_separator.karaoke.languages import iso_639_2
from music_separator.karaoke.mp3_tags import tag_karaoke_mp3, timed_texts
from tests.karaoke.factories import make_line, make_song, make_word

NIGHT = (make_word("Noć", 1000, 1500), make_word("je,", 1500, 2000), make_word("tiha", 2000, 3000))
NAME = (make_word("君", 7000, 7500), make_word("の", 7500, 8000), make_word("名", 8000, 8500))
SONG = make_song(
    make_line("Noć je, tiha 🎵", 1000, 3000, *NIGHT),
    make_line("đački šešir", 3500, 6000),
    make_line("君の名", 7000, 8500, *NAME),
)


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    """Half a second of silence."""
    path = tmp_path / "pjesma_karaoke.mp3"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mp3", rate=44_100)
        for _ in range(20):
            frame = av.AudioFrame(format="s16p", layout="stereo", samples=1152)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate = 44_100
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0)]


def test_title_artist_language_and_lyrics_are_read_back(mp3: Path) -> None:
    tag_karaoke_mp3(mp3, SONG)

    tags = ID3(mp3)
    assert tags["TIT2"].text == ["Čežnja"]
    assert tags["TPE1"].text == ["Đorđe Šuć"]
    assert tags["TLAN"].text == ["hrv"]
    assert tags["USLT::hrv"].text == "Noć je, tiha 🎵\nđački šešir\n君の名"


def test_timed_lyrics_are_in_milliseconds_per_word_where_known(mp3: Path) -> None:
    tag_karaoke_mp3(mp3, SONG)

    synced = ID3(mp3)["SYLT::hrv"]
    assert (synced.format, synced.type) == (2, 1)
    assert synced.text == [
        ("Noć ", 1000),
        ("je, ", 1500),
        ("tiha 🎵", 2000),
        ("\nđački šešir", 3500),
        ("\n君", 7000),
        ("の", 7500),
        ("名", 8000),
    ]


def test_the_timed_texts_joined_are_the_lyrics() -> None:
    assert "".join(text for text, _ in timed_texts(SONG.lyrics)) == SONG.lyrics.text


def test_times_never_fall_when_two_voices_overlap() -> None:
    song = make_song(
        make_line("la lo", 1000, 4000, make_word("la", 1000, 2000), make_word("lo", 3000, 4000)),
        make_line("oh", 2000, 2500),
    )

    assert timed_texts(song.lyrics) == [("la ", 1000), ("lo", 3000), ("\noh", 3000)]


def test_the_file_is_id3_2_3_and_its_sound_is_untouched(mp3: Path) -> None:
    before = packets(mp3)

    tag_karaoke_mp3(mp3, SONG)

    assert mp3.read_bytes()[:4] == b"ID3\x03"
    assert packets(mp3) == before


def test_tagging_again_replaces_and_other_tags_stay(mp3: Path) -> None:
    tags = ID3(mp3)
    tags.add(TALB(encoding=Encoding.UTF16, text=["Karaoke"]))
    tags.save(mp3)
    tag_karaoke_mp3(mp3, SONG)

    tag_karaoke_mp3(mp3, make_song(title="Druga", artist=None, language=None))

    tags = ID3(mp3)
    assert tags["TALB"].text == ["Karaoke"]
    assert tags["TIT2"].text == ["Druga"]
    assert "TPE1" not in tags
    assert tags["TLAN"].text == ["und"]
    assert [frame.text for frame in tags.getall("USLT")] == ["Živjela"]
    assert [frame.text for frame in tags.getall("SYLT")] == [[("Živjela", 1000)]]


def test_an_mp3_without_any_tag_gets_one(mp3: Path) -> None:
    ID3(mp3).delete(mp3)

    tag_karaoke_mp3(mp3, SONG)

    assert ID3(mp3)["TIT2"].text == ["Čežnja"]


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape("none.mp3")):
        tag_karaoke_mp3(tmp_path / "none.mp3", SONG)

    assert not (tmp_path / "none.mp3").exists()


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("hr", "hrv"),
        ("HR", "hrv"),
        ("pt-BR", "por"),
        ("zh_TW", "chi"),
        ("hrv", "hrv"),
        ("xx", "und"),
        ("", "und"),
        (None, "und"),
    ],
)
def test_language_codes_have_three_letters(language: str | None, code: str) -> None:
    assert iso_639_2(language) == code
