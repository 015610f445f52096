"""The separation models there are, what runs here, and which one a name means. Nothing heavy is imported."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from music_separator.domain.errors import InvalidRequest, ModelUnavailable, UnknownModel, WeightsError
from music_separator.engines.alignment.base import AlignmentEngine
from music_separator.engines.alignment.ctc import load_network
from music_separator.engines.alignment.ctc_weights import Witness
from music_separator.engines.alignment.phonetic import PhoneticEngine
from music_separator.engines.base import SeparationEngine, Stem
from music_separator.engines.presets import Preset, SeparationChoice
from music_separator.engines.separation.center import CenterEngine
from music_separator.engines.weights import Weights, WeightsFile, WeightsStore

BEST_AVAILABLE = ("demucs", "auto")
"""Names that mean: the best that runs here, Demucs first."""

_FOUR = (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)
_SIX = (*_FOUR, Stem.GUITAR, Stem.PIANO)
_LICENCE = "research use"
"""Said by their author (github.com/facebookresearch/demucs, issue 327): MIT is the licence of the code alone."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model by its exact name: ``make`` gives its engine, or it is a network with ``weights``.

    Weights have one file for each of the ``members``: the stems that each is used for.
    """

    name: str
    title: str
    stems: tuple[Stem, ...]
    make: Callable[[], SeparationEngine] | None = None
    weights: Weights | None = None
    members: tuple[tuple[Stem, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a model runs here; where not, ``reason`` says why; where weights are to be fetched first, that."""

    name: str
    available: bool
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """The engine that a name means. ``warning`` is a sentence for people where it is not what they asked for."""

    engine: str
    warning: str | None = None


def _weights(name: str, title: str, repository: str, about_mb: int, *files: str) -> Weights:
    # The repositories and files that the demucs package itself fetches (demucs/hf.py and its lists of models).
    return Weights(
        name=name,
        title=title,
        repository=repository,
        licence=_LICENCE,
        about_mb=about_mb,
        files=tuple(WeightsFile(names=(f"{file}.safetensors",)) for file in files),
    )


FALLBACK = Model(
    name="center",
    title="Centre mask and REPET-SIM, no weights, a simpler sound",
    stems=(Stem.VOCALS,),
    make=CenterEngine,
)
"""What always runs."""

MODELS = (
    Model(
        name="htdemucs",
        title="Demucs v4, four stems",
        stems=_FOUR,
        weights=_weights("htdemucs", "Demucs v4", "adefossez/HTDemucs", 84, "955717e8"),
        members=(_FOUR,),
    ),
    Model(
        name="htdemucs_ft",
        title="Demucs v4 fine-tuned, four stems, four times as slow",
        stems=_FOUR,
        weights=_weights(
            "htdemucs_ft",
            "Demucs v4 fine-tuned",
            "adefossez/HTDemucs-ft",
            336,
            "f7e0c4bc",
            "d12395a8",
            "92cfc3b6",
            "04573f0d",
        ),
        members=tuple((stem,) for stem in _FOUR),
    ),
    Model(
        name="htdemucs_6s",
        title="Demucs v4, six stems",
        stems=_SIX,
        weights=_weights("htdemucs_6s", "Demucs v4 with six stems", "adefossez/HTDemucs-6s", 55, "5c90dfd2"),
        members=(_SIX,),
    ),
    FALLBACK,
)
"""Best first."""
SEPARATION_WEIGHTS = tuple(model.weights for model in MODELS if model.weights is not None)


def known_names() -> tuple[str, ...]:
    """Give every name that ``resolve`` takes."""
    return (*BEST_AVAILABLE, *(model.name for model in MODELS))


def check_known(name: str) -> None:
    """Raise UnknownModel for a name that ``resolve`` would not know."""
    if name not in BEST_AVAILABLE:
        model_of(name)


def check_choice(name: str, choice: SeparationChoice) -> None:
    """Raise InvalidRequest where a model cannot do what was chosen."""
    if name in BEST_AVAILABLE:
        model = MODELS[0]
    else:
        model = model_of(name)
        if choice.preset is Preset.PREVIEW and model.weights is not None:
            raise InvalidRequest(f"The preset preview uses no network: choose it with demucs or {FALLBACK.name}.")
    if choice.stems is not None and choice.stems > max(2, len(model.stems)):
        raise InvalidRequest(f"The model {model.name} gives {max(2, len(model.stems))} stems, not {choice.stems}.")


def availability(name: str, store: WeightsStore) -> Availability:
    """Tell whether the model of this exact name runs here. Nothing is asked of the network. Raises UnknownModel."""
    model = model_of(name)
    if model.weights is None:
        return Availability(name=name, available=model.make is not None)
    if not has_runtime():
        return Availability(name=name, available=False, reason="neither OpenVINO nor PyTorch with demucs is installed")
    try:
        store.require(model.weights)
    except WeightsError as error:
        return Availability(name=name, available=False, reason=error.why)
    if store.is_here(model.weights):
        return Availability(name=name, available=True)
    fetched = (
        f"its weights (about {model.weights.about_mb} MB, {model.weights.licence}) are fetched when it is first used"
    )
    return Availability(name=name, available=True, reason=fetched)


def resolve(name: str, store: WeightsStore, *, preset: Preset = Preset.EXACT, allow_fallback: bool = True) -> Resolved:
    """Give the engine that ``name`` means.

    An exact name is never replaced. Raises UnknownModel; ModelUnavailable where an exact name cannot run, or where
    only a fallback could and ``allow_fallback`` forbids it.
    """
    if preset is Preset.PREVIEW:
        return Resolved(engine=FALLBACK.name)
    best = MODELS[0]
    state = availability(best.name if name in BEST_AVAILABLE else name, store)
    if state.available:
        return Resolved(engine=state.name)
    reason = state.reason or ""
    if name not in BEST_AVAILABLE:
        raise ModelUnavailable(name, reason)
    if not allow_fallback:
        raise ModelUnavailable(best.name, f"{reason}, and falling back to {FALLBACK.name} is switched off")
    return Resolved(engine=FALLBACK.name, warning=fallback_warning(reason))


def needed_of(model: Model, choice: SeparationChoice) -> tuple[Weights, tuple[tuple[Stem, ...], ...]]:
    """Give the weights of a network that a choice needs, and for each of their files the stems that it is used for.

    Raises ValueError for a model without weights.
    """
    if model.weights is None:
        raise ValueError(f"{model.name} has no weights")
    pairs = [
        (file, stems)
        for file, stems in zip(model.weights.files, model.members, strict=True)
        if any(choice.wants(stem) for stem in stems)
    ]
    files, members = zip(*pairs, strict=True)
    return replace(model.weights, files=files), members


def make_fallback() -> SeparationEngine:
    """Make the engine of FALLBACK."""
    return CenterEngine()


def fallback_warning(reason: str) -> str:
    """Say that ``center`` separated where Demucs was meant; ``reason`` is a clause."""
    return (
        f"Separated with {FALLBACK.name} instead of Demucs, because {reason}. "
        "Expect more of the band in the voice and the reverse."
    )


def model_of(name: str) -> Model:
    """Find the model of an exact name. Raises UnknownModel."""
    for model in MODELS:
        if model.name == name:
            return model
    raise UnknownModel(name, known_names())


def has_runtime() -> bool:
    """Whether anything installed here can run a network."""
    return find_spec("openvino") is not None or has_torch()


def has_torch() -> bool:
    """Whether PyTorch and the demucs package are installed; nothing is imported."""
    return find_spec("torch") is not None and find_spec("demucs") is not None


def make_aligner(witness: Witness | None = None, *, threads: int = 1, scratch: Path | None = None) -> AlignmentEngine:
    """Make the engine that finds the times of words; ``missing`` says whether it can run here.

    A ``witness`` confirms them, on so many ``threads`` and with a folder for what it hears.
    """
    first = PhoneticEngine()
    if witness is None:
        return first
    # Late: it reads sound, and most who ask for an aligner ask for its name.
    from music_separator.engines.alignment.witness import WitnessedEngine

    load = partial(load_network, witness.folder, threads)
    return WitnessedEngine(first, load, name=witness.name, digest=witness.digest, scratch=scratch)
