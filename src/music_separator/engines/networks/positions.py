"""Tables that tell a transformer where a token stands (Vaswani et al. 2017), in the network's two forms. float32."""

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float32]


def time_positions(tokens: int, width: int, max_period: float) -> Table:
    """Give (tokens, width): cosines of each position in the first half, sines in the second."""
    half = width // 2
    rates = np.float32(max_period) ** (np.arange(half, dtype=np.float32) / np.float32(half - 1))
    phase = np.arange(tokens, dtype=np.float32)[:, None] / rates
    return np.concatenate([np.cos(phase), np.sin(phase)], axis=1)


def band_positions(bands: int, frames: int, width: int, max_period: float) -> Table:
    """Give (bands * frames, width): the frame in the first half of the width, the band in the second."""
    half = width // 2
    rates = np.exp(np.arange(0, half, 2, dtype=np.float32) * np.float32(-np.log(max_period) / half))
    table = np.zeros((bands, frames, width), np.float32)
    of_frames = np.arange(frames, dtype=np.float32)[:, None] * rates
    of_bands = np.arange(bands, dtype=np.float32)[:, None] * rates
    table[:, :, 0:half:2] = np.sin(of_frames)[None]
    table[:, :, 1:half:2] = np.cos(of_frames)[None]
    table[:, :, half::2] = np.sin(of_bands)[:, None]
    table[:, :, half + 1 :: 2] = np.cos(of_bands)[:, None]
    return table.reshape(bands * frames, width)
