"""Settings: name, variable, unit, default and sentence, from ``config.Settings``."""

import inspect
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from music_separator.cli.serve import serve
from music_separator.config import Settings
from pages.tables import table

UNITS = {"_mib": "MiB", "_s": "seconds", "_bytes": "bytes", "_db": "dB"}
HEAD = """# Settings

Every setting is a variable; those with a flag can be given to `music-separator serve` (and to `python3 app.py`) as
well. A flag wins over the variable, the variable over the default. Lists in a variable are separated by commas.

"""


def page(_scratch: Path) -> str:
    """Write the page."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return HEAD + table(("setting", "flag", "variable", "unit", "default", "meaning"), rows)


def _row(name: str, field: FieldInfo) -> tuple[str, ...]:
    has_flag = name in inspect.signature(serve).parameters
    flag = f"`--{name.replace('_', '-')}`" if has_flag else ""
    prefix = Settings.model_config["env_prefix"]
    return name, flag, f"`{prefix}{name.upper()}`", _unit(name, field), _default(field), field.description or ""


def _unit(name: str, field: FieldInfo) -> str:
    if get_origin(field.annotation) is tuple:
        return "list"
    unit = next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), None)
    kinds = {bool: "true or false", int: "whole number", str: "text", SecretStr: "text", Path: "folder"}
    asked = [kind for kind in (field.annotation, *get_args(field.annotation)) if kind in kinds]
    return unit or (kinds[asked[0]] if asked else "")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the platform's folder for user data"
    default: Any = field.default
    if isinstance(default, tuple):
        return ", ".join(f"`{part}`" for part in default) or "none"
    if isinstance(default, bool):
        return f"`{default}`".lower()
    return "none" if default is None else f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
