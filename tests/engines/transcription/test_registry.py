"""What the names of transcribers mean."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from faster_whisper import utils

from music_separator.domain.errors import InvalidRequest
from music_separator.engines.transcription import gemma, registry
from music_separator.engines.transcription.base import Placement
from music_separator.engines.transcription.known_weights import WHISPER_SIZES
from music_separator.engines.transcription.sizes import GB, Capacity
from music_separator.engines.weights import WeightsStore
from tests.engines.transcription.tiny_whisper import write_tiny_whisper


def store(root: Path, *, offline: bool) -> WeightsStore:
    return WeightsStore(root=root, hub_url="http://127.0.0.1:9", offline=offline)


@pytest.mark.parametrize("name", [None, "whisper"])
@pytest.mark.parametrize(
    ("memory_gb", "cores", "card_gb", "size"),
    [
        (32, 16, 0, "turbo"),
        (16, 8, 0, "turbo"),
        (16, 4, 0, "small"),
        (8, 2, 0, "small"),
        (8, 1, 0, "base"),
        (7.9, 8, 0, "base"),
        (2, 2, 0, "tiny"),
        (8, 2, 6, "turbo"),
        (8, 2, 4, "small"),
    ],
)
def test_the_size_fits_the_machine(name: str | None, memory_gb: float, cores: int, card_gb: int, size: str) -> None:
    machine = Capacity(memory_bytes=int(memory_gb * GB), cores=cores, card_bytes=card_gb * GB)
    chosen = registry.transcriber_for(name, machine)
    assert chosen is not None
    assert chosen.name == f"whisper-{size}"


def test_without_a_name_this_machine_decides() -> None:
    chosen = registry.transcriber_for(None)
    assert chosen == registry.transcriber_for(None, registry.this_machine())


@pytest.mark.parametrize("size", ["tiny", "base", "small", "medium", "large-v1", "large-v2", "large-v3", "turbo"])
def test_a_size_by_name_is_never_another(size: str) -> None:
    chosen = registry.transcriber_for(f"whisper-{size}", Capacity(memory_bytes=GB, cores=1))
    assert chosen is not None
    assert chosen.name == chosen.weights.name == f"whisper-{size}"
    assert chosen.make(Path("anywhere"), Placement()).name == chosen.name


def test_every_size_is_where_faster_whisper_says_and_none_is_missing() -> None:
    theirs = {repository for size, repository in utils._MODELS.items() if not re.fullmatch(r"(\w+)\.en", size)}
    ours = {size.weights.repository for size in WHISPER_SIZES}
    assert ours == theirs


@pytest.mark.parametrize(
    ("other", "name"), [("whisper-large", "whisper-large-v3"), ("whisper-large-v3-turbo", "whisper-turbo")]
)
def test_some_weights_have_two_names(other: str, name: str) -> None:
    chosen = registry.transcriber_for(other)
    assert chosen is not None
    assert chosen.name == name


@pytest.mark.parametrize(
    ("machine", "size"),
    [
        (Capacity(memory_bytes=64 * GB, cores=16), "e2b"),
        (Capacity(memory_bytes=8 * GB, cores=2, card_bytes=24 * GB), "e2b"),
        (Capacity(memory_bytes=8 * GB, cores=2, torch_card_bytes=24 * GB), "e4b"),
        (Capacity(memory_bytes=8 * GB, cores=2, torch_card_bytes=16 * GB), "e2b"),
    ],
)
def test_the_size_of_gemma_fits_the_card(machine: Capacity, size: str) -> None:
    chosen = registry.transcriber_for("gemma_3n", machine)
    assert chosen is not None
    assert chosen.name == f"gemma-3n-{size}"


@pytest.mark.parametrize("size", ["e2b", "e4b"])
def test_a_size_of_gemma_by_name_is_never_another(size: str) -> None:
    chosen = registry.transcriber_for(f"gemma-3n-{size}", Capacity(memory_bytes=GB, cores=1))
    assert chosen is not None
    assert chosen.weights.repository == f"google/gemma-3n-{size.upper()}-it"
    assert chosen.make(Path("anywhere"), Placement()).name == chosen.name


def test_none_means_none() -> None:
    assert registry.transcriber_for("none") is None


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    for ask in (registry.check_transcriber, registry.transcriber_for):
        with pytest.raises(InvalidRequest, match=r"Known: whisper, whisper-tiny, .*, gemma-3n-e2b, .*, gemma_3n, none"):
            ask("parrot")


def test_states_say_what_runs_here_and_why_not(tmp_path: Path) -> None:
    write_tiny_whisper(tmp_path / "whisper-tiny")
    offline = {state.name: state for state in registry.states(store(tmp_path, offline=True))}
    online = {state.name: state for state in registry.states(store(tmp_path, offline=False))}
    assert (offline["whisper-tiny"].available, offline["whisper-tiny"].reason) == (True, None)
    assert not offline["whisper-small"].available
    assert "offline" in (offline["whisper-small"].reason or "")
    assert online["whisper-small"].available
    assert "about 486 MB" in (online["whisper-small"].reason or "")


@pytest.mark.parametrize("token", [None, "hf_token"])
def test_states_of_gemma_say_what_is_not_installed_and_what_its_licence_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    def state(packages: bool) -> registry.TranscriberState:
        monkeypatch.setattr(gemma, "find_spec", lambda _name: packages or None)
        found = registry.states(replace(store(tmp_path, offline=False), token=token))
        return next(state for state in found if state.name == "gemma-3n-e4b")

    assert state(packages=False) == registry.TranscriberState(
        name="gemma-3n-e4b",
        available=False,
        reason="PyTorch, transformers and accelerate are not installed (the extra gemma)",
    )
    asked = "" if token else ", with a token of who has accepted their licence"
    assert state(packages=True).available
    assert state(packages=True).reason == f"its weights (about 15700 MB) are fetched when it is first used{asked}"


def test_the_registry_imports_nothing_heavy() -> None:
    heavy = "{'torch', 'transformers', 'ctranslate2', 'faster_whisper', 'huggingface_hub', 'onnxruntime', 'tokenizers'}"
    code = f"import sys, music_separator.engines.transcription.registry; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
