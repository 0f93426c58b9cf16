"""What siblings declare: models of near name, and other models of the same owner.

Here: `Siblings`. Next door: `parents` makes probabilities of it. Whoever trains many models
trains them from few bases, and models named alike are often made from one. A model's own
declaration never counts, so that what is found can be held against it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Rows = npt.NDArray[np.int64]

FEATURES = (
    "near_votes", "near_share", "near_any", "owner_votes", "owner_share", "owner_any",
)  # fmt: skip

_OWNERS_PARENTS = 50
"""Parents kept of an owner; who quantises thousands of models says little about any of them."""

_CHUNK = 2_000


class Siblings:
    """Declared edges, by name and by owner of the child."""

    def __init__(
        self, near: sparse.csr_array, spelling: Rows, owner: Rows, edges: npt.NDArray[np.int64]
    ) -> None:
        """near: (m, m) cosines of distinct names. spelling: (n,) which of them a model has.

        owner: (n,) a number for each, 0 for none. edges: (k, 2) rows of child and parent.
        """
        child, parent = edges.T
        n = len(spelling)
        self.declared = _counted(child, parent, (n, n))
        self._spelling, self._owner = spelling, owner
        self._near = sparse.csr_array(near + sparse.eye_array(near.shape[0]))
        self._by_name = _counted(spelling[child], parent, (near.shape[0], n))
        owned = owner[child] > 0
        by_owner = _counted(owner[child[owned]], parent[owned], (int(owner.max()) + 1, n))
        row, column, count = _best(by_owner, _OWNERS_PARENTS)
        self._by_owner = sparse.csr_array((count, (row, column)), shape=by_owner.shape)

    def votes(self, rows: Rows) -> tuple[sparse.csr_array, sparse.csr_array]:
        """For some models, two (len(rows), n): the cosines, summed, of near names that declare
        each parent; how many models of the same owner do."""
        own = self.declared[rows]
        near = self._near[self._spelling[rows]] @ self._by_name
        return _above_zero(near - own), _above_zero(self._by_owner[self._owner[rows]] - own)

    def candidates(self, rows: Rows, most: int = 15) -> tuple[Rows, Rows]:
        """The most declared by either kind of sibling: (k,) places in `rows`, (k,) parents."""
        places, parents = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for start in range(0, len(rows), _CHUNK):
            for votes in self.votes(rows[start : start + _CHUNK]):
                place, parent, _ = _best(votes, most)
                places.append(place + start)
                parents.append(parent)
        return np.concatenate(places), np.concatenate(parents)

    def features(self, child: Rows, parent: Rows) -> npt.NDArray[np.float64]:
        """`FEATURES` (k, 6) of pairs: logs of votes, their share of all votes, whether any."""
        rows, place = np.unique(child, return_inverse=True)
        columns = []
        for votes in self.votes(rows):
            total = np.asarray(votes.sum(axis=1)).ravel()[place]
            given = np.asarray(votes[place, parent]).ravel()
            columns += [np.log1p(given), given / np.maximum(total, 1e-9), given > 0]
        return np.column_stack(columns).astype(np.float64)


def _counted(row: Rows, column: Rows, shape: tuple[int, int]) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(row)), (row, column)), shape=shape)


def _above_zero(votes: sparse.csr_array) -> sparse.csr_array:
    found = sparse.csr_array(votes)
    found.data[found.data < 1e-6] = 0
    found.eliminate_zeros()
    return found


def _best(votes: sparse.csr_array, most: int) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
    """The largest entries of each row: rows, columns, values."""
    row = np.repeat(np.arange(votes.shape[0]), np.diff(votes.indptr))
    order = np.lexsort((votes.indices, -votes.data, row))
    rank = np.arange(len(order)) - votes.indptr[row[order]]
    kept = order[rank < most]
    return row[kept], votes.indices[kept].astype(np.int64), votes.data[kept]
