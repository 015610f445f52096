"""What parent and worker say to each other: length-prefixed JSON over pipes. Large data goes by path.

Down: task {task}, prepare {task}, cancel, ping.
Up: ready, pong, progress {report}, done {result}, failed {code, message}, io_error {message, errno}, cancelled.
"""

import json
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")
MAX_FRAME_BYTES = 16 << 20

Message = dict[str, Any]


def write_message(pipe: BinaryIO, message: Message) -> None:
    """Send one message whole; the caller keeps other threads out."""
    body = json.dumps(message, ensure_ascii=False).encode()
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def read_message(pipe: BinaryIO) -> Message | None:
    """Wait for one message; None when the other side is gone. Raises ValueError for a frame that cannot be one."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(head)
    if size > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {size} bytes")
    body = pipe.read(size)
    if len(body) < size:
        return None
    message: Message = json.loads(body)
    return message
