"""Guards against invented text: what a recogniser gives for silence, noise and music although nobody sang it.

The thresholds on the recogniser's own figures are those of OpenAI's ``transcribe`` (whisper/transcribe.py: compression
ratio 2.4, log probability -1, no speech 0.6). The rest is own choice and says so. What comes through may still be
wrong; the aligner's confidence is the next guard.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from music_separator.domain.transcript import Segment
from music_separator.domain.units import Ms

MAX_COMPRESSION_RATIO = 2.4
MIN_LOG_PROBABILITY = -1.0
MAX_NO_SPEECH = 0.6
MAX_WORDS_PER_S = 8.0
"""Own choice: the fastest sung words are about six a second."""
LOOP_WORDS = 20
"""Own choice: a phrase of up to six words, repeated without a break over this many words, is no chorus."""
LONGEST_LOOP = 6
MAX_SAME_LINES = 4
"""Own choice: the same line more often in a row is left out from there on."""

MIN_SUNG_SHARE = 0.25
"""Own choice: of the time of a segment; word times are off by a few tenths of a second, and margins are counted."""

STOCK_PHRASES = frozenset(
    {
        "thanks for watching",
        "thank you for watching",
        "please subscribe",
        "like and subscribe",
        "subtitles by the amara org community",
        "untertitel der amara org community",
        "sous titres realises par la communaute d amara org",
        "subtitulos realizados por la comunidad de amara org",
        "sottotitoli creati dalla comunita amara org",
    }
)
"""What Whisper says of silence, learnt from captions of videos (Baranski 2025, arXiv 2501.11378); only whole segments
of words that no song has."""
_CAPTION = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|\W*")
"""A sound described instead of sung: [Music], (applause), *sighs*; or no letters at all."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A segment with the recogniser's own figures about it: mean log probability of its tokens, probability 0..1 of no
    speech in the window, and how much zlib shortens the text."""

    segment: Segment
    log_probability: float
    no_speech: float
    compression_ratio: float


def believable(heard: Heard) -> bool:
    """Whether a segment may be sung."""
    if heard.no_speech > MAX_NO_SPEECH and heard.log_probability < MIN_LOG_PROBABILITY:
        return False
    words = heard.segment.text.split()
    seconds = max((heard.segment.end_ms - heard.segment.start_ms) / 1000, 0.5)
    return not (
        heard.compression_ratio > MAX_COMPRESSION_RATIO
        or len(words) / seconds > MAX_WORDS_PER_S
        or _CAPTION.fullmatch(heard.segment.text.strip())
        or plain(heard.segment.text) in STOCK_PHRASES
        or is_loop(words)
    )


def is_over_silence(segment: Segment, sung: Iterable[tuple[Ms, Ms]]) -> bool:
    """Whether nobody sings for most of the time of a segment; ``sung`` has the ranges in which somebody does.

    Never of a segment without words: its times are those of its window.
    """
    if not segment.words:
        return False
    # a segment of no length counts as a moment
    start, end = segment.start_ms, max(segment.end_ms, segment.start_ms + 1)
    inside = sum(max(0, min(end, stop_ms) - max(start, start_ms)) for start_ms, stop_ms in sung)
    return inside < MIN_SUNG_SHARE * (end - start)


def is_loop(words: list[str]) -> bool:
    """Whether a phrase of up to six words is repeated without a break over twenty words or more."""
    for size in range(1, LONGEST_LOOP + 1):
        run = 0
        for index in range(size, len(words)):
            run = run + 1 if words[index] == words[index - size] else 0
            if run + size >= LOOP_WORDS and run >= 3 * size:
                return True
    return False


def without_repeats(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Leave out what repeats the line before it for the fifth time or more."""
    last, times = "", 0
    for segment in segments:
        text = plain(segment.text)
        times = times + 1 if text == last else 1
        last = text
        if times <= MAX_SAME_LINES:
            yield segment


def plain(text: str) -> str:
    """Give the words alone: lower case, no accents, no punctuation, single spaces."""
    letters = unicodedata.normalize("NFKD", text.lower())
    kept = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.split())
