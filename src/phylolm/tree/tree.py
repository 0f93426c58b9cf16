"""Tree: an immutable phylogenetic tree held in arrays.

Here: the type, its traversal, rooting and collapsing. Next door: `files` reads and writes
Newick, NEXUS and phyloXML; `build` makes trees from distances; `support` puts support on
branches; `compare` measures how two trees differ. The work on arrays is in `arrays`
(surgery), `rooting` (where a root belongs) and `newick` (text).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from phylolm.errors import DataError, listed
from phylolm.showable import Showable
from phylolm.tree import arrays, newick, rooting
from phylolm.tree.arrays import NULL, Arrays

if TYPE_CHECKING:
    from phylolm.distance.counts import AlleleCounts

if TYPE_CHECKING:
    import skbio

__all__ = ["NULL", "Tree"]

_FIELDS = {"parent": np.int32, "length": np.float64, "support": np.float64}


@dataclass(frozen=True, eq=False)
class Tree(Showable):
    """A rooted view of a tree of `n` nodes; children come before their parents, the root last.

    parent: int32 (n,), index of each node's parent, NULL for the root (node n - 1).
    length: float64 (n,), length of the branch above each node; 0 for the root.
    names: n strings; leaves carry the models' names, inner nodes usually "".
    support: float64 (n,), support of the branch above each inner node in 0..100, NaN if none.

    An unrooted tree (what neighbour joining gives) has a root of three or more children.
    The constructor trusts its caller; `from_arrays` checks.
    """

    parent: npt.NDArray[np.int32]
    length: npt.NDArray[np.float64]
    names: tuple[str, ...]
    support: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        for field, dtype in _FIELDS.items():
            frozen = np.asarray(getattr(self, field), dtype=dtype).view()
            frozen.flags.writeable = False
            object.__setattr__(self, field, frozen)

    @classmethod
    def from_arrays(
        cls,
        parent: npt.ArrayLike,
        length: npt.ArrayLike,
        names: Sequence[str],
        support: npt.ArrayLike | None = None,
    ) -> Tree:
        """A checked tree, renumbered depth first; nodes may come in any order.

        parent (n,): indices, NULL (-1) for the one root. length (n,): finite. names: n strings,
        those of leaves distinct and not empty. support (n,): NaN or 0..100, default none.

        Raises:
            DataError: the arrays differ in size, form no tree, or break a rule above.
        """
        above = np.asarray(parent, dtype=np.int32)
        lengths = np.asarray(length, dtype=np.float64)
        supports = np.full(len(above), np.nan) if support is None else np.asarray(support, float)
        _check_shape(above, lengths, names, supports)
        order = _checked_order(above)
        tree = cls(*arrays.take(Arrays(above, lengths, tuple(names), supports), order))
        _check_leaf_names(tree.leaf_names)
        return tree

    @classmethod
    def from_newick(cls, text: str) -> Tree:
        """The tree in Newick `text`; numbers at inner nodes are supports, absent lengths 0.

        Raises:
            DataError: the text is no single tree (line and column given), or leaf names are
                missing or double.
        """
        tree = cls(*newick.parse_newick(text))
        _check_leaf_names(tree.leaf_names)
        return tree

    def to_newick(self) -> str:
        """One line of Newick: supports (0..100) as inner labels, lengths in full precision."""
        return newick.format_newick(self._arrays, self.children)

    def to_skbio(self) -> skbio.TreeNode:
        """The tree as scikit-bio's TreeNode; supports go to the nodes' `support`."""
        from skbio import TreeNode

        nodes: list[Any] = []
        for node, below in enumerate(self.children):
            made = TreeNode(
                name=self.names[node] or None,
                length=None if node == self.root else float(self.length[node]),
                support=None if np.isnan(self.support[node]) else float(self.support[node]),
            )
            made.extend([nodes[child] for child in below], uncache=False)
            nodes.append(made)
        return nodes[-1]

    @property
    def _arrays(self) -> Arrays:
        return Arrays(self.parent, self.length, self.names, self.support)

    @property
    def root(self) -> int:
        """Index of the root: the last node."""
        return len(self.parent) - 1

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Children of every node, in drawing order (by index)."""
        return tuple(tuple(below) for below in arrays.children_of(self.parent))

    @cached_property
    def is_leaf(self) -> npt.NDArray[np.bool_]:
        """bool (n,): which nodes are leaves."""
        leaf = np.ones(len(self.parent), dtype=bool)
        leaf[self.parent[:-1]] = False
        leaf.flags.writeable = False
        return leaf

    @cached_property
    def leaves(self) -> npt.NDArray[np.int64]:
        """Indices of the leaves, in drawing order."""
        order = np.asarray(arrays.depth_first(self.children, self.root), dtype=np.int64)
        return order[self.is_leaf[order]]

    @cached_property
    def leaf_names(self) -> tuple[str, ...]:
        """Names of the leaves, in drawing order."""
        return tuple(self.names[leaf] for leaf in self.leaves)

    @property
    def n_leaves(self) -> int:
        """Number of leaves."""
        return int(self.is_leaf.sum())

    @property
    def is_rooted(self) -> bool:
        """Whether the root has fewer than three children (or the tree fewer than three leaves)."""
        return len(self.children[self.root]) < 3

    @cached_property
    def depth(self) -> npt.NDArray[np.float64]:
        """float64 (n,): path length from the root to each node."""
        depth = np.zeros(len(self.parent))
        for node in range(self.root - 1, -1, -1):
            depth[node] = depth[self.parent[node]] + self.length[node]
        depth.flags.writeable = False
        return depth

    def leafsets(self) -> npt.NDArray[np.bool_]:
        """bool (n, n_leaves): which leaves, in `leaf_names` order, are below each node."""
        below = np.zeros((len(self.parent), self.n_leaves), dtype=bool)
        below[self.leaves, np.arange(self.n_leaves)] = True
        for node, above in enumerate(self.parent[:-1]):
            below[above] |= below[node]
        return below

    def splits(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The inner branches: their nodes (s,), and bool (s, n_leaves), which leaves each parts.

        Columns are in `leaf_names` order; the leaf of smallest name is always on the False side.
        Of the two root branches of a rooted tree, one split, only the first is listed.
        """
        below = self.leafsets()
        size = below.sum(axis=1)
        inner = np.flatnonzero((size > 1) & (size < self.n_leaves - 1))
        first = min(range(self.n_leaves), key=self.leaf_names.__getitem__)
        sides = below[inner] ^ below[inner, first][:, None]
        _, kept = np.unique(np.packbits(sides, axis=1), axis=0, return_index=True)
        kept.sort()
        return inner[kept], sides[kept]

    def path_lengths(self) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
        """Leaf names and the (n_leaves, n_leaves) lengths of the paths between them."""
        flat = arrays.renumber(self._arrays)
        return self.leaf_names, rooting.leaf_distances(flat.parent, flat.length)

    def subset(self, names: Iterable[str]) -> Tree:
        """The tree of the leaves in `names`; paths between them stay as long as they were.

        Raises:
            DataError: a name is no leaf, or there is none.
        """
        keep = self._leaf_mask(names)
        pruned = arrays.prune(self._arrays, keep)
        return Tree(*(pruned if self.is_rooted else arrays.unroot(pruned)))

    def rename(self, names: Mapping[str, str] | Callable[[str], str]) -> Tree:
        """Leaves renamed by a mapping (missing names stay) or a function.

        Raises:
            DataError: two leaves would get the same name, or one none.
        """
        new = names if callable(names) else lambda name: names.get(name, name)
        renamed = [
            new(name) if leaf else name for name, leaf in zip(self.names, self.is_leaf, strict=True)
        ]
        tree = Tree(self.parent, self.length, tuple(renamed), self.support)
        _check_leaf_names(tree.leaf_names)
        return tree

    def ladderize(self, descending: bool = False) -> Tree:
        """Children ordered by number of leaves, fewest first (or last); equals stay in order."""
        counts = arrays.subtree_sums(self.parent, self.is_leaf.astype(np.int64))
        sign = -1 if descending else 1
        children = [sorted(below, key=lambda v: sign * counts[v]) for below in self.children]
        return Tree(*arrays.renumber(self._arrays, children))

    def collapse(self, min_support: float = 0.0, max_length: float = -1.0) -> Tree:
        """Without inner branches supported less than `min_support` or no longer than `max_length`.

        Their lengths go to the branches below, so every leaf stays as far from the root as it
        was. Branches without a support value stay. `collapse(max_length=0)` drops zero branches.
        """
        weak = (self.support < min_support) | (self.length <= max_length)
        weak &= ~self.is_leaf
        weak[self.root] = False
        return Tree(*arrays.contract(arrays.renumber(self._arrays), self._moved(weak)))

    def _moved(self, per_node: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """`per_node` in the depth-first order that `renumber` gives."""
        return per_node[arrays.depth_first(self.children, self.root)]

    def unroot(self) -> Tree:
        """The root of two children replaced by one of three or more, their branches joined."""
        return Tree(*arrays.unroot(arrays.suppress_unary(self._depth_first())))

    def _depth_first(self) -> Arrays:
        return arrays.renumber(self._arrays)

    def reroot(self, node: int, above: float | None = None) -> Tree:
        """A new root on the branch above `node`, `above` from it (default: halfway).

        Supports stay with their branches; a root of two children is dissolved.

        Raises:
            DataError: `node` is no node with a branch, or `above` is off the branch.
        """
        if not 0 <= node < self.root:
            raise DataError(f"can't root above node {node}: it has no branch")
        span = float(self.length[node])
        above = span / 2 if above is None else above
        if not min(0.0, span) <= above <= max(0.0, span):
            raise DataError(f"can't root {above} above node {node}: its branch is {span} long")
        return Tree(*arrays.reroot(self._arrays, node, above))

    def root_midpoint(self) -> Tree:
        """Rooted halfway along the longest path between two leaves."""
        return self._root_by(rooting.midpoint)

    def root_mad(self) -> Tree:
        """Rooted by minimal ancestor deviation (Tria, Landan & Dagan 2017)."""
        if self.n_leaves < 3:
            return self.root_midpoint()
        return self._root_by(rooting.minimal_ancestor_deviation)

    def _root_by(self, criterion: Callable[..., rooting.Position]) -> Tree:
        if self.n_leaves < 2:
            return self
        unrooted = self.unroot()
        position = criterion(unrooted.parent, unrooted.length)
        return unrooted.reroot(position.node, position.above)

    def root_outgroup(self, names: str | Iterable[str]) -> Tree:
        """Rooted halfway along the branch that parts the leaves `names` from all others.

        Raises:
            DataError: a name is no leaf, no leaf is left over, or the outgroup is no clade.
        """
        unrooted = self.unroot()
        members = unrooted._leaf_mask(names)
        if members.sum() == self.n_leaves:
            raise DataError("the outgroup holds every leaf; leave some out")
        position, strays = rooting.outgroup(unrooted.parent, unrooted.length, members)
        if strays.any():
            inside = [unrooted.names[node] for node in np.flatnonzero(strays)]
            raise DataError(
                f"the outgroup is no clade of this tree: {_quoted(inside)} would fall inside; "
                "name fewer models, or one"
            )
        return unrooted.reroot(position.node, position.above)

    def _leaf_mask(self, names: str | Iterable[str]) -> npt.NDArray[np.bool_]:
        wanted = {names} if isinstance(names, str) else set(names)
        unknown = wanted.difference(self.leaf_names)
        if unknown or not wanted:
            what = f"{_quoted(sorted(unknown))} not in the tree" if unknown else "no model named"
            raise DataError(
                f"{what}; its {self.n_leaves} leaves include {_quoted(self.leaf_names)}"
            )
        named = np.fromiter((name in wanted for name in self.names), bool, len(self.names))
        return named & self.is_leaf

    def with_support(self, counts: AlleleCounts, **options: Any) -> Tree:
        """This tree with support (percent) on its inner branches, by a bootstrap over genes.

        counts: what the tree's distances were made of. options: as of `TreeOptions`; `method` and
        `measure` are those the tree was made with, `replicates` is how many (default 1000).

        Raises:
            ConfigError: an unknown option's value.
            DataError: the tree's leaves are not the counts' models.
        """
        import phylolm

        return phylolm.with_support(self, counts, phylolm.TreeOptions(**options))

    def ascii(self, max_lines: int = 400) -> str:
        """A drawing in text, one line per node, names and supports only."""
        lines: list[str] = []
        stack = [(self.root, "", "")]
        shown = 0
        while stack and len(lines) < max_lines:
            node, lead, below_lead = stack.pop()
            shown += bool(self.is_leaf[node])
            lines.append(lead + self._caption(node))
            kids = self.children[node]
            for rank in range(len(kids) - 1, -1, -1):
                last = rank == len(kids) - 1
                stack.append(
                    (
                        kids[rank],
                        below_lead + ("└─ " if last else "├─ "),
                        below_lead + ("   " if last else "│  "),
                    )
                )
        if shown < self.n_leaves:
            lines.append(f"… and {self.n_leaves - shown} more leaves")
        return "\n".join(lines)

    def _caption(self, node: int) -> str:
        support = float(self.support[node])
        note = f"({support:.3g})" if support == support else ""
        return " ".join(filter(None, (self.names[node], note))) or "┐"

    def __repr__(self) -> str:
        kind = "rooted" if self.is_rooted else "unrooted"
        return f"<Tree of {self.n_leaves} leaves, {kind}: {_quoted(self.leaf_names)}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.ascii())}</pre>"


def _quoted(names: Sequence[str]) -> str:
    return listed(map(repr, names), 3)


def _check_shape(
    parent: npt.NDArray[np.int32],
    length: npt.NDArray[np.float64],
    names: Sequence[str],
    support: npt.NDArray[np.float64],
) -> None:
    n = len(parent)
    if n == 0:
        raise DataError("a tree needs at least one leaf")
    if not (parent.shape == length.shape == support.shape == (n,) and len(names) == n):
        raise DataError("parent, length, names and support of a tree must be of one size")
    if not np.isfinite(length).all():
        raise DataError(f"branch {int(np.argmin(np.isfinite(length)))} of the tree has no length")
    if ((support < 0) | (support > 100)).any():
        raise DataError("supports of a tree must lie between 0 and 100")


def _checked_order(parent: npt.NDArray[np.int32]) -> list[int]:
    n = len(parent)
    roots = np.flatnonzero(parent == NULL)
    if len(roots) != 1 or ((parent < NULL) | (parent >= n)).any():
        raise DataError(f"a tree needs one root and parents from 0 to {n - 1}")
    order = arrays.depth_first(arrays.children_of(parent), int(roots[0]))
    if len(order) != n:
        raise DataError("the parents of a tree's nodes run in a circle")
    return order


def _check_leaf_names(names: Sequence[str]) -> None:
    if "" in names:
        raise DataError("a leaf of the tree has no name")
    if len(set(names)) < len(names):
        seen: set[str] = set()
        double = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise DataError(f"leaf name {double!r} occurs twice in the tree")
