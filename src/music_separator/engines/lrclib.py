"""Asks LRCLIB, an open collection of lyrics, for those of one song: https://lrclib.net/docs.

Nothing goes out but the request: title, artist, album and length in its address, and the name of this program. Only
called where somebody has switched looking up on.
"""

import http.client
import json
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode, urlsplit

PROJECT = "https://github.com/Almir-ctrl/kp-backend"
TIMEOUT_S = 10.0
"""Silence of the server after which it is given up."""
MAX_BYTES = 4 << 20
"""Of an answer; a search gives twenty songs at most, with all their words."""
SAME_LENGTH_S = 2.0
"""How far two lengths of one recording may differ: what LRCLIB itself allows for."""
NAME = "LRCLIB"


class LookupFailed(Exception):
    """There is no answer to be had; the text is a clause that says why."""


@dataclass(frozen=True, kw_only=True)
class SongQuery:
    """What is told about a song, and all that is."""

    title: str
    artist: str
    album: str | None = None
    duration_s: float | None = None

    @property
    def sent(self) -> dict[str, str]:
        """The parameters of a request."""
        told = {"track_name": self.title, "artist_name": self.artist}
        if self.album:
            told["album_name"] = self.album
        if self.duration_s is not None:
            told["duration"] = str(round(self.duration_s))
        return told


def song_query(title: str | None, artist: str | None, album: str | None, duration_s: float | None) -> SongQuery | None:
    """Make a query; None without title and artist, for the words of some other song would come."""
    if not (title and title.strip() and artist and artist.strip()):
        return None
    return SongQuery(title=title.strip(), artist=artist.strip(), album=album, duration_s=duration_s)


@dataclass(frozen=True, kw_only=True)
class LookedUp:
    """What LRCLIB has on a song. ``synced`` is LRC; where ``instrumental``, nobody sings."""

    plain: str | None
    synced: str | None
    instrumental: bool

    @property
    def text(self) -> str | None:
        """The words, with times where there are any."""
        return self.synced or self.plain

    def to_json(self) -> dict[str, object]:
        """Give the values, as ``from_json`` takes them."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LookedUp":
        """Rebuild what was kept. Raises KeyError, TypeError for anything else."""
        return cls(plain=values["plain"], synced=values["synced"], instrumental=bool(values["instrumental"]))


def look_up(base_url: str, song: SongQuery, *, timeout_s: float = TIMEOUT_S) -> LookedUp | None:
    """Get the song by all that is known of it, else search for it; None where LRCLIB has nothing that fits.

    A song that was found by searching has the same title and artist, and the same length within two seconds.
    Raises LookupFailed.
    """
    got = _ask(f"{base_url}/api/get?{urlencode(song.sent)}", timeout_s)
    if got is not None:
        return _read(got)
    searched = {"track_name": song.title, "artist_name": song.artist}
    found = _ask(f"{base_url}/api/search?{urlencode(searched)}", timeout_s) or []
    if not isinstance(found, list):
        raise LookupFailed("its answer is no list of songs")
    fitting = [record for record in found if _is_same(song, record)]
    return _read(min(fitting, key=lambda record: _rank(song, record))) if fitting else None


def _ask(url: str, timeout_s: float) -> Any:
    """Give the JSON of an answer; None for 404. Raises LookupFailed."""
    program = f"music-separator/{version('ai-music-separator')} ({PROJECT})"
    headers = {"User-Agent": program, "Accept": "application/json"}
    opener = urllib.request.build_opener(_SameHost)
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=timeout_s) as answer:
            body = answer.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.NOT_FOUND:
            return None
        raise LookupFailed(f"it answers with {error.code}") from error
    except TimeoutError as error:
        raise LookupFailed("it does not answer") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise LookupFailed(f"it cannot be reached ({getattr(error, 'reason', error)})") from error
    if len(body) > MAX_BYTES:
        raise LookupFailed("its answer is too long")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LookupFailed("its answer is no JSON") from error


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect on the host that somebody has agreed to, and nowhere else."""

    def redirect_request(self, req: urllib.request.Request, *args: Any, **values: Any) -> urllib.request.Request | None:
        """Refuse to go to another host."""
        following = super().redirect_request(req, *args, **values)
        if following is not None and urlsplit(following.full_url).netloc != urlsplit(req.full_url).netloc:
            raise LookupFailed("it sends us on to another address")
        return following


def _read(record: object) -> LookedUp:
    if not isinstance(record, dict):
        raise LookupFailed("its answer is no song")
    return LookedUp(
        plain=_words(record.get("plainLyrics")),
        synced=_words(record.get("syncedLyrics")),
        instrumental=record.get("instrumental") is True,
    )


def _words(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _is_same(song: SongQuery, record: object) -> bool:
    if not isinstance(record, dict):
        return False
    names = (_bare(record.get("trackName")), _bare(record.get("artistName")))
    return names == (_bare(song.title), _bare(song.artist)) and _distance_s(song, record) <= SAME_LENGTH_S


def _rank(song: SongQuery, record: Mapping[str, Any]) -> tuple[bool, float]:
    """Order what fits: with times first, then the nearest in length."""
    return _words(record.get("syncedLyrics")) is None, _distance_s(song, record)


def _distance_s(song: SongQuery, record: Mapping[str, Any]) -> float:
    duration_s = record.get("duration")
    if song.duration_s is None or isinstance(duration_s, bool) or not isinstance(duration_s, int | float):
        return 0.0 if song.duration_s is None else float("inf")
    return abs(song.duration_s - duration_s)


def _bare(name: object) -> str:
    """Give a name without case, accents and punctuation, to compare."""
    if not isinstance(name, str):
        return ""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in letters if character.isalnum())
