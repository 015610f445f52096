"""Two owners on one server that demands tokens: what is one's is neither seen nor reached by the other."""

import functools
import io
import os
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio

from music_separator.bootstrap import open_tokens
from music_separator.config import Settings
from tests.described import Description
from tests.listening import assert_whole, listening
from tests.running import Server, running_server, wait_for
from tests.songs import LRC, write_song


@functools.cache
def described(url: str) -> Description:
    """Read what a server says about itself."""
    return Description(httpx.get(f"{url}/openapi.json").json())


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a token."""

    server: Server
    token: str

    def client(self) -> httpx.Client:
        """Open an HTTP client; every answer it gets must be described."""
        client = self.server.client(self.token)
        client.event_hooks = {"response": [described(self.server.url).check]}
        return client

    def get(self, path: str) -> Any:
        with self.client() as client:
            return client.get(path).json()

    def send(self, song: Path, *, query: str = "", **fields: str) -> httpx.Response:
        with self.client() as client, song.open("rb") as file:
            return client.post(f"/upload{query}", files={"file": (song.name, file)}, data=fields)

    def finish(self, song: Path, **fields: str) -> dict[str, Any]:
        """Upload a song and wait for its end; gives the last snapshot."""
        file_id = self.send(song, lyrics=LRC, **fields).json()["file_id"]
        found: dict[str, Any] = wait_for(
            lambda: (job := self.get(f"/jobs/{file_id}"))["status"] in ("done", "failed") and job
        )
        assert found["status"] == "done"
        return found


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for other machines; it makes its first token by itself."""
    variables = {"MUSIC_SEPARATOR_ALLOWED_HOSTS": "music.example"}
    flags = ("--host", "0.0.0.0")
    with running_server(tmp_path_factory.mktemp("public") / "data", variables=variables, flags=flags) as running:
        running.url = running.url.replace("music.example", "127.0.0.1")
        yield running


def token_of(server: Server, name: str) -> str:
    """Make a token while the server runs."""
    with open_tokens(Settings(data_dir=server.data_dir)) as tokens:
        return tokens.add(name).token


@pytest.fixture(scope="module")
def ana(public: Server) -> Person:
    return Person(server=public, token=public.token)


@pytest.fixture(scope="module")
def ivo(public: Server) -> Person:
    return Person(server=public, token=token_of(public, "ivo"))


@pytest.fixture(scope="module")
def done(ana: Person, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Finish a song of Ana's. Nobody may change or delete it."""
    song = write_song(tmp_path_factory.mktemp("songs") / "done.wav", seconds=1.0, seed=300)
    return ana.finish(song, title="Done")


def links(job: dict[str, Any]) -> list[str]:
    return [job["download_url"], *(result["download_url"] for result in job["results"])]


def test_token_of_the_first_start_is_printed_and_lets_in(public: Server, ana: Person) -> None:
    assert ana.token.startswith("ms_")
    assert ana.get("/jobs")["count"] >= 0
    assert httpx.get(f"{public.url}/jobs").status_code == 401


def test_links_work_without_a_header(public: Server, done: dict[str, Any]) -> None:
    for link in links(done):
        assert httpx.get(public.url + link).status_code == 200, link
        assert httpx.get(public.url + link.partition("?")[0]).status_code == 401
    whole = zipfile.ZipFile(io.BytesIO(httpx.get(public.url + done["download_url"]).content))
    assert len(whole.namelist()) == len(done["results"])


def test_signed_link_keeps_ranges_etag_format_and_head(public: Server, done: dict[str, Any]) -> None:
    link = public.url + next(one["download_url"] for one in done["results"] if one["name"] == "vocals")
    head = httpx.head(link)
    part = httpx.get(link, headers={"Range": "bytes=0-3"})
    known = httpx.get(link, headers={"If-None-Match": head.headers["ETag"]})
    assert (head.status_code, part.status_code, part.content, known.status_code) == (200, 206, b"fLaC", 304)
    converted = httpx.get(f"{link}&format=mp3")
    assert (converted.status_code, converted.headers["Content-Type"]) == (200, "audio/mpeg")


def test_changed_link_is_refused(public: Server, done: dict[str, Any]) -> None:
    link = public.url + done["results"][0]["download_url"]
    path, _, query = link.partition("?")
    expires, _, signature = query.partition("&signature=")
    changed = [
        f"{path}x?{query}",
        f"{path}?{expires}1&signature={signature}",
        f"{path}?{expires}&signature={'0' * 64}",
        f"{path}?signature={signature}",
        f"{public.url}{done['download_url'].partition('?')[0]}?{query}",
        f"{path.replace('/download/', '/karaoke/')}?{query}",
    ]
    for one in changed:
        answer = httpx.get(one)
        assert (answer.status_code, answer.json()["code"]) == (403, "link_invalid"), one


def test_link_reads_and_does_nothing_else(public: Server, done: dict[str, Any]) -> None:
    query = done["download_url"].partition("?")[2]
    song = done["file_id"]
    for method, path in (("DELETE", f"/songs/{song}"), ("GET", f"/jobs/{song}"), ("GET", "/jobs")):
        assert httpx.request(method, f"{public.url}{path}?{query}").status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_foreign_host_opens_no_link(public: Server, done: dict[str, Any], host: str) -> None:
    for link in links(done):
        assert httpx.get(public.url + link, headers={"Host": host}).status_code == 400


def test_link_under_an_allowed_name_has_that_name(public: Server, ana: Person, done: dict[str, Any]) -> None:
    with ana.client() as client:
        job = client.get(f"/jobs/{done['file_id']}", headers={"Host": "music.example"}).json()
    assert job["results"][0]["url"].startswith("http://music.example/download/")


def test_proxy_of_this_machine_may_say_https_and_nothing_else(ana: Person, done: dict[str, Any]) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "X-Forwarded-For": "10.0.0.1"}
    with ana.client() as client:
        job = client.get(f"/jobs/{done['file_id']}", headers=forwarded).json()
    assert job["url"].startswith("https://127.0.0.1:")


@pytest.mark.parametrize(
    "name", ["..", "%2e%2e", "..%2flink.key", "..%2f..%2fapp.db", "..%5clink.key", "manifest.json"]
)
def test_no_path_leads_out_of_the_own_songs(ana: Person, ivo: Person, done: dict[str, Any], name: str) -> None:
    for person in (ana, ivo):
        with person.client() as client:
            for path in (f"/download/{done['file_id']}/{name}", f"/karaoke/{done['file_id']}/{name}"):
                answer = client.get(path)
                assert answer.status_code == 404, path


def test_token_in_a_query_is_no_token(public: Server, ana: Person) -> None:
    for query in (f"token={ana.token}", f"access_token={ana.token}", f"authorization=Bearer {ana.token}"):
        assert httpx.get(f"{public.url}/jobs?{query}").status_code == 401


@pytest.mark.parametrize("auth", [None, {}, {"token": "ms_wrong"}, {"token": None}, {"token": 7}, {"token": ""}])
def test_socket_without_the_right_token_is_refused_with_the_reason(public: Server, auth: object) -> None:
    client = socketio.Client(reconnection=False)
    reasons: list[Any] = []
    client.on("connect_error", reasons.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(public.url, transports=["websocket"], auth=auth, wait_timeout=10)
    client.shutdown()
    assert reasons[0]["data"]["code"] in ("token_required", "unknown_token")
    assert reasons[0]["message"] == reasons[0]["data"]["error"]


def test_events_are_their_owners_alone(public: Server, ana: Person, ivo: Person, tmp_path: Path) -> None:
    song = write_song(tmp_path / "watched.wav", seconds=1.0, seed=301)
    with (
        listening(public.url, token=ana.token) as of_ana,
        listening(public.url, token=ivo.token, transports=["polling"]) as of_ivo,
    ):
        file_id = ana.send(song, lyrics=LRC, query=f"?file_id={uuid.uuid4()}").json()["file_id"]
        of_ana.wait_for_end(file_id)
        assert of_ivo.subscribe({file_id: 0}) == {"ok": True, "last_seq": {}, "unknown": [file_id]}
        ana.send(song, lyrics=LRC)  # the milestones again: to Ana
        own = ivo.send(song, lyrics=LRC).json()["file_id"]
        of_ivo.wait_for_end(own)
        assert own not in {event["file_id"] for event in of_ana.log}
    assert_whole(of_ivo.log)
    assert {event["file_id"] for event in of_ivo.log} == {own}


def test_same_bytes_of_another_owner_are_a_song_of_their_own(ana: Person, ivo: Person, tmp_path: Path) -> None:
    song = write_song(tmp_path / "same.wav", seconds=1.0, seed=302)
    first, again = ana.finish(song), ana.send(song, lyrics=LRC).json()
    other = ivo.send(song, lyrics=LRC).json()
    assert (again["existing"], again["file_id"]) == (True, first["file_id"])
    assert (other["existing"], other["file_id"] == first["file_id"]) == (False, False)


def test_what_one_deletes_the_other_keeps(public: Server, ana: Person, ivo: Person, tmp_path: Path) -> None:
    song = write_song(tmp_path / "shared.wav", seconds=1.0, seed=303)
    of_ana, of_ivo = ana.finish(song), ivo.finish(song)
    with ana.client() as client:
        assert client.delete(f"/songs/{of_ana['file_id']}").status_code == 200
    for link in links(of_ivo):
        assert httpx.get(public.url + link).status_code == 200
    with ivo.client() as client:
        assert client.get(f"/download/{of_ivo['file_id']}/mixture").content == song.read_bytes()
    for link in links(of_ana):
        assert httpx.get(public.url + link).status_code == 404


def test_id_of_another_owner_is_taken_whatever_the_bytes(ana: Person, ivo: Person, tmp_path: Path) -> None:
    song = write_song(tmp_path / "mine.wav", seconds=1.0, seed=304)
    file_id = str(uuid.uuid4())
    assert ana.send(song, query=f"?file_id={file_id}").status_code == 202
    before = ana.get(f"/jobs/{file_id}/events")["events"][0]
    same = ivo.send(song, query=f"?file_id={file_id}")
    other = ivo.send(write_song(tmp_path / "other.wav", seconds=1.0, seed=305), query=f"?file_id={file_id}")
    assert (same.status_code, same.json()["code"]) == (409, "file_id_taken")
    assert (other.status_code, other.json()["error"]) == (409, same.json()["error"])
    assert ana.get(f"/jobs/{file_id}")["filename"] == "mine.wav"
    assert ana.get(f"/jobs/{file_id}/events")["events"][0] == before


def test_removed_token_ends_requests_links_and_connections(public: Server, tmp_path: Path) -> None:
    eva = Person(server=public, token=token_of(public, "eva"))
    job = eva.finish(write_song(tmp_path / "short.wav", seconds=1.0, seed=306))
    with listening(public.url, token=eva.token) as listener, open_tokens(Settings(data_dir=public.data_dir)) as tokens:
        tokens.remove("eva")
        with eva.client() as client:
            assert client.get("/jobs").status_code == 401
        assert httpx.get(public.url + job["download_url"]).json()["code"] == "link_invalid"
        wait_for(lambda: not listener.is_connected, timeout_s=10, what="the end of the connection")
        again = Person(server=public, token=tokens.add("eva").token)
    assert [one["file_id"] for one in again.get("/jobs")["jobs"]] == [job["file_id"]]


def test_page_of_the_server_itself_may_control(ana: Person, done: dict[str, Any]) -> None:
    asked = {"Host": "music.example:8443", "Origin": "https://music.example:8443"}
    with ana.client() as client:
        path = f"/jobs/{done['file_id']}/cancel"
        assert client.post(path, headers=asked).status_code == 200
        for origin in ("https://music.example", "https://evil.example:8443", "https://music.example:8443.evil.example"):
            assert client.post(path, headers={**asked, "Origin": origin}).status_code == 403


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions; the user's folder protects the file")
def test_key_of_the_links_is_for_nobody_else(public: Server) -> None:
    assert (public.data_dir / "link.key").stat().st_mode & 0o077 == 0


def test_links_expire(tmp_path: Path) -> None:
    variables = {"MUSIC_SEPARATOR_LINK_LIFETIME_S": "2"}
    with running_server(tmp_path / "data", variables=variables, flags=("--host", "0.0.0.0")) as server:
        person = Person(server=server, token=server.token)
        job = person.finish(write_song(tmp_path / "short.wav", seconds=1.0, seed=307))
        link = server.url + job["download_url"]
        wait_for(lambda: httpx.get(link).status_code == 403, timeout_s=10, what="the end of the link")
        assert httpx.get(link).json()["code"] == "link_expired"
        fresh = person.get(f"/jobs/{job['file_id']}")["download_url"]
        assert httpx.get(server.url + fresh).status_code == 200
