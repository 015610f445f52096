"""Hybrid Transformer Demucs as a graph, from the sound's spectra and samples to those of its stems.

Two branches of four levels, one over the spectra (channels, bands, frames), one over the samples, meet in a transformer
whose layers listen to their own branch and to the other in turn (Rouard, Massa and Défossez 2023; sizes and names of
the tensors as published, MIT). Own formulation, for one segment of fixed length; normalisation before and after, and
the spectra themselves, are the caller's.
"""

from typing import Any

import numpy as np

from music_separator.engines.networks.architecture import DEPTH, KERNEL, STRIDE, Architecture
from music_separator.engines.networks.checkpoint import Tensor, Tensors
from music_separator.engines.networks.layers import Layers, Node
from music_separator.engines.networks.positions import band_positions, time_positions
from music_separator.engines.networks.spectrogram import BINS

RESIDUAL_KERNEL = 3
RESIDUAL_COMPRESSION = 8
FEED_FORWARD = 4
"""Times the width of the transformer."""
PAD = KERNEL // 4


def build(operations: Any, tensors: Tensors, architecture: Architecture) -> tuple[list[Node], list[Node]]:
    """Give the outputs and the inputs of the graph.

    In: spectra (1, 4, BINS, frames), samples (1, 2, segment); out: stems' spectra (1, stems * 4, BINS, frames), stems'
    samples (1, stems * 2, segment), all normalised. Raises BadCheckpoint.
    """
    return _Graph(Layers(operations), tensors, architecture).build(operations)


class _Graph:
    """One graph under construction."""

    def __init__(self, layers: Layers, tensors: Tensors, architecture: Architecture) -> None:
        self._nn, self._tensors, self._of = layers, tensors, architecture

    def build(self, operations: Any) -> tuple[list[Node], list[Node]]:
        sizes = self._of
        spectra = operations.parameter([1, 4, BINS, sizes.frames], np.float32, name="spectra")
        samples = operations.parameter([1, 2, sizes.segment_samples], np.float32, name="samples")
        x, t = spectra, samples
        kept: list[tuple[Node, Node, int]] = []
        for level in range(DEPTH):
            length = self._nn.shape(t)[2]
            t = self._encoded(f"tencoder.{level}", t, level)
            x = self._encoded(f"encoder.{level}", x, level)
            if level == 0:
                x = self._nn.add(x, self._nn.constant(self._band_table()))
            kept.append((x, t, length))
        x, t = self._transformed(x, t)
        for level in reversed(range(DEPTH)):
            skip_x, skip_t, length = kept.pop()
            x = self._decoded(f"decoder.{DEPTH - 1 - level}", self._nn.add(x, skip_x), level, None)
            t = self._decoded(f"tdecoder.{DEPTH - 1 - level}", self._nn.add(t, skip_t), level, length)
        return [operations.result(x), operations.result(t)], [spectra, samples]

    def _channels(self, level: int) -> int:
        return int(self._of.channels * 2**level)

    def _band_table(self) -> Tensor:
        """Give what is added to each band after the first level: (1, channels, bands, 1)."""
        table = self._tensors("freq_emb.embedding.weight", (BINS // STRIDE, self._of.channels))
        return (table * self._of.band_scale).T[None, :, :, None]

    def _encoded(self, name: str, x: Node, level: int) -> Node:
        """Go down one level: a fourth of the samples or bands, twice the channels."""
        of_time = len(self._nn.shape(x)) == 3
        out, into = self._channels(level), self._nn.shape(x)[1]
        kernel, bias = (
            self._kernel(f"{name}.conv", (out, into, KERNEL), of_time),
            self._tensors(f"{name}.conv.bias", (out,)),
        )
        missing = -self._nn.shape(x)[2] % STRIDE if of_time else 0
        y = self._nn.convolution(
            x,
            kernel,
            bias,
            stride=_along(STRIDE, 1, of_time),
            pad=_along(PAD, 0, of_time),
            pad_end=_along(PAD + missing, 0, of_time),
        )
        y = self._residual(name, self._nn.gelu(y), out)
        kernel = self._kernel(f"{name}.rewrite", (2 * out, out, 1), of_time)
        return self._nn.gated_convolution(y, kernel, self._tensors(f"{name}.rewrite.bias", (2 * out,)))

    def _decoded(self, name: str, x: Node, level: int, length: int | None) -> Node:
        """Go up one level; ``length`` in samples for the branch of time, None for that of spectra."""
        of_time = length is not None
        channels = self._channels(level)
        shape = (2 * channels, channels, 3) if of_time else (2 * channels, channels, 3, 3)
        y = self._nn.gated_convolution(
            x,
            self._tensors(f"{name}.rewrite.weight", shape),
            self._tensors(f"{name}.rewrite.bias", (2 * channels,)),
            pad=(1,) if of_time else (1, 1),
        )
        if self._of.decoder_residuals:
            y = self._residual(name, y, channels)
        out = self._channels(level - 1) if level else len(self._of.stems) * (2 if of_time else 4)
        over = 0 if length is None else STRIDE * self._nn.shape(y)[2] - length
        z = self._nn.transposed_convolution(
            y,
            self._kernel(f"{name}.conv_tr", (channels, out, KERNEL), of_time),
            self._tensors(f"{name}.conv_tr.bias", (out,)),
            stride=_along(STRIDE, 1, of_time),
            cut=_along(PAD, 0, of_time),
            cut_end=_along(PAD + over, 0, of_time),
        )
        return self._nn.gelu(z) if level else z

    def _residual(self, name: str, x: Node, channels: int) -> Node:
        """Add branches of dilated convolutions along time, each band for itself."""
        of_time = len(self._nn.shape(x)) == 3
        hidden = channels // RESIDUAL_COMPRESSION
        for depth in range(self._of.residual_depth):
            layer = f"{name}.dconv.layers.{depth}"
            kernel = self._tensors(f"{layer}.0.weight", (hidden, channels, RESIDUAL_KERNEL))
            reach = (2**depth,) if of_time else (1, 2**depth)
            y = self._nn.convolution(
                x,
                kernel if of_time else kernel[:, :, None],
                self._tensors(f"{layer}.0.bias", (hidden,)),
                pad=reach if of_time else (0, 2**depth),
                dilation=reach,
            )
            y = self._nn.gelu(self._nn.normalised(y, *self._pair(f"{layer}.1", hidden)))
            kernel = self._tensors(f"{layer}.3.weight", (2 * channels, hidden, 1))
            weight, bias = self._pair(f"{layer}.4", 2 * channels)
            # The scale of the branch belongs to the values; the gates are the other half.
            scale = self._tensors(f"{layer}.6.scale", (channels,))
            weight[:channels] *= scale
            bias[:channels] *= scale
            branch = self._nn.gated_normalised_convolution(
                y,
                kernel if of_time else kernel[:, :, None],
                self._tensors(f"{layer}.3.bias", (2 * channels,)),
                weight,
                bias,
            )
            x = self._nn.add(x, branch)
        return x

    def _transformed(self, x: Node, t: Node) -> tuple[Node, Node]:
        """Let the branches listen to each other, as tokens: (bands, frames) of the one, samples of the other."""
        nn, sizes = self._nn, self._of
        _, channels, bands, frames = nn.shape(x)
        # (1, channels, ...) -> (1, tokens, channels)
        x = nn.transpose(nn.reshape(x, (1, channels, bands * frames)), (0, 2, 1))
        t = nn.transpose(t, (0, 2, 1))
        width = sizes.bottom_channels or channels
        x, t = self._widened(x, "upsampler", width), self._widened(t, "upsampler_t", width)
        name = "crosstransformer"
        x = nn.layer_normalised(x, *self._pair(f"{name}.norm_in", width))
        t = nn.layer_normalised(t, *self._pair(f"{name}.norm_in_t", width))
        x = nn.add(x, nn.constant(band_positions(bands, frames, width, sizes.max_period)[None]))
        t = nn.add(t, nn.constant(time_positions(nn.shape(t)[1], width, sizes.max_period)[None]))
        for layer in range(sizes.transformer_layers):
            of_x, of_t = f"{name}.layers.{layer}", f"{name}.layers_t.{layer}"
            if layer % 2:
                x, t = self._attended(of_x, x, t), self._attended(of_t, t, x)
            else:
                x, t = self._attended(of_x, x, None), self._attended(of_t, t, None)
        x, t = self._widened(x, "downsampler", channels), self._widened(t, "downsampler_t", channels)
        return nn.reshape(nn.transpose(x, (0, 2, 1)), (1, channels, bands, frames)), nn.transpose(t, (0, 2, 1))

    def _widened(self, x: Node, name: str, width: int) -> Node:
        """Change the width of tokens, in networks whose transformer has its own."""
        if not self._of.bottom_channels:
            return x
        weight = self._tensors(f"channel_{name}.weight", (width, self._nn.shape(x)[2], 1))
        return self._nn.linear(x, weight[:, :, 0], self._tensors(f"channel_{name}.bias", (width,)))

    def _attended(self, name: str, x: Node, other: Node | None) -> Node:
        """One layer of the transformer: attention to its own tokens or to the other branch's, then two products."""
        nn, width = self._nn, self._nn.shape(x)[2]
        attention, last_norm = ("self_attn", "norm2") if other is None else ("cross_attn", "norm3")
        query = nn.layer_normalised(x, *self._pair(f"{name}.norm1", width))
        heard = query if other is None else nn.layer_normalised(other, *self._pair(f"{name}.norm2", width))
        weight = self._tensors(f"{name}.{attention}.in_proj_weight", (3 * width, width))
        bias = self._tensors(f"{name}.{attention}.in_proj_bias", (3 * width,))
        parts = [
            nn.linear(source, weight[part * width : (part + 1) * width], bias[part * width : (part + 1) * width])
            for part, source in enumerate((query, heard, heard))
        ]
        y = nn.attention(*parts, heads=self._of.heads)
        x = nn.add(x, self._branch_end(y, f"{name}.{attention}.out_proj", f"{name}.gamma_1.scale", width))
        y = nn.layer_normalised(x, *self._pair(f"{name}.{last_norm}", width))
        inner = FEED_FORWARD * width
        y = nn.linear(
            y, self._tensors(f"{name}.linear1.weight", (inner, width)), self._tensors(f"{name}.linear1.bias", (inner,))
        )
        x = nn.add(x, self._branch_end(nn.gelu(y), f"{name}.linear2", f"{name}.gamma_2.scale", width))
        return nn.normalised_tokens(x, *self._pair(f"{name}.norm_out", width))

    def _branch_end(self, x: Node, name: str, scale_name: str, width: int) -> Node:
        """Multiply the tokens of a branch by its last weight, into which the scale of the branch is put."""
        scale = self._tensors(scale_name, (width,))
        weight = self._tensors(f"{name}.weight", (width, self._nn.shape(x)[2])) * scale[:, None]
        return self._nn.linear(x, weight, self._tensors(f"{name}.bias", (width,)) * scale)

    def _pair(self, name: str, size: int) -> tuple[Tensor, Tensor]:
        """Give weight and bias of a normalisation, to be changed freely."""
        return self._tensors(f"{name}.weight", (size,)).copy(), self._tensors(f"{name}.bias", (size,)).copy()

    def _kernel(self, name: str, shape: tuple[int, int, int], of_time: bool) -> Tensor:
        """Give a kernel along time or along bands: of the latter the last axis, frames, is 1."""
        return self._tensors(f"{name}.weight", shape if of_time else (*shape, 1))


def _along(value: int, other: int, of_time: bool) -> tuple[int, ...]:
    """Give a size along samples, or along bands with ``other`` along frames."""
    return (value,) if of_time else (value, other)
