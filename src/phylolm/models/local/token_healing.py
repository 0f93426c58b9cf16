"""Where a gene ends in a word: take the model's texts, not one tokenizer's cut of that word.

A gene such as "the catastr" is cut in tokens differently by every tokenizer, and few models have
seen the cut they are given. A healed prompt is the gene without the tokens of its last word; those
characters are then *required*: the continuation is drawn from the model's distribution given that
its text begins with them, summed over every way to cut them into tokens,

    P(text | gene) = sum over paths  P(path) P(rest | path) / P(text begins with the word).

Here: `Prompt`, `split_prompt`, and `grow_forest`, which finds the ways to begin the required
characters. Next door: `trie` and `exact` continue from the forest's roots.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from phylolm.models.local.forward_passes import Rows
from phylolm.models.local.model_runner import ModelRunner
from phylolm.models.local.vocabulary import Vocabulary
from phylolm.models.protocol import HEALED

WORD_LIMIT = 24
"""At most this many characters of a last word are healed (hashes, URLs)."""

PRUNE = 1e-3
"""Ways to cut a word that are less probable than this, relative to all the ways found, are left
out. Most of what they could hold they don't: on zoo models 5e-6 of the probability is lost on
average, 3e-4 at most."""

PATH_LIMIT = 64
"""At most this many unfinished ways to cut a word are followed for one gene at each length."""

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


@dataclass(frozen=True)
class Prompt:
    """What is sent to the model, and the bytes its answer must begin with (b"": any answer)."""

    ids: tuple[int, ...]
    required: bytes = b""


class Root(NamedTuple):
    """A token path that begins the required bytes, and the row where the next token is drawn.

    rest: required bytes still to come; the next token must cover them.
    weight: probability of the path and of a next token that covers the rest.
    """

    gene: int
    rows: Rows
    row: int
    path: tuple[int, ...]
    rest: bytes
    weight: float


class _Pending(NamedTuple):
    gene: int
    path: tuple[int, ...]
    done: int
    probability: float


def split_prompt(vocabulary: Vocabulary, text: str, boundary: str) -> Prompt:
    """The prompt of a gene: whole, or without its last word where that is to be healed.

    Falls back to the whole gene where nothing would be left to send, or where the tokens do not
    spell the text (a tokenizer that normalizes it).
    """
    ids = vocabulary.encode(text)
    whole = Prompt(tuple(ids))
    start = word_start(text)
    if boundary != HEALED or start == len(text) or not vocabulary.has_table:
        return whole
    needed = len(text[start:].encode())
    kept, dropped = len(ids), b""
    while len(dropped) < needed and kept > vocabulary.start_length:
        kept -= 1
        dropped = vocabulary.pieces[ids[kept]] + dropped
    # SentencePiece puts a space before a text, which shows only when all of it is dropped.
    spelled = text.encode().endswith(dropped) or dropped == b" " + text.encode()
    if not kept or not spelled or len(dropped) < needed:
        return whole
    return Prompt(tuple(ids[:kept]), dropped)


def word_start(text: str) -> int:
    """Where the word that `text` ends in begins, with the one space before it.

    `len(text)` if the text does not end in a letter or digit. In scripts without spaces the
    last character is the word.

    >>> word_start("the cat"), word_start("the cat.")
    (3, 8)
    """
    start = len(text)
    while start and len(text) - start < WORD_LIMIT and _in_word(text[start - 1]):
        start -= 1
        if _unspaced(text[start]):
            break
    if start == len(text) or not text[-1].isalnum():
        return len(text)
    if start and text[start - 1] == " ":
        start -= 1
    return start


def grow_forest(
    engine: ModelRunner,
    vocabulary: Vocabulary,
    base: Rows,
    prompts: Sequence[Prompt],
    temperature: float,
) -> list[list[Root]]:
    """For each of the prompts that were run in `base`, the roots its continuations start from.

    A prompt that requires nothing has one root of weight 1. An empty list means that no tokens
    can spell the required bytes.
    """
    forest = _Forest(vocabulary, prompts, temperature)
    pending = [_Pending(gene, (), 0, 1.0) for gene in range(len(prompts))]
    level = [(base, pending)]
    while level:
        found = [forest.settle(rows, pending) for rows, pending in level]
        level = [
            grown
            for part, (rows, _) in zip(found, level, strict=True)
            for grown in _run_children(engine, rows, forest.worth_running(part))
        ]
    return forest.roots


class _Forest:
    """The roots found so far, and how much probability they hold."""

    def __init__(
        self, vocabulary: Vocabulary, prompts: Sequence[Prompt], temperature: float
    ) -> None:
        self.vocabulary = vocabulary
        self.required = [prompt.required for prompt in prompts]
        self.temperature = temperature
        self.roots: list[list[Root]] = [[] for _ in prompts]
        self.mass = np.zeros(len(prompts))

    def settle(self, rows: Rows, pending: Sequence[_Pending]) -> list[tuple[int, _Pending]]:
        """Turn a level's paths into roots; returns (row, child) of the longer paths."""
        healed = [row for row, path in enumerate(pending) if self.required[path.gene]]
        probability = self._probabilities(rows, healed)
        for row, path in enumerate(pending):
            if not self.required[path.gene]:
                self.roots[path.gene] = [Root(path.gene, rows, row, (), b"", 1.0)]
        children: list[tuple[int, _Pending]] = []
        for row, weights in zip(healed, probability, strict=True):
            self._add_root(rows, row, pending[row], weights)
            children += [(row, child) for child in self._children(pending[row], weights)]
        return children

    def worth_running(self, children: list[tuple[int, _Pending]]) -> list[tuple[int, _Pending]]:
        """The most probable children, without those that can't matter any more."""
        taken = np.zeros(len(self.roots), dtype=int)
        worth = []
        for row, child in sorted(children, key=lambda pair: -pair[1].probability):
            enough = child.probability > PRUNE * self.mass[child.gene]
            if enough and taken[child.gene] < PATH_LIMIT:
                taken[child.gene] += 1
                worth.append((row, child))
        return worth

    def _probabilities(self, rows: Rows, which: list[int]) -> NDArray[np.float32]:
        index = torch.tensor(which, dtype=torch.long, device=rows.logits.device)
        scaled = rows.logits[index] / self.temperature
        chances: NDArray[np.float32] = scaled.softmax(-1).cpu().numpy()
        return chances

    def _add_root(self, rows: Rows, row: int, path: _Pending, weights: NDArray[np.float32]) -> None:
        rest = self.required[path.gene][path.done :]
        covering = float(weights[self.vocabulary.starting_with(rest)].sum(dtype=np.float64))
        weight = path.probability * covering
        if weight > 0:
            self.roots[path.gene].append(Root(path.gene, rows, row, path.path, rest, weight))
            self.mass[path.gene] += weight

    def _children(self, path: _Pending, weights: NDArray[np.float32]) -> list[_Pending]:
        """Paths one token longer that still do not cover the required bytes."""
        rest = self.required[path.gene][path.done :]
        children = []
        for length in range(1, len(rest)):
            for token in self.vocabulary.equal_to(rest[:length]).tolist():
                chance = path.probability * float(weights[token])
                if chance > 0:
                    longer = (*path.path, token)
                    children.append(_Pending(path.gene, longer, path.done + length, chance))
        return children


def _run_children(
    engine: ModelRunner, rows: Rows, children: list[tuple[int, _Pending]]
) -> list[tuple[Rows, list[_Pending]]]:
    """Run the longer paths, in passes that fit."""
    if not children:
        return []
    parents = np.array([row for row, _ in children], dtype=np.int64)
    tokens = np.array([[child.path[-1]] for _, child in children], dtype=np.int64)
    return [
        (engine.extend(rows, parents[part], tokens[part]), [children[i][1] for i in part])
        for part in engine.parts(rows, parents)
    ]


def _in_word(char: str) -> bool:
    """Letters, digits, and the marks that combine with them."""
    return char.isalnum() or unicodedata.category(char).startswith("M")


def _unspaced(char: str) -> bool:
    return ord(char) > 0xE00 and unicodedata.name(char, "").startswith(_UNSPACED)
