"""Tokens: made, renewed and removed by name, and recognised when somebody comes with one.

A token is 256 random bits; only its SHA-256 is stored, which needs no salt and no slow hash for a secret that nobody
chose. It is seen once, when it is made.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum

from music_separator.domain.errors import TokenMissing, TokenUnknown
from music_separator.domain.owner import EVERYBODY, Owner, checked_name
from music_separator.store.owners import OwnerStore

PREFIX = "ms_"
"""Lets people, and scanners for leaked secrets, see what it is."""
TOKEN_BYTES = 32


class Demand(StrEnum):
    """When a token is demanded."""

    ALWAYS = "always"
    """Other machines reach the server."""
    IF_ANY = "if_any"
    """Only this machine reaches it: as soon as somebody has a token."""
    NEVER = "never"
    """Switched off by an explicit flag."""


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token, to be shown now and never again, and whose it is."""

    name: str
    token: str


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """The tokens of an installation. They are read anew each time: what another process changes holds at once."""

    owners: OwnerStore
    demand: Demand

    def owner_of(self, token: str | None) -> Owner:
        """Recognise who asks. Raises TokenMissing, TokenUnknown."""
        known = self.owners.active()
        if not self._is_demanded(known):
            return EVERYBODY
        if token is None:
            raise TokenMissing
        digest = _digest(token)
        # All of them are compared, each in constant time: how long it takes says nothing.
        found = [owner for owner in known if hmac.compare_digest(owner.token_digest or "", digest)]
        if not found:
            raise TokenUnknown
        return found[0]

    @property
    def is_demanded(self) -> bool:
        """Whether nobody gets in without a token."""
        return self._is_demanded(self.owners.active())

    def first(self) -> NewToken | None:
        """Make the first token where one is demanded and nobody has any; None where that is not so."""
        if not self.is_demanded or self.owners.active():
            return None
        return self.add(self.owners.first_name())

    def add(self, name: str) -> NewToken:
        """Make a token for a new owner, or for one whose token was removed. Raises InvalidRequest, OwnerExists."""
        name, token = checked_name(name), _new_token()
        self.owners.add(name, _digest(token))
        return NewToken(name=name, token=token)

    def renew(self, name: str) -> NewToken:
        """Make another token for the same owner; the old one, and links made with it, end. Raises UnknownOwner."""
        name, token = checked_name(name), _new_token()
        self.owners.replace(name, _digest(token))
        return NewToken(name=name, token=token)

    def remove(self, name: str) -> None:
        """Take the token of an owner away; the songs stay. Raises UnknownOwner."""
        self.owners.replace(checked_name(name), None)

    def _is_demanded(self, known: list[Owner]) -> bool:
        return self.demand is Demand.ALWAYS or (self.demand is Demand.IF_ANY and bool(known))


def _new_token() -> str:
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
