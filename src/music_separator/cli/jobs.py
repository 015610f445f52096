"""``jobs``: what a running server does: list, follow, cancel, retry. Talks HTTP like everybody else."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from music_separator.access.links import Links
from music_separator.cli.settings import settings_from
from music_separator.domain.errors import NoServer, StageFailed
from music_separator.domain.owner import OPERATOR
from music_separator.store.key import stored_key

POLL_S = 0.5
SIGNED_S = 60.0
"""How long a request that is signed with the key of the data directory is good for."""
OVER = ("done", "failed", "cancelled", "uploaded")

jobs = typer.Typer(help="List, follow, cancel and retry the jobs of a running server.", no_args_is_help=True)
Token = Annotated[
    str | None,
    typer.Option(help="Token, where the server wants one.", envvar="MUSIC_SEPARATOR_TOKEN", show_envvar=True),
]
Url = Annotated[str, typer.Option(help="Address of the server.", envvar="MUSIC_SEPARATOR_URL")]
FileId = Annotated[str, typer.Argument(help="Id of the song, as `jobs list` shows it.")]
LOCAL = "http://localhost:5000"
WANTS_TOKEN = "The server wants a token. Give it with --token, or as the variable MUSIC_SEPARATOR_TOKEN."


@jobs.command("list")
def list_jobs(url: Url = LOCAL, token: Token = None) -> None:
    """List all songs, the newest first."""
    for job in Remote(url, token).ask("GET", "/jobs")["jobs"]:
        current = job["stages"][-1] if job["stages"] else {"stage": "-", "progress": 0}
        title = " - ".join(part for part in (job["artist"], job["title"]) if part) or job["filename"]
        typer.echo(f"{job['file_id']}  {job['status']:<10} {current['stage']:<14}{current['progress']:>3}%  {title}")


@jobs.command()
def follow(file_id: FileId, url: Url = LOCAL, token: Token = None) -> None:
    """Print the events of a job until it is over."""
    after = 0
    while True:
        over = Remote(url, token).ask("GET", f"/jobs/{quoted(file_id)}")["status"] in OVER
        log = Remote(url, token).ask("GET", f"/jobs/{quoted(file_id)}/events?after={after}")
        for event in log["events"]:
            typer.echo(f"{event['stage']}: {event['progress']}% - {event['error'] or event['message']}")
        after = log["last_seq"]
        if over and not log["events"]:
            return
        if not log["events"]:
            time.sleep(POLL_S)


@jobs.command()
def cancel(file_id: FileId, url: Url = LOCAL, token: Token = None) -> None:
    """Cancel a job; what finished stages made stays."""
    typer.echo(Remote(url, token).ask("POST", f"/jobs/{quoted(file_id)}/cancel")["message"])


@jobs.command()
def retry(
    file_id: FileId,
    stage: Annotated[str | None, typer.Option(help="Stage to begin again at.")] = None,
    url: Url = LOCAL,
    token: Token = None,
) -> None:
    """Begin a job again where it ended."""
    typer.echo(Remote(url, token).ask("POST", f"/jobs/{quoted(file_id)}/retry", {"stage": stage})["message"])


def quoted(file_id: str) -> str:
    """Make an id part of an address."""
    return urllib.parse.quote(file_id, safe="")


@dataclass(frozen=True)
class Remote:
    """A server, and the token for it. Without one, a server of this machine and user lets its operator in."""

    url: str
    token: str | None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask and give the JSON of the answer. Raises StageFailed with the server's words, NoServer."""
        # Late, so that --help does not load what checks settings.
        from music_separator.config import LOOPBACK_HOSTS

        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        elif urllib.parse.urlsplit(self.url).hostname in LOOPBACK_HOSTS:
            path = _signed(path)
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url.rstrip("/") + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                said = json.load(error)
            wants_token = said["code"] in ("token_required", "link_invalid")
            raise StageFailed(said["code"], WANTS_TOKEN if wants_token else said["error"]) from error
        except (OSError, ValueError) as error:
            raise NoServer(self.url) from error


def _signed(target: str) -> str:
    """Sign with the key of the data directory, where this user may read it."""
    key = stored_key(settings_from({}).data_dir)
    if key is None:
        return target
    path, _, query = target.partition("?")
    signature = Links(key=key, lifetime_s=SIGNED_S).query(urllib.parse.unquote(path), OPERATOR)
    return f"{path}?{signature}&{query}"
