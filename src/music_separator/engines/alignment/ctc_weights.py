"""The weights of CTC networks that can confirm word times. They are used where they lie, and never fetched unasked."""

from dataclasses import dataclass
from pathlib import Path

from music_separator.engines.alignment.ctc import missing
from music_separator.engines.weights import Weights, WeightsFile, WeightsStore

_FILES = tuple(
    WeightsFile(names=(name,))
    for name in ("config.json", "vocab.json", "preprocessor_config.json", "model.safetensors")
)
ENGLISH = Weights(
    name="ctc-english",
    title="wav2vec 2.0 for English",
    repository="facebook/wav2vec2-base-960h",
    licence="Apache-2.0",
    about_mb=378,
    files=_FILES,
)
MMS = Weights(
    name="ctc-mms",
    title="MMS aligner",
    repository="MahmoudAshraf/mms-300m-1130-forced-aligner",
    licence="CC-BY-NC-4.0",
    about_mb=1262,
    files=_FILES,
)
"""Of over a thousand languages, written in Latin letters; not for commercial use."""
CTC_WEIGHTS = (ENGLISH, MMS)


@dataclass(frozen=True, kw_only=True)
class Witness:
    """Weights that are here, and their digest."""

    name: str
    folder: Path
    digest: str


def witness_for(language: str | None, store: WeightsStore) -> Witness | None:
    """Choose what confirms words in a language: a network made for it, else one for all; None where none is here."""
    if missing() is not None:
        return None
    fitting = (ENGLISH, MMS) if language is not None and language.split("-")[0] == "en" else (MMS,)
    chosen = next((weights for weights in fitting if store.is_here(weights)), None)
    if chosen is None:
        return None
    return Witness(
        name=chosen.name, folder=store.folder(chosen), digest=store.digest(chosen) or "placed by hand, not recorded"
    )
