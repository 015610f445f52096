"""What a checkpoint says its network looks like: the sizes that may differ, and the many values that may not.

The names are those of the arguments of the published HTDemucs class (Rouard, Massa and Défossez, "Hybrid Transformers
for Music Source Separation", 2023; MIT), which a checkpoint carries; defaults are that class's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from reprlib import repr as brief
from typing import Any

from music_separator.audio.waveform import SAMPLE_RATE
from music_separator.engines.base import Stem
from music_separator.engines.networks.spectrogram import BINS, FRAME, frames_of

DEPTH = 4
"""Levels of each branch."""
STRIDE = 4
KERNEL = 8
MAX_SEGMENT_S = 60
LEAST_CHANNELS = 8
"""Fewer would leave nothing of a residual branch, which has an eighth."""
POSITION_PARTS = 4
"""Sines and cosines of bands and of frames share the width of the transformer."""

_ONLY = {
    "audio_channels": 2,
    "channels_time": None,
    "growth": 2,
    "nfft": FRAME,
    "cac": True,
    "depth": DEPTH,
    "rewrite": True,
    "multi_freqs": None,
    "kernel_size": KERNEL,
    "stride": STRIDE,
    "context": 1,
    "context_enc": 0,
    "dconv_comp": 8,
    "t_hidden_scale": 4.0,
    "t_emb": "sin",
    "t_norm_in": True,
    "t_norm_in_group": False,
    "t_group_norm": False,
    "t_norm_first": True,
    "t_norm_out": True,
    "t_layer_scale": True,
    "t_gelu": True,
    "t_weight_pos_embed": 1.0,
    "t_sin_random_shift": 0,
    "t_sparse_self_attn": False,
    "t_sparse_cross_attn": False,
    "t_cross_first": False,
    "use_train_segment": True,
    "samplerate": SAMPLE_RATE,
}
"""Arguments of which one value is supported; each is its default too, so that leaving it out says the same."""

_SIZES = frozenset(
    [
        "sources",
        "segment",
        "channels",
        "dconv_mode",
        "dconv_depth",
        "bottom_channels",
        "norm_starts",
        "t_layers",
        "t_heads",
        "t_max_period",
        "freq_emb",
        "emb_scale",
    ]
)
UNDERSTOOD = _SIZES | _ONLY.keys()
"""Every argument that matters to a trained network; the others are about training."""

_EMPTY: tuple[object, ...] = (None, [], ())


class UnknownArchitecture(ValueError):
    """A network that is not built here; the text is a clause that says what differs."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """The sizes of one Hybrid Transformer Demucs."""

    stems: tuple[Stem, ...]
    """What it gives, in the order of its outputs."""
    segment_samples: int
    """Samples it was trained on, and takes at a time."""
    channels: int
    """After the first level; they double at each of the others."""
    decoder_residuals: bool
    """Residual branches in the decoder too, not in the encoder alone."""
    residual_depth: int
    bottom_channels: int
    """Width of the transformer where it is not that of the last level; 0 where it is."""
    transformer_layers: int
    heads: int
    max_period: float
    """Of the transformer's tables of positions."""
    band_scale: float
    """What the learnt table of frequency bands is multiplied by."""

    @property
    def frames(self) -> int:
        """Frames of a segment."""
        return frames_of(self.segment_samples)

    @property
    def last_channels(self) -> int:
        """Channels of the last level."""
        return int(self.channels * 2 ** (DEPTH - 1))

    @property
    def bands(self) -> int:
        """Frequency bands after the last level."""
        return int(BINS // STRIDE**DEPTH)


def architecture_of(arguments: Mapping[str, Any]) -> Architecture:
    """Read the arguments of a checkpoint. Raises UnknownArchitecture for what is not built here."""
    for name, only in _ONLY.items():
        value = arguments.get(name, only)
        if value != only and not (only is None and value in _EMPTY):
            raise UnknownArchitecture(f"its {name} is {brief(value)}, and only {only!r} is known here")
    if arguments.get("dconv_mode", 1) not in (1, 3):
        raise UnknownArchitecture("it has no residual branches in its encoder")
    try:
        if arguments.get("norm_starts", DEPTH) < DEPTH:
            raise UnknownArchitecture("it has normalisation in its outer levels")
        found = Architecture(
            stems=_stems(arguments),
            segment_samples=_segment_samples(arguments.get("segment", 10)),
            channels=_count(arguments, "channels", 48, lowest=LEAST_CHANNELS),
            decoder_residuals=arguments.get("dconv_mode", 1) == 3,
            residual_depth=_count(arguments, "dconv_depth", 2),
            bottom_channels=_count(arguments, "bottom_channels", 0, lowest=0),
            transformer_layers=_count(arguments, "t_layers", 5),
            heads=_count(arguments, "t_heads", 8),
            max_period=_positive(arguments, "t_max_period", 10000.0),
            band_scale=_positive(arguments, "freq_emb", 0.2) * _positive(arguments, "emb_scale", 10.0),
        )
    except UnknownArchitecture:
        raise
    except (ValueError, TypeError, KeyError, OverflowError, ZeroDivisionError) as error:
        raise UnknownArchitecture(f"its description cannot be used ({error})") from None
    width = found.bottom_channels or found.last_channels
    if width % found.heads or width % POSITION_PARTS:
        raise UnknownArchitecture(f"its transformer of width {width} cannot have {found.heads} heads and its positions")
    return found


def _stems(arguments: Mapping[str, Any]) -> tuple[Stem, ...]:
    names = arguments.get("sources")
    if not isinstance(names, list) or not names:
        raise UnknownArchitecture("it does not say which stems it gives")
    for name in names:
        if name not in list(Stem):
            raise UnknownArchitecture(f"it gives {brief(name)}, which is no stem that is known here")
    if len(set(names)) < len(names):
        raise UnknownArchitecture("it gives a stem twice")
    if Stem.VOCALS not in names:
        raise UnknownArchitecture("it gives no vocals")
    return tuple(Stem(name) for name in names)


def _count(arguments: Mapping[str, Any], name: str, usual: int, *, lowest: int = 1) -> int:
    value = arguments.get(name, usual)
    if not isinstance(value, int) or not lowest <= value <= 4096:
        raise ValueError(f"{name} is {brief(value)}")
    return value


def _positive(arguments: Mapping[str, Any], name: str, usual: float) -> float:
    value = arguments.get(name, usual)
    if not isinstance(value, int | float) or not isfinite(value) or value <= 0:
        raise ValueError(f"{name} is {brief(value)}")
    return float(value)


def _segment_samples(value: Any) -> int:
    """Give the length of a segment; seconds may come as a fraction in JSON."""
    if isinstance(value, dict):
        value = Fraction(int(value["numerator"]), int(value["denominator"]))
    if not isinstance(value, int | float | Fraction):  # a text such as "1e999999999" would be computed for hours
        raise ValueError(f"segment is {brief(value)}")
    samples = int(Fraction(value) * SAMPLE_RATE)
    if not FRAME <= samples <= MAX_SEGMENT_S * SAMPLE_RATE:
        raise ValueError(f"a segment of {float(value):g} s")
    return samples
