"""The layers that the graph is built of. One segment at a time: the first axis is always 1.

Shapes: time (1, channels, samples), spectra (1, channels, bands, frames), tokens (1, tokens, width).
A plain sum of millions of float32 costs 40 dB of exactness, so a mean is taken along one axis after the other, and what
the rounding of a long one left over is added.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from music_separator.engines.networks.checkpoint import Tensor

LONG = 1000
"""Numbers whose plain sum is no longer exact enough."""
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
        """The same with all channels normalised together before the gates, as ``normalised`` does it.

        For a kernel of one sample: what the normalisation takes off and divides by is found without the wide product.
        """
        half, rank = len(bias) // 2, kernel.ndim
        middle, factor = self._mean_and_factor(x, kernel, bias)
        taken_off = self._op.multiply(middle, factor)

        def normalised(part: slice) -> Node:
            y = self.convolution(x, kernel[part] * scale[part].reshape(-1, *(1,) * (rank - 1)), (bias * scale)[part])
            down = self._op.multiply(taken_off, self.constant(_channelwise(scale[part], rank)))
            up = self._op.subtract(self.constant(_channelwise(shift[part], rank)), down)
            return self._op.add(self._op.multiply(y, factor), up)

        return self._gated(normalised(slice(half)), normalised(slice(half, None)))

    def normalised(self, x: Node, weight: Tensor, bias: Tensor) -> Node:
        """Normalise a whole value, channel by channel scaled: over time (3 axes), or band by band (4 axes)."""
        rank = len(self.shape(x))
        return self._scaled(x, self._mean_of(rank), _channelwise(weight, rank), _channelwise(bias, rank))

    def normalised_tokens(self, x: Node, weight: Tensor, bias: Tensor) -> Node:
        """Normalise all tokens together."""
        return self._scaled(x, lambda y: self._mean_along(y, 2, 1), weight[None, None], bias[None, None])

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

    def _mean_and_factor(self, x: Node, kernel: Tensor, bias: Tensor) -> tuple[Node, Node]:
        """Give the mean of a product over channels and samples, and one over its spread.

        The product y = W x + b has many times the channels of x. At each sample its mean over channels is a product
        with one row, and what is left of it has the length of a product with as few rows as x has channels and one
        more: R of the decomposition QR of what is left of (W, b). Both parts of the mean square are sums of squares:
        nothing cancels out.
        """
        rows = np.column_stack((kernel.reshape(len(kernel), -1), bias)).astype(np.float64)
        common = rows.mean(0, keepdims=True)
        apart = np.linalg.qr(rows - common, "r") / np.sqrt(len(rows))
        middles, lengths = (self._product(x, of_rows.astype(np.float32)) for of_rows in (common, apart))
        mean = self._mean_of(kernel.ndim)
        middle = mean(middles)
        away = self._op.subtract(middles, middle)
        squares = self._sum(self._op.multiply(lengths, lengths), 1)
        return middle, self._factor(mean(self._op.add(self._op.multiply(away, away), squares)))

    def _product(self, x: Node, rows: Tensor) -> Node:
        """Multiply the channels of each sample by rows (out, in and one for the bias)."""
        kernel = np.ascontiguousarray(rows[:, :-1]).reshape(len(rows), -1, *(1,) * (len(self.shape(x)) - 2))
        return self.convolution(x, kernel, rows[:, -1])

    def _scaled(self, x: Node, mean: Mean, weight: Tensor, bias: Tensor) -> Node:
        """Take the mean off, divide by the root of the mean square that is left, scale and shift."""
        apart = self._op.subtract(x, mean(x))
        return self._stretched(apart, self._factor(mean(self._op.multiply(apart, apart))), weight, bias)

    def _factor(self, power: Node) -> Node:
        root = self._op.sqrt(self._op.add(self._flat(power), self.constant(EPSILON)))
        return self.reshape(self._op.divide(self.constant(1.0), root), self.shape(power))

    def _stretched(self, x: Node, factor: Node, weight: Tensor, bias: Tensor) -> Node:
        scale = self._op.multiply(factor, self.constant(weight))
        return self._op.add(self._op.multiply(x, scale), self.constant(bias))

    def _gated(self, values: Node, gates: Node) -> Node:
        return self._op.multiply(values, self._op.sigmoid(gates))

    def _mean_of(self, rank: int) -> Mean:
        """Give the mean over channels and samples: (1, 1, 1); over channels and frames of a band: (1, 1, bands, 1)."""
        return lambda x: self._mean_along(x, 1, rank - 1)

    def _mean(self, x: Node, axis: int) -> Node:
        return self._op.reduce_mean(x, self._op.constant(np.array([axis], np.int64)), keep_dims=True)

    def _sum(self, x: Node, axis: int) -> Node:
        return self._op.reduce_sum(x, self._op.constant(np.array([axis], np.int64)), keep_dims=True)

    def _mean_along(self, x: Node, across: int, along: int) -> Node:
        """Mean over a short axis, then over another, to which the mean of what a long one's rounding left is added."""
        if self.shape(x)[across] > 1:
            x = self._mean(x, across)
        middle = self._mean(x, along)
        if self.shape(x)[along] < LONG:
            return middle
        left = self._mean(self._op.subtract(x, middle), along)
        return self.reshape(self._op.add(self._flat(middle), self._flat(left)), self.shape(middle))

    def _flat(self, x: Node) -> Node:
        """Leave out the last axis, which is 1: so the few are not computed anew in a loop over the many."""
        return self.reshape(x, self.shape(x)[:-1])


def _channelwise(values: Tensor, rank: int) -> npt.NDArray[np.float32]:
    """Shape one number a channel for a value of so many axes, channels second."""
    return values.reshape(1, -1, *(1,) * (rank - 2))
