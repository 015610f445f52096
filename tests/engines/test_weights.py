"""Weights: fetched in pieces, checked against what the hub states, kept on record, or placed by hand."""

import contextlib
import hashlib
import json
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from music_separator.domain.errors import (
    Cancelled,
    NotEnoughSpace,
    WeightsDamaged,
    WeightsGated,
    WeightsMissing,
    WeightsUnreachable,
)
from music_separator.engines.weights import RECORD, Weights, WeightsFile, WeightsStore
from tests.engines.hub import REVISION, Hub, running_hub

MODEL = bytes(range(256)) * 2000
"""512 kB."""
FILES = {"config.json": b'{"tiny": true}', "vocabulary.json": b'["la"]', "model.bin": MODEL}
TOTAL = sum(map(len, FILES.values()))
WEIGHTS = Weights(
    name="tiny",
    title="Tiny",
    repository="nobody/tiny",
    licence="MIT",
    about_mb=1,
    files=(
        WeightsFile(names=("config.json",)),
        WeightsFile(names=("vocabulary.txt", "vocabulary.json")),
        WeightsFile(names=("preprocessor_config.json",), required=False),
        WeightsFile(names=("model.bin",)),
    ),
)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub(FILES) as running:
        yield running


def store_of(hub: Hub, root: Path, **values: object) -> WeightsStore:
    chosen = {"root": root, "hub_url": hub.url, "offline": False, "answer_limit_s": 0.5, "stall_s": 0.5}
    return WeightsStore(**(chosen | values))  # type: ignore[arg-type]


def placed(root: Path) -> Path:
    """Place the files by hand."""
    folder = root / "tiny"
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name not in (RECORD, ".lock")}


def test_every_file_is_fetched_and_recorded_with_the_digest_that_the_hub_stated(hub: Hub, tmp_path: Path) -> None:
    store = store_of(hub, tmp_path)
    folder = store.ensure(WEIGHTS)
    assert {name: (folder / name).read_bytes() for name in files_in(folder)} == FILES
    recorded = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    sha256 = hashlib.sha256(MODEL).hexdigest()
    assert recorded["repository"] == "nobody/tiny"
    assert recorded["files"]["model.bin"] == {
        "size": len(MODEL),
        "sha256": sha256,
        "stated": sha256,
        "source": hub.url,
        "revision": REVISION,
    }
    git = hashlib.sha1(b"blob 14\0" + FILES["config.json"], usedforsecurity=False).hexdigest()
    assert recorded["files"]["config.json"]["stated"] == git
    assert recorded["files"]["config.json"]["sha256"] == hashlib.sha256(FILES["config.json"]).hexdigest()


def test_all_files_are_of_the_revision_that_the_first_answer_named(hub: Hub, tmp_path: Path) -> None:
    store_of(hub, tmp_path).ensure(WEIGHTS)
    heads = [path for method, path, _ in hub.asked if method == "HEAD"]
    assert heads[0] == "/nobody/tiny/resolve/main/config.json"
    assert all(path.startswith(f"/nobody/tiny/resolve/{REVISION}/") for path in heads[1:])


def test_bytes_are_told_as_they_arrive(hub: Hub, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    store_of(hub, tmp_path).ensure(WEIGHTS, lambda here, total: told.append((here, total)))
    known = [(here, total) for here, total in told if total]
    assert {total for _, total in known} == {TOTAL}
    assert [here for here, _ in known] == sorted(here for here, _ in known)
    assert len(known) > 5
    assert known[-1] == (TOTAL, TOTAL)


def test_weights_that_are_here_ask_nobody(hub: Hub, tmp_path: Path) -> None:
    store = store_of(hub, tmp_path)
    store.ensure(WEIGHTS)
    hub.asked.clear()
    store.ensure(WEIGHTS)
    store_of(hub, tmp_path, offline=True).ensure(WEIGHTS)
    assert hub.asked == []


def test_a_connection_that_breaks_off_is_made_anew_where_it_was(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after["model.bin"] = [100_000, 200_000]
    folder = store_of(hub, tmp_path).ensure(WEIGHTS)
    assert (folder / "model.bin").read_bytes() == MODEL
    fetched = hub.bytes_asked("model.bin")
    assert [span for span in fetched if span] == ["bytes=100000-", "bytes=100000-", "bytes=300000-", "bytes=300000-"]


def test_what_an_earlier_run_left_is_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    def stop(here: int, total: int) -> None:
        if here > 200_000:
            raise Cancelled

    with pytest.raises(Cancelled):
        store_of(hub, tmp_path).ensure(WEIGHTS, stop)
    [part] = (tmp_path / "tiny").glob("*.part")
    arrived = part.stat().st_size
    assert 200_000 < arrived < len(MODEL)
    hub.asked.clear()

    folder = store_of(hub, tmp_path).ensure(WEIGHTS)

    assert set(hub.bytes_asked("model.bin")) == {f"bytes={arrived}-"}
    assert hub.bytes_asked("config.json") == []
    assert files_in(folder) == set(FILES)


def test_a_server_that_cannot_begin_in_the_middle_begins_anew(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after["model.bin"] = [100_000]
    hub.no_ranges = True
    folder = store_of(hub, tmp_path).ensure(WEIGHTS)
    assert (folder / "model.bin").read_bytes() == MODEL


def test_bytes_that_are_not_as_stated_are_refused_and_deleted(hub: Hub, tmp_path: Path) -> None:
    hub.wrong = {"model.bin"}
    store = store_of(hub, tmp_path)
    with pytest.raises(WeightsDamaged, match=r"model.bin .* digest differs"):
        store.ensure(WEIGHTS)
    assert files_in(tmp_path / "tiny") == {"config.json", "vocabulary.json"}
    assert not store.is_here(WEIGHTS)
    hub.wrong.clear()
    assert store.ensure(WEIGHTS).is_dir()


def test_a_small_file_that_is_not_as_stated_is_refused_too(hub: Hub, tmp_path: Path) -> None:
    hub.wrong = {"config.json"}
    with pytest.raises(WeightsDamaged, match=r"config.json"):
        store_of(hub, tmp_path).ensure(WEIGHTS)


def test_a_hub_that_states_no_digest_is_not_used(hub: Hub, tmp_path: Path) -> None:
    hub.states_nothing = True
    with pytest.raises(WeightsUnreachable, match="states no size and digest"):
        store_of(hub, tmp_path).ensure(WEIGHTS)


def test_a_hub_without_a_required_file_is_not_used(hub: Hub, tmp_path: Path) -> None:
    del hub.files["vocabulary.json"]
    with pytest.raises(WeightsUnreachable, match=r"has no vocabulary.txt or vocabulary.json in nobody/tiny"):
        store_of(hub, tmp_path).ensure(WEIGHTS)


def test_a_repository_that_moved_within_the_hub_is_followed(hub: Hub, tmp_path: Path) -> None:
    hub.moved_to = "somebody/tiny"
    folder = store_of(hub, tmp_path).ensure(WEIGHTS)
    assert (folder / "model.bin").read_bytes() == MODEL


def test_a_hub_that_redirects_in_a_circle_is_given_up(hub: Hub, tmp_path: Path) -> None:
    hub.moved_to = "nobody/tiny"
    with pytest.raises(WeightsUnreachable, match="redirects in a circle"):
        store_of(hub, tmp_path).ensure(WEIGHTS)


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_hub_that_refuses_is_named_with_its_answer(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.status = status
    with pytest.raises(WeightsUnreachable, match=f"answers {status}"):
        store_of(hub, tmp_path).ensure(WEIGHTS)


def test_a_hub_that_does_not_answer_is_given_up_in_time(hub: Hub, tmp_path: Path) -> None:
    hub.hangs = threading.Event()
    began = time.monotonic()
    with pytest.raises(WeightsUnreachable, match="no answer within"):
        store_of(hub, tmp_path).ensure(WEIGHTS)
    assert time.monotonic() - began < 3


def test_a_wait_for_a_hub_can_be_cancelled(hub: Hub, tmp_path: Path) -> None:
    hub.hangs = threading.Event()
    asked: list[tuple[int, int]] = []

    def stop(here: int, total: int) -> None:
        asked.append((here, total))
        if len(asked) == 3:
            raise Cancelled

    began = time.monotonic()
    with pytest.raises(Cancelled):
        store_of(hub, tmp_path, answer_limit_s=30.0).ensure(WEIGHTS, stop)
    assert time.monotonic() - began < 3


def test_a_stalled_download_is_given_up_and_what_has_arrived_is_kept(hub: Hub, tmp_path: Path) -> None:
    hub.stalls = threading.Event()
    hub.cut_after["model.bin"] = [100_000, *[0] * 5]
    with pytest.raises(WeightsUnreachable, match="does not answer"):
        store_of(hub, tmp_path, stall_s=0.2).ensure(WEIGHTS)
    [part] = (tmp_path / "tiny").glob("model.bin.*.part")
    assert part.stat().st_size == 100_000


def test_nobody_at_the_address_is_said_at_once(tmp_path: Path) -> None:
    store = WeightsStore(root=tmp_path, hub_url="http://127.0.0.1:9", offline=False)
    with pytest.raises(WeightsUnreachable, match="Connection refused"):
        store.ensure(WEIGHTS)


def test_offline_asks_nobody(hub: Hub, tmp_path: Path) -> None:
    store = store_of(hub, tmp_path, offline=True)
    with pytest.raises(WeightsMissing, match=r"Add their files to .*tiny by hand"):
        store.ensure(WEIGHTS)
    assert hub.asked == []


def test_files_placed_by_hand_are_taken_and_recorded_without_a_source(hub: Hub, tmp_path: Path) -> None:
    folder = placed(tmp_path)
    store = store_of(hub, tmp_path, offline=True)
    assert store.is_here(WEIGHTS)
    assert store.digest(WEIGHTS) is None
    assert store.ensure(WEIGHTS) == folder
    record = store.verify(WEIGHTS)["model.bin"]
    assert (record.sha256, record.stated, record.source) == (hashlib.sha256(MODEL).hexdigest(), None, None)


def test_the_digest_is_the_same_wherever_the_files_came_from(hub: Hub, tmp_path: Path) -> None:
    fetched, by_hand = store_of(hub, tmp_path / "fetched"), store_of(hub, tmp_path / "by-hand", offline=True)
    fetched.ensure(WEIGHTS)
    placed(tmp_path / "by-hand")
    by_hand.ensure(WEIGHTS)
    assert fetched.digest(WEIGHTS) == by_hand.digest(WEIGHTS) is not None


def test_a_file_by_hand_beside_fetched_ones_must_be_the_hub_s(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"my own")
    with pytest.raises(WeightsDamaged, match="offers another one"):
        store_of(hub, tmp_path).ensure(WEIGHTS)
    assert (folder / "model.bin").read_bytes() == b"my own"
    (folder / "model.bin").write_bytes(MODEL)
    store_of(hub, tmp_path).ensure(WEIGHTS)
    assert hub.bytes_asked("model.bin") == []


@pytest.mark.parametrize(("damage", "says"), [(b"short", "5 bytes instead of"), (MODEL[::-1], "has changed since")])
def test_verify_finds_a_file_that_changed(hub: Hub, tmp_path: Path, damage: bytes, says: str) -> None:
    store = store_of(hub, tmp_path)
    folder = store.ensure(WEIGHTS)
    store.verify(WEIGHTS)
    (folder / "model.bin").write_bytes(damage)
    with pytest.raises(WeightsDamaged, match=f"model.bin .*{says}"):
        store.verify(WEIGHTS)


def test_verify_without_weights_says_where_to_put_them(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        store_of(hub, tmp_path).verify(WEIGHTS)


def test_a_record_that_cannot_be_read_is_named(hub: Hub, tmp_path: Path) -> None:
    folder = placed(tmp_path)
    (folder / RECORD).write_text("{")
    with pytest.raises(WeightsDamaged, match=RECORD):
        store_of(hub, tmp_path).ensure(WEIGHTS)


def test_too_little_disk_is_said_before_the_first_byte(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(NotEnoughSpace):
        store_of(hub, tmp_path).ensure(WEIGHTS)
    assert hub.bytes_asked("model.bin") == []


class Two(NamedTuple):
    """What two threads that want the same weights found."""

    folders: list[Path]
    errors: list[Exception]


def test_two_that_want_the_same_weights_fetch_them_once(hub: Hub, tmp_path: Path) -> None:
    two = Two([], [])

    def want() -> None:
        try:
            two.folders.append(store_of(hub, tmp_path).ensure(WEIGHTS))
        except Exception as error:
            two.errors.append(error)

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(two.folders), two.errors) == (2, [])
    # once from the hub, which redirects, and once from where the bytes are
    assert len(hub.bytes_asked("model.bin")) == 2


def test_an_interrupted_wait_leaves_no_lock(hub: Hub, tmp_path: Path) -> None:
    def stop(_here: int, _total: int) -> None:
        raise Cancelled

    with contextlib.suppress(Cancelled):
        store_of(hub, tmp_path).ensure(WEIGHTS, stop)
    assert store_of(hub, tmp_path).ensure(WEIGHTS).is_dir()


SHARDS = {"model-00001-of-00002.safetensors": b"one" * 1000, "model-00002-of-00002.safetensors": b"two" * 1000}
INDEX = "model.safetensors.index.json"
IN_PARTS = Weights(
    name="parted",
    title="Parted",
    repository="nobody/tiny",
    licence="MIT",
    about_mb=1,
    files=(WeightsFile(names=("config.json",)), WeightsFile(names=(INDEX, "model.safetensors"))),
)


def index_of(*names: str) -> bytes:
    return json.dumps({"weight_map": {f"layer.{number}": name for number, name in enumerate(names)}}).encode()


def offered_in_parts() -> dict[str, bytes]:
    return {"config.json": b"{}", INDEX: index_of(*SHARDS, *SHARDS), **SHARDS}


def test_every_file_that_an_index_lists_is_fetched_and_counted(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with running_hub(offered_in_parts()) as hub:
        store = store_of(hub, tmp_path)
        folder = store.ensure(IN_PARTS, lambda here, total: told.append((here, total)))
        hub.asked.clear()
        store.ensure(IN_PARTS)
        assert hub.asked == []
    assert files_in(folder) == set(offered_in_parts())
    assert told[-1] == (sum(map(len, offered_in_parts().values())),) * 2
    assert set(store.verify(IN_PARTS)) == set(offered_in_parts())


def test_one_file_does_where_there_is_no_index(tmp_path: Path) -> None:
    with running_hub({"config.json": b"{}", "model.safetensors": b"one" * 1000}) as hub:
        assert files_in(store_of(hub, tmp_path).ensure(IN_PARTS)) == {"config.json", "model.safetensors"}


def test_with_a_listed_file_missing_the_weights_are_not_here(tmp_path: Path) -> None:
    folder = tmp_path / "parted"
    folder.mkdir()
    for name, content in offered_in_parts().items():
        (folder / name).write_bytes(content)
    store = WeightsStore(root=tmp_path, hub_url="http://127.0.0.1:9", offline=True)
    assert store.ensure(IN_PARTS) == folder
    (folder / "model-00002-of-00002.safetensors").unlink()
    assert not store.is_here(IN_PARTS)


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"[]",
        b'{"weight_map": {}}',
        b'{"weight_map": ["a"]}',
        index_of("../../evil.safetensors"),
        index_of("/etc/evil.safetensors"),
        index_of("model.bin"),
        index_of(".safetensors"),
        b"[" * 100_000,
    ],
)
def test_an_index_from_outside_names_no_other_place_and_no_pickle(tmp_path: Path, content: bytes) -> None:
    with running_hub(offered_in_parts() | {INDEX: content}) as hub, pytest.raises(WeightsDamaged, match="index"):
        store_of(hub, tmp_path / "models").ensure(IN_PARTS)
    assert {path.name for path in tmp_path.iterdir()} == {"models"}
    (tmp_path / "models" / "parted" / INDEX).write_bytes(content)
    assert not WeightsStore(root=tmp_path / "models", hub_url="http://127.0.0.1:9", offline=True).is_here(IN_PARTS)


TOKEN = "hf_thisIsNobodysToken"


@pytest.mark.parametrize(
    ("token", "said"),
    [(None, "it answers 401 .*; no token is set"), ("other", "it answers 403 .*; the token that is set is not enough")],
)
def test_weights_behind_a_licence_say_where_to_accept_it(
    hub: Hub, tmp_path: Path, token: str | None, said: str
) -> None:
    hub.token = TOKEN
    with pytest.raises(WeightsGated, match=said) as raised:
        store_of(hub, tmp_path, token=token).ensure(replace(WEIGHTS, gated=True))
    assert f"accepted it at {hub.url}/nobody/tiny, set MUSIC_SEPARATOR_HUB_TOKEN" in str(raised.value)
    assert "other" not in str(raised.value)


@pytest.mark.parametrize("moved_to", [None, "somebody/tiny"])
def test_the_token_is_shown_to_the_hub_and_to_nobody_else(hub: Hub, tmp_path: Path, moved_to: str | None) -> None:
    hub.token, hub.moved_to = TOKEN, moved_to
    store = store_of(hub, tmp_path, token=TOKEN)
    folder = store.ensure(WEIGHTS)
    assert (folder / "model.bin").read_bytes() == MODEL
    elsewhere = {shown for where, shown in hub.shown if "/cdn/" in where}
    at_the_hub = {shown for where, shown in hub.shown if "/cdn/" not in where}
    assert (elsewhere, at_the_hub) == ({None}, {f"Bearer {TOKEN}"})
    assert TOKEN not in repr(store)
    assert not any(TOKEN in path.read_text(errors="replace") for path in folder.iterdir())
