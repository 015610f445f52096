"""Opening untrusted files with FFmpeg: only audio containers and codecs, no network, no other file, no video decoder.

Runs in the media child (child.py). The name of the file plays no part: FFmpeg is handed its bytes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from music_separator.audio.looks import looks_like
from music_separator.audio.media import MediaInfo, MediaLimits
from music_separator.domain.errors import AudioTooLong, EmptyFile, FileTooLarge, NoSound, NotAudio

DEMUXERS = (
    *("mp3", "wav", "w64", "flac", "aiff", "ogg", "aac", "caf", "au", "ape", "wv", "tta", "mpc", "mpc8", "tak"),
    *("ac3", "eac3", "dts", "amr", "dsf", "iff", "asf", "avi", "flv", "matroska", "webm"),
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "mpeg", "mpegts"),
)
"""FFmpeg's names. Left out on purpose: what names other files (hls, concat, dash, sdp, image2), and raw PCM."""

LOSSLESS = frozenset({"flac", "alac", "ape", "tta", "tak", "wavpack", "wmalossless", "truehd", "mlp"})
_LOSSY = frozenset(
    {"mp3", "mp3float", "mp2", "mp2float", "mp1", "mp1float", "aac", "aac_latm", "opus", "vorbis", "ac3", "eac3"}
    | {"dca", "wmav1", "wmav2", "wmapro", "amrnb", "amrwb", "mpc7", "mpc8", "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt"}
    | {"speex", "libspeex", "gsm", "gsm_ms", "nellymoser", "8svx_exp", "8svx_fib"}
    | {"dsd_lsbf", "dsd_msbf", "dsd_lsbf_planar", "dsd_msbf_planar"}
)
_UNREADABLE_PCM = frozenset({"pcm_s64le", "pcm_s64be"})  # PyAV gives no array for 64-bit integers

_STRICT = {"err_detect": "crccheck+explode"}
"""Frames that fail their own checksum are errors to be counted, not bursts of noise to be sung over."""

_ESTIMATED_BY_SIZE = frozenset({"mp3", "aac", "ac3", "eac3", "dts", "amr", "mpeg", "mpegts"})
"""Containers without a length; FFmpeg guesses it from the bit rate of the beginning."""

_WIDE_FORMATS = frozenset({"s32", "flt", "dbl"})


@dataclass(frozen=True, kw_only=True)
class OpenedAudio:
    """An open container and the one audio stream of it that is used."""

    container: InputContainer
    stream: AudioStream
    info: MediaInfo


@contextmanager
def open_audio(path: Path, limits: MediaLimits) -> Iterator[OpenedAudio]:
    """Open ``path`` and choose its audio stream.

    Raises EmptyFile, FileTooLarge, NotAudio, NoSound, AudioTooLong.
    """
    size = path.stat().st_size
    if size == 0:
        raise EmptyFile
    if size > limits.max_bytes:
        raise FileTooLarge(limits.max_bytes)
    with path.open("rb") as file:
        kind = looks_like(file.read(4096))
        if kind:
            raise NotAudio(kind)
        file.seek(0)
        with _open(file) as container:
            stream = _choose(container)
            stream.codec_context.options = _STRICT
            info = _describe(container, stream, file)
            if (
                info.duration_s is not None
                and info.duration_s > limits.max_duration_s
                and not info.duration_is_estimate
            ):
                raise AudioTooLong(info.duration_s, limits.max_duration_s)
            yield OpenedAudio(container=container, stream=stream, info=info)


def is_allowed(codec: str) -> bool:
    """Tell whether an audio codec (FFmpeg's name) may be run."""
    return codec in LOSSLESS or codec in _LOSSY or (codec.startswith("pcm_") and codec not in _UNREADABLE_PCM)


def _open(file: BinaryIO) -> InputContainer:
    codecs = sorted({name for name in av.codecs_available if is_allowed(name)})
    options = {
        "format_whitelist": ",".join(DEMUXERS),
        "codec_whitelist": ",".join(codecs),
        "protocol_whitelist": "file,pipe",
    }
    try:
        return av.open(_Nameless(file), "r", options=options, metadata_errors="replace", io_open=_refuse)
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        raise NotAudio from error


class _Nameless:
    """A file without a name, so that no extension sways FFmpeg's choice and none is looked up beside it."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    """Stand where FFmpeg would open a second file: media files that point elsewhere get nothing."""
    raise PermissionError("media files may not open other files")


def _choose(container: InputContainer) -> AudioStream:
    streams = container.streams.audio
    if not streams:
        raise NoSound
    usable = [
        stream for stream in streams if stream.codec_context is not None and is_allowed(stream.codec_context.name)
    ]
    if not usable:
        raise NotAudio("sound in a coding that is not read here")
    preferred = [stream for stream in usable if stream.disposition & Disposition.default]
    stream = (preferred or usable)[0]
    if stream.sample_rate <= 0 or stream.channels <= 0:
        raise NotAudio
    return stream


def _describe(container: InputContainer, stream: AudioStream, file: BinaryIO) -> MediaInfo:
    codec = stream.codec_context.name
    lossless = codec in LOSSLESS or codec.startswith("pcm_")
    name = container.format.name
    return MediaInfo(
        container=name,
        codec=codec,
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        duration_s=_declared_s(container, stream),
        duration_is_estimate=name in _ESTIMATED_BY_SIZE and not (name == "mp3" and _mp3_says_length(file)),
        source_bits=24 if lossless and stream.format.packed.name in _WIDE_FORMATS else 16,
    )


def _declared_s(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration is not None and stream.time_base is not None:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        seconds = container.duration / 1_000_000  # AV_TIME_BASE
    else:
        return None
    return seconds if seconds > 0 else None


def _mp3_says_length(file: BinaryIO) -> bool:
    """Look for the Xing, Info or VBRI header of the first frame, after an ID3v2 tag."""
    position = file.tell()
    try:
        file.seek(0)
        head = file.read(10)
        start = 0
        if head[:3] == b"ID3" and len(head) == 10:
            # ID3v2.4 section 6.2: sizes have seven bits a byte
            start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        file.seek(start)
        first_frame = file.read(4096)
        return any(mark in first_frame for mark in (b"Xing", b"Info", b"VBRI"))
    finally:
        file.seek(position)
