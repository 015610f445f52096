"""The words of one song on their way to sounds: what espeak-ng is asked about them, and what its answers mean."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from music_separator.domain.errors import EmptyLyrics
from music_separator.domain.lyrics import LyricsText
from music_separator.engines.alignment.language import language_of, spoken_language
from music_separator.engines.alignment.pronunciation import Pronunciation, from_dictionary, from_espeak
from music_separator.engines.alignment.speech import SpeechTask, Utterance
from music_separator.engines.alignment.words import ShownWord, shown_words

Key = tuple[str, str]
"""Language and spoken form of a word: what decides how it sounds."""


@dataclass(frozen=True, kw_only=True)
class SungText:
    """The words of a song: all that are shown, and those among them that have a sound."""

    shown: tuple[ShownWord, ...]
    language: str
    dictionary: dict[str, tuple[str, ...]] = field(repr=False)
    """English words whose phones are known."""

    @classmethod
    def of(cls, text: LyricsText, language: str | None, dictionary: dict[str, tuple[str, ...]]) -> "SungText":
        """Cut ``text`` into words. Raises EmptyLyrics where none of them has a sound."""
        shown = shown_words(text.lines)
        if not any(word.spoken for word in shown):
            raise EmptyLyrics
        return cls(shown=shown, language=language_of(text.text, language or text.language), dictionary=dictionary)

    @cached_property
    def spoken(self) -> tuple[ShownWord, ...]:
        """Give the words that have a sound."""
        return tuple(word for word in self.shown if word.spoken)

    @cached_property
    def lines(self) -> tuple[int, ...]:
        """Give the line of each word that has a sound."""
        return tuple(word.line for word in self.spoken)

    def task(self) -> SpeechTask:
        """Give what espeak-ng is asked: the words that the dictionary lacks, each once, and every line aloud."""
        in_lines = zip(self.lines, self._keys, strict=True)
        utterances = tuple(
            Utterance(language=language, words=tuple(key[1] for _, key in group))
            for (_, language), group in groupby(in_lines, key=lambda each: (each[0], each[1][0]))
        )
        return SpeechTask(words=self._unlisted, utterances=utterances)

    def pronunciations(self, answers: tuple[str, ...]) -> tuple[Pronunciation, ...]:
        """Give the pronunciation of each word that has a sound, from the dictionary or the answers to ``task``."""
        heard = {key: from_espeak(ipa, key[0]) for key, ipa in zip(self._unlisted, answers, strict=True)}
        return tuple(heard.get(key) or Pronunciation(phones=self._listed(key) or ()) for key in self._keys)

    @cached_property
    def _keys(self) -> tuple[Key, ...]:
        return tuple((spoken_language(word.spoken, self.language), word.spoken) for word in self.spoken)

    @cached_property
    def _unlisted(self) -> tuple[Key, ...]:
        return tuple(dict.fromkeys(key for key in self._keys if self._listed(key) is None))

    def _listed(self, key: Key) -> tuple[str, ...] | None:
        language, word = key
        return from_dictionary(word, self.dictionary) if language == "en" else None
