"""The allele distribution itself: the most probable prefixes first, until little is left.

Here: `expand`, a best-first search over token prefixes. A prefix whose allele is settled adds its
probability to that allele; the others are expanded in order of probability, over all genes of a
batch at once. The prompts' cache is kept, and nothing else: a prefix is run again from there, so
thousands of open prefixes cost no memory.
Next door: `token_healing` gives the roots (healed or not), `trie` draws samples from the same tree.
"""

from __future__ import annotations

import codecs
import heapq
import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from phylolm.genome import alleles
from phylolm.models.local.forward_passes import Rows
from phylolm.models.local.model_runner import ModelRunner, out_of_memory
from phylolm.models.local.token_healing import Prompt, Root, grow_forest
from phylolm.models.local.trie import Node
from phylolm.models.local.vocabulary import Vocabulary, visible_text
from phylolm.models.protocol import SamplingSettings, WeightedProbe

NODE_BUDGET = 4000
"""Prefixes run for one gene: a second or two with the demo's models. Where they don't suffice, a
model is so flat that thousands more would add little; what was not found is missing from the sum.
"""

_NEGLIGIBLE = 1e-5
"""Shares smaller than this part of epsilon are left out: a bound on what one gene can hold."""

_NEAR = 0.1
"""Prefixes at least this probable, relative to a gene's best open one, share a pass with it."""

_TOGETHER = 64
"""At most this many prefixes of one gene in a pass. Fixed, so that what is found for a gene does
not depend on the other genes."""


def expand(
    engine: ModelRunner,
    vocabulary: Vocabulary,
    prompts: Sequence[Prompt],
    settings: SamplingSettings,
    epsilon: float,
    length: int,
    budget: int = NODE_BUDGET,
) -> list[list[WeightedProbe] | None]:
    """The alleles of each prompt that hold 1 - epsilon of its distribution, best first.

    Texts are cut to what settles the allele. None where the required bytes can't be spelled.
    Where `budget` prefixes don't reach 1 - epsilon, what the most probable ones hold: the sum says
    how much that is.
    """
    base = engine.prefill([prompt.ids for prompt in prompts])
    forest = grow_forest(engine, vocabulary, base, prompts, settings.temperature)
    heads = _Heads(vocabulary)
    searches = [
        _Search(heads, vocabulary, prompt, settings, epsilon, length, budget) for prompt in prompts
    ]
    for search, roots in zip(searches, forest, strict=True):
        search.start(roots, settings.temperature)
    able = [bool(roots) for roots in forest]
    forest.clear()
    while any(search.unfinished for search in searches):
        _expand_best(engine, base, searches, settings.temperature)
    return [
        search.probes() if spelled else None for search, spelled in zip(searches, able, strict=True)
    ]


class _Heads:
    """For each token, the characters with which it would settle an allele all by itself."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[tuple[int, bool], tuple[NDArray[np.int64], list[str]]] = {}

    def after(self, raw: bytes, length: int) -> tuple[NDArray[np.int64], list[str]] | None:
        """Numbers (-1: settles nothing) and texts of the heads that may follow `raw`.

        None where that depends on more than the token: within a character, or without a table.
        """
        text, consumed = codecs.utf_8_decode(raw, "replace", False)
        if not self._vocabulary.has_table or consumed < len(raw):
            return None
        begun = alleles.strip(text)
        key = (length - len(begun), not begun)
        if key not in self._known:
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, count: int, at_start: bool) -> tuple[NDArray[np.int64], list[str]]:
        numbers: dict[str, int] = {}
        codes = np.full(self._vocabulary.size, -1, dtype=np.int64)
        for token, piece in enumerate(self._vocabulary.pieces):
            text = visible_text(piece)
            head = (alleles.strip(text) if at_start else text)[:count]
            if len(head) == count and not self._vocabulary.ends[token]:
                codes[token] = numbers.setdefault(head, len(numbers))
        return codes, list(numbers)


class _Search:
    """One gene: its open prefixes by probability, and what its alleles have so far."""

    def __init__(
        self,
        heads: _Heads,
        vocabulary: Vocabulary,
        prompt: Prompt,
        settings: SamplingSettings,
        epsilon: float,
        length: int,
        budget: int,
    ) -> None:
        self.heads = heads
        self.vocabulary = vocabulary
        self.prompt = prompt
        self.max_tokens = settings.max_tokens
        self.length = length
        self.target = 1 - epsilon
        self.budget = budget
        self.covered = 0.0
        self.dropped = 0.0
        self.negligible = epsilon * _NEGLIGIBLE
        self._least_open = 0.0
        self.alleles: dict[tuple[str, bool], float] = defaultdict(float)
        self._open: list[tuple[float, tuple[int, ...], Node]] = []

    @property
    def unfinished(self) -> bool:
        """Whether more is to be covered, and can be."""
        return bool(self._open) and self.covered < self.target and self.budget > 0

    def start(self, roots: list[Root], temperature: float) -> None:
        """Expand the roots, whose logits are there already."""
        total = sum(root.weight for root in roots)
        for root in roots:
            chances = _chances(root.rows, [root.row], temperature)[0]
            if root.rest:
                allowed = self.vocabulary.starting_with(root.rest)
                covering = np.zeros_like(chances)
                covering[allowed] = chances[allowed] / chances[allowed].sum()
                chances = covering
            node = Node(root.gene, root.path, b"", 0, root.rest)
            self.absorb(node, root.weight / total, chances)

    def best(self) -> list[tuple[Node, float]]:
        """Take the most probable open prefixes, those near the best one."""
        taken: list[tuple[Node, float]] = []
        least = -self._open[0][0] * _NEAR
        most = min(_TOGETHER, self.budget)
        while self._open and len(taken) < most and -self._open[0][0] >= least:
            negative, _, node = heapq.heappop(self._open)
            taken.append((node, -negative))
        self.budget -= len(taken)
        return taken

    def absorb(self, node: Node, probability: float, chances: NDArray[np.float64]) -> None:
        """Spread a prefix's probability over its next tokens."""
        shares = probability * chances
        ends = self.vocabulary.ends
        self._settle(visible_text(node.raw), True, float(shares[ends].sum()))
        shares[ends] = 0
        heads = None if node.rest else self.heads.after(node.raw, self.length)
        codes, texts = heads or (np.full(len(shares), -1), [])
        settling = codes >= 0
        sums = np.bincount(codes[settling], weights=shares[settling], minlength=len(texts))
        shares[settling] = 0
        if heads is not None and node.spent + 1 < self.max_tokens:
            shares[shares < self._least_open] = 0  # these settle nothing, and won't be run
        begun = visible_text(node.raw)
        candidates = np.concatenate([sums, shares])
        for i in self._worth_keeping(candidates, probability):
            if i < len(texts):
                self._settle(begun + texts[i], False, float(candidates[i]))
            else:
                self._open_child(node, i - len(texts), float(candidates[i]))
        self._forget_hopeless()

    def probes(self) -> list[WeightedProbe]:
        """The fewest of the alleles that hold what was to be covered, best first."""
        ordered = sorted(self.alleles.items(), key=lambda item: (-item[1], item[0]))
        before = np.cumsum([0.0, *(chance for _, chance in ordered)])
        enough = int(np.searchsorted(before, self.target))
        return [WeightedProbe(*key, chance) for key, chance in ordered[:enough]]

    def _worth_keeping(self, shares: NDArray[np.float64], probability: float) -> list[int]:
        """The fewest that leave out what may be dropped here.

        Over all prefixes half of epsilon may be dropped; a prefix has a part of what is left of
        that, in proportion to its probability among all that is still open.
        """
        allowance = (1 - self.target) / 2 - self.dropped
        still_open = max(1 - self.covered - self.dropped, probability)
        may_drop = probability * allowance / (2 * still_open)
        likely = np.flatnonzero(shares > max(may_drop / len(shares), self.negligible))
        likely = likely[np.argsort(-shares[likely], kind="stable")]
        total = shares.sum()
        left_out = total - shares[likely].cumsum()
        kept: list[int] = likely[: int((left_out > may_drop).sum()) + 1].tolist()
        self.dropped += float(total - shares[kept].sum())
        return kept

    def _open_child(self, node: Node, token: int, share: float) -> None:
        ids = self.prompt.ids
        raw = self.vocabulary.grow(node.raw, token, ids, node.path)[len(node.rest) :]
        spent = node.spent + (1 if raw or not node.rest else 0)
        text = visible_text(raw)
        if spent >= self.max_tokens or alleles.is_complete(text, self.length):
            self._settle(text, False, share)
        else:
            path = (*node.path, token)
            heapq.heappush(self._open, (-share, path, Node(node.gene, path, raw, spent)))

    def _forget_hopeless(self) -> None:
        """Keep as many open prefixes as can still be run, the best."""
        if len(self._open) > 2 * self.budget:
            self._open = heapq.nsmallest(self.budget, self._open)
            self._least_open = -self._open[-1][0] if self._open else math.inf

    def _settle(self, text: str, ended: bool, share: float) -> None:
        if share <= 0:
            return
        stripped = alleles.strip(text)[: self.length]
        self.alleles[stripped, ended and len(stripped) < self.length] += share
        self.covered += share


def _expand_best(
    engine: ModelRunner, base: Rows, searches: list[_Search], temperature: float
) -> None:
    """Run the best open prefixes of all unfinished genes; one pass for each prefix length."""
    by_depth: dict[int, list[tuple[_Search, Node, float]]] = defaultdict(list)
    for search in searches:
        if not search.unfinished:
            continue
        for node, probability in search.best():
            by_depth[len(node.path)].append((search, node, probability))
    for wanted in by_depth.values():
        while wanted:
            genes = np.array([node.gene for _, node, _ in wanted])
            chosen = engine.parts(base, genes)[0].tolist()
            part = [wanted[i] for i in chosen]
            try:
                chances = _run(engine, base, [node for _, node, _ in part], temperature)
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error) or not engine.shrink():
                    raise
                continue
            wanted = [wanted[i] for i in sorted(set(range(len(wanted))).difference(chosen))]
            for (search, node, probability), row in zip(part, chances, strict=True):
                search.absorb(node, probability, row)


def _run(
    engine: ModelRunner, base: Rows, nodes: list[Node], temperature: float
) -> NDArray[np.float64]:
    parents = np.array([node.gene for node in nodes], dtype=np.int64)
    tokens = np.array([node.path for node in nodes], dtype=np.int64)
    rows = engine.extend(base, parents, tokens, keep=False)
    return _chances(rows, list(range(len(nodes))), temperature)


def _chances(rows: Rows, which: list[int], temperature: float) -> NDArray[np.float64]:
    chances = (rows.logits[which] / temperature).softmax(-1).cpu().numpy()
    return chances.astype(np.float64)
