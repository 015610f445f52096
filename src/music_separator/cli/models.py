"""``models``: the weights of this installation: which there are, fetch, check, where they lie."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from music_separator.cli.settings import settings_from
from music_separator.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from music_separator.engines.weights import Weights, WeightsStore

PLAIN_STEP = 10
"""Percent between two lines of a download where there is no terminal."""

models = typer.Typer(help="Weights: list, fetch, check, find.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Weights, as `models list` names them.")]


@models.command("list")
def list_models() -> None:
    """List the weights that can be used, and which are here."""
    store = _store()
    known = _all()
    names, licences = max(len(each.name) for each in known), max(len(each.licence) for each in known)
    for weights in known:
        state = "here" if store.is_here(weights) else "-"
        size = f"about {weights.about_mb} MB"
        typer.echo(f"{weights.name:<{names}} {state:<5} {size:>14}  {weights.licence:<{licences}} {weights.repository}")


@models.command("pull")
def pull(
    name: Name,
    offline: Annotated[bool | None, typer.Option("--offline", help="Never reach for the network.")] = None,
) -> None:
    """Fetch weights; what an earlier, interrupted run has left is gone on with."""
    weights = _named(name)
    folder = _store(offline=offline).ensure(weights, _teller(weights))
    typer.echo(f"{weights.name} is in {folder}")


@models.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="All that are here without it.")] = None,
) -> None:
    """Read every file of weights again and compare it with its record."""
    store = _store()
    chosen = [_named(name)] if name is not None else [weights for weights in _all() if store.is_here(weights)]
    for weights in chosen:
        for filename, record in store.verify(weights).items():
            source = f"as {record.source} stated" if record.source else "as first seen; placed by hand, source unknown"
            typer.echo(f"ok  {weights.name}/{filename}  sha256 {record.sha256[:16]}  {source}")
    if not chosen:
        typer.echo("No weights are here.")


@models.command("path")
def path(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The folder of all without it.")] = None,
) -> None:
    """Print the folder where weights lie, or are to be placed by hand."""
    store = _store()
    typer.echo(str(store.root if name is None else store.folder(_named(name))))


def _store(*, offline: bool | None = None) -> "WeightsStore":
    from music_separator.bootstrap import weights_of

    return weights_of(settings_from({"offline": offline}))


def _all() -> tuple["Weights", ...]:
    from music_separator.engines.alignment.ctc_weights import CTC_WEIGHTS
    from music_separator.engines.registry import SEPARATION_WEIGHTS
    from music_separator.engines.transcription.registry import TRANSCRIBER_WEIGHTS

    return (*SEPARATION_WEIGHTS, *TRANSCRIBER_WEIGHTS, *CTC_WEIGHTS)


def _named(name: str) -> "Weights":
    for weights in _all():
        if weights.name == name:
            return weights
    raise InvalidRequest(f"There are no weights {name!r}. Known: {', '.join(weights.name for weights in _all())}.")


def _teller(weights: "Weights") -> Callable[[int, int], None]:
    """Make what says on stderr how far a download is, every ten percent."""
    said = -1

    def tell(here: int, total: int) -> None:
        nonlocal said
        step = 100 * here // total // PLAIN_STEP if total else -1
        if step > said:
            said = step
            typer.echo(weights.downloading(here, total), err=True)

    return tell
