"""When each word of a text is sung in a song that was heard, and how sure that is."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from music_separator.engines.alignment.acoustic_model import AcousticModel
from music_separator.engines.alignment.adaptation import adapted
from music_separator.engines.alignment.confidence import JUDGEMENT, Opinions, Variant, belonging, variants_of
from music_separator.engines.alignment.evidence import Evidence, Weights
from music_separator.engines.alignment.hearing import HeardSong
from music_separator.engines.alignment.mel import FRAMES_PER_S
from music_separator.engines.alignment.search import Passage, best_path
from music_separator.engines.alignment.spoken_text import SpokenText, backwards
from music_separator.engines.alignment.timing import TimedWord
from music_separator.engines.alignment.watch import Watch, part_of

Doubles = npt.NDArray[np.float64]
Path = npt.NDArray[np.intp]

_LEARNT_ACTIVITY_WEIGHT = 0.7
"""Instead of 0.3: what was learnt from the song itself may lean harder."""

_FIRST, _ADAPTED, _FOUND = 0.1, 0.45, 0.55
"""Share of the work that is done after the first search, the adaptation, the second search; then second opinions."""

_UNCERTAIN = 0.5
"""Times the confidence of a word whose pronunciation nobody knows."""


def word_times(
    song: HeardSong, text: SpokenText, model: AcousticModel, weights: Weights, watch: Watch
) -> tuple[TimedWord, ...]:
    """Search twice, the second time by what the first has taught, then ask for second opinions."""
    first = _Look(song, text)
    path = first.path(Variant(weights=weights), part_of(watch, 0, _FIRST))
    states = np.where(text.row.word[path] >= 0, text.row.column[path], -1)
    known = adapted(song, states, model, part_of(watch, _FIRST, _ADAPTED))
    own = Variant(weights=replace(weights, activity=_LEARNT_ACTIVITY_WEIGHT))
    look = _Look(known, text)
    path = look.path(own, part_of(watch, _ADAPTED, _FOUND))
    confidence = _confidence(look, own, path, backwards(text, model), part_of(watch, _FOUND, 1.0))
    return tuple(
        TimedWord(start_s=start_s, end_s=end_s, confidence=sure if spoken.certain else _UNCERTAIN * sure)
        for start_s, end_s, sure, spoken in zip(
            look.starts_s(path).tolist(),
            look.ends_s(path).tolist(),
            confidence.tolist(),
            text.pronunciations,
            strict=True,
        )
    )


def _confidence(look: "_Look", own: Variant, path: Path, decoy: SpokenText, watch: Watch) -> Doubles:
    """Give the confidence of each word from other searches for it, and from one for a text that is surely wrong."""
    others = [variant for variant in variants_of(own.weights) if look.can(variant)]
    steps = np.linspace(0, 1, len(others) + 2)
    opinions = Opinions(
        starts_s=look.starts_s(path),
        others_s=tuple(
            look.starts_s(look.path(variant, part_of(watch, steps[index], steps[index + 1])))
            for index, variant in enumerate(others)
        ),
        scores=look.scores(own, path),
        lines=np.array(look.text.lines),
    )
    wrong = _Look(look.song, decoy)
    wrong_path = wrong.path(own, part_of(watch, steps[-2], 1.0))
    sung = int((look.words_of(path) >= 0).sum())
    margin = (look.total(own, path) - wrong.total(own, wrong_path)) / sung
    return JUDGEMENT.confidence(opinions) * belonging(opinions.scores, wrong.scores(own, wrong_path)[::-1], margin)


@dataclass(frozen=True)
class _Look:
    """One text looked for in one song, in different ways."""

    song: HeardSong
    text: SpokenText

    def can(self, variant: Variant) -> bool:
        """Tell whether any of the variant's renderings is here; a mono song has no centre of its own."""
        return any(heard.kind in variant.renderings for heard in self.song.renderings)

    def path(self, variant: Variant, watch: Watch) -> Path:
        """Give the state of each frame."""
        passage = Passage(row=self.text.row, emissions=self._evidence(variant).emissions, frames=self.song.frames)
        return best_path(passage, watch)

    def words_of(self, path: Path) -> Path:
        """Give the word of each frame, -1 in pauses."""
        return self.text.row.word[path]

    def starts_s(self, path: Path) -> Doubles:
        """Give the start of each word in seconds."""
        begun = np.maximum.accumulate(self.words_of(path))
        return np.asarray(np.searchsorted(begun, np.arange(len(self.text.lines))) / FRAMES_PER_S)

    def ends_s(self, path: Path) -> Doubles:
        """Give the end of each word in seconds."""
        word = self.words_of(path)
        sung = np.flatnonzero(word >= 0)
        ends = np.zeros(len(self.text.lines))
        np.maximum.at(ends, word[sung], sung + 1)
        return ends / FRAMES_PER_S

    def scores(self, variant: Variant, path: Path) -> Doubles:
        """Give the mean log score of each word's frames."""
        word = self.words_of(path)
        sung = word >= 0
        return np.asarray(np.bincount(word[sung], self._evidence(variant).along(path)[sung]) / np.bincount(word[sung]))

    def total(self, variant: Variant, path: Path) -> float:
        """Give the log score of the whole song."""
        return float(self._evidence(variant).along(path).sum())

    def _evidence(self, variant: Variant) -> Evidence:
        heard = tuple(each for each in self.song.renderings if each.kind in variant.renderings)
        return Evidence(self.text.row, heard, self.song.activity, self.text.frames, variant.weights)
