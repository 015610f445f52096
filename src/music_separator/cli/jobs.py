"""``jobs``: what a running server does: list, follow, cancel, retry. Talks HTTP like everybody else."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Annotated, Any

import typer

from music_separator.domain.errors import NoServer, StageFailed

POLL_S = 0.5
OVER = ("done", "failed", "cancelled", "uploaded")

jobs = typer.Typer(help="List, follow, cancel and retry the jobs of a running server.", no_args_is_help=True)
Url = Annotated[str, typer.Option(help="Address of the server.", envvar="MUSIC_SEPARATOR_URL")]
FileId = Annotated[str, typer.Argument(help="Id of the song, as `jobs list` shows it.")]
LOCAL = "http://localhost:5000"


@jobs.command("list")
def list_jobs(url: Url = LOCAL) -> None:
    """List all songs, the newest first."""
    for job in _ask(url, "GET", "/jobs")["jobs"]:
        current = job["stages"][-1] if job["stages"] else {"stage": "-", "progress": 0}
        title = " - ".join(part for part in (job["artist"], job["title"]) if part) or job["filename"]
        typer.echo(f"{job['file_id']}  {job['status']:<10} {current['stage']:<14}{current['progress']:>3}%  {title}")


@jobs.command()
def follow(file_id: FileId, url: Url = LOCAL) -> None:
    """Print the events of a job until it is over."""
    after = 0
    while True:
        over = _ask(url, "GET", f"/jobs/{_quoted(file_id)}")["status"] in OVER
        log = _ask(url, "GET", f"/jobs/{_quoted(file_id)}/events?after={after}")
        for event in log["events"]:
            typer.echo(f"{event['stage']}: {event['progress']}% - {event['error'] or event['message']}")
        after = log["last_seq"]
        if over and not log["events"]:
            return
        if not log["events"]:
            time.sleep(POLL_S)


@jobs.command()
def cancel(file_id: FileId, url: Url = LOCAL) -> None:
    """Cancel a job; what finished stages made stays."""
    typer.echo(_ask(url, "POST", f"/jobs/{_quoted(file_id)}/cancel")["message"])


@jobs.command()
def retry(
    file_id: FileId,
    stage: Annotated[str | None, typer.Option(help="Stage to begin again at.")] = None,
    url: Url = LOCAL,
) -> None:
    """Begin a job again where it ended."""
    typer.echo(_ask(url, "POST", f"/jobs/{_quoted(file_id)}/retry", {"stage": stage})["message"])


def _quoted(file_id: str) -> str:
    return urllib.parse.quote(file_id, safe="")


def _ask(url: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url.rstrip("/") + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = json.load(error)
        raise StageFailed(said["code"], said["error"]) from error
    except (OSError, ValueError) as error:
        raise NoServer(url) from error
