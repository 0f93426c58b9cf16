"""Small random models with real tokenizers, made in milliseconds: what sampling is tested on.

`byte_tokenizer` is a byte-level BPE (as GPT-2 has), `piece_tokenizer` a SentencePiece-like BPE
with byte fallback (as Llama 2 has). Logits are sharpened so that sampling is neither flat nor
certain.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

CORPUS = [
    "the cat sat on the mat and the dog sat on the log",
    "def area(width, height): return width * height",
    "theory of catalogues: a cathedral, a category, a catastrophe",
    "héllo wörld ça va? 日本語 текст 🙂",
    "1 + 2 = 3; 10 + 20 = 30; 100 + 200 = 300",
]


@cache
def byte_tokenizer(vocabulary: int = 330) -> PreTrainedTokenizerFast:
    """Byte-level BPE; <|endoftext|> ends a text, <|extra|> is another special token."""
    return _byte_level(CORPUS * 3, vocabulary)


def _byte_level(texts: list[str], vocabulary: int) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<|endoftext|>", "<|extra|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|endoftext|>",
        additional_special_tokens=["<|extra|>"],
    )


def corpus_tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """A larger byte-level BPE, from the Python help."""
    import pydoc_data.topics

    return _byte_level(list(pydoc_data.topics.topics.values()), vocabulary)


@cache
def piece_tokenizer(vocabulary: int = 380) -> PreTrainedTokenizerFast:
    """SentencePiece-like BPE with byte fallback, BOS in front and (to be removed) EOS behind."""
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces, merges = _trained_pieces(vocabulary - len(names))
    tokenizer = Tokenizer(
        models.BPE(
            {name: i for i, name in enumerate(names + pieces)},
            merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(names[:3])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def _trained_pieces(count: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Pieces and merges of a BPE with "▁" for spaces."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=count, show_progress=False)
    trained.train_from_iterator(CORPUS[:3] * 3, trainer)
    state = json.loads(trained.to_str())["model"]
    pieces = sorted(state["vocab"], key=state["vocab"].get)
    return pieces, [tuple(merge) for merge in state["merges"]]


def llama(
    vocabulary: int, seed: int = 0, sharpness: float = 6.0, hidden: int = 32, layers: int = 2
) -> Any:
    """A random Llama whose next-token entropy falls with `sharpness`."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=None,
    )
    return sharpened(LlamaForCausalLM(config), sharpness)


def gpt2(vocabulary: int, seed: int = 0, sharpness: float = 6.0) -> Any:
    """A random GPT-2."""
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=vocabulary,
        n_positions=256,
        n_embd=32,
        n_layer=2,
        n_head=4,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=False,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )
    return sharpened(GPT2LMHeadModel(config), sharpness)


def sharpened(model: Any, sharpness: float) -> Any:
    """Scale the last layer so that logits have a standard deviation of about `sharpness` / 3."""
    model.eval()
    with torch.no_grad():
        ids = torch.arange(3, 40)[None]
        spread = model(ids).logits.std()
        model.get_output_embeddings().weight.mul_(sharpness / 3 / spread)
    return model


def save(model: Any, tokenizer: Any, folder: Path) -> Path:
    """Write a checkpoint as anyone would."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
