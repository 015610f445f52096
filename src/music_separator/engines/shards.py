"""The index of weights that lie in several safetensors files: which files there are.

The format is Hugging Face's (``weight_map``: tensor to file name). The names come from outside, and become files here.
"""

import json
import re
from pathlib import Path

INDEX_SUFFIX = ".safetensors.index.json"
MAX_INDEX_BYTES = 16 << 20
"""Far above real ones, which have one short line for each tensor."""
_NAME = re.compile(r"\w[\w-]*(\.[\w-]+)*\.safetensors", re.ASCII)


def listed_in(index: Path) -> tuple[str, ...]:
    """Give the names of the files that an index lists. Raises ValueError, with a clause, for anything else."""
    if index.stat().st_size > MAX_INDEX_BYTES:
        raise ValueError("it is far too long for a list of files")
    try:
        names = set(json.loads(index.read_bytes())["weight_map"].values())
        names = {str(name) for name in names}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("it is no list of safetensors files") from None
    strange = next((name for name in sorted(names) if not _NAME.fullmatch(name)), None)
    if strange is not None or not names:
        raise ValueError(f"it lists {strange!r}, which is no safetensors file" if strange else "it lists no file")
    return tuple(sorted(names))


def bytes_in(folder: Path) -> int | None:
    """Count the bytes of safetensors weights in a folder, in one file or all that its index lists; None where they are
    not all there.
    """
    try:
        index = folder / f"model{INDEX_SUFFIX}"
        parts = [folder / name for name in listed_in(index)] if index.exists() else [folder / "model.safetensors"]
        return sum(part.stat().st_size for part in parts)
    except (OSError, ValueError):
        return None
