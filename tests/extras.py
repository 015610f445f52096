"""Tests that need packages which the base install does not have; CI installs them."""

from importlib.util import find_spec

import pytest


def _needs(*packages: str) -> pytest.MarkDecorator:
    missing = [package for package in packages if find_spec(package) is None]
    return pytest.mark.skipif(bool(missing), reason=f"extras not installed: {', '.join(missing)}")


needs_reference = _needs("torch", "demucs")
"""What engines are compared with."""
needs_ctc = _needs("torch", "transformers")
needs_gemma = _needs("torch", "transformers", "accelerate")
