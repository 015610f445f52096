"""A network run by OpenVINO: kept compiled, the same every time, and without a word to anybody."""

import importlib.metadata
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from music_separator.domain.errors import BadCheckpoint
from music_separator.engines.networks.checkpoint import open_checkpoint
from music_separator.engines.networks.network import Precision
from music_separator.engines.networks.openvino_network import OpenVinoNetwork, RunSettings
from tests.engines.networks.small_demucs import music, write_small_demucs

ROOT = Path(__file__).parents[3]
DIGEST = "digest of the file"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_demucs(tmp_path_factory.mktemp("weights") / "small.safetensors", "six")


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    return RunSettings(threads=1, cache_dir=tmp_path / "compiled")


def segments_for(network: OpenVinoNetwork, count: int = 1) -> np.ndarray:
    return np.stack([music(network.segment_samples, seed) for seed in range(count)])


def blobs(settings: RunSettings) -> list[Path]:
    assert settings.cache_dir is not None
    return sorted(settings.cache_dir.iterdir())


def emptied(checkpoint: Path, path: Path) -> Path:
    """Write a file that describes itself as a checkpoint does and has none of its tensors."""
    from safetensors import safe_open

    with safe_open(checkpoint, framework="numpy") as file:
        save_file({"x": np.zeros(1, np.float32)}, path, metadata=file.metadata())
    with pytest.raises(BadCheckpoint, match="has no tensor"), open_checkpoint(path) as empty:
        empty("tencoder.0.conv.weight", (8, 2, 8))
    return path


def test_a_segment_gives_its_stems_in_order_and_the_same_every_time(checkpoint: Path) -> None:
    network = OpenVinoNetwork(checkpoint, DIGEST, RunSettings(threads=2))
    both = segments_for(network, 2)
    first = network(both)
    assert first.shape == (2, len(network.stems), 2, network.segment_samples)
    assert first.dtype == np.float32
    assert network(both).tobytes() == first.tobytes()
    assert network(both[1:]).tobytes() == first[1:].tobytes()
    again = OpenVinoNetwork(checkpoint, DIGEST, RunSettings(threads=2))
    assert again(both).tobytes() == first.tobytes()


def test_the_compiled_network_is_taken_from_the_disk_the_second_time(
    checkpoint: Path, settings: RunSettings, tmp_path: Path
) -> None:
    """The second file has no tensors: a network built of it could not be."""
    first = OpenVinoNetwork(checkpoint, DIGEST, settings)
    second = OpenVinoNetwork(emptied(checkpoint, tmp_path / "empty.safetensors"), DIGEST, settings)
    segments = segments_for(first)
    assert second(segments).tobytes() == first(segments).tobytes()
    assert [path.suffix for path in blobs(settings)] == [".blob"]


@pytest.mark.parametrize("damage", ["empty", "cut short", "one byte less", "no blob", "zeros at its end", "one bit"])
def test_a_damaged_compiled_network_is_made_anew(
    checkpoint: Path, settings: RunSettings, tmp_path: Path, damage: str
) -> None:
    """The library took one whose weights were damaged, and computed with them."""
    network = OpenVinoNetwork(checkpoint, DIGEST, settings)
    segments = segments_for(network)
    expected = network(segments)
    (blob,) = blobs(settings)
    whole = blob.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0x40
    blob.write_bytes(
        {
            "empty": b"",
            "cut short": whole[: len(whole) // 2],
            "one byte less": whole[:-1],
            "no blob": b"nothing of the kind " * 999,
            "zeros at its end": whole[: len(whole) // 2] + b"\0" * (len(whole) - len(whole) // 2),
            "one bit": bytes(flipped),
        }[damage]
    )
    assert OpenVinoNetwork(checkpoint, DIGEST, settings)(segments).tobytes() == expected.tobytes()
    assert len(blobs(settings)) == 1
    empty = emptied(checkpoint, tmp_path / "empty.safetensors")
    assert OpenVinoNetwork(empty, DIGEST, settings)(segments).tobytes() == expected.tobytes()


def test_another_file_or_precision_is_compiled_for_itself(checkpoint: Path, settings: RunSettings) -> None:
    for digest, precision in ((DIGEST, "f32"), ("another", "f32"), (DIGEST, "bf16"), (DIGEST, "f32")):
        OpenVinoNetwork(checkpoint, digest, replace(settings, precision=Precision(precision)))
    assert len(blobs(settings)) == 3


def test_a_place_that_cannot_be_written_to_costs_the_next_start_only(checkpoint: Path, tmp_path: Path) -> None:
    """A full disk or a folder that is read only failed the separation."""
    (tmp_path / "file").touch()
    network = OpenVinoNetwork(checkpoint, DIGEST, RunSettings(threads=1, cache_dir=tmp_path / "file" / "compiled"))
    assert np.isfinite(network(segments_for(network))).all()


def test_lower_precision_is_near_and_the_exact_one_is_said(checkpoint: Path) -> None:
    """Left to itself the library takes the lower one where the processor has it."""
    exact = OpenVinoNetwork(checkpoint, DIGEST, RunSettings(threads=1))
    fast = OpenVinoNetwork(checkpoint, DIGEST, RunSettings(threads=1, precision=Precision.BFLOAT16))
    segments = segments_for(exact)
    difference = exact(segments) - fast(segments)
    assert np.sqrt((difference**2).mean() / (exact(segments) ** 2).mean()) < 0.1
    compiled = exact._request.get_compiled_model()
    assert compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"


@pytest.mark.parametrize("threads", [1, 2])
def test_it_takes_as_many_threads_as_it_is_given(checkpoint: Path, settings: RunSettings, threads: int) -> None:
    for _ in ("compiled", "from the disk"):
        network = OpenVinoNetwork(checkpoint, DIGEST, replace(settings, threads=threads))
        assert network._request.get_compiled_model().get_property("INFERENCE_NUM_THREADS") == threads


QUIET = """
import socket, sys
def refuse(*arguments, **named): raise OSError("a socket was asked for")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
from pathlib import Path
import numpy as np
from music_separator.engines.networks.openvino_network import OpenVinoNetwork, RunSettings
network = OpenVinoNetwork(Path(sys.argv[1]), "digest", RunSettings(threads=1, cache_dir=Path(sys.argv[2])))
stems = network(np.zeros((1, 2, network.segment_samples), np.float32))
print(np.isfinite(stems).all(), sys.modules.get("openvino_telemetry"))
"""


def test_nothing_is_sent_and_nothing_is_left_in_the_home_folder(checkpoint: Path, tmp_path: Path) -> None:
    assert importlib.metadata.version("openvino-telemetry"), "or there would be nothing to see"
    home = {name: tmp_path / name for name in ("home", "cwd", "temporary")}
    for folder in home.values():
        folder.mkdir()
    # CI would switch the telemetry off, and a folder named for settings or caches would be written to instead.
    kept = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("XDG_")}
    ran = subprocess.run(
        [sys.executable, "-c", QUIET, str(checkpoint), str(tmp_path / "compiled")],
        cwd=home["cwd"],
        env={**kept, "HOME": str(home["home"]), "TMPDIR": str(home["temporary"]), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "True None\n"), ran.stderr
    assert {name: list(folder.rglob("*")) for name, folder in home.items()} == {name: [] for name in home}
    assert [path.suffix for path in (tmp_path / "compiled").iterdir()] == [".blob"]
