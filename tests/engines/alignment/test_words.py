import pytest

from music_separator.domain.lyrics import LyricsText
from music_separator.engines.alignment.ipa import phones_of
from music_separator.engines.alignment.language import guessed, language_of, spoken_language
from music_separator.engines.alignment.pronunciation import UNKNOWN, from_dictionary, from_espeak
from music_separator.engines.alignment.sung_text import SungText
from music_separator.engines.alignment.timing import TimedWord, to_lyrics
from music_separator.engines.alignment.words import shown_words, spoken_form


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("Don’t stop, (believin')!", ["Don’t", "stop,", "(believin')!"]),
        ("ooh-ooh 99 ♪", ["ooh-ooh", "99", "♪"]),
        ("きょうは東京へ、いこう", ["きょ", "う", "は", "東", "京", "へ、", "い", "こ", "う"]),
        ("Ракета! ラーメン", ["Ракета!", "ラー", "メン"]),
        ("我爱你baby", ["我", "爱", "你", "baby"]),
        ("ไปด้วยกัน นะ", ["ไปด้วยกัน", "นะ"]),
        ("प्यार किया", ["प्यार", "किया"]),
        ("👩‍🚀 go", ["👩‍🚀", "go"]),
    ],
)
def test_lines_are_cut_into_words_as_shown(line: str, pieces: list[str]) -> None:
    assert [word.text for word in shown_words((line,))] == pieces


@pytest.mark.parametrize(
    ("text", "spoken"),
    [("“Don’t!”", "don't"), ("'cause", "cause"), ("rock-'n'-roll", "rock n roll"), ("♪", ""), ("---", ""), ("É", "é")],
)
def test_only_letters_and_digits_are_spoken(text: str, spoken: str) -> None:
    assert spoken_form(text) == spoken


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I can feel it in the air and you are with me", "en"),
        ("Que será de mí si no estás con tu amor", "es"),
        ("Je ne sais pas pourquoi tu es dans ma vie", "fr"),
        ("Ich weiß nicht, was es ist und wir sind mit dir", "de"),
        ("Ne znam što je s tobom i za mene nije kao prije", "hr"),
        ("Non è amore se mi perdo con te e la notte", "it"),
        ("Тихо падает снег", "ru"),
        ("さくらさくら 弥生の空", "ja"),
        ("月亮代表我的心", "cmn"),
        ("사랑해요", "ko"),
        ("αγάπη μου", "el"),
        ("la la la", "en"),
        ("1 2 3", "en"),
    ],
)
def test_a_language_is_guessed_from_script_and_letters(text: str, language: str) -> None:
    assert guessed(text) == language


def test_a_language_that_is_given_is_not_guessed() -> None:
    assert language_of("Тихо падает снег", "uk") == "uk"
    assert language_of("hola", "pt_BR") == "pt"
    assert language_of("月亮", "zh-Hant") == "cmn"
    assert language_of("Тихо", "und") == "ru"


def test_a_word_in_a_foreign_script_is_spoken_in_its_own_language() -> None:
    assert spoken_language("любовь", "en") == "ru"
    assert spoken_language("forever", "ru") == "en"
    assert spoken_language("љубав", "sr") == "sr"
    assert spoken_language("愛", "ja") == "ja"
    assert spoken_language("1999", "hr") == "hr"


@pytest.mark.parametrize(
    ("ipa", "phones"),
    [
        ("tʃ_ˈuː_ɪ_ŋ", "CH UW IH NG"),
        ("b_ɔ̃_ʒ_ˈu_ʁ", "B OW ZH UW R"),
        ("s_ä_k_ˈɯᵝ_ɽ_ä", "S AA K UW D AA"),
        ('ɭʲ_u"_b_ˈo_f', "L UW B OW F"),
        ("ˈai5_", "AY"),
        ("(en)_h_aɪ_(de)", "HH AY"),
        ("", ""),
    ],
)
def test_ipa_becomes_phones_of_the_model(ipa: str, phones: str) -> None:
    assert phones_of(ipa) == tuple(phones.split())


def test_letters_that_are_only_named_have_no_known_sound() -> None:
    named = from_espeak("_(en)_tʃ_ˈaɪ_n_iː_z_(ja)_l_ˈe̞_t_ə", "ja")
    assert (named.phones, named.certain) == (UNKNOWN, False)
    assert from_espeak("", "en").certain is False
    assert from_espeak("h_aɪ", "en").certain is True


def test_english_words_come_from_the_dictionary() -> None:
    dictionary = {"sing": ("S", "IH", "NG"), "singing": ("S", "IH", "NG", "IH", "NG"), "ooh": ("UW",)}
    assert from_dictionary("singin", dictionary) == ("S", "IH", "NG", "IH", "N")
    assert from_dictionary("ooh ooh", dictionary) == ("UW", "UW")
    assert from_dictionary("sing ouch", dictionary) is None


def test_espeak_is_asked_for_each_unknown_word_once_and_for_every_line() -> None:
    text = SungText.of(LyricsText(lines=("sing it любовь", "sing again")), "en", {"sing": ("S",)})
    task = text.task()
    assert task.words == (("en", "it"), ("ru", "любовь"), ("en", "again"))
    assert [(each.language, each.words) for each in task.utterances] == [
        ("en", ("sing", "it")),
        ("ru", ("любовь",)),
        ("en", ("sing", "again")),
    ]


def test_a_line_without_a_sound_lies_between_its_neighbours() -> None:
    text = LyricsText(lines=("♪", "la", "***", "le"))
    timed = tuple(TimedWord(start_s=at, end_s=at + 0.5, confidence=0.9) for at in (1.0, 3.0))
    lyrics = to_lyrics(text, shown_words(text.lines), timed, language="en")
    assert [(line.text, line.start_ms, line.words[0].confidence) for line in lyrics.lines] == [
        ("♪", 1000, 0.0),
        ("la", 1000, 0.9),
        ("***", 1500, 0.0),
        ("le", 3000, 0.9),
    ]
