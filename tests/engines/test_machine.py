"""What a process may use, where a container limits it: cgroup files as the kernel writes them."""

import os
from pathlib import Path

import psutil
import pytest

from music_separator.engines.machine import free_memory, memory_of_this_machine, usable_cores

PLENTY = 1 << 60


def cgroup(folder: Path, **files: str) -> Path:
    """Write a container's files; ``cpu_max`` is the file cpu.max."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="ascii")
    return folder


def own_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.mark.parametrize("text", [None, "", "max 100000\n", "200000\n", "200000 0\n", "-1 100000\n", "nonsense here\n"])
def test_without_a_limit_all_own_cores_count(tmp_path: Path, text: str | None) -> None:
    folder = cgroup(tmp_path) if text is None else cgroup(tmp_path, cpu_max=text)
    assert usable_cores(folder) == own_cores()


@pytest.mark.parametrize(
    ("text", "cores"), [("100000 100000\n", 1), ("150000 100000\n", 1), ("20000 100000\n", 1), ("1 100000\n", 1)]
)
def test_a_container_s_share_of_time_is_rounded_down_to_cores_and_never_to_none(
    tmp_path: Path, text: str, cores: int
) -> None:
    assert usable_cores(cgroup(tmp_path, cpu_max=text)) == cores


def test_a_share_larger_than_the_machine_is_no_more_than_the_machine(tmp_path: Path) -> None:
    assert usable_cores(cgroup(tmp_path, cpu_max="99900000 100000\n")) == own_cores()


def test_a_container_s_limit_of_memory_counts(tmp_path: Path) -> None:
    whole = int(psutil.virtual_memory().total)
    assert memory_of_this_machine(tmp_path) == whole
    assert memory_of_this_machine(cgroup(tmp_path, memory_max="max\n")) == whole
    assert memory_of_this_machine(cgroup(tmp_path, memory_max=f"{PLENTY}\n")) == whole
    assert memory_of_this_machine(cgroup(tmp_path, memory_max="100000000\n")) == 10**8


def test_free_memory_is_what_a_container_has_left(tmp_path: Path) -> None:
    assert free_memory(cgroup(tmp_path, memory_max="50000000\n", memory_current="20000000\n")) == 30_000_000
    assert free_memory(cgroup(tmp_path, memory_max="50000000\n", memory_current="60000000\n")) == 0


@pytest.mark.parametrize(
    "files", [{}, {"memory_max": "max\n", "memory_current": "1\n"}, {"memory_max": "50000000\n"}, {"memory_max": ""}]
)
def test_without_a_whole_limit_free_memory_is_the_machine_s(tmp_path: Path, files: dict[str, str]) -> None:
    assert free_memory(cgroup(tmp_path, **files)) > 60_000_000


def test_files_of_the_page_cache_that_the_kernel_would_drop_count_as_free(tmp_path: Path) -> None:
    """A container that had read large files was said to have no memory: what it keeps of them is given back."""
    folder = cgroup(
        tmp_path,
        memory_max="50000000\n",
        memory_current="48000000\n",
        memory_stat="anon 3000000\nfile 45000000\ninactive_file 40000000\nactive_file 5000000\n",
    )
    assert free_memory(folder) == 42_000_000


def test_a_folder_that_cannot_be_read_limits_nothing(tmp_path: Path) -> None:
    (tmp_path / "memory.max").mkdir()
    (tmp_path / "cpu.max").write_bytes(b"\xff\xfe")
    assert memory_of_this_machine(tmp_path) > 10**8
    assert usable_cores(tmp_path) == own_cores()
