"""Decoding itself, as it runs inside the media child: packet by packet to the working file, damage counted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

from music_separator.audio.container import OpenedAudio, open_audio
from music_separator.audio.loudness import StreamStatistics
from music_separator.audio.media import MIN_DURATION_S, DecodedAudio, MediaInfo, MediaLimits
from music_separator.audio.pcm import PcmWriter
from music_separator.audio.resample import StereoStream
from music_separator.audio.waveform import CHANNELS, SAMPLE_RATE, Waveform
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import AudioTooLong, AudioTooShort, NotAudio, SilentAudio

SILENT_PEAK = 10 ** (-90 / 20)
"""-90 dBFS: above the last bit of 16 (-90.3 dBFS), so an export of nothing with its dither still counts as silent."""

COMPLETE_SHARE = 0.98
"""Of the declared length; encoders pad by less, files cut short lack more (research on damaged files)."""

_MOST_UNREADABLE_IN_A_ROW = 64
"""Demuxer errors without a packet between them; beyond this nothing more comes."""

_SHORTEST_HOLE_S = 0.005
_LONGEST_HOLE_S = 10.0
"""Given words are sung at given times, so what was lost stays silent; a longer hole is rather a damaged time."""

OnProgress = Callable[[float, float | None], None]
"""Seconds decoded, seconds declared."""


def write_working_file(source: Path, target: Path, limits: MediaLimits, on_progress: OnProgress) -> DecodedAudio:
    """Decode ``source`` into the working file ``target``.

    Raises what ``open_audio`` raises, and AudioTooShort, SilentAudio, AudioTooLong by what was really decoded.
    """
    statistics, stereo, damage = StreamStatistics(), StereoStream(), _Damage()
    with open_audio(source, limits) as audio, PcmWriter(target) as writer:
        for samples in _samples(audio, stereo, damage):
            statistics.feed(samples)
            writer.write(samples)
            decoded_s = statistics.samples / SAMPLE_RATE
            if decoded_s > limits.max_duration_s:
                raise AudioTooLong(decoded_s, limits.max_duration_s)
            on_progress(decoded_s, audio.info.duration_s)
        _require_sound(statistics, damage)
        return _decoded(audio.info, statistics, damage, stereo.not_numbers)


class _Damage:
    """Count of packets that could not be read or decoded."""

    def __init__(self) -> None:
        self.errors = 0


def _samples(audio: OpenedAudio, stereo: StereoStream, damage: _Damage) -> Iterator[Waveform]:
    clock = _Clock(damage)
    for frame in _frames(audio, damage):
        if hole_s := clock.hole_before(frame):
            yield np.zeros((CHANNELS, round(hole_s * SAMPLE_RATE)), np.float32)
        try:
            yield from stereo.convert(frame)
        except ValueError:  # a frame that contradicts itself
            damage.errors += 1
    yield from stereo.flush()


class _Clock:
    """Finds what damage took away: packets failed or times are missing, and the next time is later than it should be.

    Times of sound files are trusted for nothing else: many are odd in files that play perfectly.
    """

    def __init__(self, damage: _Damage) -> None:
        self._damage, self._errors = damage, 0
        self._now_s: float | None = None
        self._in_doubt = False

    def hole_before(self, frame: av.AudioFrame) -> float:
        """Give the seconds missing before ``frame``, mostly 0."""
        self._in_doubt = self._in_doubt or frame.time is None or self._damage.errors > self._errors
        expected_s = self._now_s
        length_s = frame.samples / frame.sample_rate
        if frame.time is None:
            self._now_s = None if expected_s is None else expected_s + length_s
            return 0.0
        hole_s = frame.time - expected_s if self._in_doubt and expected_s is not None else 0.0
        self._now_s, self._in_doubt = frame.time + length_s, False
        if not _SHORTEST_HOLE_S < hole_s <= _LONGEST_HOLE_S:
            hole_s = 0.0
        elif self._damage.errors == self._errors:
            self._damage.errors += 1  # FFmpeg's parsers drop what they cannot make out without a word
        self._errors = self._damage.errors
        return hole_s


def _frames(audio: OpenedAudio, damage: _Damage) -> Iterator[av.AudioFrame]:
    for packet in _packets(audio, damage):
        try:
            frames = audio.stream.codec_context.decode(packet)
        except av.EOFError:
            return
        except (av.FFmpegError, ValueError):
            damage.errors += 1
            continue
        yield from frames


def _packets(audio: OpenedAudio, damage: _Damage) -> Iterator["av.Packet[AudioStream]"]:
    """Give packets, the empty one that flushes the decoder last; go on after errors of the container."""
    in_a_row = 0
    while in_a_row < _MOST_UNREADABLE_IN_A_ROW:
        try:
            for packet in audio.container.demux(audio.stream):
                in_a_row = 0
                yield packet
            return
        except (av.FFmpegError, ValueError):
            damage.errors += 1
            in_a_row += 1


def _require_sound(statistics: StreamStatistics, damage: _Damage) -> None:
    duration_s = statistics.samples / SAMPLE_RATE
    if not statistics.samples and damage.errors:
        raise NotAudio
    if duration_s < MIN_DURATION_S:
        raise AudioTooShort(duration_s)
    if statistics.peak <= SILENT_PEAK:
        raise SilentAudio


def _decoded(info: MediaInfo, statistics: StreamStatistics, damage: _Damage, not_numbers: int) -> DecodedAudio:
    return DecodedAudio(
        samples=statistics.samples,
        sample_rate=SAMPLE_RATE,
        source_bits=info.source_bits,
        mono=statistics.mono,
        peak=statistics.peak,
        rms=statistics.rms,
        mean=statistics.mean,
        std=statistics.std,
        packet_errors=damage.errors,
        declared_s=info.duration_s,
        warnings=tuple(_warnings(info, statistics.samples / SAMPLE_RATE, damage.errors, not_numbers)),
    )


def _warnings(info: MediaInfo, decoded_s: float, errors: int, not_numbers: int) -> Iterator[Caution]:
    declared_s = None if info.duration_is_estimate else info.duration_s
    if declared_s is not None and decoded_s < COMPLETE_SHARE * declared_s:
        message = f"The file is cut short: {decoded_s:.1f} of {declared_s:.1f} seconds could be read."
        yield Caution(code=CautionCode.CUT_SHORT, message=message)
    if errors:
        packets = "1 packet" if errors == 1 else f"{errors} packets"
        message = f"The file is damaged: {packets} could not be read and left a gap."
        yield Caution(code=CautionCode.DAMAGED, message=message)
    if not_numbers:
        message = f"{not_numbers} samples were not numbers and were made silent."
        yield Caution(code=CautionCode.NOT_NUMBERS, message=message)
