"""The layers that the graph is built of. One segment at a time: the first axis is always 1.

Shapes: time (1, channels, samples), spectra (1, channels, bands, frames), tokens (1, tokens, width).
A sum of millions of float32 in plain order costs 40 dB of exactness, so long means are taken in blocks.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from music_separator.engines.networks.checkpoint import Tensor

BLOCK = 256
"""Samples that are added up in one go."""
EPSILON = 1e-5

Node = Any
"""A value in the graph; the library gives operations and their outputs different types."""
Mean = Callable[[Node], Node]


class Layers:
    """Makes layers with the operations of OpenVINO."""

    def __init__(self, operations: Any) -> None:
        self._op = operations

    def constant(self, values: Tensor | float) -> Node:
        """Put numbers into the graph."""
        return self._op.constant(np.asarray(values, np.float32, order="C"))

    def shape(self, node: Node) -> tuple[int, ...]:
        """Give the shape of a value; all are known while building."""
        return tuple(int(size) for size in node.get_output_shape(0))

    def convolution(
        self,
        x: Node,
        kernel: Tensor,
        bias: Tensor,
        *,
        stride: tuple[int, ...] = (),
        pad: tuple[int, ...] = (),
        pad_end: tuple[int, ...] = (),
        dilation: tuple[int, ...] = (),
    ) -> Node:
        """Convolve along the last axes, as many as the kernel (out, in, ...) has beside its first two."""
        ones, zeros = (1,) * (kernel.ndim - 2), (0,) * (kernel.ndim - 2)
        pad = pad or zeros
        y = self._op.convolution(
            x, self.constant(kernel), [*(stride or ones)], [*pad], [*(pad_end or pad)], [*(dilation or ones)]
        )
        return self._op.add(y, self.constant(_channelwise(bias, kernel.ndim)))

    def transposed_convolution(
        self,
        x: Node,
        kernel: Tensor,
        bias: Tensor,
        *,
        stride: tuple[int, ...],
        cut: tuple[int, ...],
        cut_end: tuple[int, ...],
    ) -> Node:
        """Convolve upwards with a kernel (in, out, ...), and cut samples off both ends."""
        y = self._op.convolution_backprop_data(
            x,
            self.constant(kernel),
            [*stride],
            pads_begin=[*cut],
            pads_end=[*cut_end],
            dilations=[1] * (kernel.ndim - 2),
        )
        return self._op.add(y, self.constant(_channelwise(bias, kernel.ndim)))

    def linear(self, x: Node, weight: Tensor, bias: Tensor) -> Node:
        """Multiply tokens (1, tokens, in) by weight (out, in)."""
        y = self._op.matmul(x, self.constant(weight), transpose_a=False, transpose_b=True)
        return self._op.add(y, self.constant(bias[None, None]))

    def gelu(self, x: Node) -> Node:
        """Gaussian error linear unit, by the error function itself."""
        return self._op.gelu(x, "erf")

    def gated_convolution(self, x: Node, kernel: Tensor, bias: Tensor, *, pad: tuple[int, ...] = ()) -> Node:
        """Convolve, then the gated linear unit: the first half of the channels times the sigmoid of the second.

        The halves are two convolutions, as a value is not split without being copied.
        """
        half = len(bias) // 2
        values = self.convolution(x, kernel[:half], bias[:half], pad=pad)
        return self._gated(values, self.convolution(x, kernel[half:], bias[half:], pad=pad))

    def gated_normalised_convolution(self, x: Node, kernel: Tensor, bias: Tensor, scale: Tensor, shift: Tensor) -> Node:
        """The same with all channels normalised together before the gates, as ``normalised`` does it."""
        half = len(bias) // 2
        halves = [self.convolution(x, kernel[part], bias[part]) for part in (slice(half), slice(half, None))]
        rank = kernel.ndim
        mean = self._mean_of(rank)

        def both(values: Node, gates: Node) -> Node:
            return self._op.multiply(self._op.add(mean(values), mean(gates)), self.constant(0.5))

        middle = both(*halves)
        apart = [self._op.subtract(y, middle) for y in halves]
        factor = self._factor(both(*(self._op.multiply(y, y) for y in apart)))
        values, gates = (
            self._stretched(y, factor, _channelwise(scale[part], rank), _channelwise(shift[part], rank))
            for y, part in zip(apart, (slice(half), slice(half, None)), strict=True)
        )
        return self._gated(values, gates)

    def normalised(self, x: Node, weight: Tensor, bias: Tensor) -> Node:
        """Normalise a whole value, channel by channel scaled: over time (3 axes), or band by band (4 axes)."""
        rank = len(self.shape(x))
        return self._scaled(x, self._mean_of(rank), _channelwise(weight, rank), _channelwise(bias, rank))

    def normalised_tokens(self, x: Node, weight: Tensor, bias: Tensor) -> Node:
        """Normalise all tokens together."""
        return self._scaled(x, lambda y: self._mean(self._mean(y, 2), 1), weight[None, None], bias[None, None])

    def layer_normalised(self, x: Node, weight: Tensor, bias: Tensor) -> Node:
        """Normalise each token."""
        y = self._op.mvn(x, self._op.constant(np.array([2], np.int64)), True, EPSILON, "inside_sqrt")
        return self._op.add(self._op.multiply(y, self.constant(weight[None, None])), self.constant(bias[None, None]))

    def attention(self, query: Node, key: Node, value: Node, *, heads: int) -> Node:
        """Scaled dot-product attention of (1, tokens, width) in so many heads."""
        _, tokens, width = self.shape(query)
        apart = [self._by_head(x, heads) for x in (query, key, value)]
        y = self._op.scaled_dot_product_attention(*apart, causal=False)
        # (1, heads, tokens, width / heads) -> (1, tokens, width)
        return self.reshape(self.transpose(y, (0, 2, 1, 3)), (1, tokens, width))

    def add(self, x: Node, y: Node) -> Node:
        """Add two values."""
        return self._op.add(x, y)

    def reshape(self, x: Node, shape: tuple[int, ...]) -> Node:
        """Give the same numbers another shape."""
        return self._op.reshape(x, self._op.constant(np.array(shape, np.int64)), special_zero=False)

    def transpose(self, x: Node, order: tuple[int, ...]) -> Node:
        """Change the order of the axes."""
        return self._op.transpose(x, self._op.constant(np.array(order, np.int64)))

    def _by_head(self, x: Node, heads: int) -> Node:
        _, tokens, width = self.shape(x)
        # (1, tokens, heads, width / heads) -> (1, heads, tokens, width / heads)
        return self.transpose(self.reshape(x, (1, tokens, heads, width // heads)), (0, 2, 1, 3))

    def _scaled(self, x: Node, mean: Mean, weight: Tensor, bias: Tensor) -> Node:
        """Take the mean off, divide by the root of the mean square that is left, scale and shift."""
        apart = self._op.subtract(x, mean(x))
        return self._stretched(apart, self._factor(mean(self._op.multiply(apart, apart))), weight, bias)

    def _factor(self, power: Node) -> Node:
        return self._op.divide(self.constant(1.0), self._op.sqrt(self._op.add(power, self.constant(EPSILON))))

    def _stretched(self, x: Node, factor: Node, weight: Tensor, bias: Tensor) -> Node:
        scale = self._op.multiply(factor, self.constant(weight))
        return self._op.add(self._op.multiply(x, scale), self.constant(bias))

    def _gated(self, values: Node, gates: Node) -> Node:
        return self._op.multiply(values, self._op.sigmoid(gates))

    def _mean_of(self, rank: int) -> Mean:
        return self._block_mean if rank == 3 else self._band_mean

    def _mean(self, x: Node, axis: int) -> Node:
        return self._op.reduce_mean(x, self._op.constant(np.array([axis], np.int64)), keep_dims=True)

    def _band_mean(self, x: Node) -> Node:
        """Mean over channels and frames of each band: (1, 1, bands, 1)."""
        return self._mean(self._mean(x, 3), 1)

    def _block_mean(self, x: Node) -> Node:
        """Mean of (1, channels, samples), block by block: (1, 1, 1)."""
        _, channels, samples = self.shape(x)
        missing = -samples % BLOCK
        if missing:
            begin, end = (self._op.constant(np.array([0, 0, n], np.int64)) for n in (0, missing))
            x = self._op.pad(x, begin, end, "constant", self.constant(0.0))
        total = self.reshape(x, (1, channels, (samples + missing) // BLOCK, BLOCK))
        for axis in (3, 2, 1):
            total = self._op.reduce_sum(total, self._op.constant(np.array([axis], np.int64)), keep_dims=True)
        return self.reshape(self._op.multiply(total, self.constant(1.0 / (channels * samples))), (1, 1, 1))


def _channelwise(values: Tensor, rank: int) -> npt.NDArray[np.float32]:
    """Shape one number a channel for a value of so many axes, channels second."""
    return values.reshape(1, -1, *(1,) * (rank - 2))
