"""The root of all errors."""

from collections.abc import Iterator
from typing import ClassVar


class MusicSeparatorError(Exception):
    """Root of the tree. ``code`` is the machine's word, ``str()`` the sentence for people."""

    code: ClassVar[str] = "error"

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling whatever the constructor takes: rebuild from the finished state."""
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(kind: type[MusicSeparatorError], args: tuple[object, ...], state: dict[str, object]) -> object:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


def every_kind(root: type[MusicSeparatorError] = MusicSeparatorError) -> Iterator[type[MusicSeparatorError]]:
    """Walk the tree from its root down."""
    yield root
    for kind in root.__subclasses__():
        yield from every_kind(kind)


class Cancelled(MusicSeparatorError):
    """Somebody asked to stop; raised at a chunk edge or by the supervisor."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled")
