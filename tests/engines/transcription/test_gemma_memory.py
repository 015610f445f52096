"""Where Gemma 3n runs, and what is said where it does not fit: no PyTorch is needed to know."""

import pytest

from music_separator.domain.errors import NoTranscriber, OutOfMemory
from music_separator.engines.transcription import gemma_memory as memory
from music_separator.engines.transcription.gemma_memory import Room, choose, needed_bytes, rooms
from music_separator.engines.transcription.sizes import GB

NEEDED = 12 * GB
CARD, PROCESSOR = "cuda", "cpu"


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str | None:
    found: str | None = request.param
    monkeypatch.setattr(memory, "best_device", lambda: found)
    monkeypatch.setattr(memory, "free_bytes", lambda device: 8 * GB if device == PROCESSOR else 24 * GB)
    return found


@pytest.mark.parametrize(
    ("card", "wanted", "tried"),
    [
        ("cuda", "auto", ["cuda", "cpu"]),
        ("mps", "auto", ["mps", "cpu"]),
        (None, "auto", ["cpu"]),
        ("cuda", "cpu", ["cpu"]),
        ("cuda", "cuda", ["cuda"]),
    ],
    indirect=["card"],
)
def test_the_card_comes_first_unless_something_else_is_asked_for(
    card: str | None, wanted: str, tried: list[str]
) -> None:
    assert [room.device for room in rooms(wanted)] == tried


@pytest.mark.parametrize(("card", "wanted"), [(None, "cuda"), ("mps", "cuda"), ("cuda", "mps")], indirect=["card"])
def test_a_device_that_is_not_there_is_never_replaced(card: str | None, wanted: str) -> None:
    with pytest.raises(NoTranscriber, match=f"the device {wanted} was asked for and cannot be used"):
        rooms(wanted)


def test_the_first_device_with_room_is_taken() -> None:
    card, processor = Room(device=CARD, free_bytes=24 * GB), Room(device=PROCESSOR, free_bytes=64 * GB)
    assert choose("Gemma 3n E2B", NEEDED, [card, processor]) == (card, None)
    room, notice = choose("Gemma 3n E2B", NEEDED, [Room(device=CARD, free_bytes=8 * GB), processor])
    assert room == processor
    assert notice is not None
    assert "needs 12.0 GB on the graphics card, where 8.0 GB are free" in notice


@pytest.mark.parametrize(
    ("device", "where"),
    [("cuda", "on the graphics card"), ("mps", "for the graphics of this Mac"), ("cpu", "of memory")],
)
def test_where_nothing_has_room_the_documented_sentence_comes_first_and_then_the_bytes(device: str, where: str) -> None:
    with pytest.raises(OutOfMemory) as raised:
        choose("Gemma 3n E4B", NEEDED, [Room(device=device, free_bytes=7 * GB)])
    assert str(raised.value) == (
        f"Model loading failed: out of memory. Gemma 3n E4B needs about 12.0 GB {where}, where 7.0 GB are free. "
        "Choose a smaller transcriber, or close other programs and retry."
    )
    assert raised.value.code == "out_of_memory"


def test_more_is_needed_than_the_files_have() -> None:
    assert needed_bytes(10 * GB) == 12 * GB
