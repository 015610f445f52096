import io

import pytest

from music_separator.workers.messages import MAX_FRAME_BYTES, read_message, write_message


def test_messages_are_read_back_one_by_one() -> None:
    pipe = io.BytesIO()
    messages = [{"kind": "task", "task": {"title": "Čežnja 夜"}}, {"kind": "ping"}]
    for message in messages:
        write_message(pipe, message)
    pipe.seek(0)
    assert [read_message(pipe), read_message(pipe), read_message(pipe)] == [*messages, None]


@pytest.mark.parametrize("kept", [1, 3, 4, 9])
def test_a_message_cut_short_is_the_end(kept: int) -> None:
    pipe = io.BytesIO()
    write_message(pipe, {"kind": "ping"})
    assert read_message(io.BytesIO(pipe.getvalue()[:kept])) is None


def test_a_length_that_no_message_has_is_refused() -> None:
    with pytest.raises(ValueError, match=f"a message of {MAX_FRAME_BYTES + 1} bytes"):
        read_message(io.BytesIO((MAX_FRAME_BYTES + 1).to_bytes(4, "big")))


def test_a_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError):
        read_message(io.BytesIO(b"\0\0\0\3abc"))
