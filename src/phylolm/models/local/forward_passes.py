"""Forward passes of a causal model, three ways from fast to plain.

    SharedPasses  branches of a prompt side by side behind its cache; nothing is copied
    CopiedPasses  each branch has its own copy of the cache
    WholePasses   no cache: every branch is run from its first token

Any row may be continued any number of times: that is how a prefix is shared. Next door:
`model_runner` finds out which way a model allows, `rows` makes the masks of shared passes, `caches`
handles the keys and values.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from phylolm.models.local import caches
from phylolm.models.local.rows import BatchRows, arrange, parts_that_fit

Ids = Sequence[int]
IntArray = NDArray[np.int64]

_COMPACT = 0.75
"""Rows of a shared cache are left behind when no more than this part is still in use."""


@dataclass
class Rows:
    """Token sequences that were run: the logits that follow each, and what continues it.

    mask: which columns of the cache a sequence sees; positions: of its last token.
    home: the cache row of each sequence, where several share one.
    ids: the whole sequences, where there is no cache.
    """

    logits: torch.Tensor
    cache: Any = None
    mask: torch.Tensor | None = None
    positions: torch.Tensor | None = None
    home: IntArray | None = None
    ids: list[list[int]] | None = None

    def drop_logits(self) -> None:
        """Free the logits once tokens were drawn from them."""
        self.logits = self.logits[:0]


class Passes(Protocol):
    """One way to run a model."""

    padded: bool
    """Whether prompts of different lengths may be run together."""

    def prefill(self, prompts: Sequence[Ids]) -> Rows:
        """Run whole prompts."""

    def extend(self, rows: Rows, parents: IntArray, tokens: IntArray, keep: bool = True) -> Rows:
        """Run `tokens` (branches x tokens each) after the rows `parents` of an earlier pass.

        keep: whether the new rows will be continued in turn.
        """

    def parts(self, rows: Rows, parents: IntArray, limit: int) -> list[IntArray]:
        """Cut branches into passes of at most `limit` rows."""

    def join(self, groups: Sequence[tuple[Rows, IntArray]]) -> Rows | None:
        """The chosen rows of several passes as if of one; None where that can't be."""


class WholePasses:
    """Every sequence from its first token, in groups of one length: right for any model."""

    padded = False

    def __init__(self, model: Any, vocabulary_size: int) -> None:
        self._model = model
        self._size = vocabulary_size
        self._keep = {"logits_to_keep": 1} if "logits_to_keep" in _arguments(model) else {}

    def prefill(self, prompts: Sequence[Ids]) -> Rows:
        return self._run([list(ids) for ids in prompts])

    def extend(self, rows: Rows, parents: IntArray, tokens: IntArray, keep: bool = True) -> Rows:
        assert rows.ids is not None
        known = rows.ids
        new = zip(parents.tolist(), tokens.tolist(), strict=True)
        return self._run([known[parent] + added for parent, added in new])

    def parts(self, rows: Rows, parents: IntArray, limit: int) -> list[IntArray]:
        return _equal_parts(len(parents), limit)

    def join(self, groups: Sequence[tuple[Rows, IntArray]]) -> Rows | None:
        return None

    @torch.inference_mode()
    def _run(self, sequences: list[list[int]]) -> Rows:
        device = self._model.device
        logits = torch.empty((len(sequences), self._size), device=device)
        lengths = np.array([len(ids) for ids in sequences])
        for length in np.unique(lengths):
            where = np.flatnonzero(lengths == length)
            ids = torch.tensor([sequences[i] for i in where], device=device)
            output = self._model(input_ids=ids, use_cache=False, return_dict=True, **self._keep)
            logits[torch.from_numpy(where).to(device)] = output.logits[:, -1].float()
        return Rows(logits, ids=sequences)


class CopiedPasses:
    """A cache row for each branch, copied from its parent's."""

    def __init__(self, model: Any, padded: bool = True) -> None:
        self.padded = padded
        self._model = model
        self._device = model.device
        self._arguments = _arguments(model)

    def prefill(self, prompts: Sequence[Ids]) -> Rows:
        width = max(map(len, prompts))
        ids = torch.zeros((len(prompts), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.tensor(prompt)
            mask[row, width - len(prompt) :] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0).to(self._device)
        mask = mask.to(self._device)
        logits, cache = self._forward(ids, mask, positions, None, last_only=True)
        return Rows(logits[:, -1].float(), cache, mask, positions[:, -1])

    def extend(self, rows: Rows, parents: IntArray, tokens: IntArray, keep: bool = True) -> Rows:
        assert rows.mask is not None and rows.positions is not None
        index = torch.from_numpy(parents).to(self._device)
        count = tokens.shape[1]
        mask = torch.cat([rows.mask[index], rows.mask.new_ones(len(parents), count)], dim=1)
        steps = torch.arange(1, count + 1, device=self._device)
        positions = rows.positions[index][:, None] + steps
        cache = caches.select(rows.cache, index)
        new = torch.from_numpy(tokens)
        logits, cache = self._forward(new, mask, positions, cache, last_only=True)
        return Rows(logits[:, -1].float(), cache, mask, positions[:, -1])

    def parts(self, rows: Rows, parents: IntArray, limit: int) -> list[IntArray]:
        return _equal_parts(len(parents), limit)

    def join(self, groups: Sequence[tuple[Rows, IntArray]]) -> Rows | None:
        return None

    @torch.inference_mode()
    def _forward(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        positions: torch.Tensor,
        cache: Any,
        last_only: bool,
    ) -> tuple[torch.Tensor, Any]:
        options: dict[str, Any] = {"position_ids": positions}
        if last_only:
            options["logits_to_keep"] = 1
        output = self._model(
            input_ids=ids.to(self._device),
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            return_dict=True,
            **{name: value for name, value in options.items() if name in self._arguments},
        )
        return output.logits, output.past_key_values


class SharedPasses(CopiedPasses):
    """All branches of a prompt in its one cache row, told apart by the attention mask.

    Raises TypeError for a model whose cache or arguments don't allow it.
    """

    def prefill(self, prompts: Sequence[Ids]) -> Rows:
        rows = super().prefill(prompts)
        if "position_ids" not in self._arguments or not caches.is_plain(rows.cache):
            raise TypeError("the model has no plain cache, or no positions")
        assert rows.mask is not None
        rows.mask = rows.mask.bool()
        rows.home = np.arange(len(prompts))
        return rows

    def extend(self, rows: Rows, parents: IntArray, tokens: IntArray, keep: bool = True) -> Rows:
        row_count = len(rows.cache.layers[0].keys)
        if len(np.unique(_home(rows)[parents])) <= _COMPACT * row_count:
            rows = _chosen_rows(rows, parents, self._device)
            parents = np.arange(len(parents))
            row_count = len(rows.cache.layers[0].keys)
        assert rows.mask is not None and rows.positions is not None
        cache, home = rows.cache, _home(rows)[parents]
        index = torch.from_numpy(parents).to(self._device)
        new = torch.from_numpy(tokens).to(self._device)
        columns = cache.get_seq_length()
        layout = arrange(home, row_count, new, rows.mask[index], rows.positions[index], columns)
        try:
            logits = self._run(layout, cache)
        except RuntimeError:  # out of memory half way: only some layers have the new columns
            caches.trim(cache, columns)
            raise
        if not keep:
            caches.trim(cache, columns)
        visible = layout.visible[layout.row, layout.last]
        positions = layout.positions[layout.row, layout.last]
        return Rows(logits, cache, visible, positions, home)

    def parts(self, rows: Rows, parents: IntArray, limit: int) -> list[IntArray]:
        return parts_that_fit(_home(rows)[parents], limit)

    def join(self, groups: Sequence[tuple[Rows, IntArray]]) -> Rows | None:
        chosen = [_chosen_rows(rows, parents, self._device) for rows, parents in groups]
        width = max(rows.cache.get_seq_length() for rows in chosen)
        cache = caches.stacked([rows.cache for rows in chosen], width)
        counts = np.cumsum([0, *(len(rows.cache.layers[0].keys) for rows in chosen)])
        homes = [_home(rows) + first for rows, first in zip(chosen, counts, strict=False)]
        masks = [_widened(rows.mask, width) for rows in chosen]
        positions = [rows.positions for rows in chosen if rows.positions is not None]
        logits = chosen[0].logits[:0]
        return Rows(logits, cache, torch.cat(masks), torch.cat(positions), np.concatenate(homes))

    def _run(self, layout: BatchRows, cache: Any) -> torch.Tensor:
        hidden = torch.finfo(self._model.dtype).min
        mask = torch.zeros(
            layout.visible.shape, dtype=self._model.dtype, device=layout.visible.device
        ).masked_fill_(~layout.visible, hidden)[:, None]
        logits, _ = self._forward(layout.ids, mask, layout.positions, cache, last_only=False)
        return logits[layout.row, layout.last].float()


def _home(rows: Rows) -> IntArray:
    assert rows.home is not None
    return rows.home


def _widened(mask: torch.Tensor | None, width: int) -> torch.Tensor:
    assert mask is not None
    return torch.nn.functional.pad(mask, (0, width - mask.shape[1]))


def _chosen_rows(rows: Rows, parents: IntArray, device: torch.device) -> Rows:
    """Some rows of a shared pass, with only the cache rows they need."""
    assert rows.mask is not None and rows.positions is not None
    used, home = np.unique(_home(rows)[parents], return_inverse=True)
    index = torch.from_numpy(parents).to(device)
    cache = caches.select(rows.cache, torch.from_numpy(used).to(device))
    return Rows(rows.logits, cache, rows.mask[index], rows.positions[index], home)


def _arguments(model: Any) -> frozenset[str]:
    """What the model's forward pass may be told."""
    return frozenset(inspect.signature(model.forward).parameters)


def _equal_parts(count: int, limit: int) -> list[IntArray]:
    return [np.arange(start, min(start + limit, count)) for start in range(0, count, limit)]
