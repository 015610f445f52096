import io
import wave
import zipfile
from pathlib import Path

import pytest
from mutagen.id3 import ID3, USLT

from music_separator.audio.media import MediaInfo, MediaLimits
from music_separator.audio.probe import probe
from music_separator.domain.errors import AudioTooLong, EmptyFile, FileTooLarge, NoSound, NotAudio
from tests.audio.files import tone, write_audio, write_flac, write_mp3, write_png, write_video, write_wav

LIMITS = MediaLimits()


def test_a_quick_look_describes_the_file(tmp_path: Path) -> None:
    info = probe(write_flac(tmp_path / "a.flac", sample_format="s32"), LIMITS)
    assert info == MediaInfo(
        container="flac",
        codec="flac",
        sample_rate=44_100,
        channels=2,
        duration_s=2.0,
        duration_is_estimate=False,
        source_bits=24,
        tags=info.tags,
    )


def test_content_decides_and_not_the_name(tmp_path: Path) -> None:
    assert probe(write_mp3(tmp_path / "Žižek 歌 «песня».txt"), LIMITS).codec.startswith("mp3")
    assert probe(write_flac(tmp_path / "-i concat:x|y.mp3"), LIMITS).codec == "flac"


def test_tags_come_with_the_look(tmp_path: Path) -> None:
    path = write_mp3(tmp_path / "a.mp3", tags={"title": "Ptička"})
    id3 = ID3(path)
    id3.add(USLT(lang="eng", text="la la"))
    id3.save(path)
    tags = probe(path, LIMITS).tags
    assert (tags.title, tags.lyrics, tags.language) == ("Ptička", "la la", "eng")


@pytest.mark.parametrize(
    ("codec", "container", "sample_format", "bits"),
    [
        ("pcm_s24le", "wav", "s32", 24),
        ("pcm_f32le", "wav", "flt", 24),
        ("pcm_u8", "wav", "u8", 16),
        ("alac", "ipod", "s16p", 16),
        ("alac", "ipod", "s32p", 24),
        ("aac", "ipod", "fltp", 16),
        ("libopus", "ogg", "flt", 16),
        ("pcm_s16be", "aiff", "s16", 16),
        ("wavpack", "matroska", "fltp", 24),
    ],
)
def test_source_bits_are_24_only_where_the_source_holds_more_than_16(
    tmp_path: Path, codec: str, container: str, sample_format: str, bits: int
) -> None:
    rate = 48_000 if codec == "libopus" else 44_100
    samples = tone(rate=rate)
    path = write_audio(
        tmp_path / "a", samples, codec=codec, container=container, rate=rate, sample_format=sample_format
    )
    assert probe(path, LIMITS).source_bits == bits


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").touch()
    with pytest.raises(EmptyFile):
        probe(tmp_path / "a.mp3", LIMITS)


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.txt", "b")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"<html><body>Not found</body></html>", "a web page"),
        (b"just words\n", "a text file"),
        (b"#EXTM3U\nhttp://127.0.0.1:1/a.ts\n", "a playlist"),
        (b"ffconcat version 1.0\nfile '/etc/hostname'\n", "a playlist"),
        (_zip(), "a ZIP archive"),
        (bytes(5000), ""),
        (b"fLaC", ""),
        (b"RIFF\x24\0\0\0WAVE\0\0\0", ""),
    ],
)
def test_what_is_no_audio_is_refused_and_named(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / "a.mp3").write_bytes(content)
    with pytest.raises(NotAudio) as refusal:
        probe(tmp_path / "a.mp3", LIMITS)
    assert refusal.value.looks_like.startswith(named)


def test_a_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotAudio, match="PNG"):
        probe(write_png(tmp_path / "a.mp3"), LIMITS)


def test_a_video_needs_sound(tmp_path: Path) -> None:
    assert probe(write_video(tmp_path / "a.mp4", sound=True), LIMITS).codec == "aac"
    with pytest.raises(NoSound):
        probe(write_video(tmp_path / "b.mp4", sound=False), LIMITS)


def test_limits_are_kept(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone(seconds=3))
    with pytest.raises(FileTooLarge):
        probe(path, MediaLimits(max_bytes=1000))
    with pytest.raises(AudioTooLong) as refusal:
        probe(path, MediaLimits(max_duration_s=2))
    assert (refusal.value.duration_s, refusal.value.limit_s) == (3, 2)


def test_a_header_that_declares_a_day_is_refused_by_its_header(tmp_path: Path) -> None:
    path = write_flac(tmp_path / "bomb.flac")
    raw = bytearray(path.read_bytes())
    samples = 30 * 3600 * 44_100  # 36 bits at byte 21 of the file (RFC 9639 section 8.2)
    raw[21] = (raw[21] & 0xF0) | (samples >> 32)
    raw[22:26] = (samples & 0xFFFFFFFF).to_bytes(4, "big")
    path.write_bytes(raw)
    with pytest.raises(AudioTooLong):
        probe(path, LIMITS)


def test_an_mp3_without_a_length_header_says_that_its_length_is_a_guess(tmp_path: Path) -> None:
    whole = write_mp3(tmp_path / "a.mp3", seconds=4)
    assert not probe(whole, LIMITS).duration_is_estimate
    raw = whole.read_bytes()
    (tmp_path / "b.mp3").write_bytes(raw.replace(b"Info", b"\0\0\0\0").replace(b"Xing", b"\0\0\0\0"))
    assert probe(tmp_path / "b.mp3", LIMITS).duration_is_estimate


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "none.mp3", LIMITS)


def test_a_file_of_the_standard_library_reads_too(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x90" * 8000)
    info = probe(tmp_path / "a.wav", LIMITS)
    assert (info.channels, info.sample_rate, info.duration_s) == (1, 8000, 1.0)
