"""Make the example song of this folder: a nursery rhyme sung by espeak-ng over a synthesised band, with true stems.

    pip install espeakng-loader
    python examples/song/make_song.py

The same versions of espeak-ng, numpy and FFmpeg make the same files. Times in seconds or beats, as named.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soxr
from band import SAMPLE_RATE, Band, Floats, room
from mutagen.id3 import ID3, TIT2, TLAN, TPE1, USLT, Encoding
from speech import SAMPLE_RATE as VOICE_RATE
from voice import Note, Sung, sing

from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms, ms_from_seconds
from music_separator.karaoke.song import KaraokeSong
from music_separator.karaoke.writers.enhanced_lrc import EnhancedLrcWriter

HERE = Path(__file__).parent
TITLE = "Twinkle, Twinkle, Little Star"
ARTIST = "Words: Jane Taylor (1806). Melody: traditional."
SEED = 1806

BEATS_A_MINUTE = 84.0
INTRO_BEATS, OUTRO_BEATS = 4, 3
BEATS_A_LINE = 8
TONIC = 57
"""A3: the melody lies between 220 and 370 Hz."""
LINE_STEPS = {"A": (0, 0, 7, 7, 9, 9, 7), "B": (5, 5, 4, 4, 2, 2, 0), "C": (7, 7, 5, 5, 4, 4, 2)}
"""Semitones above the tonic: six notes of a beat, then one of two."""
LINE_CHORDS = {"A": "I I IV I", "B": "IV I V I", "C": "I IV I V"}
CHORDS = {"I": (0, 4, 7), "IV": (5, 9, 12), "V": (7, 11, 14)}
BREATH_S = 0.3

RHYME = (
    ("A", "Twinkle, twinkle, little star,", "t'wIN-k@L t'wIN-k@L l'I-t@L st'A@"),
    ("B", "How I wonder what you are!", "h'aU 'aI w'Vn-d3 w'Vt ju: 'A@"),
    ("C", "Up above the world so high,", "'Vp @-b'Vv D@ w'3:ld s'oU h'aI"),
    ("C", "Like a diamond in the sky.", "l'aIk @ d'aI@-m@nd 'In D@ sk'aI"),
    ("A", "Twinkle, twinkle, little star,", "t'wIN-k@L t'wIN-k@L l'I-t@L st'A@"),
    ("B", "How I wonder what you are!", "h'aU 'aI w'Vn-d3 w'Vt ju: 'A@"),
)
"""Melody, words, and per word its syllables in espeak-ng's phoneme letters."""

VOICE_LEVEL, ROOM_LEVEL, PEAK = 0.13, 0.18, 0.84
"""RMS of the voice where it sings, its echo beside it, and the highest sample of the mixture."""
MIXTURE_BITS_S, STEM_BITS_S = 128_000, 48_000


@dataclass(frozen=True, kw_only=True)
class Stems:
    """Float sound, (2, samples), whose sum is the mixture."""

    vocals: Floats
    instrumental: Floats


def main() -> None:
    """Write everything beside this file."""
    notes = score()
    duration_s = (INTRO_BEATS + BEATS_A_LINE * len(RHYME) + OUTRO_BEATS) * 60 / BEATS_A_MINUTE
    voice, sung = sing(notes, duration_s=duration_s, seed=SEED)
    stems = mix(voice, duration_s)
    lyrics = timed(sung)
    song = KaraokeSong(
        file_id="twinkle",
        title=TITLE,
        artist=ARTIST,
        language="en",
        duration_ms=ms_from_seconds(duration_s),
        lyrics=lyrics,
    )
    lrc = EnhancedLrcWriter().render(song)
    (HERE / "twinkle.lrc").write_bytes(lrc)
    (HERE / "words.json").write_text(json.dumps(as_json(lyrics), indent=1) + "\n", encoding="utf-8")
    encode(HERE / "vocals.opus", stems.vocals, codec="libopus", rate=48_000, bits_s=STEM_BITS_S)
    encode(HERE / "instrumental.opus", stems.instrumental, codec="libopus", rate=48_000, bits_s=STEM_BITS_S)
    mixture = HERE / "twinkle.mp3"
    encode(mixture, stems.vocals + stems.instrumental, codec="libmp3lame", rate=SAMPLE_RATE, bits_s=MIXTURE_BITS_S)
    tag(mixture, lrc.decode())


def score() -> list[Note]:
    """Give every syllable its note."""
    beat_s = 60 / BEATS_A_MINUTE
    notes = []
    for number, (melody, _, phonemes) in enumerate(RHYME):
        syllables = phonemes.replace("-", " ").split()
        for place, (syllable, step) in enumerate(zip(syllables, LINE_STEPS[melody], strict=True)):
            start_s = (INTRO_BEATS + BEATS_A_LINE * number + place) * beat_s
            lasts_s = 2 * beat_s - BREATH_S if place == 6 else beat_s - 0.09
            notes.append(Note(phonemes=syllable, pitch=TONIC + step, start_s=start_s, end_s=start_s + lasts_s))
    return notes


def mix(voice: Floats, duration_s: float) -> Stems:
    """Put the voice into its room and the band beside it, at the final level."""
    dry = soxr.resample(voice, VOICE_RATE, SAMPLE_RATE)
    dry *= VOICE_LEVEL / np.sqrt((dry[np.abs(dry) > 0.1 * np.abs(dry).max()] ** 2).mean())
    band = Band(beats=duration_s * BEATS_A_MINUTE / 60, beats_a_minute=BEATS_A_MINUTE, seed=SEED)
    names = ["I", "V", *" ".join(LINE_CHORDS[melody] for melody, _, _ in RHYME).split(), "I"]
    band.play([tuple(TONIC + step for step in CHORDS[name]) for name in names], beats_each=2)
    length = band.sound.shape[1]
    dry = np.pad(dry, (0, max(0, length - len(dry))))[:length]
    vocals = dry + room(dry, level=ROOM_LEVEL, seed=SEED)
    fade = np.clip(np.arange(length)[::-1] / (1.5 * SAMPLE_RATE), 0, 1)
    gain = PEAK / np.abs(vocals + band.sound).max() * fade
    return Stems(vocals=gain * vocals, instrumental=gain * band.sound)


def timed(sung: list[Sung]) -> Lyrics:
    """Join the syllables to words and lines."""
    heard = iter(sung)
    lines = []
    for _, text, phonemes in RHYME:
        words = []
        for word, syllables in zip(text.split(), phonemes.split(), strict=True):
            parts = [next(heard) for _ in syllables.split("-")]
            start_ms, end_ms = ms_from_seconds(parts[0].start_s), ms_from_seconds(parts[-1].end_s)
            words.append(Word(text=word, start_ms=start_ms, end_ms=end_ms))
        lines.append(Line(text=text, start_ms=words[0].start_ms, end_ms=words[-1].end_ms, words=tuple(words)))
    return Lyrics(lines=tuple(lines), language="en", title=TITLE, artist=ARTIST)


def as_json(lyrics: Lyrics) -> dict[str, object]:
    """Give the lyrics in the shape of `music-separator align --json`."""

    def times(part: Line | Word) -> dict[str, str | Ms]:
        return {"text": part.text, "start_ms": part.start_ms, "end_ms": part.end_ms}

    def timed_line(line: Line) -> dict[str, object]:
        return {**times(line), "words": [{**times(word), "confidence": word.confidence} for word in line.words]}

    return {"lines": [timed_line(line) for line in lyrics.lines]}


def encode(path: Path, sound: Floats, *, codec: str, rate: int, bits_s: int) -> None:
    """Write sound at a lower bit rate than the product's, which would be too large for a repository."""
    # (channels, samples) -> packed (1, samples * channels)
    samples = np.atleast_2d(soxr.resample(sound.T, SAMPLE_RATE, rate).astype(np.float32).reshape(-1))
    container = {".mp3": "mp3", ".opus": "ogg"}[path.suffix]
    # bitexact: an Ogg stream has a random number otherwise
    with av.open(str(path), "w", format=container, options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=rate, layout="stereo", bit_rate=bits_s)
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout="stereo")
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=rate, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(stream.encode(piece))


def tag(path: Path, lrc: str) -> None:
    """Write who made it and the words with their times into an MP3."""
    tags = ID3()
    tags.add(TIT2(encoding=Encoding.UTF8, text=[TITLE]))
    tags.add(TPE1(encoding=Encoding.UTF8, text=[ARTIST]))
    tags.add(TLAN(encoding=Encoding.UTF8, text=["eng"]))
    tags.add(USLT(encoding=Encoding.UTF8, lang="eng", desc="", text=lrc))
    tags.save(path)


if __name__ == "__main__":
    main()
