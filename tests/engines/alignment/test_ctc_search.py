"""Where words are found in scores that are written down by hand: one column for each token, a row for each frame."""

import numpy as np
import pytest

from music_separator.engines.alignment.ctc_search import Letters, Scores, Spot, Tokens, find_words
from music_separator.engines.alignment.ctc_text import letters_of

ALPHABET = "_|abcdefgh"
VOCABULARY = {letter: index for index, letter in enumerate(ALPHABET)}
TOKENS = Tokens(blank=0, between_words=1)


def scores(said: str, *, sure: float = 0.9) -> Scores:
    """Make scores of what a network says, a letter a frame."""
    likely = np.full((len(said), len(ALPHABET)), (1 - sure) / (len(ALPHABET) - 1))
    likely[np.arange(len(said)), [VOCABULARY[letter] for letter in said]] = sure
    return np.log(likely).astype(np.float32)


def lines(*texts: str) -> list[list[Letters]]:
    return [[letters_of(word, VOCABULARY) for word in text.split()] for text in texts]


def found(said: str, *texts: str) -> list[list[tuple[int, int] | None]]:
    spots = find_words(scores(said), lines(*texts), TOKENS)
    return [[None if spot is None else (spot.start, spot.stop) for spot in line] for line in spots]


def test_words_are_found_where_their_letters_are() -> None:
    assert found("__aab__|_c_d__", "ab cd") == [[(2, 5), (9, 12)]]


def test_the_same_letter_twice_needs_a_blank_between() -> None:
    assert found("_aa_a__|b_", "aa b") == [[(1, 5), (8, 9)]]


def test_what_nobody_wrote_down_is_passed_over_between_lines() -> None:
    assert found("_ab__fghgf__cd_gg", "ab", "cd") == [[(1, 3)], [(12, 14)]]


def test_without_a_mark_between_words_blanks_do() -> None:
    spots = find_words(scores("_ab__cd_"), lines("ab cd"), Tokens(blank=0))
    assert [spot is not None and (spot.start, spot.stop) for spot in spots[0]] == [(1, 3), (5, 7)]


def test_likelihood_is_that_of_the_letters() -> None:
    [[spot]] = find_words(scores("_ab_", sure=0.8), lines("ab"), TOKENS)
    assert spot == Spot(start=1, stop=3, likelihood=pytest.approx(0.8, abs=1e-3))
    [[elsewhere]] = find_words(scores("_gh_", sure=0.8), lines("ab"), TOKENS)
    assert elsewhere is not None
    assert elsewhere.likelihood < 0.1


def test_a_word_without_letters_is_left_out_and_the_others_are_found() -> None:
    assert found("_ab_cd_", "ab 42 cd") == [[(1, 3), None, (4, 6)]]


@pytest.mark.parametrize(("said", "text"), [("ab", "abc"), ("_", "ab"), ("_ab_", "42"), ("aa", "aa")])
def test_words_that_do_not_fit_are_found_nowhere(said: str, text: str) -> None:
    assert found(said, text) == [[None] * len(text.split())]


@pytest.mark.parametrize(
    ("word", "spelt"),
    [("Bad", "bad"), ("čed", "ced"), ("fée!", "fee"), ("b’a", "b'a"), ("42", ""), ("ﬀ", "ff"), ("夜", "")],
)
def test_words_are_spelt_with_the_letters_that_there_are(word: str, spelt: str) -> None:
    vocabulary = {letter: index for index, letter in enumerate("abcdef'")}
    assert letters_of(word, vocabulary) == tuple(vocabulary[letter] for letter in spelt)
    capitals = {letter.upper(): index for letter, index in vocabulary.items()}
    assert letters_of(word, capitals) == letters_of(word, vocabulary)
