"""Asks a model hub about one file: how large it is, which digest it states, and where the bytes are.

The addresses and headers are those of the Hugging Face Hub (``/<repository>/resolve/<revision>/<file>``;
``X-Linked-Etag`` and ``X-Linked-Size`` for large files, ``ETag`` for small ones, ``X-Repo-Commit``), which mirrors
imitate. Nothing is sent but the request and, where one is set, the token: to the hub's own address alone, never to
where it redirects. No telemetry.
"""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from typing import Any, Protocol
from urllib.parse import quote, urljoin, urlsplit

from music_separator.engines.patience import within

ANSWER_LIMIT_S = 8.0
"""Names, connections to every address of a host and TLS have their own limits, which add up; this holds for all."""
HEADERS = {"User-Agent": "music-separator", "Accept-Encoding": "identity"}
_MAX_HOPS = 5
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT_BLOB = re.compile(r"[0-9a-f]{40}")


class NoAnswer(Exception):
    """The hub cannot be used; the text is a clause that says why."""


class NotAllowed(NoAnswer):
    """The hub has it, and not for whoever asks."""


class Hasher(Protocol):
    """Of hashlib."""

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes."""
        ...

    def hexdigest(self) -> str:
        """Give the digest of all bytes so far."""
        ...


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A file as the hub offers it. ``digest`` is a SHA-256, or Git's SHA-1 of a blob where the file is small."""

    name: str
    url: str
    size: int
    digest: str
    revision: str | None

    def hasher(self) -> Hasher:
        """Make what computes the stated digest from the file's bytes."""
        if _SHA256.fullmatch(self.digest):
            return hashlib.sha256()
        # Git's own object format; the hub states it, and a collision would have to be made by its uploader
        return hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)


def ask(
    hub_url: str,
    repository: str,
    name: str,
    *,
    revision: str | None = None,
    token: str | None = None,
    tick: Callable[[], None] = lambda: None,
    limit_s: float = ANSWER_LIMIT_S,
) -> Offer | None:
    """Ask for one file; None where the hub has none of that name. Raises NoAnswer, within ``limit_s``; NotAllowed.

    ``tick`` is called ten times a second while waiting, and ends it by raising.
    """
    url = f"{hub_url.rstrip('/')}/{quote(repository)}/resolve/{quote(revision or 'main')}/{quote(name)}"
    try:
        headers = within(limit_s, lambda: _headers_of(url, token), tick)
    except TimeoutError as error:
        raise NoAnswer(str(error)) from error
    if headers is None:
        return None
    size = headers.get("X-Linked-Size") or headers.get("Content-Length") or ""
    etag = headers.get("X-Linked-Etag") or headers.get("ETag") or ""
    digest = etag.removeprefix("W/").strip('"').lower()
    if not size.isdecimal() or not (_SHA256.fullmatch(digest) or _GIT_BLOB.fullmatch(digest)):
        raise NoAnswer(f"it states no size and digest for {name}, so that what it sends could not be checked")
    return Offer(name=name, url=url, size=int(size), digest=digest, revision=headers.get("X-Repo-Commit") or revision)


def reason_of(error: Exception) -> str:
    """Say in a clause what went wrong on the network."""
    match error:
        case urllib.error.HTTPError():
            return f"it answers {error.code} {error.reason}"
        case urllib.error.URLError(reason=Exception() as inner):
            return reason_of(inner)
        case TimeoutError():
            return "it does not answer"
        case OSError(strerror=str(text)):
            return text
        case _:
            return str(error) or type(error).__name__


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what the hub states stands in the redirect itself."""

    def redirect_request(self, *_arguments: object) -> None:
        return None


class _Follow(urllib.request.HTTPRedirectHandler):
    """Follows redirects; the token goes along within the same scheme and host only."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def redirect_request(self, req: urllib.request.Request, *rest: Any) -> urllib.request.Request | None:
        following = super().redirect_request(req, *rest)
        if following is not None and _origin(following.full_url) == _origin(req.full_url):
            _authorise(following, self._token)
        return following


def open_file(url: str, headers: dict[str, str], *, token: str | None, timeout_s: float) -> HTTPResponse:
    """Begin to read a file. Raises what urllib raises."""
    request = urllib.request.Request(url, headers=headers)
    _authorise(request, token)
    answer: HTTPResponse = urllib.request.build_opener(_Follow(token)).open(request, timeout=timeout_s)
    return answer


def _authorise(request: urllib.request.Request, token: str | None) -> None:
    if token is not None:
        # the other kind of header is sent to wherever a redirect leads
        request.add_unredirected_header("Authorization", f"Bearer {token}")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _headers_of(url: str, token: str | None) -> Message | None:
    """Ask for the headers; redirects within the hub are followed, the one to where the bytes are is not."""
    opener = urllib.request.build_opener(_Stay)
    for _ in range(_MAX_HOPS):
        try:
            request = urllib.request.Request(url, method="HEAD", headers=HEADERS)
            _authorise(request, token)
            with opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
                headers: Message = answer.headers
                return headers
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    return None
                if error.code in (401, 403):
                    raise NotAllowed(reason_of(error)) from error
                place = error.headers.get("Location")
                if error.code not in (301, 302, 303, 307, 308) or place is None:
                    raise NoAnswer(reason_of(error)) from error
                target = urljoin(url, place)
                if error.headers.get("X-Linked-Etag") or _origin(target) != _origin(url):
                    return error.headers
                url = target
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(reason_of(error)) from error
    raise NoAnswer("it redirects in a circle")
