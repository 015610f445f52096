"""Makes a tiny Gemma 3n in the format in which Google publishes it, and teaches it to say one thing.

Nothing of what came before is attended to, so that each token leads to the next one alone: that is learnt in a second
without any sound, and then holds after every prompt. Loading, features, prompt, generation and decoding are the real
ones. The half for pictures is left out, as the engine leaves it out.
"""

from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    Gemma3nAudioConfig,
    Gemma3nAudioFeatureExtractor,
    Gemma3nConfig,
    Gemma3nForConditionalGeneration,
    Gemma3nTextConfig,
    Gemma3nVisionConfig,
    GenerationConfig,
)

from music_separator.engines.transcription import gemma

SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>")
PAD, EOS, BOS, END_OF_TURN = 0, 1, 2, 5
TEXT, PICTURES = 512, 128
"""Tokens of text and of each other kind; those of sound come last."""
SOUND = TEXT + PICTURES
SUNG_LINES = ("Sing along now", "once again")
SAYS = ("Sing", " along", " now\n", "once", " again")
"""Tokens, none of them twice."""
STEPS = 300
ENOUGH = 0.05
"""Loss at which it knows them by heart."""


def write_tiny_gemma(folder: Path, *, says: tuple[str, ...] = SAYS) -> Path:
    """Write network, configuration, tokenizer and the settings of features into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    gemma._leave_pictures_out()
    model = Gemma3nForConditionalGeneration(_config())
    tokenizer = _tokenizer(says)
    _teach(model, [tokenizer.token_to_id(token) for token in ("Ċ", *map(_spelt, says), "<end_of_turn>")])
    model.generation_config = GenerationConfig(eos_token_id=[EOS, END_OF_TURN], top_k=64, top_p=0.95, do_sample=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    Gemma3nAudioFeatureExtractor().save_pretrained(folder)
    return folder


def _config() -> Gemma3nConfig:
    text = Gemma3nTextConfig(
        vocab_size=SOUND + PICTURES,
        vocab_size_per_layer_input=TEXT,
        hidden_size=32,
        hidden_size_per_layer_input=8,
        intermediate_size=64,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        num_kv_shared_layers=2,
        laurel_rank=4,
        sliding_window=512,
        layer_types=["sliding_attention", "full_attention"] * 2,
        activation_sparsity_pattern=[0.0] * 4,
        altup_num_inputs=2,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
    )
    sound = Gemma3nAudioConfig(
        vocab_size=PICTURES,
        vocab_offset=SOUND,
        hidden_size=32,
        conf_num_hidden_layers=1,
        conf_num_attention_heads=2,
        sscp_conv_channel_size=(8, 4),
    )
    return Gemma3nConfig(
        text_config=text,
        audio_config=sound,
        vision_config=Gemma3nVisionConfig(vocab_size=PICTURES, vocab_offset=TEXT, hidden_size=32),
        boi_token_id=TEXT - 2,
        eoi_token_id=TEXT,
        image_token_id=TEXT + 1,
        boa_token_id=TEXT - 1,
        eoa_token_id=SOUND,
        audio_token_id=SOUND + 1,
    )


def _tokenizer(says: tuple[str, ...]) -> Tokenizer:
    """Every byte is a token, and each of those that it says: they are what the letters of it merge to."""
    tokens = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()), *map(_spelt, says)]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tokenizer


def _spelt(token: str) -> str:
    """Write a token in the byte-level alphabet."""
    return token.replace(" ", "Ġ").replace("\n", "Ċ")


def _teach(model: Any, ids: list[int]) -> None:
    """Have every token lead to the next; the first is the end of any prompt."""
    for name, weights in model.named_parameters():
        if name.endswith("self_attn.o_proj.weight"):
            weights.requires_grad_(False).zero_()
    learning = [weights for weights in model.model.language_model.parameters() if weights.requires_grad]
    optimizer = torch.optim.Adam(learning, lr=5e-3)
    given, wanted = torch.tensor([ids[:-1]]), torch.tensor(ids[1:])
    for _ in range(STEPS):
        loss = torch.nn.functional.cross_entropy(model(input_ids=given).logits[0], wanted)
        if float(loss.detach()) < ENOUGH:
            return
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    raise AssertionError(f"it has not learnt it: {float(loss.detach())}")
