"""What changed in a tree when models joined, as a dated page of Markdown.

Here: supported branches of two trees side by side, and the page. Next door: `study` decides when
one is written, `compare` measures how much two trees differ.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import listed
from phylolm.files import read_text, write_text
from phylolm.report.content import nearest_kin
from phylolm.tree.tree import Tree

LEAST_SUPPORT = 70.0
_NAMES_SHOWN = 6


@dataclass(frozen=True)
class BranchChange:
    """A branch that is well supported in one of two trees only.

    side: the models on the side that lacks the first by name. before, after: its supports, None
    where the tree has no such branch.
    """

    side: tuple[str, ...]
    before: float | None
    after: float | None


def branch_changes(old: Tree, new: Tree, least: float = LEAST_SUPPORT) -> list[BranchChange]:
    """Branches between the models of both trees that have support in one tree and not the other.

    Models in one tree only are left out of the branches, not the branches with them.
    """
    shared = frozenset(old.leaf_names) & frozenset(new.leaf_names)
    before, after = _supports(old, shared), _supports(new, shared)
    changes = []
    for side in sorted(before.keys() | after.keys(), key=lambda names: (len(names), sorted(names))):
        one, other = before.get(side), after.get(side)
        if _is_high(one, least) != _is_high(other, least):
            changes.append(BranchChange(tuple(sorted(side)), one, other))
    return changes


def write_changes(
    folder: Path, today: datetime.date, old: Tree, new: Tree, distances: DistanceMatrix
) -> Path:
    """Write `changes-DATE.md`; a second change of the same day goes below the first."""
    path = folder / f"changes-{today.isoformat()}.md"
    earlier = read_text(path) if path.exists() else f"# Changes of {today.isoformat()}\n"
    section = describe(old, new, distances)
    if section not in earlier:  # a killed run may have written it already
        write_text(path, f"{earlier}\n{section}")
    return path


def describe(old: Tree, new: Tree, distances: DistanceMatrix) -> str:
    """Which models joined and left, the nearest kin of the new, which branches changed."""
    joined = [name for name in new.leaf_names if name not in old.leaf_names]
    gone = [name for name in old.leaf_names if name not in new.leaf_names]
    lines = [f"## {len(old.leaf_names)} → {len(new.leaf_names)} models", ""]
    lines += _joined_lines(sorted(joined), distances)
    if gone:
        lines += ["", f"Left the study: {', '.join(map(_cell, sorted(gone)))}."]
    lines += ["", *_branch_lines(branch_changes(old, new))]
    return "\n".join(lines) + "\n"


def _supports(tree: Tree, shared: frozenset[str]) -> Mapping[frozenset[str], float]:
    """The splits of the shared models and their supports; of branches that became one, the best."""
    unrooted = tree.unroot()
    nodes, sides = unrooted.splits()
    names = np.array(unrooted.leaf_names, dtype=object)
    first = min(shared, default="")
    found: dict[frozenset[str], float] = {}
    for node, side in zip(nodes.tolist(), sides, strict=True):
        here = frozenset(names[side]) & shared
        here = shared - here if first in here else here
        if 2 <= len(here) <= len(shared) - 2:
            found[here] = float(np.fmax(found.get(here, np.nan), unrooted.support[node]))
    return found


def _is_high(support: float | None, least: float) -> bool:
    return support is not None and support >= least


def _joined_lines(joined: Sequence[str], distances: DistanceMatrix) -> list[str]:
    lines = ["| new model | nearest kin | distance | standard error |", "|---|---|---|---|"]
    for row in nearest_kin(distances):
        if row.model in joined:
            error = "" if row.std_error is None else f"{row.std_error:.3f}"
            near = f"{max(row.distance, 0.0):.3f}"
            lines.append(f"| {_cell(row.model)} | {_cell(row.kin)} | {near} | {error} |")
    return lines


def _branch_lines(changes: Sequence[BranchChange]) -> list[str]:
    least = f"{LEAST_SUPPORT:.0f}"
    if not changes:
        return [f"No branch between the other models gained or lost support of {least}."]
    lines = [
        f"Branches between the other models that gained or lost support of {least}:",
        "",
        "| models on one side | support before | after |",
        "|---|---|---|",
    ]
    for each in changes:
        lines.append(f"| {_side(each.side)} | {_shown(each.before)} | {_shown(each.after)} |")
    return lines


def _side(names: Sequence[str]) -> str:
    return listed(map(_cell, names), _NAMES_SHOWN)


def _shown(support: float | None) -> str:
    if support is None:
        return "no such branch"
    return "none" if np.isnan(support) else f"{support:.0f}"


def _cell(name: str) -> str:
    """A name that stays in its cell and is no markup."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return "".join(f"\\{c}" if c in "\\|`*_[]<>" else c for c in plain)
