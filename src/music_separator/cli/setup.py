"""``setup``: install what the program can use beyond its base: PyTorch for the graphics card, Gemma 3n."""

import shutil
import subprocess
import sys
from typing import Annotated

import typer

from music_separator.cli import exits

TORCH, DEMUCS = "torch>=2.6", ("demucs>=4.1,<5",)
GEMMA = ("transformers>=5.0", "accelerate>=1.10")
INDEX = "https://download.pytorch.org/whl"
"""PyTorch's own index: the general one has builds for the processor alone on Windows."""
CUDA_BUILDS = ((13, 0), (12, 8), (12, 6), (11, 8))
"""Versions of CUDA that PyTorch is built for, newest first (https://pytorch.org/get-started)."""
CHECK = "import torch; print(torch.cuda.is_available() or torch.backends.mps.is_available())"


def setup(
    gpu: Annotated[bool, typer.Option("--gpu", help="Install PyTorch and demucs for this machine's card.")] = False,
    gemma: Annotated[bool, typer.Option("--gemma", help="Install what Gemma 3n needs, PyTorch with it.")] = False,
) -> None:
    """Install what makes this machine faster, or hear better."""
    from music_separator.engines.graphics import graphics

    if not (gpu or gemma):
        typer.echo(
            "Nothing was asked for. `setup --gpu` installs PyTorch for the graphics card, "
            "`setup --gemma` what Gemma 3n needs.",
            err=True,
        )
        raise typer.Exit(exits.USAGE)
    found = graphics()
    if gpu and not (found.devices or found.is_apple):
        typer.echo("No NVIDIA card is seen by its driver (nvidia-smi), so nothing was installed.", err=True)
        raise typer.Exit(exits.FAILED)
    for command in commands((*(DEMUCS if gpu else ()), *(GEMMA if gemma else ()))):
        typer.echo(f"Running {' '.join(command)}", err=True)
        if subprocess.run(command, check=False).returncode:
            typer.echo("That did not work: see above. Everything else goes on working.", err=True)
            raise typer.Exit(exits.FAILED)
    if gpu:
        _check_card()
    if gemma:
        typer.echo("Gemma 3n can be chosen from the next start on; its licence is asked for when it is fetched.")


def commands(packages: tuple[str, ...]) -> list[list[str]]:
    """Give what installs PyTorch and ``packages`` into this environment: by uv where there is one, else by pip."""
    from music_separator.engines.graphics import driver_cuda

    uv = shutil.which("uv")
    if uv is not None:
        install = [uv, "pip", "install", "--python", sys.executable]
        return [[*install, "--torch-backend", "auto", "--reinstall-package", "torch", TORCH, *packages]]
    pip = [sys.executable, "-m", "pip", "install", "--upgrade"]
    cuda = driver_cuda()
    build = next((build for build in CUDA_BUILDS if cuda is not None and build <= cuda), None)
    if build is None:
        return [[*pip, TORCH, *packages]]
    return [[*pip, TORCH, "--index-url", f"{INDEX}/cu{build[0]}{build[1]}"], [*pip, *packages]]


def _check_card() -> None:
    checked = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=False)
    if checked.stdout.strip() != "True":
        typer.echo("PyTorch is installed and cannot use the card. Update its driver and run this again.", err=True)
        raise typer.Exit(exits.FAILED)
    typer.echo("The graphics card is used from the next start on.")
