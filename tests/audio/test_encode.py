import struct
from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.decode import decode
from music_separator.audio.encode import AudioFormat, open_writer, quantise, split_whole
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.audio.wav import wav_header
from tests.audio.files import tone


def read_back(path: Path) -> np.ndarray:
    target = path.with_suffix(".pcm")
    decode(path, target, MediaLimits())
    with PcmReader(target) as reader:
        return reader.read(0, reader.samples)


@pytest.mark.parametrize("bits", [16, 24])
def test_flac_holds_whole_numbers_exactly(tmp_path: Path, bits: int) -> None:
    whole = np.random.default_rng(2).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (2, 50_000), dtype=np.int32)
    with open_writer(tmp_path / "a.flac", AudioFormat.FLAC, sample_rate=44_100, bits=bits) as writer:
        writer.write(whole[:, :10])
        writer.write(whole[:, 10:])
    np.testing.assert_array_equal(np.rint(read_back(tmp_path / "a.flac") * 2.0 ** (bits - 1)), whole)


def test_wav_holds_floats_exactly_beyond_full_scale_too(tmp_path: Path) -> None:
    samples = tone() * 4
    with open_writer(tmp_path / "a.wav", AudioFormat.WAV, sample_rate=44_100) as writer:
        writer.write(samples)
    np.testing.assert_array_equal(read_back(tmp_path / "a.wav"), samples)


def test_wav_takes_whole_numbers_of_the_stated_bits(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.wav", AudioFormat.WAV, sample_rate=44_100, bits=24) as writer:
        writer.write(np.full((2, 30_000), 2**22, np.int32))
    assert read_back(tmp_path / "a.wav")[0, 100] == 0.5


@pytest.mark.parametrize("audio_format", [AudioFormat.MP3, AudioFormat.OPUS])
def test_lossy_formats_sound_the_same_and_stay_in_time(tmp_path: Path, audio_format: AudioFormat) -> None:
    samples = tone(seconds=3)
    path = tmp_path / f"a.{audio_format}"
    with open_writer(path, audio_format, sample_rate=44_100, bits=16) as writer:
        for start in range(0, samples.shape[1], 10_000):
            writer.write(samples[:, start : start + 10_000])
    got = read_back(path)
    assert got.shape[1] == pytest.approx(samples.shape[1], abs=3)
    middle = slice(20_000, 100_000)
    assert np.abs(got[:, middle] - samples[:, middle]).max() < 0.02


def test_long_wav_headers_become_rf64() -> None:
    short, long = wav_header(1000, 44_100), wav_header(2**30, 44_100)
    assert len(short) == len(long)
    assert short[:4] == b"RIFF"
    assert struct.unpack("<I", short[4:8])[0] == len(short) + 8000 - 8
    assert long[:8] == b"RF64\xff\xff\xff\xff"
    riff, data, samples = struct.unpack("<QQQ", long[20:44])
    assert (riff, data, samples) == (len(long) + 2**33 - 8, 2**33, 2**30)


def test_a_failed_block_leaves_no_file(tmp_path: Path) -> None:
    for audio_format in AudioFormat:
        path = tmp_path / f"a.{audio_format}"
        writer = open_writer(path, audio_format, sample_rate=44_100)
        writer.write(tone())
        writer.__exit__(RuntimeError, RuntimeError(), None)
        assert not path.exists()


def test_what_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="20 bits"):
        open_writer(tmp_path / "a.flac", AudioFormat.FLAC, sample_rate=44_100, bits=20)
    writer = open_writer(tmp_path / "a.wav", AudioFormat.WAV, sample_rate=44_100)
    with writer, pytest.raises(ValueError, match="got"):
        writer.write(np.zeros((1, 5), np.float32))
    with pytest.raises(FileNotFoundError):
        open_writer(tmp_path / "none" / "a.mp3", AudioFormat.MP3, sample_rate=44_100)


@pytest.mark.parametrize("bits", [16, 24])
def test_vocals_and_instrumental_sum_to_the_mixture_in_every_sample(bits: int) -> None:
    random = np.random.default_rng(4)
    mixture = random.normal(0, 0.8, (2, 100_000)).astype(np.float32)
    vocals = random.normal(0, 0.8, (2, 100_000)).astype(np.float32)
    sung, rest = split_whole(mixture, vocals, bits)
    np.testing.assert_array_equal(sung + rest, quantise(mixture, bits))
    for part in (sung, rest):
        assert part.min() >= -(2 ** (bits - 1))
        assert part.max() < 2 ** (bits - 1)


def test_the_split_is_the_nearest_whole_number_where_nothing_clips() -> None:
    mixture, vocals = tone(level=0.4), tone(level=0.1)
    sung, rest = split_whole(mixture, vocals, 16)
    np.testing.assert_array_equal(rest, quantise(mixture - vocals, 16))
    assert np.abs(sung - vocals * 32768).max() <= 1.01
