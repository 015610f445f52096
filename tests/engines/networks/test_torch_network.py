"""Our reader and the ``demucs`` package's own class, and our graph against the package: where both are installed."""

import json
from collections.abc import Callable
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.domain.errors import BadCheckpoint
from music_separator.engines.base import Stem
from music_separator.engines.networks.network import OutOfDeviceMemory, Precision
from music_separator.engines.networks.openvino_network import OpenVinoNetwork
from music_separator.engines.networks.torch_network import TorchNetwork, best_device
from music_separator.engines.presets import SeparationChoice
from music_separator.engines.separation_engines import Machine, MemberFile, make_demucs
from tests.engines.mixtures import mixture_of
from tests.engines.networks.small_demucs import FOUR, KLASS, SIX, SMALL, music, weights, write_small_demucs
from tests.engines.networks.test_htdemucs import EXACT_DB, signal_to_noise_db
from tests.extras import needs_reference

pytestmark = needs_reference

_PUBLISHED: dict[str, Any] = {
    "channels": 48,
    "dconv_mode": 3,
    "t_layers": 5,
    "segment": {"_type": "fraction", "numerator": 39, "denominator": 5},
}
PUBLISHED: dict[str, dict[str, Any]] = {
    "htdemucs": {"sources": FOUR, "bottom_channels": 512, **_PUBLISHED},
    "htdemucs_6s": {"sources": SIX, "bottom_channels": 0, **_PUBLISHED},
}
"""What the published networks were made with, as far as it is not the default of their class."""
TEN_SECONDS = 10 * SAMPLE_RATE
THREADS = 2


def reference_model(arguments: dict[str, Any], seed: int = 0) -> tuple[Any, dict[str, np.ndarray]]:
    """Make the package's own network with seeded weights, and give them, as a file holds them."""
    import torch
    from demucs.htdemucs import HTDemucs

    segment = arguments["segment"]
    length = Fraction(segment["numerator"], segment["denominator"])
    model = HTDemucs(**{**arguments, "segment": length})
    tensors = weights({name: list(tensor.shape) for name, tensor in model.state_dict().items()}, seed)
    model.load_state_dict({name: torch.from_numpy(tensor.astype(np.float32)) for name, tensor in tensors.items()})
    return model.eval(), tensors


def write_checkpoint(path: Path, arguments: dict[str, Any], tensors: dict[str, np.ndarray]) -> Path:
    save_file(tensors, path, metadata={"klass": KLASS, "args": "[]", "kwargs": json.dumps(arguments)})
    return path


def applied(model: Any, sound: np.ndarray) -> np.ndarray:
    """Separate as the package does, shape (stems, 2, samples)."""
    import torch
    from demucs.apply import apply_model

    torch.set_num_threads(THREADS)
    mixture = torch.from_numpy(sound)
    middle = mixture.mean(0)
    mean, spread = middle.mean(), middle.std() + 1e-8
    with torch.inference_mode():
        stems = apply_model(model, ((mixture - mean) / spread)[None], shifts=0, overlap=0.25)[0]
    return np.asarray((stems * spread + mean).numpy())


def separated(name: str, files: tuple[MemberFile, ...], sound: np.ndarray, folder: Path) -> dict[Stem, np.ndarray]:
    """Separate as the product does: pass by pass, chunk by chunk, by OpenVINO."""
    engine = make_demucs(name, files, SeparationChoice(), Machine(device="cpu", threads=THREADS))
    engine.load()
    parts: dict[Stem, list[np.ndarray]] = {}
    with mixture_of(folder / "mixture.f32", sound) as mixture:
        for stems in engine.passes:
            for start in range(0, mixture.samples, engine.chunk_samples):
                stop = min(start + engine.chunk_samples, mixture.samples)
                for stem, samples in engine.separate(mixture, start, stop, stems).items():
                    parts.setdefault(stem, []).append(samples)
    return {stem: np.concatenate(found, axis=1) for stem, found in parts.items()}


@pytest.mark.parametrize("kind", list(SMALL))
def test_a_segment_is_what_the_package_s_own_class_makes_of_it_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    import torch

    checkpoint = write_small_demucs(tmp_path / "small.safetensors", kind)
    network = TorchNetwork(checkpoint, "cpu", precision=Precision.FLOAT32, threads=THREADS)
    segments = np.stack([music(network.segment_samples, seed) for seed in range(2)])
    model, _ = reference_model(SMALL[kind])
    with torch.inference_mode():
        expected = model(torch.from_numpy(segments)).numpy()
    assert [str(stem) for stem in network.stems] == SMALL[kind]["sources"]
    assert network.batch == 1
    np.testing.assert_array_equal(network(segments), expected)


@pytest.mark.parametrize("name", list(PUBLISHED))
def test_ten_seconds_by_our_graph_are_what_the_package_makes_of_them(name: str, tmp_path: Path) -> None:
    model, tensors = reference_model(PUBLISHED[name])
    path = write_checkpoint(tmp_path / "net.safetensors", PUBLISHED[name], tensors)
    sound = music(TEN_SECONDS)
    stems = tuple(Stem(stem) for stem in PUBLISHED[name]["sources"])
    found = separated(name, (MemberFile(path=path, sha256="digest", stems=stems),), sound, tmp_path)
    expected = applied(model, sound)
    for number, stem in enumerate(stems):
        assert signal_to_noise_db(found[stem], expected[number]) > EXACT_DB


def test_a_bag_of_one_network_for_each_stem_is_what_the_package_makes_of_it(tmp_path: Path) -> None:
    from demucs.apply import BagOfModels

    made = [reference_model(SMALL["four"], seed) for seed in range(4)]
    one_hot = [[float(stem == member) for stem in range(4)] for member in range(4)]
    sound = music(4 * SAMPLE_RATE)
    expected = applied(BagOfModels([model for model, _ in made], one_hot), sound)
    stems = tuple(Stem(stem) for stem in FOUR)
    files = tuple(
        MemberFile(
            path=write_checkpoint(tmp_path / f"{stem}.safetensors", SMALL["four"], tensors),
            sha256=stem,
            stems=(stem,),
        )
        for stem, (_, tensors) in zip(stems, made, strict=True)
    )
    found = separated("bag", files, sound, tmp_path)
    for number, stem in enumerate(stems):
        assert signal_to_noise_db(found[stem], expected[number]) > EXACT_DB


def test_a_tensor_that_has_no_place_is_refused(tmp_path: Path) -> None:
    path = write_small_demucs(tmp_path / "small.safetensors", "six")
    _, tensors = reference_model(SMALL["six"])
    write_checkpoint(path, SMALL["six"], tensors | {"encoder.9.conv.bias": np.zeros(1, np.float32)})
    with pytest.raises(BadCheckpoint, match=r"such as encoder\.9\.conv\.bias"):
        TorchNetwork(path, "cpu", precision=Precision.FLOAT32, threads=THREADS)


def test_arguments_that_nobody_checked_do_not_reach_the_class(tmp_path: Path) -> None:
    arguments = SMALL["six"] | {"rescale": "much", "wiener_iters": [], "t_lr": {}, "invented": 1}
    path = write_small_demucs(tmp_path / "small.safetensors", "six", kwargs=json.dumps(arguments))
    assert TorchNetwork(path, "cpu", precision=Precision.FLOAT32, threads=THREADS).batch == 1


def failing(error: Callable[[], Exception]) -> Callable[[object], object]:
    """Make a model that fails as a device does."""

    def run(_segments: object) -> object:
        raise error()

    return run


def device_is_full() -> Exception:
    import torch

    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def apple_is_full() -> Exception:
    return RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)")


@pytest.mark.parametrize("error", [device_is_full, apple_is_full])
def test_a_device_without_memory_is_told_as_such(tmp_path: Path, error: Callable[[], Exception]) -> None:
    path = write_small_demucs(tmp_path / "small.safetensors", "six")
    network = TorchNetwork(path, "cpu", precision=Precision.FLOAT32, threads=THREADS)
    network._model = failing(error)
    with pytest.raises(OutOfDeviceMemory, match="out of memory"):
        network(np.zeros((1, 2, network.segment_samples), np.float32))


def test_another_failure_of_a_device_stays_what_it_is(tmp_path: Path) -> None:
    path = write_small_demucs(tmp_path / "small.safetensors", "six")
    network = TorchNetwork(path, "cpu", precision=Precision.FLOAT32, threads=THREADS)
    network._model = failing(lambda: RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(RuntimeError, match="illegal memory access"):
        network(np.zeros((1, 2, network.segment_samples), np.float32))


def test_the_settings_of_pytorch_are_as_they_were_afterwards(tmp_path: Path) -> None:
    import torch

    path = write_small_demucs(tmp_path / "small.safetensors", "six")
    network = TorchNetwork(path, "cpu", precision=Precision.BFLOAT16, threads=THREADS)
    torch.set_float32_matmul_precision("medium")
    try:
        network(np.zeros((1, 2, network.segment_samples), np.float32))
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_without_a_card_there_is_no_best_device() -> None:
    import torch

    if torch.cuda.is_available() or torch.backends.mps.is_available():
        assert best_device() in ("cuda", "mps")
    else:
        assert best_device() is None


def test_where_openvino_has_no_wheel_pytorch_runs_the_network_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from music_separator.engines import separation_engines

    path = write_small_demucs(tmp_path / "small.safetensors", "six")
    files = (MemberFile(path=path, sha256="digest", stems=tuple(Stem(stem) for stem in SIX)),)
    sound = music(70_000)
    by_openvino = separated("net", files, sound, tmp_path)
    monkeypatch.setattr(separation_engines, "find_spec", lambda name: None if name == "openvino" else find_spec(name))
    monkeypatch.setattr(OpenVinoNetwork, "__init__", None)  # must not even be tried
    by_torch = separated("net", files, sound, tmp_path)
    for stem, samples in by_openvino.items():
        assert signal_to_noise_db(samples, by_torch[stem]) > EXACT_DB
