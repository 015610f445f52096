"""Files that are no checkpoint, or one made to do harm: a code and a sentence for each, and nothing in them is run."""

import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from music_separator.domain.errors import BadCheckpoint
from music_separator.engines.base import Stem
from music_separator.engines.networks.architecture import Architecture
from music_separator.engines.networks.checkpoint import open_checkpoint
from music_separator.engines.networks.openvino_network import OpenVinoNetwork, RunSettings
from tests.engines.networks.small_demucs import FOUR, KLASS, SHAPES, SMALL, weights, write_small_demucs
from tests.songs import write_song

Tensors = dict[str, np.ndarray]
KIND = "six"
"""The smallest."""
SENTENCE = "The checkpoint net.safetensors cannot be used: "
ADVICE = ". Choose a .safetensors checkpoint of htdemucs as the demucs package makes it."


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    return weights(json.loads(SHAPES.read_text(encoding="utf-8"))[KIND], seed=0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.safetensors"


def described(path: Path, **metadata: str) -> Path:
    """Write a file with one number in it that describes itself as a network; ``metadata`` replaces what it says."""
    stated = {"klass": KLASS, "args": "[]", "kwargs": json.dumps(SMALL[KIND])} | metadata
    save_file({"x": np.zeros(1, np.float32)}, path, metadata=stated)
    return path


def with_arguments(path: Path, **values: Any) -> Path:
    """Write such a file whose network was made with other arguments; None leaves one out."""
    arguments = {name: value for name, value in (SMALL[KIND] | values).items() if value is not None}
    return described(path, kwargs=json.dumps(arguments))


def framed(header: bytes, body: bytes = b"", *, length: int | None = None) -> bytes:
    """Put a safetensors file together by hand."""
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def opened(path: Path) -> Architecture:
    with open_checkpoint(path) as checkpoint:
        return checkpoint.architecture


def refused(path: Path, act: Callable[[Path], object] = opened) -> str:
    """Give the reason for which a file is refused; it must be said as every reason is, and nothing may be imported."""
    before = set(sys.modules)
    with pytest.raises(BadCheckpoint) as refusal:
        act(path)
    assert refusal.value.code == "bad_checkpoint"
    sentence = str(refusal.value)
    assert sentence.startswith(f"The checkpoint {path.name} cannot be used: ")
    assert sentence.endswith(ADVICE)
    assert len(sentence) < 400
    assert not {name.split(".")[0] for name in set(sys.modules) - before} & {"demucs", "torch", "pickle"}
    return refusal.value.reason


def loaded(path: Path) -> OpenVinoNetwork:
    return OpenVinoNetwork(path, "digest", RunSettings(threads=1))


def test_a_whole_checkpoint_says_what_its_network_is(path: Path) -> None:
    found = opened(write_small_demucs(path, "four"))
    assert found.stems == tuple(Stem(name) for name in FOUR)
    assert (found.segment_samples, found.channels, found.bottom_channels, found.heads) == (66_150, 16, 64, 4)
    assert (found.decoder_residuals, found.transformer_layers, found.frames) == (True, 5, 65)


def test_stems_may_be_given_by_their_place(path: Path) -> None:
    arguments = {name: value for name, value in SMALL[KIND].items() if name != "sources"}
    described(path, args=json.dumps([FOUR]), kwargs=json.dumps(arguments))
    assert opened(path).stems == (Stem.DRUMS, Stem.BASS, Stem.OTHER, Stem.VOCALS)


@pytest.mark.parametrize(
    "klass", ["os.system", "subprocess.Popen", "demucs.htdemucs.os.system", "HTDemucs", "", "a" * 999]
)
def test_a_class_of_another_name_is_refused_and_not_imported(path: Path, klass: str) -> None:
    assert refused(described(path, klass=klass)) == "it does not say that it is a network of Demucs"


@pytest.mark.parametrize(("klass", "name"), [("demucs.hdemucs.HDemucs", "HDemucs"), ("demucs.demucs.Demucs", "Demucs")])
def test_older_networks_are_told_by_name(path: Path, klass: str, name: str) -> None:
    assert refused(described(path, klass=klass)) == f"it is of the older architecture {name}, which is not built here"


def test_a_module_that_is_there_is_not_imported_either(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = path.with_name("trap.py")
    trap.write_text("import pathlib; pathlib.Path(__file__).with_suffix('.sprung').touch()\nclass HTDemucs: pass\n")
    monkeypatch.syspath_prepend(path.parent)
    refused(described(path, klass="trap.HTDemucs"))
    assert not trap.with_suffix(".sprung").exists()


def test_a_file_that_says_nothing_of_itself_is_refused(path: Path) -> None:
    save_file({"x": np.zeros(1, np.float32)}, path)
    assert refused(path) == "it does not say that it is a network of Demucs"


def test_packed_numbers_are_refused(path: Path) -> None:
    assert refused(described(path, structure="{}")) == "its numbers are packed in a way that is not read here"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"kwargs": "[" * 20_000}, "its description cannot be read"),
        ({"kwargs": "[" * 20_000 + "]" * 20_000}, "its description cannot be read"),
        ({"kwargs": '{"segment": 1' + "0" * 10_000 + "}"}, "its description cannot be read"),
        ({"kwargs": "no json"}, "its description cannot be read"),
        ({"args": "\0"}, "its description cannot be read"),
        ({"kwargs": "[]"}, "its description cannot be used"),
        ({"kwargs": "null"}, "its description cannot be used"),
        ({"args": "{}"}, "its description cannot be used"),
        ({"args": '[["vocals"], 48]'}, "its description cannot be used"),
        ({"kwargs": json.dumps({"sources": ["a" * 70_000]})}, "its description is far too long"),
        ({"more": "a" * 70_000}, "its description is far too long"),
    ],
    ids=["open", "deep", "long number", "text", "zero", "list", "null", "places", "too many places", "long", "more"],
)
def test_a_description_that_is_no_use_or_a_trap_is_refused(path: Path, metadata: dict[str, str], reason: str) -> None:
    assert refused(described(path, **metadata)) == reason


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"sources": None}, "it does not say which stems it gives"),
        ({"sources": []}, "it does not say which stems it gives"),
        ({"sources": "vocals"}, "it does not say which stems it gives"),
        ({"sources": 4}, "it does not say which stems it gives"),
        ({"sources": {"vocals": 1}}, "it does not say which stems it gives"),
        ({"sources": [*FOUR, "accordion"]}, "it gives 'accordion', which is no stem that is known here"),
        ({"sources": [["vocals"]]}, "it gives ['vocals'], which is no stem that is known here"),
        ({"sources": [None, "vocals"]}, "it gives None, which is no stem that is known here"),
        ({"sources": ["vocals", "vocals"]}, "it gives a stem twice"),
        ({"sources": ["drums", "bass"]}, "it gives no vocals"),
    ],
    ids=str,
)
def test_stems_that_nobody_knows_or_that_make_no_song_are_refused(
    path: Path, values: dict[str, Any], reason: str
) -> None:
    assert refused(with_arguments(path, **values)) == reason


@pytest.mark.parametrize(
    "segment",
    [
        0,
        -7.8,
        0.01,
        61,
        1e300,
        10**400,
        float("nan"),
        float("inf"),
        "7.8",
        "1e999999999",
        [],
        {},
        {"numerator": 39, "denominator": 0},
        {"numerator": 39},
        {"numerator": -39, "denominator": 5},
        {"numerator": "many", "denominator": 5},
        {"numerator": [39], "denominator": 5},
        {"numerator": 10**400, "denominator": 5},
        {"numerator": float("inf"), "denominator": 1},
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_segment_that_is_no_length_of_music_is_refused(path: Path, segment: object) -> None:
    """The text "1e999999999" was computed, digit by digit."""
    assert refused(with_arguments(path, segment=segment)).startswith("its description cannot be used (")


@pytest.mark.parametrize(
    ("segment", "samples"), [(10, 441_000), (7.5, 330_750), ({"numerator": 39, "denominator": 5}, 343_980)]
)
def test_a_segment_is_a_number_or_a_fraction_of_seconds(path: Path, segment: object, samples: int) -> None:
    assert opened(with_arguments(path, segment=segment)).segment_samples == samples


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"audio_channels": 1}, "its audio_channels is 1, and only 2 is known here"),
        ({"nfft": 2048}, "its nfft is 2048, and only 4096 is known here"),
        ({"samplerate": 48_000}, "its samplerate is 48000, and only 44100 is known here"),
        ({"depth": 6}, "its depth is 6, and only 4 is known here"),
        ({"cac": False}, "its cac is False, and only True is known here"),
        ({"multi_freqs": [0.1]}, "its multi_freqs is [0.1], and only None is known here"),
        ({"t_emb": "cape"}, "its t_emb is 'cape', and only 'sin' is known here"),
        ({"t_sparse_self_attn": True}, "its t_sparse_self_attn is True, and only False is known here"),
        ({"norm_starts": 1}, "it has normalisation in its outer levels"),
        ({"dconv_mode": 0}, "it has no residual branches in its encoder"),
        ({"dconv_mode": [1]}, "it has no residual branches in its encoder"),
    ],
    ids=str,
)
def test_networks_of_other_kinds_are_told_what_differs(path: Path, values: dict[str, Any], reason: str) -> None:
    assert refused(with_arguments(path, **values)) == reason


def test_a_long_value_is_not_quoted_whole(path: Path) -> None:
    assert len(refused(with_arguments(path, t_emb="a" * 50_000))) < 120
    assert len(refused(with_arguments(path, sources=["a" * 50_000]))) < 120


@pytest.mark.parametrize(
    "values",
    [
        {"channels": 0},
        {"channels": 7},
        {"channels": -48},
        {"channels": 10**9},
        {"channels": 48.0},
        {"channels": "48"},
        {"dconv_depth": 0},
        {"bottom_channels": -1},
        {"t_layers": "many"},
        {"t_layers": 10**6},
        {"t_heads": 0},
        {"t_max_period": 0},
        {"t_max_period": float("nan")},
        {"t_max_period": "1e9"},
        {"freq_emb": -1},
        {"freq_emb": []},
        {"emb_scale": float("inf")},
        {"norm_starts": "late"},
    ],
    ids=str,
)
def test_sizes_that_are_none_are_refused(path: Path, values: dict[str, Any]) -> None:
    assert refused(with_arguments(path, **values)).startswith("its description cannot be used (")


@pytest.mark.parametrize(
    "values", [{"t_heads": 3}, {"bottom_channels": 62, "t_heads": 2}, {"bottom_channels": 2}], ids=str
)
def test_heads_and_positions_must_divide_the_width(path: Path, values: dict[str, Any]) -> None:
    """The library's own error came through."""
    assert "its transformer of width" in refused(with_arguments(path, **values))


def test_files_of_other_kinds_are_refused(path: Path) -> None:
    write_song(path, seconds=0.1)
    assert refused(path).startswith("it is no whole safetensors file (")
    for content in (b"", b"\0", b"\0" * 8, b"\xff" * 64, b"PK\3\4" + b"\0" * 100, b"\x80\2}q\0." * 9, b"<html>" * 9):
        path.write_bytes(content)
        assert refused(path)


def test_a_file_that_is_not_there_or_a_folder_is_refused(path: Path) -> None:
    assert refused(path).startswith("it cannot be read (")
    path.mkdir()
    assert refused(path).startswith("it ")


def test_headers_that_lie_are_refused(path: Path) -> None:
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    lies = {
        "longer than the file": framed(b"{}", length=1 << 62),
        "no UTF-8": framed(b'{"\xff\xfe": 1}'),
        "no JSON": framed(b"{" * 64),
        "deep": framed(b'{"x":' * 5000 + b"1" + b"}" * 5000),
        "outside the file": framed(json.dumps({"x": entry | {"data_offsets": [0, 1 << 40]}}).encode(), b"\0" * 4),
        "backwards": framed(json.dumps({"x": entry | {"data_offsets": [4, 0]}}).encode(), b"\0" * 4),
        "other size": framed(json.dumps({"x": entry | {"shape": [1 << 40]}}).encode(), b"\0" * 4),
        "numbers in the metadata": framed(json.dumps({"__metadata__": {"klass": 1}, "x": entry}).encode(), b"\0" * 4),
        "unknown kind": framed(json.dumps({"x": entry | {"dtype": "OBJECT"}}).encode(), b"\0" * 4),
    }
    for name, content in lies.items():
        path.write_bytes(content)
        assert refused(path).startswith("it is no whole safetensors file ("), name


def test_a_file_cut_short_anywhere_is_refused(path: Path, tensors: Tensors) -> None:
    whole = write_small_demucs(path, KIND).read_bytes()
    header = 8 + struct.unpack("<Q", whole[:8])[0]
    for length in (0, 1, 7, 8, 9, header // 2, header - 1, header, header + 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert refused(path)


@pytest.mark.parametrize("name", ["net.th", "net.TH"])
def test_a_th_file_is_refused_by_its_name_and_never_read(tmp_path: Path, name: str) -> None:
    reason = "a .th file holds code that runs when it is read; only .safetensors are taken"
    assert refused(tmp_path / name) == reason  # it is not even there


def changed(path: Path, tensors: Tensors, **values: np.ndarray | None) -> Path:
    """Write a whole checkpoint with other tensors in it; None leaves one out. ``__`` stands for a dot."""
    other = {name.replace("__", "."): tensor for name, tensor in values.items()}
    kept = {name: tensor for name, tensor in (tensors | other).items() if tensor is not None}
    save_file(kept, path, metadata={"klass": KLASS, "args": "[]", "kwargs": json.dumps(SMALL[KIND])})
    return path


def test_every_tensor_must_be_there(path: Path, tensors: Tensors) -> None:
    for name in (
        "tencoder.0.conv.weight",
        "freq_emb.embedding.weight",
        "crosstransformer.layers_t.1.cross_attn.out_proj.bias",
    ):
        reason = refused(changed(path, tensors, **{name: None}), loaded)
        assert reason == f"it has no tensor {name}"


def test_a_tensor_of_another_shape_is_refused(path: Path, tensors: Tensors) -> None:
    bias = tensors["tencoder.0.conv.bias"]
    assert (
        refused(changed(path, tensors, tencoder__0__conv__bias=bias[:-1]), loaded)
        == "its tensor tencoder.0.conv.bias has the shape (7,) instead of (8,)"
    )
    assert (
        refused(changed(path, tensors, tencoder__0__conv__bias=bias[None]), loaded)
        == "its tensor tencoder.0.conv.bias has the shape (1, 8) instead of (8,)"
    )


def test_a_tensor_that_has_no_place_is_refused(path: Path, tensors: Tensors) -> None:
    surplus = np.zeros(1, np.float32)
    reason = refused(changed(path, tensors, encoder__0__dconv__layers__0__3__lstm=surplus), loaded)
    assert reason == "it has tensors of another network, such as encoder.0.dconv.layers.0.3.lstm"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(path: Path, tensors: Tensors, value: float) -> None:
    bias = tensors["tencoder.0.conv.bias"].copy()
    bias[3] = value
    reason = refused(changed(path, tensors, tencoder__0__conv__bias=bias), loaded)
    assert reason == "its tensor tencoder.0.conv.bias holds numbers that are not finite"


def test_numbers_too_large_for_the_network_are_refused(path: Path, tensors: Tensors) -> None:
    bias = np.full(8, 1e300)
    reason = refused(changed(path, tensors, tencoder__0__conv__bias=bias), loaded)
    assert reason == "its tensor tencoder.0.conv.bias holds numbers that are not finite"


def test_half_precision_of_the_other_kind_is_refused(path: Path, tensors: Tensors) -> None:
    content = changed(path, tensors, tencoder__0__conv__bias=np.ones(8, np.uint16)).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = content[8 : 8 + length].replace(b'"U16"', b'"BF16"')
    path.write_bytes(framed(header, content[8 + length :]))
    reason = refused(path, loaded)
    assert reason == "its tensor tencoder.0.conv.bias is of the kind BF16, which is not read here"


@pytest.mark.parametrize(("kind", "name"), [(np.int64, "I64"), (np.uint8, "U8"), (np.bool_, "BOOL")])
def test_numbers_of_other_kinds_are_refused(path: Path, tensors: Tensors, kind: type, name: str) -> None:
    reason = refused(changed(path, tensors, tencoder__0__conv__bias=np.ones(8).astype(kind)), loaded)
    assert reason == f"its tensor tencoder.0.conv.bias is of the kind {name}, which is not read here"


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_floating_numbers_of_any_usual_size_are_read(path: Path, tensors: Tensors, kind: type) -> None:
    with open_checkpoint(changed(path, tensors, tencoder__0__conv__bias=np.arange(8).astype(kind))) as checkpoint:
        found = checkpoint("tencoder.0.conv.bias", (8,))
    assert found.dtype == np.float32
    assert found.tolist() == list(range(8))
