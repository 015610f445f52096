"""``karaoke``: songs and their timed lyrics in, stems and karaoke files out, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from music_separator.cli import exits
from music_separator.cli.lyrics import lyrics_for
from music_separator.domain.job import JobOptions


def karaoke(
    songs: Annotated[list[Path], typer.Argument(metavar="SONG...", help="Audio or video files.")],
    lyrics: Annotated[
        Path | None, typer.Option(help="Lyrics, - for stdin; else SONG.lrc, SONG.txt or the tags.")
    ] = None,
    model: Annotated[str, typer.Option(help="Separation model.")] = "demucs",
    transcriber: Annotated[
        str | None, typer.Option(help="Where there are no lyrics: whisper, whisper-SIZE, or none.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the lyrics, such as hr.")] = None,
    offline: Annotated[bool | None, typer.Option("--offline", help="Never reach for the network.")] = None,
    out_dir: Annotated[Path, typer.Option("--out-dir", "-o", help="Folder to write into.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print every progress event as a JSON line.")] = False,
) -> None:
    """Make karaoke of songs."""
    from music_separator.cli.direct import Order, make_all
    from music_separator.cli.show import choose
    from music_separator.engines.registry import check_known
    from music_separator.engines.transcription.registry import check_transcriber
    from music_separator.pipeline.plan import RUN_BY_ENGINE

    if lyrics is not None and len(songs) > 1:
        raise typer.BadParameter("--lyrics fits one song. Put SONG.lrc beside each of several.")
    check_known(model)
    check_transcriber(transcriber)
    orders = [
        Order(
            song=song,
            options=JobOptions(model=model, lyrics=lyrics_for(song, lyrics), transcriber=transcriber),
            stages=RUN_BY_ENGINE,
            out_dir=out_dir,
            language=language,
            offline=offline,
        )
        for song in songs
    ]
    show = choose(as_json=as_json)
    try:
        code = make_all(orders, show, lambda line: typer.echo(line, err=True))
    finally:
        show.close()
    raise typer.Exit(code if orders else exits.USAGE)
