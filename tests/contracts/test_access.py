"""Who may reach what, found by walking all routes: none can be added that forgets to ask."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from music_separator.config import Settings
from music_separator.domain.progress import WORK_STAGES
from music_separator.server.app import create_app
from music_separator.server.gate import OPEN_PATHS
from tests.contracts.test_http import ROUTES
from tests.house import House, house_in

EVERYWHERE = {f"{method} {route.path}" for route in ROUTES for method in route.methods}
OF_A_SONG = sorted(name for name in EVERYWHERE if "{file_id}" in name)
CLOSED = sorted(name for name in EVERYWHERE if name.split()[1] not in OPEN_PATHS)
OPENED = {
    "/",
    "/test_progress.html",
    "/openapi.json",
    "/health",
    "/health/health",
    "/health/status",
    "/socket.io/socket.io.js",
    "/socket.io/socket.io.min.js",
    "/docs",
    "/docs/start.js",
    "/docs/swagger-ui-bundle.js",
    "/docs/swagger-ui.css",
    "/lyrics",
    "/lyrics/edits.js",
    "/lyrics/editor.css",
    "/lyrics/page.js",
    "/lyrics/server.js",
    "/lyrics/texts.js",
}
"""The whole list, written a second time on purpose: opening another address is a decision of its own."""
BODIES: dict[str, dict[str, Any]] = {"PUT /jobs/{file_id}/lyrics": {"content": "[00:01.00]La"}}
"""What a request needs to be more than a bad one."""
NAMES = {"model": "center", "name": "separation.flac", "number": "1"}


@dataclass(frozen=True, kw_only=True)
class Town:
    """Two owners, and a finished song of the first."""

    house: House
    app: ASGIApp
    ana: str
    ivo: str
    file_id: str

    def ask(self, name: str, *, token: str = "", file_id: str = "", **more: Any) -> httpx.Response:
        """Send a request to a route as it is written, such as ``GET /jobs/{file_id}``."""
        method, path = name.split(maxsplit=1)
        filled = path.format(file_id=file_id or self.file_id, **NAMES) if "{" in path else path
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        values = {**BODIES.get(name, {}), **more, "headers": {**headers, **more.get("headers", {})}}
        way = httpx.ASGITransport(self.app)

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=way, base_url="http://localhost") as client:
                return await client.request(method, filled, **values)

        return asyncio.run(send())


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with house_in(tmp_path) as house:
        tokens = house.service.tokens
        ana, ivo = tokens.add("ana").token, tokens.add("ivo").token
        file_id = house.add(owner=tokens.owner_of(ana).owner_id)
        house.finish(file_id, *WORK_STAGES)
        app = create_app(house.service, Settings(data_dir=tmp_path))
        yield Town(house=house, app=app, ana=ana, ivo=ivo, file_id=file_id)


def test_the_open_list_is_this_short() -> None:
    assert OPEN_PATHS == OPENED
    assert not any(isinstance(route, WebSocketRoute) for route in ROUTES)


@pytest.mark.parametrize("name", CLOSED)
def test_every_other_route_wants_a_token(town: Town, name: str) -> None:
    for token, code, challenge in (("", "token_required", "Bearer"), ("x", "unknown_token", "Bearer error=")):
        answer = town.ask(name, token=token, headers={"Origin": "http://localhost:3000"})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith(challenge)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"  # or a page could not read why
        if not name.startswith("HEAD"):
            assert set(answer.json()) == {"error", "code", "request_id"}
            assert answer.json()["code"] == code


@pytest.mark.parametrize("path", ["/nothing", "/docs/", "/songs/", "/health/", "/HEALTH", "/openapi.json/"])
def test_an_address_that_is_no_route_wants_one_too(town: Town, path: str) -> None:
    assert town.ask(f"GET {path}").status_code == 401


@pytest.mark.parametrize("path", sorted(OPENED))
def test_open_addresses_want_none(town: Town, path: str) -> None:
    assert town.ask(f"GET {path}").status_code == 200


@pytest.mark.parametrize("name", OF_A_SONG)
def test_the_song_of_another_owner_is_not_there(town: Town, name: str) -> None:
    before = town.house.service.jobs.get(town.file_id)
    of_another = town.ask(name, token=town.ivo)
    of_nobody = town.ask(name, token=town.ivo, file_id="00000000-0000-4000-8000-000000000000")
    assert of_another.status_code == of_nobody.status_code == 404
    if not name.startswith("HEAD"):
        assert of_another.json()["code"] == of_nobody.json()["code"] == "unknown_file_id"
        assert _told(of_another) == _told(of_nobody)
    assert town.house.service.jobs.get(town.file_id) == before


@pytest.mark.parametrize("name", OF_A_SONG)
def test_its_own_owner_is_let_in(town: Town, name: str) -> None:
    assert town.ask(name, token=town.ana).status_code in (200, 202)


LISTS = ["GET /jobs", "GET /songs", "GET /karaoke/songs"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_have_the_own_songs_only(town: Town, name: str) -> None:
    assert (town.ask(name, token=town.ana).json()["count"], town.ask(name, token=town.ivo).json()["count"]) == (1, 0)
    assert town.file_id not in town.ask(name, token=town.ivo).text


def test_all_lists_are_known() -> None:
    plain = {name for name in CLOSED if name.startswith("GET") and "{" not in name}
    assert plain == {*LISTS, "GET /models", "GET /gpu-status", "GET /metrics"}


def links_in(body: object) -> Iterator[str]:
    """Give every address in an answer."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key in ("url", "download_url") and value:
                yield value
            yield from links_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from links_in(value)


@pytest.mark.parametrize("name", [*LISTS, "GET /jobs/{file_id}", "GET /status/{file_id}"])
def test_every_address_in_an_answer_works_without_a_header(town: Town, name: str) -> None:
    found = list(links_in(town.ask(name, token=town.ana).json()))
    assert found
    for link in found:
        assert re.search(r"\?expires=\d+&signature=[0-9a-f]{64}$", link)
        wanted = {200, 404} if name == "GET /karaoke/songs" else {200}  # no MP3 was made in this house
        assert town.ask(f"GET {link.removeprefix('http://localhost')}").status_code in wanted


def test_description_says_who_may(town: Town) -> None:
    document = town.ask("GET /openapi.json").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            kinds = [next(iter(wanted)) for wanted in operation["security"]]
            is_file = method in ("get", "head") and path.startswith(("/download/", "/karaoke/"))
            assert kinds == ([] if path in OPENED else ["token", "signedLink"] if is_file else ["token"]), name
            assert {"401", "403"} <= set(operation["responses"]) or path in OPENED, name


def test_without_tokens_everything_is_as_open_as_ever(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        file_id = house.add()
        house.finish(file_id, *WORK_STAGES)
        app = create_app(house.service, Settings(data_dir=tmp_path))
        town = Town(house=house, app=app, ana="", ivo="", file_id=file_id)
        links = list(links_in(town.ask("GET /jobs").json()))
        assert links
        assert all("signature" not in link for link in links)
        for name in CLOSED:
            assert town.ask(name).status_code not in (401, 403), name
            assert town.ask(name, token="whatever").status_code not in (401, 403), name


def _told(answer: httpx.Response) -> str:
    """Give the sentence of an error without the id in it."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", answer.json()["error"])
