"""``separate``: the stems of a song and nothing else, without a server."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from music_separator.cli.ahead import worker_ahead
from music_separator.cli.separation import Checkpoint, Model, Overlap, PresetName, Shifts, Stems
from music_separator.domain.job import JobOptions
from music_separator.domain.progress import StageName


class StemFormat(StrEnum):
    """What stems are written as; wav is 32-bit float, unclipped."""

    FLAC = "flac"
    WAV = "wav"
    MP3 = "mp3"
    OPUS = "opus"


def separate(
    song: Annotated[Path, typer.Argument(help="Audio or video file.")],
    model: Model = "demucs",
    weights: Checkpoint = None,
    preset: PresetName = "exact",
    overlap: Overlap = None,
    shifts: Shifts = 0,
    stems: Stems = None,
    stem_format: Annotated[StemFormat, typer.Option("--format", help="Format of the stems.")] = StemFormat.FLAC,
    out_dir: Annotated[Path, typer.Option("--out-dir", "-o", help="Folder to write into.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print every progress event as a JSON line.")] = False,
) -> None:
    """Split a song into its stems."""
    with worker_ahead() as workers:
        from music_separator.cli.direct import Order, make_all
        from music_separator.cli.show import choose
        from music_separator.service import check_options

        options = JobOptions(model=model, preset=preset, overlap=overlap, shifts=shifts, stems=stems)
        check_options(options)
        order = Order(
            song=song,
            options=options,
            own_checkpoint=weights,
            stages=(StageName.SEPARATION,),
            out_dir=out_dir,
            stem_format=stem_format,
        )
        with closing(choose(as_json=as_json)) as show:
            code = make_all([order], show, workers, lambda line: typer.echo(line, err=True))
    raise typer.Exit(code)
