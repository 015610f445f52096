from hypothesis import given
from hypothesis import strategies as st

from music_separator.domain.lyrics import Line, Lyrics
from music_separator.karaoke.layout import MAX_COLUMNS, columns, lay_out
from tests.karaoke.factories import make_even_line, make_line, make_word


def lay_out_lines(*lines: Line) -> tuple[Line, ...]:
    return lay_out(Lyrics(lines=lines)).lines


def test_a_line_that_fits_stays_as_it_is() -> None:
    line = make_even_line("Noć je, tiha noć", 1000, 500)

    assert lay_out_lines(line) == (line,)


def test_a_long_line_becomes_rows_about_equally_long_with_the_times_of_their_words() -> None:
    line = make_even_line("hace tiempo no sale a perrear ye to' mundo puesto pa guayetear", 10_000, 500)

    assert [(row.text, row.start_ms, row.end_ms, len(row.words)) for row in lay_out_lines(line)] == [
        ("hace tiempo no sale a perrear", 10_000, 13_000, 6),
        ("ye to' mundo puesto pa guayetear", 13_000, 16_000, 6),
    ]


def test_the_first_and_last_row_keep_the_start_and_end_of_the_line() -> None:
    long = make_even_line("jedan dva tri četiri pet šest sedam osam devet deset", 10_000, 500)
    line = make_line(long.text, 9_000, 20_000, *long.words)

    rows = lay_out_lines(line)

    assert (rows[0].start_ms, rows[-1].end_ms) == (9_000, 20_000)


def test_a_long_line_without_word_times_is_not_split() -> None:
    line = make_line("nobody knows when the second half of this long line begins", 1000, 9000)

    assert lay_out_lines(line) == (line,)


def test_scripts_without_spaces_are_split_by_their_width() -> None:
    text = "夜に駆ける沈むように溶けてゆくように二人だけの空が広がる夜に"
    line = make_line(text, 0, 3000, *(make_word(sign, n * 100, n * 100 + 100) for n, sign in enumerate(text)))

    assert [row.text for row in lay_out_lines(line)] == [
        "夜に駆ける沈むように溶けてゆく",
        "ように二人だけの空が広がる夜に",
    ]


def test_a_word_wider_than_the_screen_has_a_row_of_its_own() -> None:
    line = make_even_line("la " + "a" * 60 + " la", 0, 500)

    assert [row.text for row in lay_out_lines(line)] == ["la", "a" * 60, "la"]


def test_rows_stay_in_the_order_of_their_times_when_two_voices_overlap() -> None:
    first = make_even_line("prvi glas pjeva jako dugu rečenicu koja ne stane u red", 0, 1000)
    second = make_even_line("drugi glas", 1000, 500)

    starts = [row.start_ms for row in lay_out_lines(first, second)]

    assert starts == sorted(starts)


def test_language_title_and_artist_are_kept() -> None:
    lyrics = Lyrics(lines=(make_line("la", 0, 1),), language="hr", title="Čežnja", artist="Šuć")

    assert lay_out(lyrics) == lyrics


def test_combining_marks_take_no_column_and_wide_signs_two() -> None:
    assert (columns("Čežnja"), columns("C\u030cez\u030cnja"), columns("君の名"), columns("🎵")) == (6, 6, 6, 2)


@given(st.lists(st.text(alphabet="aže君", min_size=1, max_size=50), min_size=1, max_size=60))
def test_no_word_is_lost_or_moved_and_rows_fit(texts: list[str]) -> None:
    line = make_even_line(" ".join(texts), 1000, 100)

    rows = lay_out_lines(line)

    assert tuple(word for row in rows for word in row.words) == line.words
    assert " ".join(row.text for row in rows) == line.text
    assert all(columns(row.text) <= MAX_COLUMNS or len(row.words) == 1 for row in rows)
