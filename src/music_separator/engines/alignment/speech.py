"""espeak-ng at arm's length: phones of words, and the same words spoken. A fresh process for every song.

The library and its data come from the package espeakng-loader (GPL-3.0-or-later), which is found, never imported.
"""

import contextlib
import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from music_separator.domain.errors import AlignmentUnavailable
from music_separator.engines.alignment.language import voices_of

Floats = npt.NDArray[np.float32]

WORDS_PER_MINUTE = 140
"""Slower than espeak-ng's 175: singing is slower still."""
_PATIENCE_S = 120.0
"""For all of a song, which takes about two seconds; 5,000 words take twenty."""
_LIBRARIES = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """Words to be spoken in one go, in one language (ISO 639-1)."""

    language: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Spoken:
    """A spoken utterance: float32 mono samples, and where each of its words begins, in seconds."""

    samples: Floats
    sample_rate: int
    starts_s: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SpeechTask:
    """What espeak-ng shall do for one song: ``words`` (language, text) to phones, ``utterances`` to sound."""

    words: tuple[tuple[str, str], ...]
    utterances: tuple[Utterance, ...]

    def request(self) -> bytes:
        """Give the line that the child reads."""
        languages = {language for language, _ in self.words} | {utterance.language for utterance in self.utterances}
        asked = {
            "voices": {language: voices_of(language) for language in sorted(languages)},
            "words": self.words,
            "lines": [(utterance.language, utterance.words) for utterance in self.utterances],
            "rate": WORDS_PER_MINUTE,
        }
        return json.dumps(asked).encode() + b"\n"


def espeak_files() -> tuple[Path, Path] | None:
    """Find library and data folder inside the installed package, without importing it. None where they are not."""
    package = importlib.util.find_spec("espeakng_loader")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    library = folder / _LIBRARIES.get(sys.platform, "libespeak-ng.so")
    data = folder / "espeak-ng-data"
    return (library, data) if library.is_file() and data.is_dir() else None


class Speech:
    """What espeak-ng says about one song. A context manager: leaving it ends the process."""

    def __init__(self, task: SpeechTask) -> None:
        files = espeak_files()
        if files is None:
            raise AlignmentUnavailable("espeak-ng (the package espeakng-loader) is not installed")
        self._task = task
        command = [sys.executable, "-I", "-X", "utf8", str(Path(__file__).with_name("speech_child.py"))]
        self._child = subprocess.Popen(
            [*command, *map(str, files)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        # a hung child ends like a dead one, and is reported by the reply that is missing
        self._alarm = threading.Timer(_PATIENCE_S, self._child.kill)
        self._alarm.daemon = True
        self._alarm.start()
        self._sample_rate = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child.wait()

    def phones(self) -> tuple[str, ...]:
        """Give the IPA of every word, empty where the language has no voice. Raises AlignmentUnavailable."""
        assert self._child.stdin is not None
        with contextlib.suppress(OSError):  # a child that died at once is reported by its missing reply
            self._child.stdin.write(self._task.request())
            self._child.stdin.flush()
        reply = self._reply()
        self._sample_rate = int(reply["sample_rate"])
        return tuple(map(str, reply["phones"]))

    def spoken(self) -> Iterator[Spoken]:
        """Give the utterances as they are spoken; after ``phones``. Raises AlignmentUnavailable."""
        for utterance in self._task.utterances:
            reply = self._reply()
            samples = np.frombuffer(self._read(int(reply["bytes"])), "<i2").astype(np.float32) / np.float32(32768)
            heard = {int(character): ms / 1000 for character, ms in reply["starts"]}
            starts_s = _starts(utterance.words, heard, len(samples) / self._sample_rate)
            yield Spoken(samples=samples, sample_rate=self._sample_rate, starts_s=starts_s)

    def _reply(self) -> dict[str, Any]:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line.endswith(b"\n"):
            raise AlignmentUnavailable("espeak-ng ended without an answer")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _read(self, count: int) -> bytes:
        assert self._child.stdout is not None
        raw = self._child.stdout.read(count)
        if len(raw) < count:
            raise AlignmentUnavailable("espeak-ng ended without an answer")
        return raw


def _starts(words: tuple[str, ...], heard_s: dict[int, float], duration_s: float) -> tuple[float, ...]:
    """Give the start of each word from those heard, by character; words that were run together share the time."""
    positions = np.cumsum([0, *(len(word) + 1 for word in words)])
    known = [(index, heard_s[int(at)]) for index, at in enumerate(positions[:-1]) if int(at) in heard_s]
    indices, times = [index for index, _ in known] + [len(words)], [time_s for _, time_s in known] + [duration_s]
    if indices[0] != 0:
        indices, times = [0, *indices], [0.0, *times]
    return tuple(float(time_s) for time_s in np.interp(np.arange(len(words)), indices, np.maximum.accumulate(times)))
