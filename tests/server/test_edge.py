import socket
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from websockets import Origin
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.running import Server
from tests.sockets import socket_address

FOREIGN_HOSTS = ["evil.example", "evil.example:5000", "127.0.0.1.evil.example", "localhost.", "[::2]", "", "[", "a b"]
OWN_HOSTS = [
    "music.example",
    "Studio.Example:5000",
    "localhost",
    "LOCALHOST:5000",
    "127.0.0.1:80",
    "[::1]:5000",
    "[::1]",
]
OWN_ORIGINS = ["null", "http://localhost:3000", "https://127.0.0.1", "http://[::1]:8000"]
FOREIGN_ORIGINS = ["http://evil.example", "http://localhost.evil.example", "file://", "x", "http://[", "localhost"]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/", "/health", "/socket.io/?EIO=4&transport=polling", "/socket.io/socket.io.js"])
def test_foreign_host_is_refused(shared: Server, host: str, path: str):
    answer = httpx.get(shared.url + path, headers={"Host": host})
    assert answer.status_code == 400
    if host != "a b":  # that one the HTTP parser itself may refuse
        assert answer.json()["code"] == "foreign_host"


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_own_and_allowed_names_are_answered(shared: Server, host: str):
    assert httpx.get(f"{shared.url}/health", headers={"Host": host}).status_code == 200


def test_foreign_host_gets_no_websocket(shared: Server):
    address = urlsplit(shared.url)
    with socket.create_connection((address.hostname, address.port)) as connection:  # noqa: SIM117
        with pytest.raises(InvalidStatus) as refused:
            connect("ws://evil.example/socket.io/?EIO=4&transport=websocket", sock=connection)
    assert refused.value.response.status_code == 400


GUARDED: list[tuple[str, str]] = [
    ("PUT", "/jobs/{id}/lyrics"),
    ("DELETE", "/songs/{id}"),
    ("POST", "/jobs/{id}/cancel"),
    ("POST", "/jobs/{id}/retry"),
    ("POST", "/process/center/{id}"),
    ("POST", "/separate/{id}"),
    ("POST", "/transcribe/{id}"),
    ("POST", "/karaoke/{id}"),
]


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_page_of_a_foreign_origin_controls_nothing(
    client: httpx.Client, finished: str, method: str, path: str, origin: str
):
    answer = client.request(method, path.format(id=finished), headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert client.get(f"/jobs/{finished}").json()["attempt"] == 1


@pytest.mark.parametrize("origin", OWN_ORIGINS)
def test_page_of_this_machine_controls(client: httpx.Client, finished: str, origin: str):
    answer = client.post(f"/jobs/{finished}/cancel", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["done"]) == (200, "done")


def test_page_without_an_origin_deletes_nothing(client: httpx.Client, finished: str):
    answer = client.delete(f"/songs/{finished}", headers={"Origin": "null"})
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3000"])
def test_any_page_may_read_without_credentials(client: httpx.Client, origin: str):
    answer = client.get("/health", headers={"Origin": origin, "Cookie": "a=b"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    exposed = {name.strip() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert exposed == {"X-Request-ID", "Content-Disposition", "ETag", "Accept-Ranges"}


def test_errors_may_be_read_by_any_page(client: httpx.Client):
    answer = client.get("/jobs/nobody", headers={"Origin": "http://studio.example"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")


def test_preflight_allows_an_upload(shared: Server):
    asked = {"Origin": "http://studio.example", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{shared.url}/upload", headers={**asked, "Access-Control-Request-Headers": "x-request-id"})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_sockets_are_open_to_any_origin_without_credentials(shared: Server):
    with connect(socket_address(shared.url), origin=Origin("http://studio.example")) as connection:
        assert str(connection.recv()).startswith("0{")
    way = {"EIO": "4", "transport": "polling"}
    answer = httpx.get(f"{shared.url}/socket.io/", params=way, headers={"Origin": "http://studio.example"})
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "http://studio.example")
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/health", "/nothing", "/jobs/nobody", "/socket.io/?EIO=4&transport=polling", "/"])
def test_request_id_is_echoed_on_every_answer(shared: Server, path: str):
    answer = httpx.get(shared.url + path, headers={"X-Request-ID": "mine-1.2_3"})
    assert answer.headers["X-Request-ID"] == "mine-1.2_3"


def _is_uuid(text: str) -> bool:
    return str(uuid.UUID(text)) == text


@pytest.mark.parametrize("given", [None, "", "x" * 65, "a b", "<script>"])
def test_request_id_is_made_where_none_can_be_echoed(shared: Server, given: str | None):
    headers = {} if given is None else {"X-Request-ID": given}
    assert _is_uuid(httpx.get(f"{shared.url}/health", headers=headers).headers["X-Request-ID"])


PAGES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "/": ("text/html", lambda text: "Start Processing" in text),
    "/test_progress.html": ("text/html", lambda text: "Start Processing" in text),
    "/socket.io/socket.io.js": ("text/javascript", lambda text: "Socket.IO v4" in text),
    "/socket.io/socket.io.min.js": ("text/javascript", lambda text: "Socket.IO v4" in text),
}


@pytest.mark.parametrize("path", PAGES)
def test_page_and_browser_client_are_served(shared: Server, path: str):
    kind, is_right = PAGES[path]
    answer = httpx.get(shared.url + path)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert is_right(answer.text)


@pytest.mark.parametrize("path", ["/health", "/health/health", "/health/status"])
def test_health_says_that_the_server_lives(shared: Server, path: str):
    answer = httpx.get(shared.url + path).json()
    assert (answer["status"], answer["message"]) == ("healthy", "Everything works.")


def test_models_say_what_runs_here_and_why_the_others_do_not(client: httpx.Client):
    answer = client.get("/models").json()
    available = {name: model["available"] for name, model in answer["models"].items()}
    assert available == {"htdemucs": False, "htdemucs_ft": False, "htdemucs_6s": False, "center": True}
    assert all((model["reason"] is None) == model["available"] for model in answer["models"].values())
    assert answer["default"] == "demucs"


def test_unknown_address_and_wrong_method_are_errors_like_all_others(client: httpx.Client):
    unknown, wrong = client.get("/nothing/here"), client.delete("/health")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert unknown.json()["request_id"] == unknown.headers["X-Request-ID"]
