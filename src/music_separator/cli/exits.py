"""Exit codes (wire contract 5), from an error's class or from the code that an event carries."""

from music_separator.domain.errors import (
    AlignmentUnavailable,
    InputError,
    InvalidRequest,
    ModelUnavailable,
    MusicSeparatorError,
    NoTranscriber,
    UnknownModel,
    WeightsError,
    every_kind,
)

DONE, FAILED, USAGE, UNREADABLE, MISSING, SOME_FAILED = range(6)
INTERRUPTED, TERMINATED = 130, 143
_BY_CLASS: tuple[tuple[type[MusicSeparatorError], int], ...] = (
    (InvalidRequest, USAGE),
    (UnknownModel, USAGE),
    (InputError, UNREADABLE),
    (ModelUnavailable, MISSING),
    (NoTranscriber, MISSING),
    (AlignmentUnavailable, MISSING),
    (WeightsError, MISSING),
)


def of_error(error: type[MusicSeparatorError]) -> int:
    """Give the exit code of a class of errors."""
    return next((code for kind, code in _BY_CLASS if issubclass(error, kind)), FAILED)


def of_code(code: str) -> int:
    """Give the exit code of a failure by the machine's word for it."""
    return next((of_error(kind) for kind in every_kind() if kind.code == code), FAILED)


def of_several(codes: list[int]) -> int:
    """Give one exit code for several songs."""
    if len(set(codes)) <= 1:
        return codes[0] if codes else DONE
    return SOME_FAILED
