"""Newick text to a tree's arrays and back.

Here: the tokens shared with NEXUS, one parser, one writer. Next door: `tree` offers them as
`Tree.from_newick` and `Tree.to_newick`; `files` reads and writes files.

Labels are quoted with ' (doubled inside) unless they consist of ASCII letters, digits and
`. - + / @`. Underscores are quoted too, as strict readers turn unquoted ones into blanks; when
reading, an unquoted underscore stays an underscore, because models' names are full of them.
An unquoted number from 0 to 100 on an inner node is its branch's support, anything else a name.
A node with both is written `name:length[&support=95]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from phylolm.errors import DataError
from phylolm.tree.arrays import NULL, Arrays

_TOKEN = re.compile(
    r"(?P<mark>[(),:;])"
    r"|'(?P<quoted>(?:[^']|'')*+)'"
    r"|\[(?P<comment>[^\]]*)\]"
    r"|(?P<word>[^\s(),:;'\[\]][^\s(),:;\[\]]*)"
)
_SPACE = re.compile(r"\s*")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SAFE = re.compile(r"[A-Za-z0-9.\-+/@]+")
_SUPPORT = re.compile(r"(?:&.*\b(?:support|bootstrap|B)=)?([0-9.eE+-]+)(?:[,:].*)?", re.DOTALL)


class NewickToken(NamedTuple):
    """kind is mark, quoted, comment or word; [start, end) is its place in the text."""

    kind: str
    value: str
    start: int
    end: int


def tokens(text: str, start: int = 0) -> Iterator[NewickToken]:
    """Tokens of Newick or NEXUS text; DataError at an unclosed quote or bracket."""
    position = _skip(text, start)
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise DataError(f"unclosed or stray {text[position]} at {place(text, position)}")
        kind = str(match.lastgroup)
        value = match[kind].replace("''", "'") if kind == "quoted" else match[kind]
        yield NewickToken(kind, value, position, match.end())
        position = _skip(text, match.end())


def place(text: str, position: int) -> str:
    """Line and column, from 1, for a message."""
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def number(text: str) -> float | None:
    """The number `text` spells, or None; nan, inf and 1_0 are no numbers here."""
    return float(text) if _NUMBER.fullmatch(text) else None


def quote(name: str) -> str:
    """`name` as a Newick label that every reader takes for the same name."""
    return name if _SAFE.fullmatch(name) else quote_always(name)


def quote_always(name: str) -> str:
    """`name` in single quotes, quotes inside doubled."""
    return "'" + name.replace("'", "''") + "'"


def parse_newick(text: str) -> Arrays:
    """Arrays of the one tree in `text`, in depth-first order; absent lengths are 0.

    DataError names the line and column of the first mistake.
    """
    parser = _Parser(text)
    for token in tokens(text):
        parser.take(token)
    return parser.result()


class _Parser:
    """A stack of open parentheses; `current` is the node whose label and length come now."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parent: list[int] = []
        self.length: list[float] = []
        self.names: list[str] = []
        self.support: list[float] = []
        self.inner: list[bool] = []
        self.open: list[list[int]] = []
        self.current: int | None = None
        self.stage = "node"  # node, label, length, after (a length), end
        self.label_end = -1
        self.last = 0

    def take(self, token: NewickToken) -> None:
        self.last = token.start
        if token.kind == "comment":
            self._comment(token.value)
        elif self.stage == "end":
            raise self._error("text after the end of the tree; one tree is wanted")
        elif self.stage == "length":
            self._length(token)
        elif token.kind == "mark":
            self._mark(token.value)
        else:
            self._label(token)

    def result(self) -> Arrays:
        if self.stage == "node" and not self.parent:
            raise DataError("no tree in an empty text")
        if self.open or self.stage in ("node", "length"):
            self.last = len(self.text)
            raise self._error("the tree breaks off")
        length = np.asarray(self.length, dtype=np.float64)
        support = np.asarray(self.support, dtype=np.float64)
        length[-1], support[-1] = 0.0, np.nan
        parent = np.asarray(self.parent, dtype=np.int32)
        return Arrays(parent, length, tuple(self.names), support)

    def _mark(self, mark: str) -> None:
        if mark == "(":
            if self.stage != "node":
                raise self._error("( in the wrong place")
            self.open.append([])
        elif mark == ":":
            self._need_node()
            if self.stage == "after":
                raise self._error("a second branch length")
            self.stage = "length"
        elif mark == ",":
            self._close_node()
            self.current, self.stage = None, "node"
        elif mark == ")":
            self._close_node()
            self._new_node(inner=True)
        else:
            self._need_node()
            if self.open:
                raise self._error("; before all ( are closed")
            self.stage = "end"

    def _label(self, token: NewickToken) -> None:
        if self.stage == "node":
            self._new_node(inner=False)
        elif self.stage == "after":
            raise self._error("a label after the branch length")
        assert self.current is not None
        value = number(token.value) if token.kind == "word" else None
        if self.label_end >= 0:
            self._continue_label(token)
        elif self.inner[self.current] and _is_support(value):
            self.support[self.current] = float(token.value)
        else:
            self.names[self.current] = token.value
        self.label_end = token.end

    def _continue_label(self, token: NewickToken) -> None:
        """An unquoted label may hold blanks; anything else is two labels."""
        assert self.current is not None
        gap = self.text[self.label_end : token.start]
        if not (gap.isspace() and token.kind == "word" and self.names[self.current]):
            raise self._error("a second label")
        self.names[self.current] += gap + token.value

    def _length(self, token: NewickToken) -> None:
        value = number(token.value) if token.kind == "word" else None
        if value is None or not np.isfinite(value):
            raise self._error(f"{token.value!r} is no branch length")
        assert self.current is not None
        self.length[self.current] = value
        self.stage = "after"

    def _comment(self, text: str) -> None:
        match = _SUPPORT.fullmatch(text)
        value = number(match[1]) if match else None
        if self.current is not None and self.inner[self.current] and _is_support(value):
            self.support[self.current] = float(value or 0.0)

    def _need_node(self) -> None:
        if self.current is None:
            raise self._error("a leaf without a name")

    def _close_node(self) -> None:
        self._need_node()
        if not self.open:
            raise self._error(") or , outside all parentheses")
        assert self.current is not None
        self.open[-1].append(self.current)

    def _new_node(self, inner: bool) -> None:
        self.current = len(self.parent)
        if inner:
            for child in self.open.pop():
                self.parent[child] = self.current
        self.parent.append(NULL)
        self.length.append(0.0)
        self.names.append("")
        self.support.append(np.nan)
        self.inner.append(inner)
        self.stage, self.label_end = "label", -1

    def _error(self, what: str) -> DataError:
        return DataError(f"{what} at {place(self.text, self.last)}")


def _is_support(value: float | None) -> bool:
    return value is not None and 0.0 <= value <= 100.0


def format_newick(
    arrays: Arrays,
    children: Sequence[Sequence[int]],
    quoting: Callable[[str], str] = quote,
) -> str:
    """The tree as one line ending in a semicolon."""
    root = len(arrays.parent) - 1
    after = [_after_node(arrays, node, not children[node], quoting) for node in range(root + 1)]
    pieces: list[str] = []
    stack: list[int | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
        elif not children[item]:
            pieces.append(after[item])
        else:
            stack.append(")" + after[item])
            for child in reversed(children[item]):
                stack.extend((child, ","))
            stack[-1] = "("
    return "".join(pieces) + ";"


def _after_node(arrays: Arrays, node: int, is_leaf: bool, quoting: Callable[[str], str]) -> str:
    name, support = arrays.names[node], float(arrays.support[node])
    looks_like_support = not is_leaf and number(name) is not None
    label = (quote_always if looks_like_support else quoting)(name) if name else ""
    if not name and support == support:
        label = f"{support:.6g}"
    if node == len(arrays.parent) - 1:
        return label
    note = f"[&support={support:.6g}]" if name and support == support else ""
    return f"{label}:{float(arrays.length[node])!r}{note}"
