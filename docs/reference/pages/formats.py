"""Formats: what goes in, what stems are given as, and every karaoke writer."""

from datetime import UTC, datetime
from pathlib import Path

from music_separator.audio.encode import MEDIA_TYPES, AudioFormat
from music_separator.domain.lyrics import Line, Lyrics, Word
from music_separator.domain.units import Ms
from music_separator.engines.alignment.ctc_weights import CTC_WEIGHTS
from music_separator.engines.registry import MODELS
from music_separator.engines.transcription.registry import TRANSCRIBERS
from music_separator.karaoke.song import AUDIO_SUFFIX, KaraokeSong
from music_separator.karaoke.writers import Writer, all_writers
from music_separator.server.routes.system import FILE_TYPES
from pages.tables import table

MADE_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WORDS = (
    Word(text="Twinkle,", start_ms=Ms(1000), end_ms=Ms(1480)),
    Word(text="twinkle", start_ms=Ms(1500), end_ms=Ms(2400), confidence=0.9),
)
SONG = KaraokeSong(
    file_id="ID",
    title="The Star",
    artist="Jane Taylor",
    language="en",
    duration_ms=Ms(40_000),
    lyrics=Lyrics(lines=(Line(text="Twinkle, twinkle", start_ms=Ms(1000), end_ms=Ms(2400), words=WORDS),)),
)
NOTES = {
    AudioFormat.FLAC: "as many bits as the song has; the two stems add up to it",
    AudioFormat.WAV: "32-bit float, unclipped",
    AudioFormat.MP3: "256 kbit/s",
    AudioFormat.OPUS: "160 kbit/s",
}
LYRICS = """
## Lyrics in

Plain text, LRC, enhanced LRC (a time for each word), SRT, WebVTT or timed JSON, in any script and common encoding: in
the form field `lyrics`, in `PUT /jobs/ID/lyrics`, a file beside the song, or the tags of the song. At most 1 MiB.

Timed JSON is the `lines` of `_sync.json` below, edited or not. Times that are given stay to the millisecond. A line may
leave out its words, as in LRC and SRT: they are looked for inside of it. One without times as well is put on the voice
between its neighbours, and without any times all of them are. Lines must be in the order of their times, words in order
and within their line, and nothing may end more than a second after the song: else the answer is `wrong_lyrics_times`
with the number of the line.

"""
NOT_FOUND = """
A line that the aligner could not find in the singing has `"found": false`, words without length and confidence 0: its
times only say between which lines it stands. LRC and the timed text in the MP3 leave it out.
"""


def page(_scratch: Path) -> str:
    """Write the page."""
    usual = ", ".join(FILE_TYPES)
    parts = [f"# Formats\n\n## Sound in\n\nContent decides, not the name. What people usually send: {usual}.\n", LYRICS]
    stems = [(f"`{kind}`", MEDIA_TYPES[f".{kind}"], NOTES[kind]) for kind in AudioFormat]
    parts.append("## Stems out\n\n`?format=` of a download, `--format` of `separate`.\n\n")
    parts.append(table(("format", "media type", "what it is"), stems) + "\n## Karaoke out\n\n")
    parts.append(f"`ID` is the song's `file_id`. `ID{AUDIO_SUFFIX}` is the instrumental with the lyrics in its tags.\n")
    parts += [_written(writer) for writer in all_writers(generated_at=MADE_AT)]
    return "".join(parts) + NOT_FOUND + _engines()


def _written(writer: Writer) -> str:
    kind = "json" if writer.media_type == "application/json" else "text"
    says = (type(writer).__doc__ or "").strip().splitlines()[0]
    shown = writer.render(SONG).decode().rstrip()
    return f"\n### `ID{writer.suffix}`\n\n{says} Media type: `{writer.media_type}`.\n\n```{kind}\n{shown}\n```\n"


def _engines() -> str:
    models = [(f"`{model.name}`", model.title) for model in MODELS]
    weights = [(f"`{known.name}`", f"{known.weights.about_mb} MB", known.weights.repository) for known in TRANSCRIBERS]
    witnesses = [(f"`{known.name}`", f"{known.about_mb} MB", known.licence, known.repository) for known in CTC_WEIGHTS]
    return (
        "\n## Models\n\n"
        + table(("name", "what it is"), models)
        + "\n## Transcribers\n\n"
        + table(("name", "weights, about", "fetched from"), weights)
        + "\n## Second witnesses of word times\n\n"
        + table(("name", "weights, about", "licence", "fetched from"), witnesses)
    )
