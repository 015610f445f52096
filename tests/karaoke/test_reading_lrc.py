import pytest

from music_separator.domain.lyrics import Lyrics
from music_separator.domain.units import Ms
from music_separator.karaoke.readers import read_lyrics
from tests.karaoke.factories import make_line, make_word


def read(text: str, duration_ms: int | None = None) -> Lyrics:
    lyrics = read_lyrics(text, None if duration_ms is None else Ms(duration_ms))
    assert isinstance(lyrics, Lyrics)
    return lyrics


def test_a_line_ends_where_the_next_begins_and_the_last_with_the_song() -> None:
    lyrics = read("\ufeff[ti:Čežnja]\r\n[ar:Šuć]\r\n[la:hr]\r\n\r\n[00:01.00]Noć je\r\n[00:04.50]tiha\r\n", 9_000)

    assert lyrics == Lyrics(
        lines=(make_line("Noć je", 1000, 4500), make_line("tiha", 4500, 9000)),
        title="Čežnja",
        artist="Šuć",
        language="hr",
    )


@pytest.mark.parametrize(
    ("tag", "start_ms"),
    [
        ("00:12", 12_000),
        ("0:12", 12_000),
        ("00:12.3", 12_300),
        ("00:12.34", 12_340),
        ("00:12.345", 12_345),
        ("00:12,34", 12_340),
        (" 00:12.34 ", 12_340),
        ("00:12:34", 12_340),
        ("00:00:12.34", 12_340),
        ("01:02:03.45", 3_723_450),
        ("75:01.00", 4_501_000),
        ("100:00.00", 6_000_000),
        ("00:60.00", 60_000),
    ],
)
def test_a_time_may_be_written_in_many_ways(tag: str, start_ms: int) -> None:
    assert read(f"[{tag}]la").lines == (make_line("la", start_ms, start_ms + 10_000),)


def test_a_line_before_a_long_break_does_not_stay() -> None:
    assert read("[00:10.00]prije\n[01:20.00]poslije", 100_000).lines == (
        make_line("prije", 10_000, 20_000),
        make_line("poslije", 80_000, 90_000),
    )


def test_an_empty_timed_line_ends_the_line_before_it() -> None:
    assert read("[00:10.00]duga nota\n[00:25.00]\n[00:40.00]dalje\n[00:41.00]  \n").lines == (
        make_line("duga nota", 10_000, 25_000),
        make_line("dalje", 40_000, 41_000),
    )


def test_the_length_tag_stands_in_for_an_unknown_duration() -> None:
    assert read("[length:00:15]\n[00:10.00]la").lines == (make_line("la", 10_000, 15_000),)


def test_a_line_after_the_end_of_the_song_has_no_length() -> None:
    assert read("[00:10.00]la", 5_000).lines == (make_line("la", 10_000, 10_000),)


def test_a_line_with_several_times_is_repeated_and_lines_may_be_out_of_order() -> None:
    assert read("[00:30.00][00:10.00]pripjev\n[00:05.00]kitica\n[00:12.00]\n[00:33.00]").lines == (
        make_line("kitica", 5_000, 10_000),
        make_line("pripjev", 10_000, 12_000),
        make_line("pripjev", 30_000, 33_000),
    )


def test_lines_with_the_same_time_are_shown_together() -> None:
    assert read("[00:10.00]君の名は\n[00:10.00]Your name\n[00:15.00]").lines == (
        make_line("君の名は", 10_000, 15_000),
        make_line("Your name", 10_000, 15_000),
    )


@pytest.mark.parametrize(
    ("offset", "start_ms"),
    [
        ("+500", 9_500),
        ("500", 9_500),
        ("-500", 10_500),
        ("+ 500", 9_500),
        ("20000", 0),
        ("later", 10_000),
        ("", 10_000),
    ],
)
def test_a_positive_offset_makes_lyrics_appear_sooner(offset: str, start_ms: int) -> None:
    assert read(f"[00:10.00]la\n[00:40.00]lo\n[offset:{offset}]").lines[0].start_ms == start_ms


def test_an_offset_moves_words_and_ends_too() -> None:
    assert read("[offset:1000]\n[00:02.00]<00:02.00>la <00:03.00>lo<00:04.00>").lines == (
        make_line("la lo", 1000, 3000, make_word("la", 1000, 2000), make_word("lo", 2000, 3000)),
    )


def test_words_of_an_enhanced_line_have_their_own_times() -> None:
    text = "[00:01.00]<00:01.00>Noć <00:01.50>je, <00:02.00>tiha<00:03.00>\n[00:09.00]dalje\n[00:10.00]"

    assert read(text).lines == (
        make_line(
            "Noć je, tiha",
            1000,
            3000,
            make_word("Noć", 1000, 1500),
            make_word("je,", 1500, 2000),
            make_word("tiha", 2000, 3000),
        ),
        make_line("dalje", 9000, 10_000),
    )


@pytest.mark.parametrize(
    "line",
    [
        "[00:01.00] <00:01.00> Noć <00:01.50> je <00:02.00>",
        "[00:01.00]Noć <00:01.50>je<00:02.00>",
        "[00:01.00]Noć [00:01.50]je[00:02.00]",
        "[00:01.00]<00:01.00>Noć<00:01.50> je<00:02.00>",
    ],
)
def test_the_dialects_of_word_times_mean_the_same(line: str) -> None:
    assert read(line).lines == (
        make_line("Noć je", 1000, 2000, make_word("Noć", 1000, 1500), make_word("je", 1500, 2000)),
    )


def test_a_word_ends_at_a_closing_tag_before_the_next() -> None:
    assert read("[00:01.00]<00:01.00>Noć<00:01.20> <00:02.00>je<00:02.50>").lines == (
        make_line("Noć je", 1000, 2500, make_word("Noć", 1000, 1200), make_word("je", 2000, 2500)),
    )


def test_a_last_word_without_closing_tag_ends_with_the_next_line_or_a_held_note() -> None:
    lyrics = read("[00:01.00]<00:01.00>Noć\n[00:03.00]<00:03.00>je\n[00:30.00]tiha")

    assert [line.end_ms for line in lyrics.lines[:2]] == [3000, 8000]
    assert [line.words[-1].end_ms for line in lyrics.lines[:2]] == [3000, 8000]


def test_syllables_without_a_space_are_one_word() -> None:
    assert read("[00:01.00]<00:01.00>Če<00:01.30>žnja <00:02.00>je<00:03.00>").lines == (
        make_line("Čežnja je", 1000, 3000, make_word("Čežnja", 1000, 2000), make_word("je", 2000, 3000)),
    )


def test_scripts_without_spaces_keep_the_time_of_each_piece() -> None:
    assert read("[00:01.00]<00:01.00>君<00:01.50>の<00:02.00>名<00:03.00>").lines == (
        make_line(
            "君の名", 1000, 3000, make_word("君", 1000, 1500), make_word("の", 1500, 2000), make_word("名", 2000, 3000)
        ),
    )


def test_words_behind_one_tag_stay_together() -> None:
    assert read("[00:01.00]<00:01.00>oh my <00:02.00>love<00:03.00>").lines[0].words == (
        make_word("oh my", 1000, 2000),
        make_word("love", 2000, 3000),
    )


def test_word_times_out_of_order_are_not_believed() -> None:
    assert read("[00:01.00]<00:05.00>la <00:02.00>lo<00:03.00>\n[00:06.00]").lines == (make_line("la lo", 1000, 6000),)


def test_the_words_of_a_repeated_line_move_with_it() -> None:
    lyrics = read("[00:01.00][01:01.00]<00:01.00>Noć <00:01.50>je<00:02.00>")

    assert lyrics.lines[1] == make_line(
        "Noć je", 61_000, 62_000, make_word("Noć", 61_000, 61_500), make_word("je", 61_500, 62_000)
    )


def test_an_untimed_line_is_shown_with_the_timed_one_before_it() -> None:
    assert read("Naslov\n[00:01.00]Noć je\n(oh, noć)\n[Chorus]\n[00:04.00]tiha\n[00:05.00]").lines == (
        make_line("Noć je", 1000, 4000),
        make_line("(oh, noć)", 1000, 4000),
        make_line("tiha", 4000, 5000),
    )


BROKEN = (
    "[00:1x.00]",
    "[00:75.00]",
    "[-00:01.00]",
    "[00.01.00]",
    "[00:01.0000]",
    "[0a:01.00]",
    "[00:01.00 ",
    "[00:01",
    "00:01.00]",
)


@pytest.mark.parametrize("tag", BROKEN)
def test_the_text_behind_a_broken_tag_is_kept_without_it(tag: str) -> None:
    text = f"{tag}prvi\n[00:02.00]drugi\n{tag}treći\n[00:03.00]"

    assert [(line.text, line.start_ms) for line in read(text).lines] == [
        ("prvi", 2000),
        ("drugi", 2000),
        ("treći", 2000),
    ]


@pytest.mark.parametrize("text", ["00:14 train", "[00:14 in the middle]", "at [00:14", "[14 la"])
def test_a_time_of_day_is_text(text: str) -> None:
    assert read(f"[00:01.00]{text}").lines[0].text == text


@pytest.mark.parametrize("text", ["يا ليلُ", "Ой, мороз", "ไม่เป็นไร", "I ❤️ you 👨‍👩‍👧", "שלום"])
def test_every_script_survives(text: str) -> None:
    assert read(f"[00:01.00]{text}").lines[0].text == text


def test_digits_of_other_scripts_are_text() -> None:
    assert [line.text for line in read("[00:01.00]la\n[٠٠:٠٢.٠٠]lo").lines] == ["la", "[٠٠:٠٢.٠٠]lo"]
