"""Addresses that no route answers, and the API page."""

import httpx
import pytest

from music_separator.server.addresses import WAITING
from music_separator.server.api_page import PARTS

UNKNOWN = "123e4567-e89b-12d3-a456-426614174000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", [waiting.route for waiting in WAITING])
def test_promised_address_says_that_it_is_not_there_yet(client: httpx.Client, route: str, method: str):
    answer = client.request(method, route.format(file_id=UNKNOWN))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_there_yet")
    assert set(answer.json()) == {"error", "code", "request_id"}
    assert "not in this version yet. " in answer.json()["error"]


@pytest.mark.parametrize("path", ["/files/x", "/batches/x"])
def test_so_does_what_lies_below_it(client: httpx.Client, path: str):
    assert client.get(path).json()["code"] == "not_there_yet"


@pytest.mark.parametrize("path", ["/nothing", "/upload/", "/docs/", "/docs/none.js", f"/jobs/{UNKNOWN}/pauses", "/%00"])
def test_nothing_is_there_and_nothing_redirects(client: httpx.Client, path: str):
    # An address with a slash too many was a redirect without a body.
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "/docs" in answer.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", "GET"),
        ("POST", f"/download/{UNKNOWN}/vocals", "GET, HEAD"),
        ("OPTIONS", "/karaoke/songs", "GET"),
        ("GET", "/upload", "POST"),
    ],
)
def test_wrong_method_is_told_the_right_ones(client: httpx.Client, method: str, path: str, allowed: str):
    # The header that RFC 9110 section 15.5.6 demands was missing, or had one of several methods.
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
    assert method in answer.json()["error"]


def test_api_page_may_ask_this_server_only(client: httpx.Client):
    answer = client.get("/docs")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert "http" not in answer.text


@pytest.mark.parametrize("name", PARTS)
def test_parts_of_the_api_page_are_served_as_what_they_are(client: httpx.Client, name: str):
    answer = client.get(f"/docs/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(PARTS[name][1])
