"""Which part of a line's text belongs to which of its words, spaces and punctuation included."""

from itertools import pairwise

from music_separator.domain.lyrics import Line, Word


def cells(line: Line) -> tuple[str, ...]:
    """Cut the text of a line into one piece per word; joined they are the text.

    What stands before the first word goes with it. Between two words the cut is after the last space, else (as in
    Japanese) right before the second. Where the text does not hold the words, the words themselves are the text.
    """
    if not line.words:
        return ()
    spans = _spans(line.text, line.words)
    if spans is None:
        return (*(f"{word.text} " for word in line.words[:-1]), line.words[-1].text)
    cuts = [0]
    for (_, gap_start), (start, _) in pairwise(spans):
        space = _last_space(line.text, gap_start, start)
        cuts.append(start if space is None else space + 1)
    return tuple(line.text[cut:end] for cut, end in pairwise([*cuts, len(line.text)]))


def _spans(text: str, words: tuple[Word, ...]) -> list[tuple[int, int]] | None:
    """Find each word in the text, in order: (start, end) positions, None where one is missing."""
    found, position = [], 0
    for word in words:
        start = text.find(word.text, position)
        if start < 0:
            return None
        position = start + len(word.text)
        found.append((start, position))
    return found


def _last_space(text: str, start: int, end: int) -> int | None:
    return next((position for position in range(end - 1, start - 1, -1) if text[position].isspace()), None)
