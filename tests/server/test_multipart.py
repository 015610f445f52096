import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.forms import CONTENT_TYPE, body, field, file_part
from tests.running import Server, wait_for

FORM = {"Content-Type": CONTENT_TYPE}
MALFORMED: dict[str, tuple[bytes, dict[str, str]]] = {
    "no form at all": (b"RIFF", {"Content-Type": "audio/wav"}),
    "no content type": (b"RIFF", {}),
    "JSON": (b"{}", {"Content-Type": "application/json"}),
    "no boundary": (body(file_part(b"RIFF")), {"Content-Type": "multipart/form-data"}),
    "garbage": (b"\x00\xff garbage", FORM),
    "another boundary": (b"--other\r\n\r\n", FORM),
    "an empty body": (b"", FORM),
    "no end": (file_part(b"RIFF"), FORM),
    "no file part": (body(field("lyrics", "la")), FORM),
    "two files": (body(file_part(b"RIFF"), file_part(b"RIFF")), FORM),
    "a field of megabytes": (body(field("lyrics", "la " * 500_000), file_part(b"RIFF")), FORM),
    "hundreds of fields": (body(*(field(f"f{number}", "") for number in range(300)), file_part(b"RIFF")), FORM),
    "a title longer than any": (body(field("title", "x" * 256), file_part(b"RIFF")), FORM),
    "a language longer than any": (body(field("language", "x" * 36), file_part(b"RIFF")), FORM),
    "a batch longer than any": (body(field("batch_id", "x" * 65), file_part(b"RIFF")), FORM),
    "a title that is no UTF-8": (body(field("title", "X").replace(b"X", b"\xff\xfe"), file_part(b"RIFF")), FORM),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_form_is_a_bad_request(client: httpx.Client, shared: Server, case: str):
    content, headers = MALFORMED[case]
    answer = client.post("/upload", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert list(shared.data_dir.glob("incoming/*")) == []


def test_body_without_a_length_is_taken(client: httpx.Client, short_song: Path):
    whole = body(file_part(short_song.read_bytes()), field("auto_process", "false"))

    def pieces() -> Iterator[bytes]:
        yield from (whole[start : start + 1000] for start in range(0, len(whole), 1000))

    answer = client.post("/upload", content=pieces(), headers=FORM)
    assert (answer.status_code, answer.json()["status"]) == (200, "uploaded")


@pytest.mark.parametrize("path", ["/upload", "/jobs/{finished}/lyrics"])
def test_body_that_breaks_off_leaves_nothing(client: httpx.Client, shared: Server, finished: str, path: str):
    # It left a traceback in the log, which the shared server checks at its end.
    method = "PUT" if path.endswith("lyrics") else "POST"
    address = urlsplit(shared.url)
    head = f"{method} {path.format(finished=finished)} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: 9000000\r\n\r\n"
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + file_part(bytes(3_000_000)))
        if method == "POST":
            wait_for(lambda: list(shared.data_dir.glob("incoming/*")), what="the file being written")
    wait_for(lambda: not list(shared.data_dir.glob("incoming/*")), what="the file being removed")
    assert client.get(f"/jobs/{finished}").json()["attempt"] == 1


def test_bytes_that_are_no_http_are_refused(shared: Server):
    address = urlsplit(shared.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100).startswith(b"HTTP/1.1 400")
