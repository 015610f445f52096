"""The form sound has inside this program: float32, shape (channels, samples), 44.1 kHz, stereo, -1..1 unclipped."""

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 44_100
"""Hz; what Demucs was trained on and what nearly all songs are published in."""

CHANNELS = 2

Waveform = npt.NDArray[np.float32]
"""Shape (channels, samples)."""

IntWaveform = npt.NDArray[np.int32]
"""Shape (channels, samples), whole numbers of a stated number of bits, not shifted up."""
