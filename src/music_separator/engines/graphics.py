"""Graphics cards: which there are, whether an installed PyTorch can use them, and what to do where it cannot.

The driver's own tool is asked, and PyTorch's files are looked at: no library for cards is loaded.
"""

import csv
import importlib.metadata
import importlib.util
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

QUERY = "name,memory.total,memory.used,driver_version"
TIMEOUT_S = 5
SETUP = "python3 app.py setup --gpu"
"""The one command that makes a card usable."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One graphics card; memory in MiB."""

    name: str
    memory_total_mib: int
    memory_used_mib: int
    driver: str


@dataclass(frozen=True, kw_only=True)
class TorchBuild:
    """An installed PyTorch: its version, and the version of CUDA that it was built for, None for the processor."""

    version: str
    cuda: str | None


@dataclass(frozen=True, kw_only=True)
class Graphics:
    """What there is to compute on beside the processor."""

    devices: tuple[Device, ...]
    torch: TorchBuild | None
    has_demucs: bool
    is_apple: bool

    @property
    def usable(self) -> bool:
        """Whether networks can run on a card."""
        fits = self.is_apple or (bool(self.devices) and self.torch is not None and self.torch.cuda is not None)
        return self.torch is not None and self.has_demucs and fits

    @property
    def advice(self) -> str | None:
        """Say what a card lies idle for, and the command that changes it; None where nothing does."""
        if self.usable or not self.devices:
            return None
        card = f"The graphics card {self.devices[0].name} is not used"
        if self.torch is not None and self.torch.cuda is None:
            return f"{card}: the PyTorch here ({self.torch.version}) is built for the processor. Run `{SETUP}`."
        return f"{card}: PyTorch for it is not installed. Run `{SETUP}`."


def graphics() -> Graphics:
    """Look at this machine."""
    return Graphics(
        devices=nvidia_devices(),
        torch=torch_build(),
        has_demucs=importlib.util.find_spec("demucs") is not None,
        is_apple=platform.system() == "Darwin" and platform.machine() == "arm64",
    )


def nvidia_devices() -> tuple[Device, ...]:
    """List the cards that nvidia-smi sees; none where there is no such tool, or it does not answer."""
    said = _ask_driver(f"--query-gpu={QUERY}", "--format=csv,noheader,nounits")
    return tuple(map(_device, csv.reader(said.splitlines(), skipinitialspace=True)))


def driver_cuda() -> tuple[int, int] | None:
    """Give the newest version of CUDA that the driver can run, or None."""
    found = re.search(r"CUDA Version:\s*(\d+)\.(\d+)", _ask_driver())
    return None if found is None else (int(found[1]), int(found[2]))


def torch_build() -> TorchBuild | None:
    """Look at an installed PyTorch without importing it."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    try:
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
        version = importlib.metadata.version("torch")
    except (OSError, importlib.metadata.PackageNotFoundError):
        return None
    cuda = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return TorchBuild(version=version, cuda=None if cuda is None else cuda[1])


def _ask_driver(*arguments: str) -> str:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    try:
        return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _device(row: list[str]) -> Device:
    name, total, used, driver = row
    return Device(name=name, memory_total_mib=int(total), memory_used_mib=int(used), driver=driver)
