"""Which network runs on what: decided where it runs."""

import sys
from pathlib import Path

import pytest

from music_separator.domain.errors import ModelUnavailable, NotEnoughMemory
from music_separator.engines import separation_engines
from music_separator.engines.base import Stem
from music_separator.engines.presets import SeparationChoice
from music_separator.engines.separation_engines import Machine, MemberFile, make_demucs, own_checkpoint
from tests.engines.networks.small_demucs import SIX, write_small_demucs

ANOTHER_KIND = "cuda" if sys.platform == "darwin" else "mps"
"""A card that no machine of this system has."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> MemberFile:
    path = write_small_demucs(tmp_path_factory.mktemp("weights") / "small.safetensors", "six")
    return own_checkpoint(path, "digest")


def test_one_s_own_checkpoint_says_itself_which_stems_it_gives(file: MemberFile) -> None:
    assert file.stems == tuple(Stem(stem) for stem in SIX)


def test_making_an_engine_reads_nothing(tmp_path: Path) -> None:
    missing = MemberFile(path=tmp_path / "missing.safetensors", sha256="", stems=(Stem.VOCALS,))
    assert make_demucs("any", (missing,), SeparationChoice(), Machine(device="auto", threads=1)).name == "any"


def test_a_card_that_was_asked_for_and_is_not_there_is_said(file: MemberFile) -> None:
    engine = make_demucs("small", (file,), SeparationChoice(), Machine(device=ANOTHER_KIND, threads=1))
    with pytest.raises(ModelUnavailable, match=f"the device {ANOTHER_KIND} was asked for and cannot be used"):
        engine.load()


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_the_processor_is_asked_for_its_memory_before_anything_is_loaded(
    file: MemberFile, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setattr(separation_engines, "has_torch", lambda: False)
    monkeypatch.setattr(separation_engines, "free_memory", lambda: separation_engines.NETWORK_BYTES - 1)
    engine = make_demucs("small", (file,), SeparationChoice(), Machine(device=device, threads=1))
    with pytest.raises(NotEnoughMemory) as failure:
        engine.load()
    assert (failure.value.code, failure.value.name) == ("not_enough_memory", "small")
    assert failure.value.free_bytes == failure.value.needed_bytes - 1
    monkeypatch.setattr(separation_engines, "free_memory", lambda: separation_engines.NETWORK_BYTES)
    engine.load()
