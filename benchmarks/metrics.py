"""How good a separated stem is against the true one: SDR and SI-SDR, as the package fast_bss_eval computes them."""

import fast_bss_eval.numpy as bss_eval  # the package itself cannot be called where PyTorch is not installed
import numpy as np

FILTER_TAPS = 512
"""Length of the distortion that SDR forgives, as in BSS Eval."""
MOST_DB = 150.0
"""What a perfect estimate gets."""


def sdr(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Give the signal-to-distortion ratio of BSS Eval (Vincent et al., 2006) in dB, mean over the channels.

    Both have shape (2, samples). Of a silent channel nothing can be said: ValueError.
    """
    _audible(estimate, truth)
    return float(
        np.mean(bss_eval.sdr(_exact(truth)[:, None], _exact(estimate)[:, None], FILTER_TAPS, clamp_db=MOST_DB))
    )


def si_sdr(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Give the scale-invariant signal-to-distortion ratio (Le Roux et al., 2019) in dB, both channels as one vector.

    Both have shape (2, samples). ValueError where one is silent.
    """
    _audible(estimate.reshape(1, -1), truth.reshape(1, -1))
    return float(bss_eval.si_sdr(_exact(truth).reshape(1, -1), _exact(estimate).reshape(1, -1), clamp_db=MOST_DB)[0])


def _exact(sound: np.ndarray) -> np.ndarray:
    return sound.astype(np.float64)


def _audible(*sounds: np.ndarray) -> None:
    if not all(sound.any(axis=-1).all() for sound in sounds):
        raise ValueError("a channel is silent")
