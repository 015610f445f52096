"""A tiny wav2vec 2.0 that the test makes, through the real loading code; and files that are no network."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from music_separator.audio.voice import VOICE_RATE
from music_separator.domain.errors import AlignmentUnavailable
from music_separator.engines.alignment import ctc
from music_separator.engines.alignment.ctc import load_network
from music_separator.engines.alignment.ctc_search import find_words
from music_separator.engines.alignment.ctc_text import letters_of
from tests.extras import needs_ctc

VOCABULARY = {token: index for index, token in enumerate(["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefgh"])}
VOICE = np.random.default_rng(1).normal(0, 0.1, 3 * VOICE_RATE).astype(np.float32)


def test_without_the_extra_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctc, "find_spec", lambda _name: None)
    with pytest.raises(AlignmentUnavailable, match=r"PyTorch and transformers are not installed \(the extra ctc\)"):
        load_network(tmp_path, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    torch.manual_seed(0)
    torch.set_num_threads(1)
    made = tmp_path_factory.mktemp("ctc")
    config = Wav2Vec2Config(
        vocab_size=len(VOCABULARY),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).save_pretrained(made)
    (made / "vocab.json").write_text(json.dumps(VOCABULARY))
    (made / "preprocessor_config.json").write_text(json.dumps({"do_normalize": True, "sampling_rate": VOICE_RATE}))
    return made


@needs_ctc
def test_it_gives_the_probability_of_every_letter_fifty_times_a_second(folder: Path) -> None:
    network = load_network(folder, 1)
    scores = network.scores(VOICE)
    assert scores.shape == (149, len(VOCABULARY))
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1, atol=1e-5)
    assert (network.tokens.blank, network.tokens.between_words) == (0, 4)


@needs_ctc
def test_loudness_makes_no_difference_where_it_normalises(folder: Path) -> None:
    network = load_network(folder, 1)
    np.testing.assert_allclose(network.scores(VOICE), network.scores(0.1 * VOICE + 0.05), atol=1e-3)


@needs_ctc
def test_words_are_found_in_what_it_gives(folder: Path) -> None:
    network = load_network(folder, 1)
    letters = [[letters_of(word, network.vocabulary) for word in ("bad", "cafe")]]
    [[first, second]] = find_words(network.scores(VOICE), letters, network.tokens)
    assert first is not None
    assert second is not None
    assert 0 <= first.start < first.stop <= second.start < second.stop <= 149


@needs_ctc
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.safetensors", b"not safetensors"),
        ("config.json", b"no json"),
        ("vocab.json", b'{"a": 0}'),
        ("vocab.json", b"no json"),
        ("preprocessor_config.json", b"no json"),
    ],
)
def test_files_that_are_no_network_are_said_to_be_none(folder: Path, tmp_path: Path, name: str, content: bytes) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / name).write_bytes(content)
    with pytest.raises(AlignmentUnavailable, match="the weights in broken are no CTC network"):
        load_network(broken, 1)
