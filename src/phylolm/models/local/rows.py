"""Many branches of one prompt in one row: who sees whom.

Tokens that continue the same prompt stand side by side in one row of the model, behind the
prompt's cached columns, and each sees only the prompt, its own ancestors and itself. So a prompt's
cache is never copied, however many branches it has. Here: `arrange`, which places branches and
makes the attention mask. Next door: `model_runner` runs it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


_PASS_COST = 3
"""A pass costs about as much beyond its rows as a third of the rows it has room for."""


@dataclass(frozen=True)
class BatchRows:
    """One pass: token ids and positions (rows x places), what each place sees (rows x places x
    columns), and where each branch ends (its row and place)."""

    ids: torch.Tensor
    positions: torch.Tensor
    visible: torch.Tensor
    row: torch.Tensor
    last: torch.Tensor


def arrange(
    home: IntArray,
    row_count: int,
    tokens: torch.Tensor,
    lineage: torch.Tensor,
    positions: torch.Tensor,
    columns: int,
) -> BatchRows:
    """Place branches in their rows.

    home: each branch's row; tokens: its new tokens; lineage: the columns its parent sees;
    positions: its parent's position; columns: how many columns the cache has by now.
    """
    device = tokens.device
    count, steps = tokens.shape
    slots = slots_in_rows(home)
    width = (int(slots.max()) + 1) * steps
    row = torch.from_numpy(home).to(device)
    first = torch.from_numpy(slots).to(device) * steps
    ids = torch.zeros((row_count, width), dtype=torch.long, device=device)
    places = torch.zeros_like(ids)
    visible = torch.zeros((row_count, width, columns + width), dtype=torch.bool, device=device)
    for step in range(steps):
        place = first + step
        ids[row, place] = tokens[:, step]
        places[row, place] = positions + 1 + step
        visible[row, place, : lineage.shape[1]] = lineage
        for earlier in range(step + 1):
            visible[row, place, columns + first + earlier] = True
    return BatchRows(ids, places, visible, row, first + steps - 1)


def slots_in_rows(home: IntArray) -> IntArray:
    """Each branch's number among those of its row.

    >>> slots_in_rows(np.array([0, 2, 0, 2, 2])).tolist()
    [0, 0, 1, 1, 2]
    """
    order = np.argsort(home, kind="stable")
    counts = np.bincount(home)
    starts = np.cumsum(counts) - counts
    slots = np.empty_like(home)
    slots[order] = np.arange(len(home)) - starts[home[order]]
    return slots


def parts_that_fit(home: IntArray, limit: int) -> list[IntArray]:
    """Cut branches into passes of at most `limit` places, counting the empty ones.

    Every row of a pass is as wide as its fullest, so rows with many branches and rows with few
    are run apart where that saves more than a pass costs.

    >>> [part.tolist() for part in parts_that_fit(np.array([0, 1, 1, 1, 2]), 4)]
    [[1, 2, 3], [0, 4]]
    >>> [part.tolist() for part in parts_that_fit(np.array([0, 1, 1, 1, 2]), 99)]
    [[1, 2, 3, 0, 4]]
    """
    _, inverse, counts = np.unique(home, return_inverse=True, return_counts=True)
    by_size = np.argsort(-counts, kind="stable")
    rank = np.empty_like(by_size)
    rank[by_size] = np.arange(len(by_size))
    order = np.argsort(rank[inverse], kind="stable")
    sizes = counts[by_size].tolist()
    ends = np.cumsum(sizes)
    parts: list[IntArray] = []
    for first, after in _runs(sizes, limit):
        part = order[ends[first] - sizes[first] : ends[after - 1]]
        parts += [part[start : start + limit] for start in range(0, len(part), limit)]
    return parts


def _runs(sizes: list[int], limit: int) -> list[tuple[int, int]]:
    """Cut rows, in falling order of their branches, into (first, after) runs."""
    worth_a_pass = limit // _PASS_COST
    starts = [0]
    for i, size in enumerate(sizes):
        width = sizes[starts[-1]]
        too_large = i > starts[-1] and (i + 1 - starts[-1]) * width > limit
        if too_large or (width - size) * (len(sizes) - i) > worth_a_pass:
            starts.append(i)
    return list(zip(starts, [*starts[1:], len(sizes)], strict=True))
