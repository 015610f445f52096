"""Songs as people have them. They lie beside the repository and are not part of it; skipped where they are missing."""

from pathlib import Path

import pytest

from music_separator.audio.decode import decode
from music_separator.audio.media import MediaLimits
from music_separator.audio.pcm import PcmReader
from music_separator.audio.probe import probe
from music_separator.engines.base import Mixture, Stem
from music_separator.engines.separation.center import CenterEngine

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
INVADERS = DATA / "ultrastar" / "Pornophonique - Space Invaders" / "audio.mp3"
STEMS = DATA / "other" / "The Easton Ellises - Falcon 69.stem.mp4"


@pytest.mark.skipif(not INVADERS.exists(), reason="real songs not here (../shared/data beside the repository)")
def test_a_real_mp3_is_read_whole_without_a_warning(tmp_path: Path) -> None:
    info = probe(INVADERS, MediaLimits())
    audio = decode(INVADERS, tmp_path / "a.pcm", MediaLimits())
    assert audio.duration_s == pytest.approx(info.duration_s, abs=0.1)
    assert (audio.packet_errors, audio.warnings, audio.mono) == (0, (), False)


@pytest.mark.skipif(not STEMS.exists(), reason="real songs not here (../shared/data beside the repository)")
def test_of_several_streams_the_mixture_is_taken_and_separated(tmp_path: Path) -> None:
    audio = decode(STEMS, tmp_path / "a.pcm", MediaLimits())
    with PcmReader(tmp_path / "a.pcm") as pcm:
        mixture = Mixture(pcm=pcm, mono=audio.mono, mean=audio.mean, std=audio.std)
        vocals = CenterEngine().separate(mixture, 0, pcm.samples, (Stem.VOCALS,))[Stem.VOCALS]
    assert 0.01 < vocals.std() < audio.rms
