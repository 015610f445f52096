"""What the names of transcribers mean."""

import subprocess
import sys
from pathlib import Path

import pytest

from music_separator.domain.errors import InvalidRequest
from music_separator.engines.transcription import registry
from music_separator.engines.weights import WeightsStore
from tests.engines.transcription.tiny_whisper import write_tiny_whisper

GIGABYTE = 10**9


def store(root: Path, *, offline: bool) -> WeightsStore:
    return WeightsStore(root=root, hub_url="http://127.0.0.1:9", offline=offline)


@pytest.mark.parametrize("name", [None, "whisper"])
@pytest.mark.parametrize(("memory", "size"), [(16, "small"), (8, "small"), (7.9, "base"), (2, "base")])
def test_the_size_fits_the_memory(name: str | None, memory: float, size: str) -> None:
    chosen = registry.transcriber_for(name, int(memory * GIGABYTE))
    assert chosen is not None
    assert chosen.name == f"whisper-{size}"


@pytest.mark.parametrize("size", ["tiny", "base", "small", "medium", "large-v1", "large-v2", "large-v3", "turbo"])
def test_a_size_by_name_is_never_another(size: str) -> None:
    chosen = registry.transcriber_for(f"whisper-{size}", GIGABYTE)
    assert chosen is not None
    assert chosen.name == chosen.weights.name == f"whisper-{size}"
    assert chosen.make(Path("anywhere")).name == chosen.name


@pytest.mark.parametrize("name", ["none", "gemma_3n"])
def test_some_names_mean_none_and_say_why(name: str) -> None:
    assert registry.transcriber_for(name) is None
    assert registry.why_none(name)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    for ask in (registry.check_transcriber, registry.transcriber_for):
        with pytest.raises(InvalidRequest, match=r"Known: whisper, whisper-tiny, .*, gemma_3n, none"):
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
    assert not online["gemma_3n"].available


def test_the_registry_imports_nothing_heavy() -> None:
    heavy = "{'ctranslate2', 'faster_whisper', 'huggingface_hub', 'onnxruntime', 'tokenizers'}"
    code = f"import sys, music_separator.engines.transcription.registry; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
