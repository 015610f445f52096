"""Every error of the tree, found by walking it: none can be added that breaks what is promised of all."""

import importlib
import inspect
import pickle
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import music_separator
from music_separator.domain import errors
from music_separator.domain.errors import MusicSeparatorError, StageFailed, WorkerCrashed, WorkerHung

SENTENCE = "Something is wrong here. Try something else."
SAMPLES: dict[Any, Any] = {str: "sample", int: 3, float: 90.0, tuple[str, ...]: ("first", "second"), int | None: 3}
ADVICE = re.compile(
    r"((Add|Check|Choose|Convert|Cut|Install|Look|Make|Retry|Send|Start|Stop|Try|Wait)\b|Known:|What is there:).*[.]$"
)
"""How the last sentence begins: with what to do, or with what there is to choose from."""


def walk(root: type[MusicSeparatorError] = MusicSeparatorError) -> Iterator[type[MusicSeparatorError]]:
    yield root
    for kind in root.__subclasses__():
        yield from walk(kind)


KINDS = tuple(kind for kind in walk() if kind.__module__.startswith(f"{errors.__name__}."))


def sample(kind: type[MusicSeparatorError]) -> MusicSeparatorError:
    """Make an error of any kind: from its annotations, or from a sentence where it takes what it is given."""
    if kind.__init__ is MusicSeparatorError.__init__:
        return kind(SENTENCE)
    parameters = list(inspect.signature(kind).parameters.values())
    return kind(*(SAMPLES[parameter.annotation] for parameter in parameters))


def last_sentence(text: str) -> str:
    return re.split(r"(?<=[.:;]) (?=[A-Z])", text)[-1]


SILENT = (errors.Cancelled, StageFailed)
"""Cancelled is no error; StageFailed says what another error said."""
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def test_the_tree_is_the_one_drawn_at_the_top_of_the_package() -> None:
    drawn = (errors.__doc__ or "").split("\n\n")[1]
    assert set(re.findall(r"\b[A-Z][A-Za-z]+[a-z]\b", drawn)) == {kind.__name__ for kind in KINDS}


def test_no_other_module_adds_to_the_tree() -> None:
    for module in pkgutil.walk_packages(music_separator.__path__, "music_separator."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = {kind for kind in walk() if kind.__module__.startswith("music_separator.")}
    assert {kind.__name__ for kind in ours - set(KINDS)} == set()


def test_no_two_errors_share_a_code() -> None:
    own = [kind for kind in KINDS if kind is not StageFailed]
    assert all("code" in vars(kind) for kind in own)
    assert [code for code, times in Counter(kind.code for kind in own).items() if times > 1] == []


@every_kind
def test_a_code_is_one_lower_case_word_for_machines(kind: type[MusicSeparatorError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in SILENT], ids=lambda kind: kind.__name__)
def test_the_sentence_ends_with_what_to_do(kind: type[MusicSeparatorError]) -> None:
    assert ADVICE.match(last_sentence(str(sample(kind)))), str(sample(kind))


@every_kind
def test_an_error_survives_pickling(kind: type[MusicSeparatorError]) -> None:
    error = sample(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (str(copy), copy.code, vars(copy)) == (str(error), error.code, vars(error))


def test_every_annotation_has_a_sample() -> None:
    taken = {
        parameter.annotation
        for kind in KINDS
        if kind.__init__ is not MusicSeparatorError.__init__
        for parameter in inspect.signature(kind).parameters.values()
    }
    assert taken <= set(SAMPLES)


def test_a_failure_from_another_process_keeps_the_code_it_had_there() -> None:
    error = StageFailed("silent_audio", "The audio is silent.")
    assert (error.code, str(error), StageFailed.code) == ("silent_audio", "The audio is silent.", "stage_failed")


def test_a_crash_names_the_signal_and_the_chunk() -> None:
    assert str(WorkerCrashed("killed by SIGKILL", 7)).startswith(
        "The worker died three times at chunk 7 (killed by SIGKILL)."
    )
    assert "before the first chunk (killed by SIGKILL)" in str(WorkerCrashed("killed by SIGKILL", None))


def test_a_hang_names_the_chunk() -> None:
    assert str(WorkerHung(7)).startswith("The worker stopped answering three times at chunk 7.")
    assert "before the first chunk" in str(WorkerHung(None))
