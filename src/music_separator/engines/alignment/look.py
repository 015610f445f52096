"""One text looked for in one song, in different ways."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from music_separator.domain.units import ms_from_seconds
from music_separator.engines.alignment.anchors import Windows, believed, windows_of
from music_separator.engines.alignment.confidence import Variant
from music_separator.engines.alignment.evidence import Evidence, Fit, Weights
from music_separator.engines.alignment.hearing import HeardSong
from music_separator.engines.alignment.mel import FRAMES_PER_S
from music_separator.engines.alignment.rendering import Rendering
from music_separator.engines.alignment.repeats import sung_once
from music_separator.engines.alignment.search import Emissions, Passage, best_path
from music_separator.engines.alignment.spoken_text import SpokenText
from music_separator.engines.alignment.watch import Watch

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Path = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Look:
    """A song and the text that is looked for, within windows or anywhere. A path is the state of each frame."""

    song: HeardSong
    text: SpokenText
    windows: Windows | None = None

    def can(self, variant: Variant) -> bool:
        """Tell whether any of the variant's renderings is here; a mono song has no centre of its own."""
        return any(heard.kind in variant.renderings for heard in self.song.renderings)

    def path(self, variant: Variant, watch: Watch) -> Path:
        """Give the state of each frame."""
        skips = self._skips(variant.weights) if variant.may_differ else None
        again = variant.weights.sung_again if variant.may_differ else None
        evidence = self._evidence(variant)
        emissions = self._within_windows(evidence.emissions)
        row, frames = self.text.row, self.song.frames
        path = best_path(Passage(row=row, emissions=emissions, frames=frames, skips=skips, again=again), watch)
        return path if again is None else sung_once(path, row.borders, evidence.gains(path))

    def anchored(self, path: Path) -> "Look":
        """Look near the times that somebody gave to lines, where what was found without them agrees."""
        text = self.text
        if text.anchors is None:
            return self
        starts_s, lines = self.starts_s(path), np.array(text.lines)
        begun = {
            int(line): ms_from_seconds(starts_s[first]) for line, first in zip(*np.unique(lines, True), strict=True)
        }
        anchors = believed(text.anchors, [begun.get(line) for line in range(len(text.anchors))])
        return self if anchors is None else replace(self, windows=windows_of(text.row, text.lines, anchors))

    def words_of(self, path: Path) -> Path:
        """Give the word of each frame, -1 in pauses."""
        return self.text.row.word[path]

    def states_of(self, path: Path) -> Path:
        """Give the acoustic model's state of each frame, -1 in pauses."""
        return np.where(self.words_of(path) >= 0, self.text.row.column[path], -1)

    def found(self, path: Path) -> npt.NDArray[np.bool_]:
        """Tell which words are on the path; lines may be left out."""
        return np.isin(np.arange(len(self.text.lines)), self.words_of(path))

    def left_out(self, path: Path) -> float:
        """Give the share of lines that are not on the path."""
        lines = np.array(self.text.lines)
        return 1 - len(np.unique(lines[self.found(path)])) / len(np.unique(lines))

    def starts_s(self, path: Path) -> Doubles:
        """Give the start of each word in seconds; of one left out that of the word after it."""
        begun = np.maximum.accumulate(self.words_of(path))
        return np.asarray(np.searchsorted(begun, np.arange(len(self.text.lines))) / FRAMES_PER_S)

    def ends_s(self, path: Path) -> Doubles:
        """Give the end of each word in seconds, 0 for one left out."""
        word = self.words_of(path)
        sung = np.flatnonzero(word >= 0)
        ends = np.zeros(len(self.text.lines))
        np.maximum.at(ends, word[sung], sung + 1)
        return ends / FRAMES_PER_S

    def fits(self, variant: Variant, path: Path) -> Doubles:
        """Give how well the line of each word fits where it was put, its mean log score; 0 for a line left out."""
        scores, words = self._evidence(variant).along(path), self.words_of(path)
        sung = np.flatnonzero(words >= 0)
        lines = np.array(self.text.lines)
        line, size = lines[words[sung]], lines[-1] + 1
        mean = np.bincount(line, scores[sung], size) / np.maximum(1, np.bincount(line, minlength=size))
        return np.asarray(mean[lines])

    def _within_windows(self, emissions: Emissions) -> Emissions:
        windows = self.windows
        if windows is None:
            return emissions
        return lambda frames, states: emissions(frames, states) + windows.cost(frames, states)

    def _skips(self, weights: Weights) -> Floats:
        """Give the log weight of leaving out each line."""
        borders = self.text.row.borders
        sung = np.add.reduceat(~self.text.row.is_pause, borders[:-1])
        return np.asarray(weights.left_out + weights.left_out_frame * sung, np.float32)

    def _evidence(self, variant: Variant) -> Evidence:
        heard = tuple(each for each in self.song.renderings if each.kind in variant.renderings)
        row, sounds = self.text.row, self.song.sounds
        if sounds is not None and variant.renderings == frozenset(Rendering):
            fit = Fit(posteriors=sounds, sound=self.text.sound)
        else:
            mean = np.zeros(heard[0].posteriors.shape, np.float32)
            for each in heard:
                mean += each.posteriors
            mean /= len(heard)
            fit = Fit(posteriors=mean, sound=row.column)
        return Evidence(row, fit, heard, self.song.activity, self.text.frames, variant.weights)
