"""Tokens as bytes: the table of each kind of tokenizer, and how genes are encoded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from phylolm.models.local.vocabulary import Vocabulary, visible_text
from tests import tiny_models


def word_tokenizer(decoder: Any = None) -> PreTrainedTokenizerFast:
    """Whole words, joined by spaces when decoded: no byte table by name."""
    words = ["<unk>", "</s>", "The", "cat", "sat", "on", "it"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if decoder is not None:
        tokenizer.decoder = decoder
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>")


@pytest.mark.parametrize("make", [tiny_models.byte_tokenizer, tiny_models.piece_tokenizer])
def test_joined_pieces_are_the_text(make: Any) -> None:
    tokenizer = make()
    vocabulary = Vocabulary(tokenizer, len(tokenizer))
    text = "the cat sat, häßlich 日本語 🙂"
    ids = vocabulary.encode(text)[vocabulary.start_length :]
    assert b"".join(vocabulary.pieces[i] for i in ids).decode().strip() == text


def test_word_tokenizers_are_read_by_decoding() -> None:
    vocabulary = Vocabulary(word_tokenizer(), 7)
    assert vocabulary.pieces[3] == b" cat"


def test_a_tokenizer_without_fixed_texts_still_decodes() -> None:
    """This decoder turns "cat" into "dog" wherever "it" follows."""
    odd = decoders.Sequence([decoders.Fuse(), decoders.Replace("catit", "dogit")])
    vocabulary = Vocabulary(word_tokenizer(odd), 7)
    assert not vocabulary.has_table
    assert vocabulary.grow(b"cat", 6, [2], [3]) == b"dogit"


@pytest.mark.parametrize(
    ("make", "start", "mark"),
    [(tiny_models.byte_tokenizer, [], "<|endoftext|>"), (tiny_models.piece_tokenizer, [1], "</s>")],
)
def test_encoding(make: Any, start: list[int], mark: str) -> None:
    tokenizer = make()
    vocabulary = Vocabulary(tokenizer, len(tokenizer))
    ids = vocabulary.encode(f"cat {mark} sat")
    assert ids[: len(start)] == start
    assert not vocabulary.ends[ids[len(start) :]].any()
    assert vocabulary.encode("") == start if start else True


def test_ends_are_all_that_is_no_text() -> None:
    tokenizer = tiny_models.byte_tokenizer()
    vocabulary = Vocabulary(tokenizer, len(tokenizer) + 4, eos=[300])
    ends = np.flatnonzero(vocabulary.ends).tolist()
    size = len(tokenizer)
    assert ends == [0, 1, 300, size, size + 1, size + 2, size + 3]


def test_tokens_by_their_beginning() -> None:
    vocabulary = Vocabulary(tiny_models.piece_tokenizer(), 380)
    begin = [vocabulary.pieces[i] for i in vocabulary.starting_with(b" ca")]
    assert begin and all(piece.startswith(b" ca") for piece in begin)
    assert sum(piece.startswith(b" ca") for piece in vocabulary.pieces) == len(begin)
    assert len(vocabulary.equal_to(b"a")) == 2  # the letter and the byte token
    assert not len(vocabulary.equal_to(b"no such token"))


def test_visible_text_leaves_out_half_a_character() -> None:
    raw = "aé🙂".encode()
    assert [visible_text(raw[:n]) for n in (1, 2, 3, 6, 7)] == ["a", "a", "aé", "aé", "aé🙂"]
    assert visible_text(b"a\xffb") == "a\ufffdb"


def test_a_large_vocabulary_is_read_quickly() -> None:
    import time

    names = {chr(0x4E00 + i // 400) + chr(0x3400 + i % 400): i for i in range(150_000)}
    names |= {"The": 150_000, "▁cat": 150_001, "▁the": 150_002, "<unk>": 150_003}
    tokenizer = Tokenizer(models.WordLevel(names, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse()])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>")
    start = time.process_time()
    vocabulary = Vocabulary(fast, 150_004)
    assert len(vocabulary.starting_with(b" c")) == 1
    assert time.process_time() - start < 4
