"""HTTP routes: address, summary and answers, from the OpenAPI description."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from music_separator.bootstrap import direct_service
from music_separator.config import Settings
from music_separator.server.addresses import WAITING
from music_separator.server.app import create_app
from music_separator.worker_start import make_supervisor
from pages.tables import table

HEAD = """# HTTP routes

The running server shows the same with every parameter, body and example at `/docs`, without asking any other host, and
gives it to machines at `/openapi.json`. Errors: [errors.md](errors.md). The event that tells of progress:
[processing_progress.schema.json](processing_progress.schema.json).

"""
WAITING_HEAD = """
## Not there yet

These addresses are promised. Until they are there they answer 404 with the code `not_there_yet`.

"""


def page(scratch: Path) -> str:
    """Write the page."""
    document = described(scratch)
    parts = [HEAD]
    for tag in document["tags"]:
        rows = list(_rows(document, tag["name"]))
        shown = table(("route", "does", "takes", "answers"), rows)
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n\n{shown}\n")
    parts.append(_event(document))
    waiting = [(f"`{waiting.route}`", waiting.sentence) for waiting in WAITING]
    return "".join(parts) + WAITING_HEAD + table(("route", "says"), waiting)


def described(scratch: Path) -> dict[str, Any]:
    """Ask the application for its OpenAPI document."""
    settings = Settings(data_dir=scratch, offline=True)
    with (
        closing(make_supervisor(settings)) as workers,
        direct_service(settings, [], workers, stem_format="flac") as service,
    ):
        app = create_app(service, settings)
        transport = httpx.ASGITransport(app)

        async def ask() -> Any:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return (await client.get("/openapi.json")).json()

        found: dict[str, Any] = asyncio.run(ask())
    return found


def _rows(document: dict[str, Any], tag: str) -> Iterator[tuple[str, ...]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if tag in operation["tags"]:
                route = f"`{method.upper()} {path}`"
                yield route, " ".join(operation["description"].split()), _takes(operation), _answers(operation)


def _takes(operation: dict[str, Any]) -> str:
    named = [f"`{part['name']}`" for part in operation.get("parameters", ()) if part["in"] == "query"]
    content = operation.get("requestBody", {}).get("content", {})
    fields = [
        f"`{name}`"
        for kind, body in content.items()
        if kind == "multipart/form-data"
        for name in body["schema"]["properties"]
    ]
    if fields:
        return ", ".join([*named, "form: " + ", ".join(fields)])
    return ", ".join([*named, *(f"body: {kind}" for kind in content)])


def _answers(operation: dict[str, Any]) -> str:
    return " ".join(operation["responses"])


def _event(document: dict[str, Any]) -> str:
    schema = document["components"]["schemas"]["ProgressEventBody"]
    rows = [(f"`{name}`", found["description"]) for name, found in schema["properties"].items()]
    head = "## Event\n\n`processing_progress`, over Socket.IO in the default namespace. To read what was missed, send\n"
    head += "`subscribe` with `{file_id: last_seq}`; `unsubscribe` takes a list of ids.\n\n"
    return head + table(("key", "meaning"), rows)
