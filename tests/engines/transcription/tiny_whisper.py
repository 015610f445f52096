"""Writes a tiny Whisper model in the format of CTranslate2 that always sings the same words, whatever it hears.

The layers do nothing: the vector of each place in the text points at the token that comes next, so real loading,
tokenising, decoding and timing give a text that tests know. Any other weights of this size would give noise.
"""

import json
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

MULTILINGUAL = ""
"""CTranslate2 takes a model for multilingual where its vocabulary has the empty token, as OpenAI's has."""
VOCABULARY = 2_000
"""Tokens; the published models have 51,865."""
DEPTH, HEADS, PLACES, FRAMES, MEL = 64, 2, 448, 1500, 80
TIMES = 1501
"""Time tokens: 0 to 30 s in steps of 20 ms."""
LANGUAGES = ("de", "en", "es", "fr", "hr", "ja")
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
    *(f"<|{step * 0.02:.2f}|>" for step in range(TIMES)),
)

Matrix = npt.NDArray[np.float32]
Line = tuple[float, str, float]
"""Start in seconds, text, end in seconds; times in steps of 20 ms."""

SUNG_TEXT = "Sing along now"
SONG: tuple[Line, ...] = ((0.0, SUNG_TEXT, 30.0),)
"""To the end of any window, so that one decoding is all of it."""


def write_tiny_whisper(folder: Path, *, lines: tuple[Line, ...] = SONG, language: str = "hr") -> Path:
    """Write model, configuration, vocabulary and tokeniser into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = _tokens(lines)
    ids = {token: index for index, token in enumerate(tokens)}
    rng = np.random.default_rng(0)
    embeddings = rng.standard_normal((VOCABULARY, DEPTH)).astype(np.float32)
    embeddings -= embeddings.mean(axis=1, keepdims=True)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    spec = ctranslate2.specs.WhisperSpec(1, HEADS, 1, HEADS)
    _fill_encoder(spec.encoder, rng)
    _fill_decoder(spec.decoder, rng, embeddings, [ids[token] for token in _said(lines, language)])
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [ids[f"<|{name}|>"] for name in LANGUAGES]
    spec.config.alignment_heads = [(0, 0), (0, 1)]
    spec.validate()
    spec.optimize(quantization="float16")
    spec.save(str(folder))
    _tokenizer(tokens).save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MEL}), encoding="utf-8")
    return folder


def _said(lines: tuple[Line, ...], language: str) -> list[str]:
    """Give the token that comes after each place: the language after the first, then the text from the third on."""
    said = [f"<|{language}|>", "<|transcribe|>"]
    for start_s, text, end_s in lines:
        said += [f"<|{start_s:.2f}|>", *_words(text), f"<|{end_s:.2f}|>"]
    return [*said, "<|endoftext|>"]


def _words(text: str) -> list[str]:
    # the byte-level alphabet writes a space as this letter
    return [f"Ġ{word}" for word in text.split()]


def _tokens(lines: tuple[Line, ...]) -> list[str]:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = list(dict.fromkeys(word for _, text, _ in lines for word in _words(text)))
    fillers = VOCABULARY - len(alphabet) - len(words) - 1 - len(SPECIAL)
    return [*alphabet, *words, MULTILINGUAL, *(f"filler{number}" for number in range(fillers)), *SPECIAL]


def _tokenizer(tokens: list[str]) -> Tokenizer:
    plain = tokens[: -len(SPECIAL)]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(plain)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer


def _fill_encoder(encoder: Any, rng: np.random.Generator) -> None:
    encoder.conv1.weight, encoder.conv1.bias = _random(rng, DEPTH, MEL, 3), _zeros(DEPTH)
    encoder.conv2.weight, encoder.conv2.bias = _random(rng, DEPTH, DEPTH, 3), _zeros(DEPTH)
    encoder.position_encodings.encodings = _random(rng, FRAMES, DEPTH)
    _fill_norm(encoder.layer_norm)
    for layer in encoder.layer:
        _fill_attention(layer.self_attention, rng, parts=(3 * DEPTH, DEPTH))
        _fill_feed_forward(layer.ffn)


def _fill_decoder(decoder: Any, rng: np.random.Generator, embeddings: Matrix, said: list[int]) -> None:
    decoder.embeddings.weight = embeddings
    decoder.projection.weight = embeddings
    places = np.tile(embeddings[said[-1]], (PLACES, 1))
    places[: len(said)] = embeddings[said]
    decoder.position_encodings.encodings = 20 * places
    _fill_norm(decoder.layer_norm, gain=5.0)
    for layer in decoder.layer:
        _fill_attention(layer.self_attention, rng, parts=(3 * DEPTH, DEPTH))
        _fill_attention(layer.attention, rng, parts=(DEPTH, 2 * DEPTH, DEPTH))
        _fill_feed_forward(layer.ffn)


def _fill_attention(attention: Any, rng: np.random.Generator, *, parts: tuple[int, ...]) -> None:
    """Fill queries, keys and values at random; what comes out of them is multiplied by zero."""
    _fill_norm(attention.layer_norm)
    for linear, rows in zip(attention.linear, parts, strict=True):
        linear.weight, linear.bias = _random(rng, rows, DEPTH), _zeros(rows)
    attention.linear[-1].weight = _zeros(DEPTH, DEPTH)


def _fill_feed_forward(ffn: Any) -> None:
    _fill_norm(ffn.layer_norm)
    for linear in (ffn.linear_0, ffn.linear_1):
        linear.weight, linear.bias = _zeros(DEPTH, DEPTH), _zeros(DEPTH)


def _fill_norm(norm: Any, gain: float = 1.0) -> None:
    norm.gamma, norm.beta = np.full(DEPTH, gain, np.float32), _zeros(DEPTH)


def _random(rng: np.random.Generator, *shape: int) -> Matrix:
    return (0.3 * rng.standard_normal(shape)).astype(np.float32)


def _zeros(*shape: int) -> Matrix:
    return np.zeros(shape, np.float32)
