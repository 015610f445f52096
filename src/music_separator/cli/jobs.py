"""``jobs``."""

import typer

jobs = typer.Typer()


@jobs.command("list")
def list_jobs() -> None:
    """List."""
