"""Prefix-trie sampling: all probes of a gene at once, each distinct prefix run once.

Every probe has its own row of uniform numbers and takes each token by inverse CDF, exactly as if
it were sampled alone; probes that agree so far share one row of the model. So the result *is* that
of independent sampling, in the order of the probes, and the first n of N probes are what n probes
alone would have been. Next door: `token_healing` gives the roots, `model_runner` runs the rows,
`vocabulary` says what tokens say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from phylolm.errors import BackendError
from phylolm.genome import alleles
from phylolm.models.local.forward_passes import IntArray, Rows
from phylolm.models.local.model_runner import ModelRunner, out_of_memory
from phylolm.models.local.token_healing import Prompt, Root, grow_forest
from phylolm.models.local.vocabulary import Vocabulary, visible_text
from phylolm.models.protocol import Probe, SamplingSettings

_LARGEST = 1 - 2.0**-32
"""Uniforms stay below this, so that adding a row's offset never rounds into the next row."""


def inverse_cdf(
    logits: torch.Tensor, rows: IntArray, numbers: NDArray[np.float64], temperature: float
) -> IntArray:
    """For each draw the token at quantile `numbers` of softmax(logits[rows] / temperature)."""
    if logits.device.type == "mps":  # has no float64
        logits = logits.cpu()
    scaled = logits if temperature == 1 else logits / temperature
    sums = scaled.softmax(-1).cumsum(-1, dtype=torch.float64)
    totals = sums[:, -1].clone()
    if not bool(totals.isfinite().all()):
        raise BackendError("the model's logits are not numbers; try dtype=float32")
    # Two apart, so that all rows together are one increasing sequence, searched once.
    sums += 2 * torch.arange(len(sums), device=sums.device, dtype=sums.dtype)[:, None]
    row = torch.from_numpy(rows).to(sums.device)
    quantile = torch.from_numpy(np.minimum(numbers, _LARGEST)).to(sums.device)
    found = torch.searchsorted(sums.view(-1), 2 * row + quantile * totals[row], right=True)
    tokens: IntArray = (found - row * sums.shape[1]).clamp_(0, sums.shape[1] - 1).cpu().numpy()
    return tokens


def columns(settings: SamplingSettings) -> int:
    """Uniform numbers a draw may need: one for its root, then one a token. A token that only
    completes the required bytes is not counted against the limit, hence one more."""
    return settings.max_tokens + 2


class Node(NamedTuple):
    """A prefix of at least one probe.

    path: its tokens after the prompt; raw: the bytes they add to the gene; spent: how many of
    them count against the limit; rest: required bytes that the next token must cover.
    """

    gene: int
    path: tuple[int, ...]
    raw: bytes
    spent: int
    rest: bytes = b""


@dataclass
class _Branch:
    """Nodes at one depth that continue the rows `parents`; `draws` are at nodes `where`."""

    rows: Rows
    parents: IntArray
    nodes: list[Node]
    draws: IntArray
    where: IntArray
    depth: int
    fits: bool = False

    def part(self, nodes: IntArray) -> _Branch:
        """The branch of some of the nodes."""
        place = np.full(len(self.nodes), -1, dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        mine = place[self.where] >= 0
        return _Branch(
            self.rows,
            self.parents[nodes],
            [self.nodes[i] for i in nodes],
            self.draws[mine],
            place[self.where[mine]],
            self.depth,
            fits=True,
        )


class TrieSampler:
    """Draws all probes of a batch of prompts that can be run together.

    numbers: for each prompt its `draws.uniforms`, `columns(settings)` wide.
    """

    def __init__(
        self,
        engine: ModelRunner,
        vocabulary: Vocabulary,
        prompts: Sequence[Prompt],
        numbers: Sequence[NDArray[np.float64]],
        settings: SamplingSettings,
    ) -> None:
        self.engine = engine
        self.vocabulary = vocabulary
        self.prompts = prompts
        self.settings = settings
        self.each = len(numbers[0])
        self.numbers = np.concatenate(numbers)
        self.probes: list[Probe | None] = [None] * len(self.numbers)
        self._stack: list[_Branch] = []

    def run(self) -> list[list[Probe] | None]:
        """The probes of each prompt; None where the required bytes can't be spelled."""
        able = self._start()
        self._join_stack()
        while self._stack:
            self._run_branch(self._stack.pop())
        found = [self.probes[gene * self.each :][: self.each] for gene in range(len(able))]
        return [
            [probe for probe in probes if probe is not None] if spelled else None
            for probes, spelled in zip(found, able, strict=True)
        ]

    def _start(self) -> list[bool]:
        """Give every draw its root, and draw the first token; which prompts have roots."""
        base = self.engine.prefill([prompt.ids for prompt in self.prompts])
        temperature = self.settings.temperature
        forest = grow_forest(self.engine, self.vocabulary, base, self.prompts, temperature)
        roots = [root for of_gene in forest for root in of_gene]
        root_of_draw = self._choose_roots(forest)
        passes: dict[int, list[int]] = {}
        for i, root in enumerate(roots):
            passes.setdefault(id(root.rows), []).append(i)
        for members in passes.values():
            draws = np.flatnonzero(np.isin(root_of_draw, members))
            where = np.searchsorted(members, root_of_draw[draws])
            self._grow_roots([roots[i] for i in members], draws, where)
        return [bool(of_gene) for of_gene in forest]

    def _choose_roots(self, forest: list[list[Root]]) -> IntArray:
        chosen = np.full(len(self.probes), -1, dtype=np.int64)
        first = 0
        for gene, roots in enumerate(forest):
            if roots:
                draws = slice(gene * self.each, (gene + 1) * self.each)
                sums = np.cumsum([root.weight for root in roots])
                numbers = np.minimum(self.numbers[draws, 0], _LARGEST) * sums[-1]
                chosen[draws] = first + np.searchsorted(sums, numbers, side="right")
            first += len(roots)
        return chosen

    def _grow_roots(self, roots: list[Root], draws: IntArray, where: IntArray) -> None:
        rows = roots[0].rows
        parents = np.array([root.row for root in roots], dtype=np.int64)
        logits = rows.logits[torch.from_numpy(parents).to(rows.logits.device)]
        for i, root in enumerate(roots):
            if root.rest:
                _allow_only(logits[i], self.vocabulary.starting_with(root.rest))
        rows.drop_logits()
        nodes = [Node(root.gene, root.path, b"", 0, root.rest) for root in roots]
        branch = _Branch(rows, parents, nodes, draws, where, depth=0)
        self._grow(branch, rows, parents, logits)

    def _join_stack(self) -> None:
        """Run the branches of all roots together, where the model allows it."""
        if len(self._stack) < 2:
            return
        joined = self.engine.join([(branch.rows, branch.parents) for branch in self._stack])
        if joined is None:
            return
        firsts = np.cumsum([0, *(len(branch.nodes) for branch in self._stack)])
        nodes = [node for branch in self._stack for node in branch.nodes]
        draws = np.concatenate([branch.draws for branch in self._stack])
        wheres = [b.where + first for b, first in zip(self._stack, firsts, strict=False)]
        parents = np.arange(len(nodes))
        self._stack = [_Branch(joined, parents, nodes, draws, np.concatenate(wheres), depth=1)]

    def _run_branch(self, branch: _Branch) -> None:
        """Run a branch's nodes and draw what follows; in parts where it does not fit."""
        if not branch.fits:
            parts = self.engine.parts(branch.rows, branch.parents)
            self._stack += [branch.part(nodes) for nodes in parts]
            return
        tokens = np.array([[node.path[-1]] for node in branch.nodes], dtype=np.int64)
        try:
            rows = self.engine.extend(branch.rows, branch.parents, tokens)
            self._grow(branch, rows, np.arange(len(tokens)), rows.logits)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error) or not self.engine.shrink():
                raise
            branch.fits = False
            self._stack.append(branch)

    def _grow(self, branch: _Branch, rows: Rows, parents: IntArray, logits: torch.Tensor) -> None:
        """Draw the next token of every draw, settle what is finished, stack the rest."""
        numbers = self.numbers[branch.draws, branch.depth + 1]
        tokens = inverse_cdf(logits, branch.where, numbers, self.settings.temperature)
        size = logits.shape[1]
        rows.drop_logits()
        keys, where = np.unique(branch.where * size + tokens, return_inverse=True)
        node_of, token_of = np.divmod(keys, size)
        finished = np.zeros(len(keys), dtype=bool)
        children: list[Node] = []
        found: list[Probe] = []
        for i, (node, token) in enumerate(zip(node_of.tolist(), token_of.tolist(), strict=True)):
            child, probe, finished[i] = self._child(branch.nodes[node], token)
            children.append(child)
            found.append(probe)
        for draw, child_index in zip(branch.draws.tolist(), where.tolist(), strict=True):
            if finished[child_index]:
                self.probes[draw] = found[child_index]
        if finished.all():
            return
        still = np.flatnonzero(~finished)
        going = ~finished[where]
        self._stack.append(
            _Branch(
                rows,
                parents[node_of[still]],
                [children[i] for i in still],
                branch.draws[going],
                np.searchsorted(still, where[going]),
                branch.depth + 1,
            )
        )

    def _child(self, node: Node, token: int) -> tuple[Node, Probe, bool]:
        """A node one token on, the probe it makes, and whether that is final."""
        if self.vocabulary.ends[token]:
            return node, Probe(visible_text(node.raw), True), True
        ids = self.prompts[node.gene].ids
        raw = self.vocabulary.grow(node.raw, token, ids, node.path)[len(node.rest) :]
        # A token that only completes the required bytes says nothing new yet.
        spent = node.spent + (1 if raw or not node.rest else 0)
        text = visible_text(raw)
        final = spent >= self.settings.max_tokens or alleles.is_complete(text)
        return Node(node.gene, (*node.path, token), raw, spent), Probe(text, False), final


def _allow_only(logits: torch.Tensor, allowed: IntArray) -> None:
    """Set all logits but the allowed ones to minus infinity, in place."""
    index = torch.from_numpy(allowed).to(logits.device)
    kept = logits[index]
    logits.fill_(-torch.inf)
    logits[index] = kept
