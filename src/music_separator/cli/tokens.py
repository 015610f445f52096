"""``tokens``: who may use this installation: list, add, renew, remove. Holds at once, also for a running server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from music_separator.cli.settings import settings_from

if TYPE_CHECKING:
    from music_separator.access.tokens import NewToken, Tokens

tokens = typer.Typer(help="Who may use this installation: list, add, renew, remove.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose token it is.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder for songs, results and databases.")]


@tokens.command("list")
def list_tokens(data_dir: DataDir = None) -> None:
    """List who has a token; the tokens themselves are not kept."""
    with _opened(data_dir) as opened:
        known = opened.owners.active()
    for owner in known:
        typer.echo(f"{owner.name:<24} since {owner.created_at}")
    if not known:
        typer.echo("Nobody has a token.")


@tokens.command()
def add(name: Name, data_dir: DataDir = None) -> None:
    """Make a token for somebody; each owner has songs of their own. The first one gets the songs that are there."""
    with _opened(data_dir) as opened:
        _show(opened.add(name))


@tokens.command()
def renew(name: Name, data_dir: DataDir = None) -> None:
    """Make another token for the same owner; the old one ends."""
    with _opened(data_dir) as opened:
        _show(opened.renew(name))


@tokens.command()
def remove(name: Name, data_dir: DataDir = None) -> None:
    """Take a token away; the songs stay, and `tokens add` of the same name gives them back."""
    with _opened(data_dir) as opened:
        opened.remove(name)
        left = opened.owners.active()
    typer.echo(f"The token of {name} is gone; the songs stay.")
    if not left:
        typer.echo("Nobody has a token now: a server for this machine only is open to everybody on it.", err=True)


@contextmanager
def _opened(data_dir: Path | None) -> Iterator["Tokens"]:
    from music_separator.bootstrap import open_tokens

    with open_tokens(settings_from({"data_dir": data_dir})) as opened:
        yield opened


def _show(made: "NewToken") -> None:
    """Print the token alone on stdout, for scripts; what it is on stderr."""
    typer.echo(f"The token of {made.name}, shown only now. From here on this server wants a token:", err=True)
    typer.echo(made.token)
