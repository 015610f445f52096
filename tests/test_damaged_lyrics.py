"""The benchmark's damaged lyrics."""

from benchmarks.damaged_lyrics import damages, longest_repeat

LINES, FOREIGN = tuple(f"line {number}" for number in range(20)), tuple(f"other {number}" for number in range(9))


def test_each_damage_keeps_the_other_lines_in_order() -> None:
    found = list(damages(LINES, FOREIGN, "title"))
    assert [damaged.kind for damaged in found] == ["missing", "added", "verse"] * 2
    sizes = {"missing": (19, 0), "added": (21, 1), "verse": (20, 4)}
    for damaged in found:
        kept = [number for number in damaged.origin if number is not None]
        foreign = [line for line, number in zip(damaged.lines, damaged.origin, strict=True) if number is None]
        assert (len(damaged.lines), len(foreign)) == sizes[damaged.kind]
        assert kept == sorted(kept)
        assert all(damaged.lines[at] == LINES[number] for at, number in enumerate(damaged.origin) if number is not None)
        assert set(foreign) <= set(FOREIGN)


def test_the_same_title_gives_the_same_damage() -> None:
    assert list(damages(LINES, FOREIGN, "a")) == list(damages(LINES, FOREIGN, "a"))


def test_what_is_sung_twice_is_written_once() -> None:
    chorus = ("Oh my!", "My oh, my", "oh")
    lines = ("one", *chorus, "two", "three", *(line.upper() for line in chorus), "four", "five", "six", "seven")
    assert longest_repeat(lines) == (1, 6, 3)
    *_, repeat = damages(lines, FOREIGN, "title")
    assert repeat.kind == "repeat"
    assert repeat.lines == ("one", *chorus, "two", "three", "four", "five", "six", "seven")
    assert repeat.origin == (0, None, None, None, 4, 5, 9, 10, 11, 12)


def test_a_song_without_repeats_has_none_to_write_once() -> None:
    assert longest_repeat(LINES) == (0, 0, 0)
