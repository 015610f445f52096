"""The process in which espeak-ng speaks: one per song, because espeak-ng keeps state and would not repeat itself.

Run as a program, never imported: espeak-ng is under the GPL and stays at arm's length. It needs ctypes and the standard
library only. Arguments: library, data folder. One JSON line in: {"words": [[voice, text]], "lines": [[voice, [word]]],
"rate": words a minute}. One JSON line out: {"voices", "sample_rate", "phones": [ipa]}; then, per line, a JSON line
{"bytes": n, "starts": [[character, ms]]} followed by n bytes of 16-bit mono samples.
"""

import ctypes
import json
import os
import sys
from typing import Any

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_UTF8 = 1
_IPA_UNDERSCORED = 0x02 | (ord("_") << 8)
_POSITION_CHARACTER = 1
_RATE = 1
_WORD_EVENT = 1


class _Name(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    """espeak_EVENT of speak_lib.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Name),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class Speaker:
    """The library, initialised once. Raises OSError where it cannot be."""

    def __init__(self, library: str, data: str) -> None:
        self._library = ctypes.CDLL(library)
        # espeak-ng cuts paths at 160 characters, and appends to them
        os.chdir(data)
        self.sample_rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, b".", _DONT_EXIT))
        if self.sample_rate <= 0:
            raise OSError("espeak-ng does not find its data")
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
            ctypes.c_void_p, ctypes.c_void_p,
        ]  # fmt: skip
        self._samples = bytearray()
        self._starts: list[tuple[int, int]] = []
        self._callback = _Callback(self._hear)  # kept: the library only has its address
        self._library.espeak_SetSynthCallback(self._callback)
        self._voice = ""

    def choose(self, voice: str) -> bool:
        """Take a voice; False where there is none of this name."""
        if voice != self._voice:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                return False
            self._voice = voice
        return True

    def phones(self, text: str) -> str:
        """Give the IPA of a text."""
        rest = ctypes.c_char_p(text.encode())
        clauses = []
        while rest.value:
            clauses.append((self._library.espeak_TextToPhonemes(rest, _UTF8, _IPA_UNDERSCORED) or b"").decode())
        return " ".join(clauses)

    def speak(self, text: str, rate: int) -> tuple[bytes, list[tuple[int, int]]]:
        """Give 16-bit mono samples, and for each word heard where it begins: character of the text, milliseconds."""
        self._samples.clear()
        self._starts = []
        self._library.espeak_SetParameter(_RATE, rate, 0)
        raw = text.encode()
        self._library.espeak_Synth(raw, len(raw) + 1, 0, _POSITION_CHARACTER, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        return bytes(self._samples), self._starts

    def _hear(self, samples: int | None, count: int, events: Any) -> int:
        if samples and count > 0:
            self._samples += ctypes.string_at(samples, 2 * count)
        index = 0
        while events[index].type != 0:
            if events[index].type == _WORD_EVENT:
                self._starts.append((events[index].text_position - 1, events[index].audio_position))
            index += 1
        return 0


def main() -> None:
    """Serve one request."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever native code prints goes to stderr
    request = json.loads(sys.stdin.buffer.readline())
    speaker = Speaker(sys.argv[1], sys.argv[2])
    voices = _voices(speaker, request)
    phones = [speaker.phones(text) if speaker.choose(voices[voice]) else "" for voice, text in request["words"]]
    _send(replies, {"voices": voices, "sample_rate": speaker.sample_rate, "phones": phones})
    for voice, words in request["lines"]:
        samples, starts = b"", list[tuple[int, int]]()
        if speaker.choose(voices[voice]):
            samples, starts = speaker.speak(" ".join(words), request["rate"])
        _send(replies, {"bytes": len(samples), "starts": starts})
        replies.write(samples)
    replies.flush()


def _voices(speaker: Speaker, request: dict[str, Any]) -> dict[str, str]:
    """Give for each voice asked for the first of its names that espeak-ng knows; empty where it knows none."""
    return {
        wanted: next((name for name in names if speaker.choose(name)), "")
        for wanted, names in request["voices"].items()
    }


def _send(replies: Any, reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply).encode() + b"\n")


if __name__ == "__main__":
    main()
