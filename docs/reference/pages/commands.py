"""Commands: every verb with its arguments and flags, from typer."""

import inspect
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import typer
from typer.models import ArgumentInfo, ParameterInfo

from music_separator.cli import exits
from music_separator.cli.main import app
from pages.tables import table

HEAD = """# Commands

`python3 app.py VERB ...` is the same as `music-separator VERB ...`; `python3 app.py` alone is `serve`, and
`python3 app.py test` runs the test suite. Every command has `--help`.

"""
CODES = {
    exits.DONE: "done",
    exits.FAILED: "failed",
    exits.USAGE: "used in a way that has no meaning",
    exits.UNREADABLE: "the input cannot be read",
    exits.MISSING: "weights or an extra are missing",
    exits.SOME_FAILED: "some of several songs failed",
    exits.INTERRUPTED: "interrupted (Ctrl-C)",
    exits.TERMINATED: "terminated",
}


KINDS = {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "PATH"}


def page(_scratch: Path) -> str:
    """Write the page."""
    parts = [_section(name, verb) for name, verb in _verbs(app)]
    codes = table(("exit code", "meaning"), [(str(code), said) for code, said in CODES.items()])
    return HEAD + "\n".join(parts) + "\n## Exit codes\n\n" + codes


def _verbs(group: typer.Typer, before: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for command in group.registered_commands:
        if command.callback is not None:
            yield before + (command.name or command.callback.__name__.replace("_", "-")), command.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _verbs(inner.typer_instance, f"{before}{inner.name} ")


def _section(name: str, verb: Callable[..., Any]) -> str:
    taken = list(_taken(verb))
    arguments = [names for names, info, *_ in taken if isinstance(info, ArgumentInfo)]
    usage = " ".join(["music-separator", name, *arguments, *(["[flags]"] if len(taken) > len(arguments) else [])])
    rows = [(f"`{names}`", default, _says(info)) for names, info, default in taken]
    shown = table(("name", "default", "meaning"), rows) if rows else ""
    return f"## {name}\n\n```text\n{usage}\n```\n\n{(verb.__doc__ or '').strip()}\n\n{shown}"


def _taken(verb: Callable[..., Any]) -> Iterator[tuple[str, ParameterInfo, str]]:
    """Give name, typer's note and default of each parameter."""
    hints = get_type_hints(verb, include_extras=True)
    for name, parameter in inspect.signature(verb).parameters.items():
        kind, info = get_args(hints[name])[:2]
        is_required = parameter.default is inspect.Parameter.empty
        default = "required" if is_required else _default(parameter.default)
        if isinstance(info, ArgumentInfo):
            shown = info.metavar or name.upper()
        else:
            # In an annotation typer keeps the first flag as what would be the default elsewhere.
            declared = (info.default, *(info.param_decls or ()))
            flags = [flag for flag in declared if isinstance(flag, str) and flag.startswith("-")]
            shown = ", ".join(flags or [f"--{name.replace('_', '-')}"]) + _value(kind)
        yield shown, info, default


def _default(value: object) -> str:
    return "" if value is None or value is False else f"`{value}`"


def _value(kind: Any) -> str:
    kinds = [kind, *get_args(kind), *(inner for part in get_args(kind) for inner in get_args(part))]
    if bool in kinds:
        return ""
    closed = next((part for part in kinds if isinstance(part, type) and issubclass(part, StrEnum)), None)
    if closed is not None:
        return " " + "|".join(closed)
    several = " ..." if any(get_origin(part) is list for part in kinds) else ""
    return " " + next(KINDS[part] for part in kinds if part in KINDS) + several


def _says(info: ParameterInfo) -> str:
    variable = f" Variable: `{info.envvar}`." if info.envvar else ""
    return (info.help or "") + variable
