import pytest

from music_separator.domain.lyrics import Line, Lyrics, LyricsText, Word
from music_separator.domain.units import Ms, ms_from_seconds, seconds_from_ms


def word(text: str = "la", *, start: int = 100, end: int = 200, confidence: float = 1.0) -> Word:
    return Word(text=text, start_ms=Ms(start), end_ms=Ms(end), confidence=confidence)


def line(text: str = "la la", *, start: int = 100, end: int = 900, words: tuple[Word, ...] = ()) -> Line:
    return Line(text=text, start_ms=Ms(start), end_ms=Ms(end), words=words)


def test_a_word_cannot_be_blank() -> None:
    with pytest.raises(ValueError, match="needs text"):
        word(" ")


@pytest.mark.parametrize(("start", "end"), [(900, 700), (-1, 5)])
def test_a_word_cannot_end_before_it_starts_or_start_before_the_song(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"from {start} to {end} ms"):
        word(start=start, end=end)


@pytest.mark.parametrize("confidence", [-0.1, 1.1])
def test_a_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ValueError, match="not within 0-1"):
        word(confidence=confidence)


def test_a_line_cannot_be_blank() -> None:
    with pytest.raises(ValueError, match="needs text"):
        line("")


@pytest.mark.parametrize(("start", "end"), [(900, 700), (-1, 5)])
def test_a_line_cannot_end_before_it_starts_or_start_before_the_song(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"from {start} to {end} ms"):
        line(start=start, end=end)


def test_words_and_lines_come_in_the_order_of_their_times() -> None:
    with pytest.raises(ValueError, match="in the order"):
        line(words=(word(start=150), word(start=100)))
    with pytest.raises(ValueError, match="in the order"):
        Lyrics(lines=(line(start=150), line(start=100)))


def test_words_may_start_together() -> None:
    assert len(line(words=(word(), word())).words) == 2


def test_lyrics_without_lines_cannot_exist() -> None:
    with pytest.raises(ValueError, match="at least one line"):
        Lyrics(lines=())
    with pytest.raises(ValueError, match="at least one line"):
        LyricsText(lines=())
    with pytest.raises(ValueError, match="no line may be blank"):
        LyricsText(lines=("la", " "))


def test_the_text_of_lyrics_is_a_line_each() -> None:
    assert Lyrics(lines=(line("La la"), line("Lo lo"))).text == "La la\nLo lo"
    assert LyricsText(lines=("La la", "Lo lo")).text == "La la\nLo lo"


@pytest.mark.parametrize(("seconds", "ms"), [(0.0, 0), (1.2344, 1234), (1.2346, 1235), (3600.0, 3_600_000)])
def test_seconds_become_the_nearest_millisecond(seconds: float, ms: int) -> None:
    assert ms_from_seconds(seconds) == ms
    assert seconds_from_ms(Ms(ms)) == ms / 1000
