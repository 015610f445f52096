"""Songs written down by one of the product's transcribers, and what its words and their times are worth.

The transcriber runs as in a job: on the separated voice, in windows, with the guards against invented text. Its own
word times are judged on the words that it heard rightly, beside those of the aligner on the same words.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.aligned_songs import Separated, blocks_of_pcm
from benchmarks.word_errors import word_errors
from tests.timed_songs import TimedSong

from music_separator.audio.encode import AudioFormat, open_writer
from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.bootstrap import weights_of
from music_separator.config import Settings
from music_separator.domain.errors import InvalidRequest, NoVoice, WeightsError
from music_separator.engines.transcription.registry import Transcriber, transcriber_for
from music_separator.engines.weights import WeightsStore
from music_separator.pipeline.tasks import TranscriptionTask, output_dir, to_message
from music_separator.pipeline.work import Desk

NEAR_S = 0.3


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One song as it was heard. Errors in seconds, of each true word that was heard rightly."""

    word_error_rate: float
    share: float
    """Of the true words, heard rightly."""
    errors_s: np.ndarray
    aligned_errors_s: np.ndarray
    """The aligner's, of the same words."""
    took_s: float


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A transcriber whose weights are here."""

    transcriber: Transcriber
    store: WeightsStore
    threads: int

    @classmethod
    def of(cls, name: str) -> "Listener":
        """Find it; exits with a sentence where there is none of that name, or its weights are not on this machine."""
        settings = Settings()
        store = weights_of(settings)
        try:
            transcriber = transcriber_for(name)
            if transcriber is None:
                raise SystemExit(f"The transcriber {name} hears nothing. Choose another one.")
            if reason := transcriber.missing():
                raise SystemExit(f"{transcriber.name} cannot run here: {reason}.")
            if not store.is_here(transcriber.weights):
                store.require(transcriber.weights)
                raise SystemExit(
                    f"The weights of {transcriber.name} are not on this machine, and a benchmark fetches nothing. "
                    f"`music-separator models pull {transcriber.name}` does."
                )
        except (InvalidRequest, WeightsError) as error:
            raise SystemExit(str(error)) from error
        return cls(transcriber=transcriber, store=store, threads=settings.threads)

    def hear(self, song: TimedSong, separated: Separated, aligned_errors_s: np.ndarray) -> Heard:
        """Write one song down; the language is given, as the lyrics say it."""
        began = time.perf_counter()
        found = self._transcript(song.language, separated)
        took_s = time.perf_counter() - began
        true = [word for line in song.lines for word in line.words]
        errors = word_errors([word.text for word in true], [word["text"] for word in found])
        ours = np.array([place for place, _ in errors.pairs], np.intp)
        apart_ms = [found[there]["start_ms"] - true[place].start_ms for place, there in errors.pairs]
        return Heard(
            word_error_rate=errors.rate,
            share=len(ours) / errors.true,
            errors_s=np.abs(np.array(apart_ms, float)) / 1000,
            aligned_errors_s=aligned_errors_s[ours],
            took_s=took_s,
        )

    def _transcript(self, language: str, separated: Separated) -> list[dict[str, Any]]:
        """Give the words with their times; none where nothing was believed to be sung."""
        with tempfile.TemporaryDirectory() as folder:
            stem = Path(folder) / "vocals.flac"
            with open_writer(stem, AudioFormat.FLAC, sample_rate=SAMPLE_RATE) as writer:
                for block in blocks_of_pcm(separated.vocals):
                    writer.write(block)
            task = TranscriptionTask(
                work_dir=folder,
                given=None,
                from_tags=None,
                transcriber=self.transcriber.name,
                vocals=str(stem),
                language=language,
                weights_dir=str(self.store.root),
                threads=self.threads,
            )
            try:
                Desk().run_task(to_message(task), _Silent())
            except NoVoice:
                return []
            stored = json.loads((output_dir(folder) / "transcript.json").read_text(encoding="utf-8"))
        return [word for segment in stored["segments"] for word in segment["words"]]


class _Silent:
    """A reporter that nobody listens to."""

    def report(self, report: Mapping[str, Any], *, must_arrive: bool = False) -> None: ...

    def check_cancelled(self) -> None: ...


def show_heard(name: str, heard: Heard) -> None:
    """Print the line of one song."""
    print(f"  {name}: word error rate {heard.word_error_rate:.3f}, {_times(heard)}, {heard.took_s:.1f} s", flush=True)


def summarise_heard(name: str, rows: list[Heard]) -> None:
    """Print what the songs have in common."""
    rates = [row.word_error_rate for row in rows]
    together = Heard(
        word_error_rate=float(np.mean(rates)),
        share=float(np.mean([row.share for row in rows])),
        errors_s=np.concatenate([row.errors_s for row in rows]),
        aligned_errors_s=np.concatenate([row.aligned_errors_s for row in rows]),
        took_s=sum(row.took_s for row in rows),
    )
    print(
        f"{name}: word error rate {together.word_error_rate:.3f} on average, worst {max(rates):.3f}; {_times(together)}"
    )


def _times(heard: Heard) -> str:
    if not len(heard.errors_s):
        return "no word heard rightly"
    own, ours = (
        f"median {np.median(errors_s):.3f} s, {(errors_s < NEAR_S).mean():.3f} within {NEAR_S} s"
        for errors_s in (heard.errors_s, heard.aligned_errors_s)
    )
    return f"{heard.share:.3f} of the words heard rightly: its own times {own}; the aligner's of the same words {ours}"
