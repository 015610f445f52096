"""NVIDIA's libraries as pip puts them, and cards as the driver's tool lists them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from music_separator.engines.graphics import Device
from music_separator.engines.transcription import cuda

NAMES = (
    ("bin/cublas64_12.dll", "bin/cublasLt64_12.dll")
    if sys.platform == "win32"
    else (
        "lib/libcublas.so.12",
        "lib/libcublasLt.so.12",
    )
)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package nvidia-cublas-cu12."""
    folder = tmp_path / "nvidia" / "cublas"
    folder.mkdir(parents=True)
    monkeypatch.setattr(cuda, "_places", lambda: [folder])
    return folder


def fill(package: Path, *names: str) -> None:
    for name in names:
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_bytes(b"no library")


def test_what_a_library_needs_is_loaded_before_it(package: Path) -> None:
    fill(package, *NAMES, "lib/libnvblas.so.12", "lib/libcublas.so.13", "bin/cublas64_13.dll")
    assert [path.name for path in cuda.cuda_libraries()] == [Path(name).name for name in reversed(NAMES)]
    assert cuda.has_libraries()


def test_files_that_are_no_libraries_are_left_to_be_missed(package: Path) -> None:
    fill(package, *NAMES)
    cuda.load_libraries()


def test_without_the_package_there_is_nothing(package: Path) -> None:
    assert not cuda.has_libraries()


def test_without_any_package_of_nvidia_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_parent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(cuda, "find_spec", no_parent)
    assert cuda.cuda_libraries() == []


CARDS = (
    Device(name="Small", memory_total_mib=4096, memory_used_mib=96, driver="570"),
    Device(name="Large", memory_total_mib=16384, memory_used_mib=0, driver="570"),
)


@pytest.fixture
def fresh() -> Iterator[None]:
    """Forget what the driver's tool said, before and after."""
    cuda.card_bytes.cache_clear()
    yield
    cuda.card_bytes.cache_clear()


@pytest.mark.parametrize(("cards", "largest", "free"), [((), 0, None), (CARDS, 16384, 4000)])
def test_cards_are_those_that_the_driver_lists(
    monkeypatch: pytest.MonkeyPatch, fresh: None, cards: tuple[Device, ...], largest: int, free: int | None
) -> None:
    monkeypatch.setattr(cuda, "nvidia_devices", lambda: cards)
    assert cuda.card_bytes() == largest * cuda.MIB
    assert cuda.free_card_bytes() == (None if free is None else free * cuda.MIB)
