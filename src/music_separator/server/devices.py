"""Which NVIDIA devices the machine has, asked of the driver's own tool: no GPU library is loaded into the server."""

import csv
import importlib.metadata
import shutil
import subprocess
from dataclasses import dataclass

QUERY = "name,memory.total,memory.used,driver_version"
TIMEOUT_S = 5


@dataclass(frozen=True, kw_only=True)
class Device:
    """One graphics card; memory in MiB."""

    name: str
    memory_total_mib: int
    memory_used_mib: int
    driver: str


def nvidia_devices() -> tuple[Device, ...]:
    """List the cards that nvidia-smi sees; none where there is no such tool, or it does not answer."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    command = [tool, f"--query-gpu={QUERY}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(map(_device, csv.reader(said.splitlines(), skipinitialspace=True)))


def torch_version() -> str | None:
    """Give the version of an installed PyTorch without importing it."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def _device(row: list[str]) -> Device:
    name, total, used, driver = row
    return Device(name=name, memory_total_mib=int(total), memory_used_mib=int(used), driver=driver)
