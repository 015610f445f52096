"""The benchmark's damaged lyrics."""

from benchmarks.damaged_lyrics import damages

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
