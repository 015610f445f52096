"""Words to phones of the acoustic model: its own dictionary for English, espeak-ng through one table for all else."""

from dataclasses import dataclass
from pathlib import Path

from music_separator.engines.alignment.ipa import phones_of

UNKNOWN = ("AH",)
"""What a word is taken for that espeak-ng cannot read, such as a kanji: somebody opens the mouth."""
_SPELLED_OUT = "(en)"
"""Names of letters that espeak-ng cannot read begin so, in the languages below; elsewhere it marks English words."""
_NAMED_LETTERS = frozenset({"ja", "cmn", "yue", "ko"})


@dataclass(frozen=True, kw_only=True)
class Pronunciation:
    """The phones of one word. ``certain`` is False where nobody knows how it sounds."""

    phones: tuple[str, ...]
    certain: bool = True


def read_dictionary(path: Path) -> dict[str, tuple[str, ...]]:
    """Read the CMU dictionary of the model: the first pronunciation of each word. Empty where there is none."""
    words: dict[str, tuple[str, ...]] = {}
    if not path.is_file():
        return words
    for row in path.read_text(encoding="utf-8").splitlines():
        word, *phones = row.split()
        words.setdefault(word.split("(")[0], tuple(phones))
    return words


def from_dictionary(word: str, dictionary: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Look an English word up, each part of ``ooh ooh`` by itself; ``singin`` is ``singing`` without its g."""
    phones: list[str] = []
    for part in word.split():
        if part in dictionary:
            phones += dictionary[part]
        elif part.endswith("in") and f"{part}g" in dictionary:
            phones += (*dictionary[f"{part}g"][:-1], "N")
        else:
            return None
    return tuple(phones)


def from_espeak(ipa: str, language: str) -> Pronunciation:
    """Turn what espeak-ng says into a pronunciation, uncertain where it spells a letter's name or says nothing."""
    phones = phones_of(ipa)
    if not phones or (language in _NAMED_LETTERS and _SPELLED_OUT in ipa):
        return Pronunciation(phones=UNKNOWN, certain=False)
    return Pronunciation(phones=phones)
