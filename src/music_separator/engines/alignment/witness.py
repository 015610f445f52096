"""A second witness: the times of another aligner, confirmed and sharpened by a CTC network where its weights are.

Networks trained on speech lose their way in songs (30 to 40 % of the lines within 0.4 s by themselves, one independent
test of MMS), so that they do not lead: where both agree, the network's times are taken and the word is surer; where
they do not, the first one's times stay and are doubted. A word that the network does not hear stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from music_separator.audio.voice import VOICE_RATE, VoiceWriter, read_voice, samples_of
from music_separator.audio.waveform import Waveform
from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.engines.alignment.base import AlignmentEngine, AlignmentRequest
from music_separator.engines.alignment.ctc import CtcNetwork
from music_separator.engines.alignment.ctc_search import Spot, find_words
from music_separator.engines.alignment.ctc_text import letters_of
from music_separator.engines.alignment.watch import Watch, part_of

STRETCH_S = 25.0
"""Lines that are heard together; more would cost memory in the square of its length."""
LONGEST_S = 60.0
"""A stretch of one line may be longer than that; from here on it is not heard."""
MARGIN_S = 2.0
"""Before and after a stretch, in which its words may lie as well."""
AGREE_MS = 300
"""Own choice: what most people take for together (Lizé Masclef 2021: 0.2 to 0.3 s)."""
LEAST_LIKELY = 0.3
"""Own choice: mean probability of a word's letters below which the network has not heard it, and says nothing."""
DOUBT = 0.5
"""Factor on the confidence of a word about which the two disagree."""
_FIRST = 0.6
"""Share of the work that the first aligner has."""


class WitnessedEngine:
    """An aligner with a second witness. ``name`` is of the weights, ``digest`` their version; ``scratch`` is a folder
    for the voice while it is heard.
    """

    def __init__(
        self,
        first: AlignmentEngine,
        load: Callable[[], CtcNetwork],
        *,
        name: str,
        digest: str,
        scratch: Path | None = None,
    ) -> None:
        self.name = f"{first.name} and {name}"
        self.version = f"{first.version}, {name} 1 {digest}"
        self._first, self._load, self._scratch = first, load, scratch
        self._network: CtcNetwork | None = None

    def missing(self) -> str | None:
        """Say what the first aligner lacks."""
        return self._first.missing()

    def limits(self) -> str | None:
        """Say what limits the first aligner."""
        return self._first.limits()

    def load(self) -> None:
        """Load both. Raises AlignmentUnavailable."""
        self._first.load()
        self._network = self._network or self._load()

    def align(self, request: AlignmentRequest, report: Watch) -> Lyrics:
        """Give every word a time. Raises what the first aligner raises."""
        if self._network is None:
            raise RuntimeError("load() comes first")
        with TemporaryDirectory(dir=self._scratch) as folder:
            voice = Path(folder) / "voice.f32"
            with VoiceWriter(voice) as writer:
                tapped = replace(request, vocals=_tapped(request.vocals, writer))
                found = self._first.align(tapped, part_of(report, 0, _FIRST))
            return _witnessed(found, voice, self._network, part_of(report, _FIRST, 1.0))


def _tapped(blocks: Iterable[Waveform], writer: VoiceWriter) -> Iterator[Waveform]:
    """Give the blocks on, and keep them as voice."""
    for block in blocks:
        writer.write(block)
        yield block


def _witnessed(found: Lyrics, voice: Path, network: CtcNetwork, watch: Watch) -> Lyrics:
    lines = list(found.lines)
    for numbers in _stretches(lines):
        watch(numbers[0] / len(lines))
        heard = _hear(voice, network, [lines[number] for number in numbers])
        for number, spots in zip(numbers, heard, strict=True):
            lines[number] = _agreed(lines[number], spots)
    watch(1.0)
    for number in range(1, len(lines)):
        lines[number] = _not_before(lines[number], lines[number - 1].start_ms)
    return replace(found, lines=tuple(lines))


def _stretches(lines: Sequence[Line]) -> Iterator[list[int]]:
    """Put neighbouring lines with words together as long as they fit."""
    stretch: list[int] = []
    for number, line in enumerate(lines):
        if not any(word.confidence for word in line.words):
            continue  # not found by the first aligner either
        if stretch and line.end_ms - lines[stretch[0]].start_ms > STRETCH_S * 1000:
            yield stretch
            stretch = []
        stretch.append(number)
    if stretch:
        yield stretch


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """Where the network found a word, in the time of the song."""

    start_ms: Ms
    end_ms: Ms
    likelihood: float


def _hear(voice: Path, network: CtcNetwork, lines: Sequence[Line]) -> list[list[_Heard | None]]:
    """Have the network find the words of a stretch; None for those that it cannot."""
    begin_s = max(0.0, lines[0].start_ms / 1000 - MARGIN_S)
    end_s = min(samples_of(voice) / VOICE_RATE, max(line.end_ms for line in lines) / 1000 + MARGIN_S)
    nothing: list[list[_Heard | None]] = [[None] * len(line.words) for line in lines]
    if not 0.1 < end_s - begin_s <= LONGEST_S:
        return nothing
    part = read_voice(voice, round(begin_s * VOICE_RATE), round(end_s * VOICE_RATE))
    scores = network.scores(part)
    frame_s = len(part) / VOICE_RATE / len(scores)

    def in_song(spot: Spot | None) -> _Heard | None:
        if spot is None:
            return None
        start, end = (ms_from_seconds(begin_s + frame * frame_s) for frame in (spot.start, spot.stop))
        return _Heard(start_ms=start, end_ms=end, likelihood=spot.likelihood)

    letters = [[letters_of(word.text, network.vocabulary) for word in line.words] for line in lines]
    return [[in_song(spot) for spot in line] for line in find_words(scores, letters, network.tokens)]


def _agreed(line: Line, heard: Sequence[_Heard | None]) -> Line:
    """Take the times on which both agree; a word that neither letters nor room are there for stays as it is."""
    words: list[Word] = []
    for word, witness in zip(line.words, heard, strict=True):
        agreed = word if witness is None else _judged(word, witness)
        start = max(agreed.start_ms, words[-1].start_ms) if words else agreed.start_ms
        words.append(replace(agreed, start_ms=start, end_ms=max(start, agreed.end_ms)))
    first, last = words[0].start_ms, max(word.end_ms for word in words)
    return replace(line, words=tuple(words), start_ms=first, end_ms=last)


def _not_before(line: Line, earliest_ms: Ms) -> Line:
    """Keep lines in their order where the one above was moved by as much as two may disagree."""
    if line.start_ms >= earliest_ms:
        return line
    words = tuple(
        replace(word, start_ms=max(word.start_ms, earliest_ms), end_ms=max(word.end_ms, earliest_ms))
        for word in line.words
    )
    return replace(line, words=words, start_ms=earliest_ms, end_ms=max(line.end_ms, earliest_ms))


def _judged(word: Word, witness: _Heard) -> Word:
    if witness.likelihood < LEAST_LIKELY:
        return word
    if abs(word.start_ms - witness.start_ms) > AGREE_MS:
        return replace(word, confidence=round(word.confidence * DOUBT, 3))
    # two witnesses that err independently
    confidence = 1 - (1 - word.confidence) * (1 - witness.likelihood)
    return Word(
        text=word.text, start_ms=witness.start_ms, end_ms=witness.end_ms, confidence=round(min(1.0, confidence), 3)
    )
