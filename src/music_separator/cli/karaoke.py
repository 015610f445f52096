"""``karaoke``: songs and their timed lyrics in, stems and karaoke files out, without a server."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from music_separator.cli import exits
from music_separator.cli.ahead import worker_ahead
from music_separator.cli.lyrics import lyrics_for
from music_separator.cli.separation import Checkpoint, Model, Overlap, PresetName, Shifts, Stems
from music_separator.domain.job import JobOptions


def karaoke(
    songs: Annotated[list[Path], typer.Argument(metavar="SONG...", help="Audio or video files.")],
    lyrics: Annotated[
        Path | None, typer.Option(help="Lyrics, - for stdin; else SONG.lrc, SONG.txt or the tags.")
    ] = None,
    model: Model = "demucs",
    weights: Checkpoint = None,
    preset: PresetName = "exact",
    overlap: Overlap = None,
    shifts: Shifts = 0,
    stems: Stems = None,
    transcriber: Annotated[
        str | None, typer.Option(help="Where there are no lyrics: whisper, whisper-SIZE, gemma_3n, or none.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the lyrics, such as hr.")] = None,
    offline: Annotated[bool | None, typer.Option("--offline", help="Never reach for the network.")] = None,
    lookup: Annotated[
        bool | None,
        typer.Option("--lookup", help="Look missing lyrics up: sends title, artist, album, length to lrclib.net."),
    ] = None,
    out_dir: Annotated[Path, typer.Option("--out-dir", "-o", help="Folder to write into.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print every progress event as a JSON line.")] = False,
) -> None:
    """Make karaoke of songs."""
    if lyrics is not None and len(songs) > 1:
        raise typer.BadParameter("--lyrics fits one song. Put SONG.lrc beside each of several.")
    with worker_ahead() as workers:
        from music_separator.cli.direct import Order, make_all
        from music_separator.cli.show import choose
        from music_separator.pipeline.plan import RUN_BY_ENGINE
        from music_separator.service import check_options

        chosen = JobOptions(
            model=model, transcriber=transcriber, preset=preset, overlap=overlap, shifts=shifts, stems=stems
        )
        check_options(chosen)
        orders = [
            Order(
                song=song,
                options=replace(chosen, lyrics=lyrics_for(song, lyrics)),
                own_checkpoint=weights,
                stages=RUN_BY_ENGINE,
                out_dir=out_dir,
                language=language,
                offline=offline,
                lookup=lookup,
            )
            for song in songs
        ]
        with closing(choose(as_json=as_json)) as show:
            code = make_all(orders, show, workers, lambda line: typer.echo(line, err=True))
    raise typer.Exit(code if orders else exits.USAGE)
