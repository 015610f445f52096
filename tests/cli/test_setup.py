"""What ``setup`` would install, and what it says where there is nothing to install."""

import sys

import pytest
from typer.testing import CliRunner

from music_separator.cli import setup
from music_separator.cli.main import app
from music_separator.engines import graphics

NO_CARD = graphics.Graphics(devices=(), torch=None, has_demucs=False, is_apple=False)


def installed(monkeypatch: pytest.MonkeyPatch, *, uv: str | None, cuda: tuple[int, int] | None) -> list[str]:
    """Give the commands, without the interpreter's own path."""
    monkeypatch.setattr(setup.shutil, "which", lambda _name: uv)
    monkeypatch.setattr(graphics, "driver_cuda", lambda: cuda)
    return [" ".join(command).replace(sys.executable, "python") for command in setup.commands(setup.GEMMA)]


def test_uv_picks_the_build_of_pytorch_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed(monkeypatch, uv="uv", cuda=(12, 8)) == [
        "uv pip install --python python --torch-backend auto --reinstall-package torch torch>=2.6 transformers>=5.0 "
        "accelerate>=1.10"
    ]


def test_pip_is_given_the_newest_build_that_the_driver_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = installed(monkeypatch, uv=None, cuda=(12, 9))
    assert first.endswith("torch>=2.6 --index-url https://download.pytorch.org/whl/cu128")
    assert second.endswith("--upgrade transformers>=5.0 accelerate>=1.10")


def test_without_a_driver_pip_takes_what_it_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    [only] = installed(monkeypatch, uv=None, cuda=None)
    assert only == "python -m pip install --upgrade torch>=2.6 transformers>=5.0 accelerate>=1.10"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [([], 2, "`setup --gemma` what Gemma 3n needs"), (["--gpu"], 1, "No NVIDIA card is seen")],
)
def test_where_nothing_can_be_installed_it_says_why(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    monkeypatch.setattr(graphics, "graphics", lambda: NO_CARD)
    result = CliRunner().invoke(app, ["setup", *arguments])
    assert (result.exit_code, said in result.output) == (code, True)
