"""A tree as plain text for a terminal: branches to scale, one line a leaf."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from phylolm.figures.layout import children_of, depths, leaf_order
from phylolm.tree.tree import Tree

_NARROWEST = 20


def ascii_tree(tree: Tree, width: int = 80) -> str:
    """Draw a tree in box characters; no line is wider than `width` columns (at least 20).

    Names stand on the right and a scale bar below. A branch takes at least one column; where
    the tree is too deep for that, branches that round to none are drawn as part of the node
    above them.

    >>> from phylolm.tree.tree import Tree
    >>> print(ascii_tree(Tree.from_newick("((a:1,b:2):1,c:3);"), 24))
    ┬──────┬────── a
    │      └───────────── b
    └──────────────────── c
    ├──────┤ 1
    """
    children = children_of(tree)
    leaves = leaf_order(children)
    width = max(width, _NARROWEST)
    names = {leaf: _shorten(tree.names[leaf], width // 2) for leaf in leaves}
    depth = depths(tree)
    scale = _scale(depth, leaves, names, width)
    column = _columns_of(tree, depth * scale, least=1)
    if any(column[leaf] + 2 + columns(name) > width for leaf, name in names.items()):
        column = _columns_of(tree, depth * scale, least=0)
    grid = _draw(children, leaves, column)
    rows = [f"{line} {names[leaf]}" for line, leaf in zip(grid, leaves, strict=True)]
    return "\n".join([*rows, *_scale_bar(scale, width)])


def columns(text: str) -> int:
    """Terminal columns a text takes: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _shorten(name: str, limit: int) -> str:
    """One line of at most `limit` columns, the middle left out."""
    line = "".join(c if c.isprintable() else "\ufffd" for c in name)
    if columns(line) <= limit:
        return line
    head, tail = "", ""
    while columns(head) + 2 <= limit // 2:
        head += line[len(head)]
    while columns(head) + columns(tail) + 3 <= limit:
        tail = line[-len(tail) - 1] + tail
    return f"{head}\u2026{tail}"


def _scale(depth: np.ndarray, leaves: Sequence[int], names: dict[int, str], width: int) -> float:
    """Columns per unit of length so that each tip leaves room for its own name."""
    scales = [(width - 3 - columns(names[leaf])) / depth[leaf] for leaf in leaves if depth[leaf]]
    return max(min(scales, default=1.0), 1e-9)


def _columns_of(tree: Tree, ideal: np.ndarray, least: int) -> list[int]:
    """The column of each node: its depth to scale, `least` columns or more after its parent."""
    column = [0] * len(tree.names)
    inner = set(tree.parent.tolist())
    for node in range(len(column) - 2, -1, -1):
        after = column[tree.parent[node]] + (least if node in inner else 1)
        column[node] = max(after, round(float(ideal[node])))
    return column


def _draw(
    children: Sequence[Sequence[int]], leaves: Sequence[int], column: Sequence[int]
) -> list[str]:
    row = {leaf: i for i, leaf in enumerate(leaves)}
    for node, below in enumerate(children):
        if below:
            row[node] = row[below[0]]
    grid = [[" "] * (column[leaf] + 1) for leaf in leaves]
    for node in range(len(children) - 1, -1, -1):
        for child in children[node]:
            _draw_branch(grid[row[child]], column[node], column[child])
        _draw_bar(grid, column[node], row[node], [row[child] for child in children[node]])
    return ["".join(line) for line in grid]


def _draw_branch(line: list[str], start: int, end: int) -> None:
    for x in range(start + 1, end + 1):
        line[x] = "─"


_JOINS = {
    (False, True): "┬", (True, True): "├", (True, False): "└", (False, False): "─",
}  # fmt: skip


def _draw_bar(grid: list[list[str]], x: int, top: int, rows: Sequence[int]) -> None:
    """The vertical line at a node, joined to the rows of its children."""
    if not rows:
        return
    for y in range(top, rows[-1] + 1):
        if y in rows:
            from_above = y > top or grid[y][x] in "├└│"
            to_below = y < rows[-1] or grid[y][x] in "├┬│"
            grid[y][x] = _JOINS[from_above, to_below]
        elif grid[y][x] == " ":
            grid[y][x] = "│"


def _scale_bar(scale: float, width: int) -> list[str]:
    if not 1e-8 < scale < 1e8:
        return []
    power = 10.0 ** np.floor(np.log10(width * 0.4 / scale))
    steps = [step * power for step in (1, 2, 5) if round(step * power * scale) <= width * 0.5]
    length = max(steps, default=power)
    return [f"├{'─' * max(round(length * scale) - 1, 0)}┤ {length:g}"]
