"""Errors: code, HTTP status, exit code and the sentences, from the tree in ``domain/errors``."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from music_separator.cli import exits
from music_separator.domain.errors import Cancelled, MusicSeparatorError, StageFailed, every_kind
from music_separator.server.addresses import NOTHING_THERE, WAITING
from music_separator.server.errors import NEVER_ANSWERED, status_of
from music_separator.server.small_bodies import TOO_LARGE
from pages.tables import table

HEAD = """# Errors

Every error is JSON, `{"error": sentence, "code": word, "request_id": id}`, and on the command line the same sentence.
The word is for machines and does not change; the id is in the header `X-Request-ID` and in the server's log. An
error of a stage comes in its event and in the job's snapshot, with the same code.

Names, sizes and limits below are examples.

"""
SAMPLES: dict[Any, Any] = {str: "*name*", tuple[str, ...]: ("*one*", "*another*"), int | None: 7}
NUMBERS: dict[str, float] = {
    "duration_s": 180,
    "audio_too_long duration_s": 25_200,
    "audio_too_short duration_s": 0.2,
    "limit_s": 21_600,
    "limit_bytes": 2 << 30,
    "needed_bytes": 300 << 20,
    "free_bytes": 120 << 20,
    "out_of_memory needed_bytes": 11_400_000_000,
    "out_of_memory free_bytes": 7_200_000_000,
    "words": 9000,
    "port": 5000,
    "found": 2,
    "known": 1,
}
"""By the name of the parameter, or by code and name where that does not do."""
OWN_SENTENCE = "*The sentence says what.*"


def page(_scratch: Path) -> str:
    """Write the page."""
    head = ("code", "HTTP", "exit", "says", "what to do")
    return f"{HEAD}{table(head, _rows())}\n## Without a class of their own\n\n{table(head[:2] + head[3:4], _others())}"


def _rows() -> Iterator[tuple[str, ...]]:
    for kind in every_kind():
        if kind not in (StageFailed, Cancelled) and not kind.__subclasses__():
            status = "" if kind in NEVER_ANSWERED else str(status_of(kind.__new__(kind)))
            says, advice = _sentences(_sample(kind))
            yield f"`{kind.code}`", status, str(exits.of_error(kind)), says, advice


def _sample(kind: type[MusicSeparatorError]) -> str:
    if kind.__init__ is MusicSeparatorError.__init__:
        return OWN_SENTENCE
    parameters = inspect.signature(kind).parameters.values()
    return str(kind(*(_value(kind.code, parameter) for parameter in parameters)))


def _value(code: str, parameter: inspect.Parameter) -> Any:
    if parameter.annotation in SAMPLES:
        return SAMPLES[parameter.annotation]
    return NUMBERS.get(f"{code} {parameter.name}", NUMBERS.get(parameter.name, 1))


def _sentences(text: str) -> tuple[str, str]:
    if text == OWN_SENTENCE:
        return text, ""
    said = re.split(r"(?<=[.:;]) (?=[A-Z*])", text)
    return " ".join(said[:-1]), said[-1]


def _others() -> Iterator[tuple[str, ...]]:
    yield "`not_found`", "404", NOTHING_THERE
    for waiting in WAITING:
        yield "`not_there_yet`", "404", f"`{waiting.route}`: {waiting.sentence}"
    yield "`foreign_host`", "400", "The request names a host that the server does not answer to (`--allowed-hosts`)."
    yield "`foreign_origin`", "403", "A page of another origin may not control jobs (`--allowed-origins`)."
    yield "`method_not_allowed`", "405", "The header `Allow` says what the address takes."
    yield "`too_large`", "413", TOO_LARGE
    yield "`no_such_range`", "416", "The file has no such range of bytes."
    yield "`internal_error`", "500", "A fault of the server; its log has the details under the request id."
