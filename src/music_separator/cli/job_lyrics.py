"""``jobs lyrics``: which lyrics a song on a running server has, where they are from; other ones sent, or sung again."""

from pathlib import Path
from typing import Annotated, Any

import typer

from music_separator.cli.jobs import LOCAL, FileId, Remote, Token, Url, quoted
from music_separator.cli.lyrics import read_given
from music_separator.domain.errors import InvalidRequest


def job_lyrics(
    file_id: FileId,
    use: Annotated[int | None, typer.Option(help="Sing the version of this number.")] = None,
    send: Annotated[
        Path | None, typer.Option(help="Send lyrics, - for stdin; unchanged lines keep their times.")
    ] = None,
    align_all: Annotated[bool, typer.Option("--align-all", help="Put unchanged lines on the voice anew, too.")] = False,
    url: Url = LOCAL,
    token: Token = None,
) -> None:
    """Print the versions of a song's lyrics, the one in use with its lines; or sing others."""
    remote, path = Remote(url, token), f"/jobs/{quoted(file_id)}/lyrics"
    if use is not None and send is not None:
        raise InvalidRequest("Choose one of --use and --send.")
    if use is None and send is None:
        for line in _shown(remote.ask("GET", path)):
            typer.echo(line)
        return
    body: dict[str, Any] = {"number": use} if send is None else {"lyrics": read_given(send)}
    typer.echo(remote.ask("PUT", path + ("?align=all" if align_all else ""), body)["message"])


def _shown(lyrics: dict[str, Any]) -> list[str]:
    versions = [
        f"{'*' if each['in_use'] else ' '} {each['number']}  {source_of(each['source'], each['made_by'])}  "
        f"{each['beginning'].splitlines()[0] if each['beginning'] else ''}"
        for each in lyrics["versions"]
    ]
    return [*(versions or ["There are no lyrics yet. Send some with --send FILE."]), *map(_line, lyrics["lines"])]


def _line(line: dict[str, Any]) -> str:
    """Show a line as LRC does, with what is to be known about it."""
    at_ms = line["start_ms"]
    time = "--:--.--" if at_ms is None else f"{at_ms // 60_000:02}:{at_ms // 1000 % 60:02}.{at_ms % 1000 // 10:02}"
    return f"[{time}] {line['text']}{_doubt(line)}"


def _doubt(line: dict[str, Any]) -> str:
    if not line["found"]:
        return "  (not found in the voice)"
    if not line["warning"]:
        return ""
    return "  (uncertain)" if line["aligned"] else "  (words uncertain)"


def source_of(source: str, made_by: str | None) -> str:
    """Say in words where lyrics are from."""
    said = {
        "edited": "edited",
        "given": "given",
        "timed_tags": "from the tags, with times",
        "tags": "from the tags",
        "lookup": f"looked up at {made_by}",
        "transcriber": f"heard by {made_by}",
    }
    return said[source]
