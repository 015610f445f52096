"""Whatever the bytes: a typed answer, in time, and never a traceback."""

from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.probe import probe
from music_separator.domain.errors import DecodingLimit, InputError
from tests.audio.files import damaged, tone, write_audio, write_flac, write_mp3, write_wav

LIMITS = MediaLimits(decode_wall_s=20, probe_wall_s=10)
SEEDS = range(6)


def survives(path: Path) -> bool:
    """Probe and decode; give whether sound came out. Any error but a typed refusal is the test's failure."""
    try:
        if "0" in path.name:
            probe(path, LIMITS)  # decoding opens a file in the same way: a look at some is enough
        decode(path, path.with_suffix(".pcm"), LIMITS)
    except InputError:
        return False
    except DecodingLimit as limit:
        pytest.fail(f"the child did not cope: {limit}")
    return True


@pytest.mark.parametrize("kind", ["mp3", "flac", "wav", "m4a", "opus"])
def test_mutated_files_are_decoded_or_refused(tmp_path: Path, kind: str) -> None:
    good = _make(tmp_path / f"good.{kind}", kind).read_bytes()
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        bad = damaged(good, flips=int(random.integers(1, 200)), seed=seed)
        if seed % 3 == 1:
            bad = bad[: int(random.integers(1, len(bad)))]
        if seed % 3 == 2:
            at = int(random.integers(len(bad)))
            bad = bad[:at] + random.bytes(3000) + bad[at:]
        path = tmp_path / f"{seed}.{kind}"
        path.write_bytes(bad)
        survives(path)


@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{secret}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 9 RTP/AVP 0\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    ],
)
def test_scripts_that_name_other_files_open_none(tmp_path: Path, script: str) -> None:
    secret = write_wav(tmp_path / "secret.wav", tone())
    disguised = tmp_path / "song.mp3"
    disguised.write_text(script.format(secret=secret), "utf-8")
    assert not survives(disguised)
    # behind enough zeros to pass for binary, so that FFmpeg's own lists are what refuses
    disguised.write_bytes(disguised.read_bytes() + bytes(2000))
    assert not survives(disguised)


@pytest.mark.parametrize("size", [1, 3, 44, 1000])
def test_beginnings_of_files_are_refused(tmp_path: Path, size: int) -> None:
    for kind in ("mp3", "flac", "wav", "m4a", "opus"):
        path = _make(tmp_path / f"a.{kind}", kind)
        path.write_bytes(path.read_bytes()[:size])
        assert not survives(path)


def _make(path: Path, kind: str) -> Path:
    match kind:
        case "mp3":
            return write_mp3(path)
        case "flac":
            return write_flac(path)
        case "wav":
            return write_wav(path, tone())
        case "m4a":
            return write_audio(path, tone(), codec="aac", container="ipod")
        case _:
            return write_audio(
                path, tone(rate=48_000), codec="libopus", container="ogg", rate=48_000, sample_format="flt"
            )
