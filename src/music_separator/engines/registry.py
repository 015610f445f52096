"""The separation models there are, what runs here, and which one a name means. Nothing heavy is imported."""

from collections.abc import Callable
from dataclasses import dataclass

from music_separator.domain.errors import ModelUnavailable, UnknownModel
from music_separator.engines.alignment.base import AlignmentEngine
from music_separator.engines.alignment.phonetic import PhoneticEngine
from music_separator.engines.base import SeparationEngine
from music_separator.engines.separation.center import CenterEngine

BEST_AVAILABLE = ("demucs", "auto")
"""Names that mean: the best that runs here, Demucs first."""

_NO_NETWORKS = "this version has no engine for Demucs networks"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model by its exact name. ``make`` is None where nothing here can run it; ``missing`` then says why."""

    name: str
    title: str
    make: Callable[[], SeparationEngine] | None = None
    missing: str | None = None


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a model runs here; where not, ``reason`` says why."""

    name: str
    available: bool
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The engine that a name means. ``warning`` is a sentence for people where it is not what they asked for."""

    engine: str
    warning: str | None = None


MODELS = (
    Model(name="htdemucs", title="Demucs v4, four stems", missing=_NO_NETWORKS),
    Model(name="htdemucs_ft", title="Demucs v4 fine-tuned, four stems, slower", missing=_NO_NETWORKS),
    Model(name="htdemucs_6s", title="Demucs v4, six stems", missing=_NO_NETWORKS),
    Model(name="center", title="Centre mask and REPET-SIM, no weights, a simpler sound", make=CenterEngine),
)
"""Best first."""


def known_names() -> tuple[str, ...]:
    """Give every name that ``resolve`` takes."""
    return (*BEST_AVAILABLE, *(model.name for model in MODELS))


def check_known(name: str) -> None:
    """Raise UnknownModel for a name that ``resolve`` would not know."""
    if name not in BEST_AVAILABLE:
        _model(name)


def availability(name: str) -> Availability:
    """Tell whether the model of this exact name runs here. Raises UnknownModel."""
    model = _model(name)
    return Availability(name=name, available=model.make is not None, reason=model.missing)


def resolve(name: str, *, allow_fallback: bool = True) -> Resolved:
    """Give the engine that ``name`` means.

    An exact name is never replaced. Raises UnknownModel; ModelUnavailable where an exact name cannot run, or where
    only a fallback could and ``allow_fallback`` forbids it.
    """
    if name not in BEST_AVAILABLE:
        model = _model(name)
        if model.make is None:
            raise ModelUnavailable(name, model.missing or "")
        return Resolved(engine=name)
    best = MODELS[0]
    chosen = next(model for model in MODELS if model.make is not None)
    if chosen is best:
        return Resolved(engine=best.name)
    if not allow_fallback:
        raise ModelUnavailable(best.name, f"{best.missing}, and falling back to {chosen.name} is switched off")
    warning = (
        f"Separated with {chosen.name} instead of Demucs, because {best.missing}. "
        "Expect more of the band in the voice and the reverse."
    )
    return Resolved(engine=chosen.name, warning=warning)


def make_engine(name: str) -> SeparationEngine:
    """Make the engine of an exact name; ``load`` is still to be called. Raises UnknownModel, ModelUnavailable."""
    model = _model(name)
    if model.make is None:
        raise ModelUnavailable(name, model.missing or "")
    return model.make()


def make_aligner() -> AlignmentEngine:
    """Make the engine that finds the times of words; ``missing`` says whether it can run here."""
    return PhoneticEngine()


def _model(name: str) -> Model:
    for model in MODELS:
        if model.name == name:
            return model
    raise UnknownModel(name, known_names())
