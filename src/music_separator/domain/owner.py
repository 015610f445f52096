"""Whose songs are whose. Where no token is demanded there is one owner, and every client is it."""

import re
import unicodedata
from dataclasses import dataclass

from music_separator.domain.errors import InvalidRequest

FIRST_OWNER = "local"
"""Owns what was stored before there were tokens; the first name that gets a token is given what it owns."""

_NAME = re.compile(r"[\w.@+-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Owner:
    """One who has songs. ``owner_id`` never changes; without ``token_digest`` (SHA-256, hex) nobody can ask as it."""

    owner_id: str
    name: str
    token_digest: str | None = None
    created_at: str = ""


EVERYBODY = Owner(owner_id=FIRST_OWNER, name=FIRST_OWNER)
"""Who asks where no token is demanded."""

OPERATOR = Owner(owner_id="*", name="operator", token_digest="operator")
"""Whoever may read the key in the data directory, and so everything else there: sees the songs of all owners."""


def checked_name(name: str) -> str:
    """Give the name of an owner in its one spelling. Raises InvalidRequest."""
    spelled = unicodedata.normalize("NFC", name.strip())
    if not _NAME.fullmatch(spelled):
        raise InvalidRequest("A name is 1 to 64 letters, digits or any of . _ - @ +, such as ana.")
    return spelled
