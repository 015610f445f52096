import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from music_separator.access.tokens import Demand, Tokens
from music_separator.domain.errors import InvalidRequest, OwnerExists, TokenMissing, TokenUnknown, UnknownOwner
from music_separator.domain.owner import EVERYBODY, FIRST_OWNER
from music_separator.store.database import Database
from music_separator.store.owners import OwnerStore

DATABASE = "app.db"


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[Tokens]:
    database = Database(tmp_path / DATABASE)
    yield Tokens(owners=OwnerStore(database), demand=Demand.IF_ANY)
    database.close()


def with_demand(tokens: Tokens, demand: Demand) -> Tokens:
    return Tokens(owners=tokens.owners, demand=demand)


def test_without_tokens_everybody_of_this_machine_is_the_one_owner(tokens: Tokens) -> None:
    assert tokens.owner_of(None) == tokens.owner_of("whatever") == EVERYBODY
    assert tokens.is_demanded is False


def test_first_token_closes_the_door_at_once(tokens: Tokens) -> None:
    ana = tokens.add("ana")
    with pytest.raises(TokenMissing):
        tokens.owner_of(None)
    for wrong in ("", "ms_wrong", ana.token[:-1], ana.token + "x", ana.token.upper(), "\ud800"):
        with pytest.raises(TokenUnknown):
            tokens.owner_of(wrong)
    assert tokens.owner_of(ana.token).name == "ana"


def test_for_other_machines_a_token_is_demanded_before_there_is_one(tokens: Tokens) -> None:
    with pytest.raises(TokenMissing):
        with_demand(tokens, Demand.ALWAYS).owner_of(None)


def test_switched_off_means_off(tokens: Tokens) -> None:
    ana = tokens.add("ana")
    switched_off = with_demand(tokens, Demand.NEVER)
    assert switched_off.owner_of(None) == switched_off.owner_of(ana.token) == EVERYBODY


def test_first_name_gets_what_was_there_before_and_the_others_are_new(tokens: Tokens) -> None:
    owners = [tokens.owner_of(tokens.add(name).token) for name in ("ana", "ivo", "local")]
    ids = [owner.owner_id for owner in owners]
    assert ids[0] == FIRST_OWNER
    assert len(set(ids)) == 3


def test_token_is_made_at_the_first_start_only(tokens: Tokens) -> None:
    public = with_demand(tokens, Demand.ALWAYS)
    made = public.first()
    assert made is not None
    assert public.owner_of(made.token).owner_id == FIRST_OWNER
    assert public.first() is None
    assert tokens.first() is None


def test_no_token_is_made_where_none_is_demanded(tokens: Tokens) -> None:
    assert tokens.first() is None
    assert with_demand(tokens, Demand.NEVER).first() is None


def test_renewed_token_is_of_the_same_owner_and_the_old_one_ends(tokens: Tokens) -> None:
    old = tokens.add("ana")
    before = tokens.owner_of(old.token)
    new = tokens.renew("ana")
    assert tokens.owner_of(new.token).owner_id == before.owner_id
    with pytest.raises(TokenUnknown):
        tokens.owner_of(old.token)


def test_removed_name_that_is_added_again_is_the_same_owner_and_nobody_else_ever_is(tokens: Tokens) -> None:
    ana = tokens.owner_of(tokens.add("ana").token)
    tokens.remove("ana")
    ivo = tokens.owner_of(tokens.add("ivo").token)
    again = tokens.owner_of(tokens.add("ana").token)
    assert again.owner_id == ana.owner_id != ivo.owner_id


def test_start_for_other_machines_after_all_were_removed_gives_the_first_name_a_token(tokens: Tokens) -> None:
    tokens.add("ana")
    tokens.remove("ana")
    made = with_demand(tokens, Demand.ALWAYS).first()
    assert made is not None
    assert made.name == "ana"


def test_only_a_digest_is_stored(tmp_path: Path, tokens: Tokens) -> None:
    token = tokens.add("ana").token
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in stored
    assert hashlib.sha256(token.encode()).hexdigest().encode() in stored
    assert len(token) > 43


def test_names_that_are_taken_unknown_or_unusable_are_refused(tokens: Tokens) -> None:
    tokens.add("Željka")
    with pytest.raises(OwnerExists):
        tokens.add("Z\u030celjka")  # the same letters, written otherwise
    for verb in (tokens.renew, tokens.remove):
        with pytest.raises(UnknownOwner, match="Known: Željka"):
            verb("ivo")
    for name in ("", " ", "a b", "../x", "x" * 65, "a\nb"):
        with pytest.raises(InvalidRequest):
            tokens.add(name)
