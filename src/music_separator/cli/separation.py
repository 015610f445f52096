"""The flags of every command that separates."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[str, typer.Option(help="Separation model.")]
Checkpoint = Annotated[
    Path | None, typer.Option("--weights", help="Your own .safetensors checkpoint of a network, instead of a model's.")
]
PresetName = Annotated[str, typer.Option("--preset", help="exact, fast, or preview (without a network).")]
Overlap = Annotated[
    float | None, typer.Option(help="Share of a segment that lies in the next one too; else the preset's.")
]
Shifts = Annotated[int, typer.Option(help="Average over so many shifted passes; 0 is one pass, as it is.")]
Stems = Annotated[int | None, typer.Option(help="2, 4 or 6; else all that the model has.")]
