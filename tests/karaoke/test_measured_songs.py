"""Real songs timed by hand, through reader, layout and writers. Skipped where they do not lie beside the repository."""

from music_separator.domain.lyrics import Lyrics, LyricsText
from music_separator.karaoke.layout import lay_out
from music_separator.karaoke.readers import read_lyrics
from music_separator.karaoke.writers.enhanced_lrc import EnhancedLrcWriter
from tests.jamendo import jamendo_songs
from tests.karaoke.factories import make_song
from tests.timed_songs import TimedSong
from tests.ultrastar import ultrastar_lines, ultrastar_songs

ULTRASTAR = """#TITLE:Kava
#ARTIST:Šuć
#BPM:320
#GAP:675
: 0 6 -4 Co
: 40 2 -6 ~f
* 45 5 -11 fee
: 52 4 0  now
- 60 70
F 64 6 0 Go
: 72 3 0 ~ .
E
"""


def test_ultrastar_beats_are_a_quarter_of_a_beat_of_the_bpm() -> None:
    lines = ultrastar_lines(ULTRASTAR)

    assert [(word.text, word.start_ms, word.end_ms) for line in lines for word in line.words] == [
        ("Coffee", 675, 3019),
        ("now", 3112, 3300),
        ("Go.", 3675, 4191),
    ]


def assert_lines_are_read_back(song: TimedSong) -> None:
    plain, enhanced, text = read_lyrics(song.lrc()), read_lyrics(song.enhanced_lrc()), read_lyrics(song.text())

    assert isinstance(plain, Lyrics)
    assert [(line.text, line.start_ms) for line in plain.lines] == [(line.text, line.start_ms) for line in song.lines]
    assert isinstance(enhanced, Lyrics)
    assert [[(word.text, word.start_ms) for word in line.words] for line in enhanced.lines] == [
        [(word.text, word.start_ms) for word in line.words] for line in song.lines
    ]
    assert text == LyricsText(lines=tuple(line.text for line in song.lines))


def assert_words_survive_the_writer(song: TimedSong) -> None:
    rows = lay_out(Lyrics(lines=song.lines)).lines

    again = read_lyrics(EnhancedLrcWriter().render(make_song(*rows, title=song.title)).decode())

    assert isinstance(again, Lyrics)
    words = [word for line in song.lines for word in line.words]
    read = [word for line in again.lines for word in line.words]
    assert [word.text for word in read] == [word.text for word in words]
    assert max(abs(word.start_ms - before.start_ms) for word, before in zip(read, words, strict=True)) <= 5


def test_ultrastar_songs_are_read_back() -> None:
    for song in ultrastar_songs():
        assert song.audio.is_file()
        assert_lines_are_read_back(song)
        assert_words_survive_the_writer(song)


def test_jamendo_songs_are_read_back() -> None:
    for song in jamendo_songs():
        assert song.audio.is_file()
        assert_lines_are_read_back(song)
        assert_words_survive_the_writer(song)
