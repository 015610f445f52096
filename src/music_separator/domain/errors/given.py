"""What was given cannot be used."""

from music_separator.domain.errors.tree import MusicSeparatorError


class InputError(MusicSeparatorError):
    """What was given cannot be used."""

    code = "bad_input"


class NoSuchFile(InputError):
    """A song or a lyrics file that is not there."""

    code = "no_such_file"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"There is no file {path}. Check its name and folder.")


class EmptyFile(InputError):
    """The file has no bytes."""

    code = "empty_file"

    def __init__(self) -> None:
        super().__init__("The file is empty. Choose a file that has sound in it.")


class NotAudio(InputError):
    """The bytes are no audio or video container that is read here."""

    code = "not_audio"

    def __init__(self, looks_like: str = "") -> None:
        self.looks_like = looks_like
        what = f"This looks like {looks_like}, not like audio." if looks_like else "This is not a readable audio file."
        super().__init__(f"{what} Send MP3, WAV, FLAC, M4A, OGG, Opus, AIFF or a video with sound.")


class NoSound(InputError):
    """A container without an audio stream."""

    code = "no_audio_stream"

    def __init__(self) -> None:
        super().__init__("The file opens, but it has no audio track. Send one that has sound.")


class FileTooLarge(InputError):
    """More bytes than the limit."""

    code = "file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"The file is larger than the limit of {limit_bytes / 2**20:.0f} MiB. Send a smaller one.")


class AudioTooLong(InputError):
    """More sound than the limit."""

    code = "audio_too_long"

    def __init__(self, duration_s: float, limit_s: float) -> None:
        self.duration_s, self.limit_s = duration_s, limit_s
        super().__init__(
            f"The audio is {duration_s / 60:.0f} minutes long; the limit is {limit_s / 60:.0f}. "
            "Cut it and send the parts."
        )


class AudioTooShort(InputError):
    """Less sound than anything can be done with."""

    code = "audio_too_short"

    def __init__(self, duration_s: float) -> None:
        self.duration_s = duration_s
        super().__init__(
            f"Only {duration_s:.2f} s of sound could be read; at least 0.5 s is needed. Send a longer file."
        )


class SilentAudio(InputError):
    """All samples are zero or nearly so."""

    code = "silent_audio"

    def __init__(self) -> None:
        super().__init__("The audio is silent from start to end: there is nothing to separate. Check the export.")


class UnreadableLyrics(InputError):
    """Lyrics that are not text, or a file of another kind."""

    code = "unreadable_lyrics"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"The lyrics cannot be read: {why}. Send plain text, LRC, SRT, WebVTT or timed JSON.")


class EmptyLyrics(InputError):
    """Lyrics were given, and there is not one word in them."""

    code = "empty_lyrics"

    def __init__(self) -> None:
        super().__init__("The lyrics have no words in them. Send the text of the song, or leave the field out.")


class LyricsTooLong(InputError):
    """More words than anybody could sing in the song."""

    code = "lyrics_too_long"

    def __init__(self, words: int, duration_s: float) -> None:
        self.words, self.duration_s = words, duration_s
        count = "1 word" if words == 1 else f"{words:,} words"
        super().__init__(
            f"The lyrics have {count}, more than can be sung in {duration_s:.0f} s. "
            "Check that they belong to this song."
        )


class WrongLyricsTimes(InputError):
    """Times that came with lyrics and cannot be; ``line`` counts from 1, ``why`` is a clause."""

    code = "wrong_lyrics_times"

    def __init__(self, line: int, why: str) -> None:
        self.line, self.why = line, why
        super().__init__(f"Line {line} of the lyrics: {why}. Send them again with that corrected.")


class InvalidRequest(InputError):
    """A parameter that has no meaning."""

    code = "invalid_request"
