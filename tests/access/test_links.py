import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from music_separator.access.links import Links
from music_separator.domain.errors import LinkExpired, LinkInvalid
from music_separator.domain.owner import EVERYBODY, Owner

ANA = Owner(owner_id="a", name="ana", token_digest="1" * 64)
IVO = Owner(owner_id="i", name="ivo", token_digest="2" * 64)
LINKS = Links(key=b"k" * 32, lifetime_s=100.0)
PATH = "/download/song/vocals"


def query_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def test_link_is_its_owners_at_its_path() -> None:
    link = LINKS.signed(PATH, ANA)
    assert urlsplit(link).path == PATH
    assert LINKS.owner_of(PATH, query_of(link), [IVO, ANA]) == ANA


def test_where_no_token_is_demanded_a_path_stays_a_path() -> None:
    assert LINKS.signed(PATH, EVERYBODY) == PATH


CHANGES = {
    "another path": ("/download/song/drums", {}),
    "a later time": (PATH, {"expires": "99999999999"}),
    "no time": (PATH, {"expires": ""}),
    "words for a time": (PATH, {"expires": "soon"}),
    "another signature": (PATH, {"signature": "0" * 64}),
    "no signature": (PATH, {"signature": ""}),
    "a signature that is no text": (PATH, {"signature": "ć\ufffd"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_link_is_not_valid(change: str) -> None:
    path, changed = CHANGES[change]
    with pytest.raises(LinkInvalid):
        LINKS.owner_of(path, query_of(LINKS.signed(PATH, ANA)) | changed, [ANA, IVO])


def test_link_of_another_installation_is_not_valid() -> None:
    other = Links(key=b"o" * 32, lifetime_s=100.0)
    with pytest.raises(LinkInvalid):
        LINKS.owner_of(PATH, query_of(other.signed(PATH, ANA)), [ANA])


def test_link_ends_with_the_token_that_it_was_made_with() -> None:
    query = query_of(LINKS.signed(PATH, ANA))
    renewed = Owner(owner_id=ANA.owner_id, name=ANA.name, token_digest="3" * 64)
    for left in ([renewed], [IVO], []):
        with pytest.raises(LinkInvalid):
            LINKS.owner_of(PATH, query, left)


def test_link_works_for_half_its_lifetime_at_least_and_then_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (1_000_000.0, 1_000_049.9, 1_000_050.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        query = query_of(LINKS.signed(PATH, ANA))
        monkeypatch.setattr(time, "time", lambda now=now: now + 49.9)
        assert LINKS.owner_of(PATH, query, [ANA]) == ANA
        monkeypatch.setattr(time, "time", lambda now=now: now + 100.0)
        with pytest.raises(LinkExpired):
            LINKS.owner_of(PATH, query, [ANA])


def test_link_stays_the_same_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    first = LINKS.signed(PATH, ANA)
    monkeypatch.setattr(time, "time", lambda: 1_000_049.0)
    assert LINKS.signed(PATH, ANA) == first


def test_key_is_not_shown() -> None:
    assert "kkk" not in repr(LINKS)
