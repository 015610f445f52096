from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.decode import decode
from music_separator.audio.media import DecodedAudio, MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.domain.caution import Caution, CautionCode
from music_separator.domain.errors import (
    AudioTooLong,
    AudioTooShort,
    Cancelled,
    DecodingLimit,
    InputError,
    NotAudio,
    SilentAudio,
)
from tests.audio.files import damaged, tone, write_audio, write_flac, write_mp3, write_video, write_wav

LIMITS = MediaLimits()


def decoded(source: Path) -> tuple[DecodedAudio, np.ndarray]:
    target = source.with_suffix(".pcm")
    audio = decode(source, target, LIMITS)
    with PcmReader(target) as reader:
        assert reader.samples == audio.samples
        return audio, reader.read(0, reader.samples)


def test_samples_of_a_16_bit_wav_arrive_exactly(tmp_path: Path) -> None:
    sent = tone()
    audio, got = decoded(write_wav(tmp_path / "a.wav", sent))
    np.testing.assert_array_equal(np.rint(got * 32768), np.rint(sent * 32768))
    assert (audio.samples, audio.sample_rate, audio.mono, audio.warnings) == (88_200, 44_100, False, ())


def test_statistics_are_those_of_the_working_file(tmp_path: Path) -> None:
    audio, got = decoded(write_wav(tmp_path / "a.wav", tone() + 0.1))
    mix = got.astype(np.float64).mean(axis=0)
    assert audio.mean == pytest.approx(mix.mean(), rel=1e-12)
    assert audio.std == pytest.approx(mix.std(ddof=1), rel=1e-12)
    assert audio.peak == pytest.approx(np.abs(got).max())
    assert audio.rms == pytest.approx(np.sqrt((got.astype(np.float64) ** 2).mean()), rel=1e-12)


def test_mono_is_given_to_both_channels(tmp_path: Path) -> None:
    audio, got = decoded(write_wav(tmp_path / "a.wav", tone(channels=1), layout="mono"))
    assert audio.mono
    np.testing.assert_array_equal(got[0], got[1])
    assert audio.peak == pytest.approx(0.5, abs=1e-3)


def test_two_channels_alike_are_mono_too(tmp_path: Path) -> None:
    assert decoded(write_wav(tmp_path / "a.wav", np.repeat(tone(channels=1), 2, axis=0)))[0].mono


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 96_000])
def test_any_rate_keeps_length_and_pitch(tmp_path: Path, rate: int) -> None:
    audio, got = decoded(write_wav(tmp_path / "a.wav", tone(rate=rate), rate=rate))
    assert audio.samples == pytest.approx(2 * 44_100, abs=2)
    middle = slice(4410, -4410)
    np.testing.assert_allclose(got[:, middle], tone()[:, : got.shape[1]][:, middle], atol=2e-3)


@pytest.mark.parametrize(
    ("codec", "container", "sample_format"),
    [
        ("pcm_u8", "wav", "u8"),
        ("pcm_s24le", "wav", "s32"),
        ("pcm_f64le", "wav", "dbl"),
        ("pcm_s16be", "aiff", "s16"),
        ("flac", "flac", "s32"),
        ("alac", "ipod", "s16p"),
        ("libmp3lame", "mp3", "fltp"),
        ("aac", "ipod", "fltp"),
        ("mp2", "mpegts", "s16"),
        ("aac", "adts", "fltp"),
        ("wavpack", "matroska", "s16p"),
        ("ac3", "ac3", "fltp"),
    ],
)
def test_any_coding_sounds_the_same(tmp_path: Path, codec: str, container: str, sample_format: str) -> None:
    path = write_audio(tmp_path / "a", tone(), codec=codec, container=container, sample_format=sample_format)
    audio, got = decoded(path)
    assert audio.duration_s == pytest.approx(2.0, abs=0.06)
    middle = got[:, 30_000:60_000]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(30_000), axis=1))
    assert spectrum.argmax(axis=1) * 44_100 / 30_000 == pytest.approx([220, 330], abs=2)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.05)


def test_six_channels_are_mixed_down_without_clipping(tmp_path: Path) -> None:
    full = np.ones((6, 44_100), np.float32) * 0.99
    _, got = decoded(write_wav(tmp_path / "a.wav", full, layout="5.1"))
    assert 0.9 < got.max() <= 1.0
    only_left = np.zeros((6, 44_100), np.float32)
    only_left[0] = 0.9
    _, got = decoded(write_wav(tmp_path / "b.wav", only_left, layout="5.1"))
    assert got[1].max() == 0
    assert got[0].max() == pytest.approx(0.9 / (1 + 2**-0.5 + 2**-0.5), abs=1e-3)


def test_the_sound_of_a_video_is_taken(tmp_path: Path) -> None:
    assert decoded(write_video(tmp_path / "a.mp4", sound=True))[0].duration_s == pytest.approx(1.0, abs=0.05)


def test_rate_and_channels_may_change_in_mid_stream(tmp_path: Path) -> None:
    parts = [
        write_audio(tmp_path / "a", tone(), codec="aac", container="adts"),
        write_audio(
            tmp_path / "b", tone(rate=22_050, channels=1), codec="aac", container="adts", rate=22_050, layout="mono"
        ),
    ]
    (tmp_path / "c.aac").write_bytes(b"".join(part.read_bytes() for part in parts))
    audio, _ = decoded(tmp_path / "c.aac")
    assert audio.duration_s == pytest.approx(4.0, abs=0.2)


def test_names_in_any_script_are_fine(tmp_path: Path) -> None:
    for name in ("Ščuka песня 歌.wav", "-i a:b|c'd %s.wav"):
        assert decoded(write_wav(tmp_path / name, tone(seconds=0.6)))[0].samples == 26_460


def test_progress_rises_to_the_declared_length(tmp_path: Path) -> None:
    seen: list[tuple[float, float | None]] = []
    decode(write_flac(tmp_path / "a.flac", seconds=60), tmp_path / "a.pcm", LIMITS, lambda *at: seen.append(at))
    assert seen == sorted(seen)
    assert 0 < seen[-1][0] <= 60.1
    assert seen[0][1] == pytest.approx(60, abs=0.1)


def test_half_a_second_is_needed(tmp_path: Path) -> None:
    with pytest.raises(AudioTooShort) as refusal:
        decode(write_wav(tmp_path / "a.wav", tone(seconds=0.4)), tmp_path / "a.pcm", LIMITS)
    assert refusal.value.duration_s == pytest.approx(0.4)
    assert not (tmp_path / "a.pcm").exists()
    assert decoded(write_wav(tmp_path / "b.wav", tone(seconds=0.5)))[0].samples == 22_050


@pytest.mark.parametrize("level", [0.0, 1 / 32768])
def test_silence_is_refused_with_and_without_dither(tmp_path: Path, level: float) -> None:
    noise = np.random.default_rng(1).choice([-1, 0, 1], (2, 44_100)).astype(np.float32) * level
    with pytest.raises(SilentAudio):
        decode(write_wav(tmp_path / "a.wav", noise), tmp_path / "a.pcm", LIMITS)


def test_a_quiet_song_is_not_silence(tmp_path: Path) -> None:
    assert decoded(write_wav(tmp_path / "a.wav", tone(level=0.001)))[0].peak == pytest.approx(0.001, rel=0.05)


def test_samples_that_are_no_numbers_become_silence_and_are_told(tmp_path: Path) -> None:
    samples = tone()
    samples[0, 5000], samples[1, 6000] = np.nan, np.inf
    path = write_audio(tmp_path / "a.wav", samples, codec="pcm_f32le", container="wav", sample_format="flt")
    audio, got = decoded(path)
    assert np.isfinite(got).all()
    assert audio.warnings == (
        Caution(code=CautionCode.NOT_NUMBERS, message="2 samples were not numbers and were made silent."),
    )


def test_a_file_cut_short_is_decoded_with_a_warning(tmp_path: Path) -> None:
    whole = write_mp3(tmp_path / "a.mp3", seconds=10).read_bytes()
    (tmp_path / "b.mp3").write_bytes(whole[: len(whole) // 3])
    audio, _ = decoded(tmp_path / "b.mp3")
    assert 2.5 < audio.duration_s < 4
    assert audio.warnings[0].message == "The file is cut short: 3.3 of 10.0 seconds could be read."


def test_damaged_packets_are_counted_and_left_out(tmp_path: Path) -> None:
    whole = write_flac(tmp_path / "a.flac", seconds=20).read_bytes()
    (tmp_path / "b.flac").write_bytes(damaged(whole, flips=12, seed=3, start=9000))
    audio, _ = decoded(tmp_path / "b.flac")
    assert audio.packet_errors > 0
    assert audio.duration_s == pytest.approx(20, abs=0.3)  # silence in the holes: the words stay in time
    assert f"{audio.packet_errors} packets" in audio.warnings[-1].message


def test_random_bytes_that_pass_for_mp3_are_no_audio(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(np.random.default_rng(5).bytes(200_000))
    with pytest.raises(InputError):
        decode(tmp_path / "a.mp3", tmp_path / "a.pcm", LIMITS)


def test_a_header_alone_is_too_short_or_no_audio(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(write_wav(tmp_path / "b.wav", tone()).read_bytes()[:44])
    with pytest.raises((AudioTooShort, NotAudio)):
        decode(tmp_path / "a.wav", tmp_path / "a.pcm", LIMITS)


def test_more_sound_than_declared_stops_at_the_limit(tmp_path: Path) -> None:
    raw = bytearray(write_flac(tmp_path / "a.flac", seconds=30).read_bytes())
    raw[21] &= 0xF0
    raw[22:26] = (44_100).to_bytes(4, "big")  # one second declared (RFC 9639 section 8.2)
    (tmp_path / "bomb.flac").write_bytes(raw)
    with pytest.raises(AudioTooLong):
        decode(tmp_path / "bomb.flac", tmp_path / "a.pcm", MediaLimits(max_duration_s=5))
    assert [path.name for path in tmp_path.glob("*.p*")] == []


def test_cancel_ends_the_child_and_leaves_nothing(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", tone())
    with pytest.raises(Cancelled):
        decode(path, tmp_path / "a.pcm", LIMITS, should_stop=lambda: True)
    assert [path.name for path in tmp_path.glob("*.p*")] == []


def test_time_is_limited(tmp_path: Path) -> None:
    with pytest.raises(DecodingLimit, match="longer than 0 seconds"):
        decode(write_wav(tmp_path / "a.wav", tone()), tmp_path / "a.pcm", MediaLimits(decode_wall_s=0.01))
