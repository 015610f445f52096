import subprocess
import sys

import pytest

from music_separator.domain.errors import ModelUnavailable, UnknownModel
from music_separator.engines import registry
from music_separator.engines.base import Stem


@pytest.mark.parametrize("name", ["demucs", "auto"])
def test_the_best_falls_back_loudly(name: str) -> None:
    resolved = registry.resolve(name)
    assert resolved.engine == "center"
    assert resolved.warning is not None
    assert "center instead of Demucs" in resolved.warning


def test_the_fallback_can_be_forbidden() -> None:
    with pytest.raises(ModelUnavailable, match="falling back to center is switched off"):
        registry.resolve("demucs", allow_fallback=False)
    assert registry.resolve("center", allow_fallback=False).engine == "center"


def test_an_exact_name_is_never_replaced() -> None:
    assert registry.resolve("center").warning is None
    for name in ("htdemucs", "htdemucs_ft", "htdemucs_6s"):
        with pytest.raises(ModelUnavailable, match="this version has no engine"):
            registry.resolve(name)
        with pytest.raises(ModelUnavailable):
            registry.make_engine(name)
        assert registry.availability(name).reason


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    for ask in (registry.resolve, registry.availability, registry.make_engine):
        with pytest.raises(UnknownModel, match="demucs, auto, htdemucs, htdemucs_ft, htdemucs_6s, center"):
            ask("spleeter")


def test_every_available_model_makes_an_engine_of_its_name_that_gives_vocals() -> None:
    for model in registry.MODELS:
        if registry.availability(model.name).available:
            engine = registry.make_engine(model.name)
            assert engine.name == model.name
            assert Stem.VOCALS in engine.stems
            assert engine.version


def test_the_registry_imports_nothing_heavy() -> None:
    heavy = "{'av', 'torch', 'openvino', 'scipy', 'soxr'}"
    code = f"import sys, music_separator.engines.registry; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
