"""The engine over a tiny Gemma 3n that the test makes, through the real loading code; and how loading fails."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from music_separator.audio.voice import VOICE_RATE
from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.engines.transcription import gemma, gemma_memory
from music_separator.engines.transcription.base import Placement
from music_separator.engines.transcription.gemma import GemmaEngine
from music_separator.engines.transcription.gemma_prompt import transcription_request
from tests.extras import needs_gemma

ON_PROCESSOR = Placement(device="cpu", threads=1)
VOICE = np.random.default_rng(1).normal(0, 0.1, 4 * VOICE_RATE).astype(np.float32)


def engine_over(folder: Path, *, weights_bytes: int = 0) -> GemmaEngine:
    return GemmaEngine("gemma-3n-e2b", "Gemma 3n E2B", folder, ON_PROCESSOR, weights_bytes=weights_bytes)


def test_without_the_extra_it_says_so_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemma, "find_spec", lambda _name: None)
    with pytest.raises(NoTranscriber, match=r"transformers and accelerate are not installed \(the extra gemma\)"):
        engine_over(tmp_path).check()


def test_a_size_that_does_not_fit_is_refused_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemma, "find_spec", lambda _name: object())
    monkeypatch.setattr(gemma_memory, "free_bytes", lambda _device: 8 * 10**9)
    with pytest.raises(
        OutOfMemory, match=r"^Model loading failed: out of memory\. .* 12\.9 GB of memory, where 8\.0 GB"
    ):
        engine_over(tmp_path, weights_bytes=10_900_000_000).check()


@pytest.mark.parametrize("parts", [1, 2])
def test_what_is_there_counts_once_all_of_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    monkeypatch.setattr(gemma, "find_spec", lambda _name: object())
    monkeypatch.setattr(gemma_memory, "free_bytes", lambda _device: 8 * 10**9)
    names = ["model-1.safetensors", "model-2.safetensors"]
    index = {"weight_map": dict(enumerate(names))}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    for name in names[:parts]:
        (tmp_path / name).write_bytes(b"tiny")
    engine = engine_over(tmp_path, weights_bytes=10_900_000_000)
    if parts == len(names):
        engine.check()
    else:
        with pytest.raises(OutOfMemory, match=r"12\.9 GB"):
            engine.check()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
    ids=["card", "mac", "processor", "python"],
)
def test_memory_that_runs_out_while_it_is_loaded_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_arguments: object) -> Any:
        raise error

    monkeypatch.setattr(gemma, "_load", fail)
    monkeypatch.setattr(gemma_memory, "free_bytes", lambda _device: 20 * 10**9)
    with pytest.raises(OutOfMemory, match=r"^Model loading failed: out of memory\. Gemma 3n E2B needs about"):
        engine_over(tmp_path).load()


def test_another_failure_stays_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> Any:
        raise RuntimeError("something else")

    monkeypatch.setattr(gemma, "_load", fail)
    with pytest.raises(RuntimeError, match="something else"):
        engine_over(tmp_path).load()


def test_nothing_is_heard_before_it_is_loaded(tmp_path: Path) -> None:
    engine_over(tmp_path).close()
    with pytest.raises(RuntimeError, match="load"):
        engine_over(tmp_path).transcribe(VOICE, language="en")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.engines.transcription.tiny_gemma import write_tiny_gemma

    return write_tiny_gemma(tmp_path_factory.mktemp("gemma"))


@pytest.fixture(scope="module")
def engine(folder: Path) -> GemmaEngine:
    made = engine_over(folder)
    made.check()
    made.load()
    return made


@needs_gemma
def test_it_writes_down_lines_with_the_times_of_the_window(engine: GemmaEngine) -> None:
    segments = engine.transcribe(VOICE, language="hr")
    assert [(segment.text, segment.start_ms, segment.end_ms, segment.words) for segment in segments] == [
        ("Sing along now", 0, 4000, ()),
        ("once again", 0, 4000, ()),
    ]


@needs_gemma
@pytest.mark.parametrize("seconds", [0.2, 29.9, 30.0])
def test_windows_of_every_length_are_heard(engine: GemmaEngine, seconds: float) -> None:
    voice = np.random.default_rng(2).normal(0, 0.1, round(seconds * VOICE_RATE)).astype(np.float32)
    heard = engine.transcribe(voice, language=None)
    assert [segment.text for segment in heard] == (["Sing along now", "once again"] if seconds > 1 else [])


@needs_gemma
def test_the_same_window_gives_the_same(engine: GemmaEngine, folder: Path) -> None:
    again = engine_over(folder)
    again.load()
    again.load()
    assert again.transcribe(VOICE, language="hr") == engine.transcribe(VOICE, language="hr")
    again.close()
    with pytest.raises(RuntimeError, match="load"):
        again.transcribe(VOICE, language="hr")


@needs_gemma
def test_an_answer_that_names_no_language_is_no_vote(engine: GemmaEngine) -> None:
    assert engine.guess_language(VOICE) == {}


@needs_gemma
def test_it_votes_for_the_language_that_it_names(tmp_path: Path) -> None:
    from tests.engines.transcription.tiny_gemma import write_tiny_gemma

    engine = engine_over(write_tiny_gemma(tmp_path, says=("hr",)))
    engine.load()
    assert engine.guess_language(VOICE) == {"hr": 1.0}
    assert "hr" in engine.languages()


@needs_gemma
def test_the_sound_has_its_places_between_the_marks_of_the_template(engine: GemmaEngine) -> None:
    loaded = engine._loaded
    assert loaded is not None
    config = loaded.model.config
    request = transcription_request(4.0, "hr")
    ids = loaded._ids(request)
    begin, end = ids.index(config.boa_token_id), ids.index(config.eoa_token_id)
    assert ids[begin + 1 : end] == [config.audio_token_id] * 188
    assert ids[0] == config.text_config.bos_token_id
    said = loaded.tokenizer.decode(ids[1:begin] + ids[end + 1 :], skip_special_tokens=False)
    assert said == f"<start_of_turn>user\n\n\n{request.rest_of_turn}"


@needs_gemma
def test_the_half_for_pictures_is_never_built(engine: GemmaEngine) -> None:
    assert engine._loaded is not None
    assert sum(1 for _ in engine._loaded.model.model.vision_tower.parameters()) == 0
    assert not {"timm", "torchvision", "torchaudio"} & set(sys.modules)


def copied(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target)
    return target


@needs_gemma
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", b"not safetensors"),
        ("config.json", b"{}"),
        ("config.json", b"no json"),
        ("tokenizer.json", b"{}"),
        ("preprocessor_config.json", b"no json"),
    ],
)
def test_files_that_are_no_gemma_are_said_to_be_none(folder: Path, tmp_path: Path, name: str, content: bytes) -> None:
    broken = copied(folder, tmp_path / "broken")
    (broken / name).write_bytes(content)
    with pytest.raises((ValueError, OSError, RuntimeError)):
        engine_over(broken).load()


@needs_gemma
def test_a_network_with_a_tensor_missing_is_refused_and_not_filled_at_random(folder: Path, tmp_path: Path) -> None:

    broken = copied(folder, tmp_path / "broken")
    from safetensors.torch import load_file, save_file

    tensors = load_file(broken / "model.safetensors")
    dropped = next(name for name in tensors if name.endswith("layers.0.mlp.down_proj.weight"))
    del tensors[dropped]
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"its files lack .*mlp\.down_proj\.weight"):
        engine_over(broken).load()


@needs_gemma
def test_no_pickle_and_no_code_from_the_folder_is_run(folder: Path, tmp_path: Path) -> None:
    hostile = copied(folder, tmp_path / "hostile")
    (hostile / "model.safetensors").unlink()
    (hostile / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch owned'\ntR.")
    config = json.loads((hostile / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "evil.Evil"}
    (hostile / "config.json").write_text(json.dumps(config))
    (hostile / "evil.py").write_text("raise SystemExit('owned')")
    with pytest.raises((ValueError, OSError)):
        engine_over(hostile).load()


@needs_gemma
def test_loading_and_hearing_need_no_network_and_leave_nothing_at_home(folder: Path, tmp_path: Path) -> None:
    script = f"""
import socket
def refuse(*_): raise AssertionError("the network")
socket.socket.connect = refuse; socket.getaddrinfo = refuse
import numpy as np
from pathlib import Path
from music_separator.engines.transcription.base import Placement
from music_separator.engines.transcription.gemma import GemmaEngine
engine = GemmaEngine("gemma-3n-e2b", "Gemma 3n E2B", Path({str(folder)!r}), Placement(device="cpu"))
engine.check(); engine.load()
print(engine.transcribe(np.full(64_000, 0.1, np.float32), language="hr")[0].text)
"""
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | home, check=False)
    assert ran.stdout == "Sing along now\n", ran.stderr
    assert list(tmp_path.iterdir()) == []
