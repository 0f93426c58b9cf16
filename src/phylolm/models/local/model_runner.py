"""Which forward passes a model allows, and how many rows of them fit in memory.

Here: `ModelRunner`. Shortcuts are tried out, not assumed: left padding, the cache, and branches
that share a cache are compared with plain full passes on the first prompts, and whatever changes
the probabilities is not used. Next door: `forward_passes` runs the rows, `trie` and `exact` choose
them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from phylolm.models.local.forward_passes import (
    CopiedPasses,
    Ids,
    IntArray,
    Passes,
    Rows,
    SharedPasses,
    WholePasses,
)

_log = logging.getLogger(__name__)

_CPU_ROWS = 1024
"""More rows in a pass fall out of a CPU's caches and are slower."""

_GPU_ROWS = 4096
_CPU_BUDGET = 1 << 29

BRANCHES = 32
"""Branches of a gene that a pass has room for; there are so many when most probes differ."""

_CACHES_HELD = 6
"""Caches of a full pass alive at once: two copies in the pass, the others at depths above."""


class ModelRunner:
    """Runs one causal model, in the fastest way found to be right for it.

    row_limit: rows in one forward pass; halved by `shrink` when memory runs out.
    """

    def __init__(self, model: Any, row_limit: int | None = None) -> None:
        self.model = model
        self.device = model.device
        self.vocabulary_size = _logit_count(model)
        self.row_limit = row_limit or _rows_for_memory(self.device, self.vocabulary_size)
        self.passes: Passes = WholePasses(model, self.vocabulary_size)
        self._checked_length = 0

    @property
    def padded(self) -> bool:
        """Whether prompts of different lengths may be run together."""
        return self.passes.padded

    def check(self, prompts: Sequence[Ids]) -> None:
        """Choose the passes by the shortest and the longest prompt; again for longer ones."""
        short, long = min(prompts, key=len), max(prompts, key=len)
        if len(long) <= self._checked_length:
            return
        self._checked_length = len(long)
        if len(short) == len(long):
            short = short[: max(1, len(short) // 2)]
        shared, copied = SharedPasses(self.model), CopiedPasses(self.model)
        unpadded = CopiedPasses(self.model, padded=False)
        tries: list[tuple[Passes, list[Ids]]] = [
            (shared, [short, long]), (copied, [short, long]), (unpadded, [long])
        ]  # fmt: skip
        for passes, examples in tries:
            if self._agrees(passes, examples):
                break
        else:
            passes = WholePasses(self.model, self.vocabulary_size)
        self.passes = passes
        _log.info("%s is run by %s", type(self.model).__name__, type(passes).__name__)

    def prefill(self, prompts: Sequence[Ids]) -> Rows:
        """Run whole prompts: of one length, unless `padded`."""
        return self.passes.prefill(prompts)

    def extend(self, rows: Rows, parents: IntArray, tokens: IntArray, keep: bool = True) -> Rows:
        """Run `tokens` (branches x tokens each) after the rows `parents` of an earlier pass."""
        return self.passes.extend(rows, parents, tokens, keep)

    def parts(self, rows: Rows, parents: IntArray) -> list[IntArray]:
        """Cut branches into passes that fit: the numbers of those in each."""
        return self.passes.parts(rows, parents, self.row_limit)

    def join(self, groups: Sequence[tuple[Rows, IntArray]]) -> Rows | None:
        """Rows of several passes as if of one, in order; None where a model can't have that."""
        return self.passes.join(groups)

    def shrink(self) -> bool:
        """Halve the rows of a pass after memory ran out. False when there is nothing to halve."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        halved = max(1, self.row_limit // 2)
        changed = halved < self.row_limit
        self.row_limit = halved
        return changed

    def _agrees(self, passes: Passes, prompts: Sequence[Ids]) -> bool:
        """Whether passes give the probabilities of plain full passes, on branches like these:
        each prompt goes on in two ways, and one of them branches again."""
        plain = WholePasses(self.model, self.vocabulary_size)
        ends = [ids[-1] for ids in prompts]
        other = [ids[0] for ids in prompts]
        count = len(prompts)
        once, twice = np.arange(count), np.repeat(np.arange(count), 2)
        pairs = np.array([t for pair in zip(ends, other, strict=True) for t in pair])[:, None]
        try:
            start = passes.prefill(prompts)
            branches = passes.extend(start, twice, pairs)
            deeper = passes.extend(branches, 2 * once + 1, pairs[1::2])
            longer = passes.extend(start, once, np.hstack([pairs[::2], pairs[1::2]]), keep=False)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # each model fails in its own way where a shortcut is missing
            _log.debug("%s refused: %s", type(passes).__name__, type(error).__name__)
            return False
        whole = [list(ids) for ids in prompts]
        expected = [
            (start, whole),
            (branches, [whole[i // 2] + pairs[i].tolist() for i in range(2 * count)]),
            (deeper, [ids + [t, t] for ids, t in zip(whole, other, strict=True)]),
            (longer, [ids + [a, b] for ids, a, b in zip(whole, ends, other, strict=True)]),
        ]
        for rows, sequences in expected:
            if not _same_probabilities(rows, plain.prefill(sequences), self.model.dtype):
                return False
        self._leave_room_for(_cache_bytes(start.cache) // count, shared=start.home is not None)
        return True

    def _leave_room_for(self, cache_row: int, shared: bool) -> None:
        """Lower the row limit by what caches take: those of a few depths of the trie are held."""
        held = _CACHES_HELD * cache_row // (BRANCHES if shared else 1)
        limit = _rows_for_memory(self.device, self.vocabulary_size, held)
        self.row_limit = min(self.row_limit, limit)


def _same_probabilities(a: Rows, b: Rows, dtype: torch.dtype) -> bool:
    """Total variation below what rounding explains."""
    limit = 1e-3 if dtype in (torch.float32, torch.float64) else 0.06
    distance = (a.logits.softmax(-1) - b.logits.softmax(-1)).abs().sum(-1) / 2
    return bool((distance < limit).all())


def _logit_count(model: Any) -> int:
    head = model.get_output_embeddings()
    if head is not None and hasattr(head, "weight"):
        return int(head.weight.shape[0])
    return int(model.config.get_text_config().vocab_size)


def _cache_bytes(cache: Any) -> int:
    values = [value for layer in cache.layers for value in vars(layer).values()]
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    return sum(v.numel() * v.element_size() for v in flat if isinstance(v, torch.Tensor))


def _rows_for_memory(device: torch.device, vocabulary: int, held: int = 0) -> int:
    """Rows whose logits, probabilities and running sums (24 bytes a token) fit the budget."""
    budget = _free_memory(device) // 4
    if device.type == "cpu":
        budget = min(budget, _CPU_BUDGET)
    ceiling = _CPU_ROWS if device.type == "cpu" else _GPU_ROWS
    return int(max(1, min(ceiling, budget // (24 * vocabulary + held))))


def _free_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 1 << 32


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, in any of torch's ways."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and (
        "out of memory" in str(error) or "can't allocate memory" in str(error)
    )
