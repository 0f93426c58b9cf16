"""Neighbour joining and BIONJ on plain arrays: a lazy, exact kernel.

Here: `join` and `join_block`, compiled, without the interpreter's lock. Next door: `build`
checks names and values and makes Trees of the answers.

Neighbour joining (Saitou & Nei 1987; Studier & Keppler 1988) joins, of m clusters, the pair of
least D[i,j] - u[i] - u[j], where u = row sum / (m - 2). The plain search reads all pairs for each
join, O(n^3). Here every row keeps a lower bound on min_j(D[i,j] - u[j]). A join lowers that
minimum by at most the greatest rise of any u, so the bound minus that rise still holds, and only
rows whose bound beats the best pair found are read again: a handful on real data. The joined
cluster takes one row's place and the last row the other's, so the matrix is worked on in place.

Ties: pairs whose criteria differ by less than TIE of the greatest distance are tied, and of tied
pairs the one whose older cluster has the lowest rank, then whose younger has, is joined. Leaves
rank as the caller says (by name, so that the order of rows is of no account), inner nodes after
them in order of creation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from phylolm.jit import kernel

TIE = 1e-11
"""Differences below this part of the greatest distance are rounding."""
HUGE = 1e150
"""Distances from here on are refused: their sums and products might overflow."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]


@kernel
def join(
    work: FloatArray, variance: FloatArray, rank: IntArray, parent: IntArray, length: FloatArray
) -> None:
    """Neighbour joining of n >= 2 leaves; fills `parent` and `length` (2n - 2,; 3 if n = 2).

    work (n, n): distances, overwritten. variance: (n, n) copy of them for BIONJ (Gascuel 1997),
    overwritten too, or (0, 0) for neighbour joining. rank (n,): for ties. Node v < n is leaf v;
    joined nodes follow in order of creation, the root of three children last. Lengths are raw
    and may be negative.
    """
    n = len(work)
    if n == 2:
        parent[0], parent[1], parent[2] = 2, 2, -1
        length[0] = length[1] = work[0, 1] / 2
        length[2] = 0.0
        return
    node = np.empty(n, dtype=np.int32)
    for i in range(n):
        node[i] = i
    order = rank.copy()
    tie = TIE * _hide_diagonal(work)
    total = np.empty(n)
    u = np.empty(n)
    bound = np.empty(n)
    m = n
    refresh = n
    made = n
    while m > 3:
        if m <= refresh:  # sums drift by rounding: start anew at n, n/2, n/4 ... clusters
            _start_rows(work, m, total, u, bound)
            refresh = m // 2
        a, b = _best_pair(work, m, u, bound, order, tie)
        if order[a] > order[b]:
            a, b = b, a
        first = 0.5 * (work[a, b] + u[a] - u[b])
        parent[node[a]] = made
        parent[node[b]] = made
        length[node[a]] = first
        length[node[b]] = work[a, b] - first
        share = 0.5
        if len(variance) > 0:
            share = _bionj_share(variance, m, a, b)
        if a == m - 1:  # the joined cluster must not sit in the row about to move
            a, b, first, share = b, a, work[a, b] - first, 1.0 - share
        _merge(work, variance, m, a, b, share, first, total)
        node[a] = made
        order[a] = made
        node[b] = node[m - 1]
        order[b] = order[m - 1]
        total[b] = total[m - 1]
        u[b] = u[m - 1]
        bound[b] = bound[m - 1]
        m -= 1
        made += 1
        _lower_bounds(work, m, a, total, u, bound)
    _finish(work, node, parent, length, made)


@kernel
def join_block(
    block: FloatArray, rank: IntArray, bionj: bool, parent: IntArray, length: FloatArray
) -> None:
    """`join` for each matrix of block (k, n, n), overwritten; parent, length (k, nodes)."""
    for i in range(len(block)):
        variance = block[i].copy() if bionj else np.empty((0, 0))
        join(block[i], variance, rank, parent[i], length[i])


@kernel
def _hide_diagonal(work: FloatArray) -> float:
    """Infinite diagonal, so that no row scan need step around it; returns the greatest entry."""
    greatest = 0.0
    for i in range(len(work)):
        work[i, i] = 0.0
        for j in range(len(work)):
            greatest = max(greatest, work[i, j])
        work[i, i] = np.inf
    return greatest


@kernel
def _start_rows(
    work: FloatArray, m: int, total: FloatArray, u: FloatArray, bound: FloatArray
) -> None:
    for i in range(m):
        total[i] = work[i, :i].sum() + work[i, i + 1 : m].sum()
        u[i] = total[i] / (m - 2)
    for i in range(m):
        bound[i] = _row_minimum(work[i], u, m)


@kernel
def _row_minimum(row: FloatArray, u: FloatArray, m: int) -> float:
    """min_j(row[j] - u[j]); eight running minima, as one would wait for itself at every step."""
    m0 = m1 = m2 = m3 = m4 = m5 = m6 = m7 = np.inf
    whole = m - m % 8
    for j in range(0, whole, 8):
        m0 = min(m0, row[j] - u[j])
        m1 = min(m1, row[j + 1] - u[j + 1])
        m2 = min(m2, row[j + 2] - u[j + 2])
        m3 = min(m3, row[j + 3] - u[j + 3])
        m4 = min(m4, row[j + 4] - u[j + 4])
        m5 = min(m5, row[j + 5] - u[j + 5])
        m6 = min(m6, row[j + 6] - u[j + 6])
        m7 = min(m7, row[j + 7] - u[j + 7])
    for j in range(whole, m):
        m0 = min(m0, row[j] - u[j])
    return min(min(min(m0, m1), min(m2, m3)), min(min(m4, m5), min(m6, m7)))


@kernel
def _best_pair(
    work: FloatArray, m: int, u: FloatArray, bound: FloatArray, order: IntArray, tie: float
) -> tuple[int, int]:
    """The pair to join: least criterion, ties by order."""
    start = 0
    for i in range(1, m):
        if bound[i] - u[i] < bound[start] - u[start]:
            start = i
    bound[start] = _row_minimum(work[start], u, m)
    best = bound[start] - u[start]
    for i in range(m):
        if bound[i] - u[i] < best - tie:
            bound[i] = _row_minimum(work[i], u, m)
            best = min(best, bound[i] - u[i])
    # Both rows of every tied pair are among the rows that may reach best + tie. Mostly there are
    # just two; otherwise try them by order.
    limit = best + tie
    while True:
        first = -1
        for i in range(m):
            if bound[i] - u[i] <= limit and (first < 0 or order[i] < order[first]):
                first = i
        exact = _row_minimum(work[first], u, m)
        bound[first] = exact
        if exact - u[first] <= limit:
            return first, _partner(work[first], m, u, u[first], limit, order)


@kernel
def _partner(
    row: FloatArray, m: int, u: FloatArray, own: float, limit: float, order: IntArray
) -> int:
    found = -1
    for j in range(m):
        if row[j] - u[j] - own <= limit and (found < 0 or order[j] < order[found]):
            found = j
    return found


@kernel
def _bionj_share(variance: FloatArray, m: int, a: int, b: int) -> float:
    """Weight of a's distances that makes the joined row's variance least (Gascuel 1997, eq. 9)."""
    if variance[a, b] <= 0.0:
        return 0.5
    difference = 0.0
    for j in range(m):
        if j != a and j != b:
            difference += variance[b, j] - variance[a, j]
    share = 0.5 + difference / (2.0 * (m - 2) * variance[a, b])
    return float(min(max(share, 0.0), 1.0))


@kernel
def _merge(
    work: FloatArray,
    variance: FloatArray,
    m: int,
    a: int,
    b: int,
    share: float,
    first: float,
    total: FloatArray,
) -> None:
    """Row a becomes the joined cluster, the last row takes b's place; keeps row sums up to date."""
    apart = work[a, b]
    drop = share * first + (1.0 - share) * (apart - first)
    row, other = work[a], work[b]
    row_sum = 0.0
    for j in range(m):
        if j != a and j != b:
            joined = share * row[j] + (1.0 - share) * other[j] - drop
            total[j] += joined - row[j] - other[j]
            row[j] = joined
            row_sum += joined
    total[a] = row_sum
    if len(variance) > 0:
        _merge_variance(variance, m, a, b, share)
    _replace_row(work, m, a, b, np.inf)


@kernel
def _merge_variance(variance: FloatArray, m: int, a: int, b: int, share: float) -> None:
    saved = share * (1.0 - share) * variance[a, b]
    for j in range(m):
        variance[a, j] = share * variance[a, j] + (1.0 - share) * variance[b, j] - saved
    _replace_row(variance, m, a, b, 0.0)


@kernel
def _replace_row(matrix: FloatArray, m: int, a: int, b: int, diagonal: float) -> None:
    """Mirror row a into its column, then move the last row and column to b."""
    last = m - 1
    row, moved, place = matrix[a], matrix[last], matrix[b]
    row[b] = row[last]
    for j in range(last):
        place[j] = moved[j]
    place[a] = row[b]
    for j in range(last):
        matrix[j, a] = row[j]
        matrix[j, b] = place[j]
    row[a] = diagonal
    place[b] = diagonal


@kernel
def _lower_bounds(
    work: FloatArray, m: int, joined: int, total: FloatArray, u: FloatArray, bound: FloatArray
) -> None:
    """New u and bounds after a join: down by the greatest rise, or to the joined cluster."""
    rise = -np.inf
    for i in range(m):
        new = total[i] / (m - 2)
        if i != joined:
            rise = max(rise, new - u[i])
        u[i] = new
    row = work[joined]
    for i in range(m):
        bound[i] = min(bound[i] - rise, row[i] - u[joined])
    bound[joined] = _row_minimum(row, u, m)


@kernel
def _finish(
    work: FloatArray, node: IntArray, parent: IntArray, length: FloatArray, root: int
) -> None:
    """The last three clusters meet at the root."""
    x, y, z = work[0, 1], work[0, 2], work[1, 2]
    length[node[0]] = 0.5 * (x + y - z)
    length[node[1]] = 0.5 * (x + z - y)
    length[node[2]] = 0.5 * (y + z - x)
    for i in range(3):
        parent[node[i]] = root
    parent[root] = -1
    length[root] = 0.0
