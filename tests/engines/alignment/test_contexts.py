"""Sounds between their neighbours."""

import numpy as np

from music_separator.engines.alignment.contexts import sounds_of
from music_separator.engines.alignment.sphinx_files import Definitions
from music_separator.engines.alignment.states import row_of

PHONES = ("AA", "K", "T", "SIL")
AA, K, T, SIL = range(4)
ALONE = 3


def definitions(contexts: dict[tuple[int, int, int, int], int]) -> Definitions:
    """A model whose contexts have the states from a number on; phones by themselves those from 0 on."""
    return Definitions(
        phones=PHONES,
        plain=np.arange(12).reshape(4, 3),
        contexts=np.array(list(contexts), np.uint8).reshape(-1, 4),
        in_context=np.array([[first, first + 1, first + 2] for first in contexts.values()], np.intp).reshape(-1, 3),
    )


def states_of(
    spoken: list[tuple[str, ...]], lines: list[int], contexts: dict[tuple[int, int, int, int], int]
) -> list[int]:
    """Give the state of each sound of the text, pauses left out, repeats once."""
    row = row_of(spoken, lines, PHONES)
    sounds, sound = sounds_of(spoken, lines, row, definitions(contexts))
    states = sounds.state[sound[~row.is_pause]].tolist()
    return [state for at, state in enumerate(states) if not at or states[at - 1] != state]


def test_a_phone_between_others_is_another_sound() -> None:
    contexts = {(0, AA, K, T): 100, (ALONE, AA, SIL, SIL): 200}
    assert states_of([("K", "AA", "T")], [0], contexts)[3:6] == [100, 101, 102]
    assert states_of([("AA",)], [0], contexts) == [200, 201, 202]


def test_words_of_a_line_lean_on_each_other_and_lines_do_not() -> None:
    contexts = {(ALONE, AA, SIL, T): 100, (ALONE, AA, SIL, SIL): 200}
    assert states_of([("AA",), ("T",)], [0, 0], contexts)[:3] == [100, 101, 102]
    assert states_of([("AA",), ("T",)], [0, 1], contexts)[:3] == [200, 201, 202]


def test_a_context_that_the_model_has_not_met_gives_way() -> None:
    assert states_of([("K", "AA", "T")], [0], {(0, AA, SIL, T): 100})[3:6] == [100, 101, 102]
    assert states_of([("K", "AA", "T")], [0], {(1, AA, K, T): 100})[3:6] == [100, 101, 102]
    assert states_of([("K", "AA", "T")], [0], {(0, K, AA, T): 100})[3:6] == [0, 1, 2]
