"""``align``: a song and its lyrics in, timed words on stdout, without a server. Everything else goes to stderr."""

import json
import tempfile
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from music_separator.cli import exits
from music_separator.cli.ahead import worker_ahead
from music_separator.cli.lyrics import read_given
from music_separator.domain.job import JobOptions

SYNCED, LRC = "_sync.json", "_karaoke.lrc"


def align(
    song: Annotated[Path, typer.Argument(help="Audio or video file; a whole mix is separated first.")],
    lyrics: Annotated[Path, typer.Option(help="Lyrics file, - for stdin; plain text gets its times from the voice.")],
    language: Annotated[str | None, typer.Option(help="Language of the lyrics, such as hr.")] = None,
    model: Annotated[str, typer.Option(help="Separation model.")] = "demucs",
    offline: Annotated[bool | None, typer.Option("--offline", help="Never reach for the network.")] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out-dir", "-o", help="Also keep stems, LRC and JSON: in a folder of this one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print words with times and confidence as JSON.")] = False,
) -> None:
    """Print when each line (LRC) or word (--json) of the lyrics is sung."""
    with worker_ahead() as workers:
        from music_separator.cli.direct import Order, make, say_what_went_wrong
        from music_separator.cli.show import choose
        from music_separator.engines.registry import check_known
        from music_separator.pipeline.plan import RUN_BY_ENGINE

        check_known(model)
        options = JobOptions(model=model, lyrics=read_given(lyrics))
        kept = nullcontext(out_dir) if out_dir is not None else tempfile.TemporaryDirectory(prefix="music-separator-")
        with kept as folder:
            order = Order(
                song=song,
                options=options,
                stages=RUN_BY_ENGINE,
                out_dir=Path(folder),
                language=language,
                only_times=True,
                offline=offline,
            )
            with closing(choose(as_json=False)) as show:
                made = make(order, show, workers)
            say_what_went_wrong(order, made, lambda line: typer.echo(line, err=True))
            if made.exit_code == exits.DONE:
                typer.echo(_timed(made.files, as_json=as_json), nl=False)
    raise typer.Exit(made.exit_code)


def _timed(files: tuple[Path, ...], *, as_json: bool) -> str:
    ending = SYNCED if as_json else LRC
    text = next(file for file in files if file.name.endswith(ending)).read_text(encoding="utf-8")
    if not as_json:
        return text
    return json.dumps({"lines": json.loads(text)["lines"]}, ensure_ascii=False, indent=2) + "\n"
