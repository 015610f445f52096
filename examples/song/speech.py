"""espeak-ng as a library: phonemes to speech on one pitch, with the place of each phoneme. Needs `espeakng-loader`."""

import ctypes
from dataclasses import dataclass, field

import espeakng_loader
import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 22_050
"""Hz; espeak-ng's own."""
VOICE = b"en-us+f2"
WORDS_A_MINUTE = 150
SEED = 1806
PITCH = 30
"""0-99; low, so that many harmonics show what shape the mouth has."""

# speak_lib.h
_SYNCHRONOUS, _PHONEME_EVENTS, _PHONEME = 2, 1, 7
_RATE, _PITCH, _RANGE = 1, 3, 4
_TEXT_IS_UTF8_PHONEMES = 0x101


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, kw_only=True)
class Syllable:
    """A spoken syllable, float32 mono; where it begins and ends, and its vowel between, in samples."""

    samples: npt.NDArray[np.float32]
    begin: int
    vowel: int
    coda: int
    end: int


@dataclass
class Speaker:
    """The library, initialised; there can be one in a process."""

    _heard: list[npt.NDArray[np.int16]] = field(default_factory=list)
    _marks: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS)
        if rate != SAMPLE_RATE or self._library.espeak_SetVoiceByName(VOICE):
            raise RuntimeError("This espeak-ng has no such voice.")
        for parameter, value in ((_RATE, WORDS_A_MINUTE), (_PITCH, PITCH), (_RANGE, 0)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))  # of the noise in its consonants
        self._callback = _Callback(self._take)  # kept: the library calls it later
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, phonemes: str) -> Syllable:
        """Speak one syllable, given in espeak-ng's own phoneme letters."""
        self._heard.clear()
        self._marks.clear()
        text = f"[[{phonemes}]]".encode()
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _TEXT_IS_UTF8_PHONEMES, None, None)
        self._library.espeak_Synchronize()
        samples = np.concatenate(self._heard).astype(np.float32) / 32768
        places = [(at, letters.strip("'")) for at, letters in self._marks]
        spoken = [(at, letters) for at, letters in places if not letters.startswith("_")]
        end = next(at for at, letters in places if letters.startswith("_"))
        vowel = next(index for index, (_, letters) in enumerate(spoken) if letters[0] in "aAeEiIoOuU03@V")
        coda = spoken[vowel + 1][0] if vowel + 1 < len(spoken) else end
        return Syllable(samples=samples, begin=spoken[0][0], vowel=spoken[vowel][0], coda=coda, end=end)

    def _take(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: "ctypes._Pointer[_Event]") -> int:
        if count:
            self._heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
        position = 0
        while events[position].type:
            if events[position].type == _PHONEME:
                self._marks.append((events[position].sample, events[position].id.string.decode()))
            position += 1
        return 0
