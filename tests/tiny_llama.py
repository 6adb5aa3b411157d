"""A decoder that any machine can train: Llama's architecture, two layers, random weights."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from tokenizers.processors import TemplateProcessing
from transformers import LlamaConfig, LlamaModel, PreTrainedTokenizerFast


def tiny_llama(folder: Path, texts: Sequence[str]) -> Path:
    """Two query heads to a key head; begins texts with `<s>`, has no padding token.

    Args:
        texts: that its tokenizer is trained on.
    """
    tokenizer = byte_pairs(["<s>", "</s>"], texts)
    begin = [("<s>", tokenizer.token_to_id("<s>"))]
    tokenizer.post_processor = TemplateProcessing(single="<s> $A", special_tokens=begin)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", model_max_length=128
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaModel(config).save_pretrained(folder)
    return folder


def byte_pairs(special: list[str], texts: Sequence[str]) -> Tokenizer:
    """Byte-level BPE trained on `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts] * 3, trainer)
    return tokenizer
