"""The nearest names of every name, by cosine, without all pairs.

Here: a compiled search over an inverted index. Next door: `ngrams` makes the vectors, `graph`
and `clusters` use what is found.

For each name its terms are walked from the rarest on, and the names that share them are
candidates, until `budget` of them were touched; the best `shortlist` by what was summed so far
then get their whole cosine. Frequent terms are thus used to rank, not to find, and the work per
name is bounded. A budget of 0 has no bound: the search is exact.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from phylolm.atlas.ngrams import Features, NgramSettings, name_features
from phylolm.jit import kernel

EXACT_UP_TO = 20_000
"""Names up to which the search is exact unless said otherwise."""

_BLOCK = 4096

_BINS = 1024


@dataclass(frozen=True)
class NeighbourSettings:
    """How many neighbours, and how they are searched.

    count: nearest names kept for each. threshold: least cosine kept. budget: index entries
    touched a name, 0 for all; None is 0 up to EXACT_UP_TO names and 20,000 beyond.
    shortlist: candidates that get their whole cosine.
    """

    count: int = 10
    threshold: float = 0.3
    budget: int | None = None
    shortlist: int = 100


@dataclass(frozen=True)
class Similar:
    """Which models are named alike: what clusters and graph are made from.

    models: n ids. names: features of their m distinct short names. spelling: int (n,), which of
    them each model has. edges: float32 csr (m, m), symmetric, cosines of nearest names.
    """

    models: tuple[str, ...]
    names: Features
    spelling: npt.NDArray[np.int64]
    edges: sparse.csr_array


def similar_names(
    models: Sequence[str],
    ngrams: NgramSettings | None = None,
    settings: NeighbourSettings | None = None,
) -> Similar:
    """The distinct names of model ids, and their nearest."""
    names, spelling = distinct(name_features(models, ngrams))
    return Similar(tuple(models), names, spelling, symmetric(nearest(names.matrix, settings)))


def distinct(features: Features) -> tuple[Features, npt.NDArray[np.int64]]:
    """Features of the different names, and which of them each row has (n,)."""
    matrix = features.matrix
    keys: dict[tuple[bytes, bytes], int] = {}
    spelling = np.empty(len(features), dtype=np.int64)
    for row, (start, stop) in enumerate(zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)):
        # Rows without a term that another has are all different: they only look alike.
        key = (
            (matrix.indices[start:stop].tobytes(), matrix.data[start:stop].tobytes())
            if stop > start
            else (row.to_bytes(8, "little"), b"")
        )
        spelling[row] = keys.setdefault(key, len(keys))
    first = np.unique(spelling, return_index=True)[1]
    return features.take(first), spelling


def nearest(
    matrix: sparse.csr_array, settings: NeighbourSettings | None = None
) -> sparse.csr_array:
    """Cosines of every row's nearest others: float32 csr (n, n), at most `count` a row.

    Rows are sorted by column; ties at the last place go to the lower column.
    """
    settings = settings or NeighbourSettings()
    n = matrix.shape[0]
    budget = settings.budget
    if budget is None:
        budget = 0 if n <= EXACT_UP_TO else 20_000
    rare_first, index = _ranked(matrix)
    found = np.full((n, settings.count), -1, dtype=np.int32)
    values = np.zeros((n, settings.count), dtype=np.float32)

    def search(start: int) -> None:
        _search(
            start, min(start + _BLOCK, n), rare_first.indptr, rare_first.indices, rare_first.data,
            index.indptr, index.indices, index.data,
            budget or np.iinfo(np.int64).max, settings.shortlist if budget else n,
            settings.threshold, found, values,
        )  # fmt: skip

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(search, range(0, n, _BLOCK)))
    return _sparse(found, values)


def _sparse(found: np.ndarray, values: np.ndarray) -> sparse.csr_array:
    held = found >= 0
    starts = np.concatenate([[0], np.cumsum(held.sum(axis=1))])
    made = sparse.csr_array((values[held], found[held], starts), shape=(len(found), len(found)))
    made.sort_indices()
    return made


def symmetric(near: sparse.csr_array) -> sparse.csr_array:
    """Edges either end of which has the other among its nearest; (n, n), symmetric."""
    return sparse.csr_array(near.maximum(near.T))


def _ranked(matrix: sparse.csr_array) -> tuple[Any, Any]:
    """The matrix with columns numbered from rare to frequent, and its transpose by rows."""
    df = np.bincount(matrix.indices, minlength=matrix.shape[1])
    place = np.empty(len(df), dtype=np.int32)
    place[np.argsort(df, kind="stable")] = np.arange(len(df), dtype=np.int32)
    ranked = sparse.csr_array(
        (matrix.data.copy(), place[matrix.indices], matrix.indptr), shape=matrix.shape
    )
    ranked.sort_indices()
    return ranked, sparse.csr_array(ranked.T)


@kernel
def _search(
    start: int, stop: int,
    row_start: np.ndarray, row_terms: np.ndarray, row_weights: np.ndarray,
    term_start: np.ndarray, term_rows: np.ndarray, term_weights: np.ndarray,
    budget: int, shortlist: int, threshold: float, found: np.ndarray, values: np.ndarray,
) -> None:  # fmt: skip
    n = len(row_start) - 1
    score = np.zeros(n, dtype=np.float32)
    touched, partial = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.float32)
    query = np.zeros(len(term_start) - 1, dtype=np.float32)
    for row in range(start, stop):
        many, spent, complete = 0, 0, True
        for at in range(row_start[row], row_start[row + 1]):
            term, weight = row_terms[at], row_weights[at]
            query[term] = weight
            entries = term_start[term + 1] - term_start[term]
            if not complete or (spent + entries > budget and spent > 0):
                complete = False
                continue
            spent += entries
            for other_at in range(term_start[term], term_start[term + 1]):
                other = term_rows[other_at]
                if score[other] == 0:
                    touched[many] = other
                    many += 1
                score[other] += weight * term_weights[other_at]
        # Scores are set back as they are read: they are spread over all memory.
        for i in range(many):
            partial[i] = score[touched[i]]
            score[touched[i]] = 0
        least = np.float32(0) if complete else _cutoff(partial[:many], shortlist)
        held = 0
        for i in range(many):
            other, value = touched[i], partial[i]
            if value < least or other == row:
                continue
            if not complete:
                value = np.float32(0)
                for at in range(row_start[other], row_start[other + 1]):
                    value += query[row_terms[at]] * row_weights[at]
            if value >= threshold:
                held = _keep(other, value, held, found[row], values[row])
        for at in range(row_start[row], row_start[row + 1]):
            query[row_terms[at]] = 0


@kernel
def _cutoff(scores: np.ndarray, shortlist: int) -> np.float32:
    """A score that at least `shortlist` of these, all in 0..1, reach, and few more: from counts
    in bins, which is several times faster than to partition them."""
    bins = np.zeros(_BINS + 1, dtype=np.int64)
    for score in scores:
        bins[min(int(score * _BINS), _BINS)] += 1
    place, reach = _BINS, bins[_BINS]
    while place > 0 and reach < shortlist:
        place -= 1
        reach += bins[place]
    return np.float32(place / _BINS)


@kernel
def _keep(other: int, value: float, held: int, found: np.ndarray, values: np.ndarray) -> int:
    """Put one in its place by falling cosine, then rising column; how many are held then."""
    if held == len(found):
        last = values[held - 1]
        if value < last or (value == last and other > found[held - 1]):
            return held
    place = held if held < len(found) else held - 1
    while place > 0 and (
        values[place - 1] < value or (values[place - 1] == value and found[place - 1] > other)
    ):
        values[place] = values[place - 1]
        found[place] = found[place - 1]
        place -= 1
    values[place] = value
    found[place] = other
    return min(held + 1, len(found))
