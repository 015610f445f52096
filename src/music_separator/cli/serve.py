"""``serve``: the server, in the foreground."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from music_separator.cli.settings import settings_from

if TYPE_CHECKING:
    from music_separator.access.tokens import NewToken
    from music_separator.config import Settings

WILDCARDS = ("0.0.0.0", "::")


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder for songs, results and databases.")] = None,
    offline: Annotated[bool | None, typer.Option("--offline", help="Never reach for the network.")] = None,
    lookup: Annotated[
        bool | None,
        typer.Option("--lookup", help="Look missing lyrics up: sends title, artist, album, length to lrclib.net."),
    ] = None,
    unsafe_open: Annotated[
        bool | None, typer.Option("--unsafe-open", help="Demand no token, also where other machines reach it.")
    ] = None,
    allowed_hosts: Annotated[list[str] | None, typer.Option(help="Host name to answer to, beside localhost.")] = None,
    allowed_origins: Annotated[list[str] | None, typer.Option(help="Origin that may read and control.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Replay recorded runs, to write a front end with; keeps nothing.")
    ] = False,
    demo_speed: Annotated[float, typer.Option(min=0.1, max=1000.0, help="How much faster than recorded.")] = 1.0,
) -> None:
    """Serve the page and the API (http://localhost:5000 unless told otherwise)."""
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "data_dir": data_dir,
        "offline": offline,
        "lookup": lookup,
        "unsafe_open": unsafe_open,
        "allowed_hosts": tuple(allowed_hosts) if allowed_hosts else None,
        "allowed_origins": tuple(allowed_origins) if allowed_origins else None,
    }
    settings = settings_from(given)
    _log_to_stderr()
    _serve(settings, demo_speed=demo_speed if demo else None)


def _serve(settings: "Settings", *, demo_speed: float | None) -> None:
    # Late, so that the other verbs and --help do not load a web server.
    from music_separator.bootstrap import running_service
    from music_separator.engines.graphics import graphics
    from music_separator.server.app import create_app
    from music_separator.server.demo import demo_service
    from music_separator.server.run import bind, run

    sockets = bind(settings.host, settings.port)
    port = sockets[0].getsockname()[1]
    address = f"http://{_shown_host(settings)}:{port}"
    running = running_service(settings) if demo_speed is None else demo_service(settings, speed=demo_speed)
    if (advice := graphics().advice) is not None:
        typer.echo(advice, err=True)
    if settings.looks_up_at is not None:
        what = "title, artist, album and length of songs without lyrics are sent there"
        typer.echo(f"Missing lyrics are looked up at {settings.looks_up_at}: {what}.", err=True)
    with running as service:
        made = service.tokens.first()
        is_demanded = service.tokens.is_demanded

        def ready() -> None:
            for line in _about_tokens(made, settings, is_demanded=is_demanded):
                typer.echo(line)
            # After the # : a browser keeps that to itself, no server or proxy is sent it.
            typer.echo(f"Open {address}/#token={made.token}" if made else f"Open {address}")

        run(create_app(service, settings), sockets, ready)


def _shown_host(settings: "Settings") -> str:
    """Give the name to open the page under: one that this server answers to."""
    if settings.is_loopback:
        return "localhost"
    if settings.host in WILDCARDS:
        return next(iter(settings.allowed_hosts), "localhost")
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def _about_tokens(made: "NewToken | None", settings: "Settings", *, is_demanded: bool) -> Iterator[str]:
    if made is not None:
        yield f"The token of {made.name}, shown only now: {made.token}"
        yield f"Lost it? `music-separator tokens renew {made.name}` makes another; `tokens add NAME` is for others."
    elif is_demanded:
        yield "A token is wanted. `music-separator tokens list` says who has one, `tokens renew NAME` makes another."
    if settings.host in WILDCARDS and not settings.allowed_hosts:
        yield "Other machines need a name for this one: start with --allowed-hosts NAME-OR-ADDRESS."


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    for name in ("uvicorn", "uvicorn.error", "dbos", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
