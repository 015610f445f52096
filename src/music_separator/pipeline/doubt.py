"""How far the times of a line are to be doubted: what its words' confidences come to."""

from music_separator.domain.lyrics import Line

DOUBTFUL = 0.5
"""Confidence below which a line is one to check: as likely off by a second as not."""
FOREIGN = 0.5
"""Mean confidence below which the words are probably another song's: on eleven real songs right lyrics had 0.62 and
more (all but one, of square waves for instruments), another song's 0.46 and less (benchmarks/alignment.py --swapped).
"""
LEAST_TO_JUDGE = 10
"""Words; fewer of them fit anywhere, and nothing can be said about whose they are."""


def confidence_of(line: Line) -> float | None:
    """Give the mean confidence of a line's words; None where it has none, and its times are somebody's."""
    if not line.words:
        return None
    return sum(word.confidence for word in line.words) / len(line.words)


def are_foreign(words: int, certainty: float) -> bool:
    """Whether so many words are probably another song's; ``certainty``: the sum of their confidences."""
    return words >= LEAST_TO_JUDGE and certainty < FOREIGN * words


def is_doubtful(line: Line) -> bool:
    """Whether the times of a line should be checked; one that was not found has none."""
    confidence = confidence_of(line)
    return line.found and confidence is not None and confidence < DOUBTFUL
