import pytest

from music_separator.domain.errors import EmptyLyrics, UnreadableLyrics
from music_separator.domain.lyrics import LyricsText
from music_separator.karaoke.readers import read_lyrics


def test_plain_text_is_lyrics_without_times() -> None:
    assert read_lyrics("Noć je\r\n\r\n  tiha  \r\n") == LyricsText(lines=("Noć je", "tiha"))


def test_headings_are_left_out_and_backing_vocals_stay() -> None:
    text = "[Verse 1: Đorđe]\nNoć je\n(oh, noć)\n[Chorus] [x2]\ntiha [tiše] noć\n[Refren: svi]\n"

    assert read_lyrics(text) == LyricsText(lines=("Noć je", "(oh, noć)", "tiha [tiše] noć"))


def test_metadata_of_an_untimed_file_is_kept() -> None:
    text = "[ti:Čežnja]\n[ar:Šuć]\n[la:HR]\n[by:]\nla la\n"

    assert read_lyrics(text) == LyricsText(lines=("la la",), title="Čežnja", artist="Šuć", language="hr")


def test_a_language_that_is_no_code_is_not_a_language() -> None:
    assert read_lyrics("[la:Croatian language]\nla la").language is None


@pytest.mark.parametrize(
    "text", ["", " \n\t\n", "[Chorus]\n", "[00:01.00]\n[00:02.00]", "[ti:Song]", "♪ ♪\n🎵", "...\n-"]
)
def test_text_without_a_word_is_empty(text: str) -> None:
    with pytest.raises(EmptyLyrics):
        read_lyrics(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("la\x00la", "this is a binary file, not text"),
        ("la \ud800 la", "this is a binary file, not text"),
        ("la " * 2**19, "the text is longer than 1,048,576 characters"),
    ],
)
def test_a_form_field_that_is_no_lyrics_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(UnreadableLyrics) as refused:
        read_lyrics(text)

    assert refused.value.why == why


@pytest.mark.parametrize("text", ["君の名は", "يا ليلُ يا عينُ", "Ой, мороз", "ไม่เป็นไร", "I ❤️ you 👨‍👩‍👧", "שלום עליכם"])
def test_every_script_survives(text: str) -> None:
    assert read_lyrics(text) == LyricsText(lines=(text,))
