"""Text into numbers: the two tokenizers of a zoo, and the token streams models train on.

Here: training a byte-level BPE on a mix of the corpora, saving it as any checkpoint would carry
it, and writing each corpus as one stream of tokens, documents parted by end-of-sequence. The
two tokenizers differ as those of GPT-2 and Llama do: one has a single special token for start
and end, the other puts a start token before every text.
Next door: `recipes` says which mix and how many entries; `train` draws batches from `Streams`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm.zoo import corpora
from phylolm.zoo.recipes import Mix, TokenizerRecipe

Report = Callable[[int, int], None]
Tokens = npt.NDArray[np.uint16]


_BATCH = 256


def prepare(
    recipe: TokenizerRecipe, seed: int, characters: int, folder: Path, report: Report
) -> None:
    """Train the tokenizer and write every corpus as `CORPUS.train.npy`, `CORPUS.held.npy`."""
    texts = {name: corpora.build(name, seed, characters) for name in corpora.CORPORA}
    tokenizer = _as_pretrained(recipe, _train(recipe, texts))
    tokenizer.save_pretrained(str(folder / "tokenizer"))
    # Documents are longer than a model's context: they are cut later, when batches are drawn.
    tokenizer.model_max_length = sys.maxsize
    for done, (name, corpus) in enumerate(texts.items(), start=1):
        np.save(folder / f"{name}.train.npy", encoded(tokenizer, corpus.train))
        np.save(folder / f"{name}.held.npy", encoded(tokenizer, corpus.held_out))
        report(done, len(texts))


def _train(recipe: TokenizerRecipe, texts: dict[str, corpora.Corpus]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=recipe.entries,
        special_tokens=list(recipe.special),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_diet(recipe, texts), trainer)
    if recipe.starts_texts:
        tokenizer.post_processor = _start_before_text(tokenizer, recipe.start)
    return tokenizer


def _diet(recipe: TokenizerRecipe, texts: dict[str, corpora.Corpus]) -> list[str]:
    """The documents a tokenizer learns from: each corpus in proportion to its weight."""
    heaviest = max(weight for _, weight in recipe.mix)
    chosen: list[str] = []
    for name, weight in recipe.mix:
        documents = texts[name].train
        chosen += documents[: max(1, round(len(documents) * weight / heaviest))]
    return chosen


def _start_before_text(tokenizer: Any, start: str) -> Any:
    from tokenizers import processors

    return processors.TemplateProcessing(
        single=f"{start} $A",
        pair=f"{start} $A {start} $B",
        special_tokens=[(start, tokenizer.token_to_id(start))],
    )


def _as_pretrained(recipe: TokenizerRecipe, tokenizer: Any) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=recipe.start,
        eos_token=recipe.end,
        pad_token=recipe.pad,
        model_max_length=512,
        clean_up_tokenization_spaces=False,
    )


def encoded(tokenizer: Any, documents: list[str]) -> Tokens:
    """One line of tokens; every document as a prompt would be encoded, then its end."""
    ids: list[int] = []
    for first in range(0, len(documents), _BATCH):
        for row in tokenizer(documents[first : first + _BATCH])["input_ids"]:
            ids += [*row, tokenizer.eos_token_id]
    return np.asarray(ids, dtype=np.uint16)


class Streams:
    """The token streams of one tokenizer, and batches drawn from a mix of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _open(self, mix: Mix, part: str) -> list[Tokens]:
        return [np.load(self.folder / f"{name}.{part}.npy", mmap_mode="r") for name, _ in mix]

    def sampler(self, mix: Mix, part: str, seed: int) -> BatchSampler:
        weights = np.array([weight for _, weight in mix])
        return BatchSampler(self._open(mix, part), weights / weights.sum(), seed)


class BatchSampler:
    """Random windows; each row's corpus is drawn by weight."""

    def __init__(self, streams: list[Tokens], weights: npt.NDArray[np.float64], seed: int) -> None:
        self.streams = streams
        self.weights = weights
        self.rng = np.random.default_rng(seed)

    def draw(self, rows: int, length: int) -> npt.NDArray[np.int64]:
        batch = np.empty((rows, length), dtype=np.int64)
        for row, which in enumerate(self.rng.choice(len(self.streams), rows, p=self.weights)):
            stream = self.streams[which]
            first = self.rng.integers(0, max(1, len(stream) - length))
            batch[row] = np.resize(stream[first : first + length], length)
        return batch
