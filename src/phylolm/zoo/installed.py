"""Text that every Python install carries: source, documentation, C headers.

Files are read in sorted order, so one machine always gives one text. Parts that some
distributions leave out (headers, tests) are replaced by what is there. `corpora` cuts the
pieces to size.
"""

from __future__ import annotations

import ast
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from random import Random

from phylolm.zoo import arithmetic

_LEFT_OUT = {
    "__pycache__", "ensurepip", "encodings", "idlelib", "lib2to3", "pydoc_data", "site-packages",
    "dist-packages", "test", "tests", "turtledemo", "lib-dynload",
}  # fmt: skip
_LONGEST = 1500
_SHORTEST = 60


def _library() -> Path:
    return Path(sysconfig.get_paths()["stdlib"])


def _sources(rng: Random) -> list[Path]:
    """Modules of the standard library in a seeded order, tests and tables left out."""
    library = _library()
    found = [
        path
        for path in sorted(library.rglob("*.py"))
        if not _LEFT_OUT.intersection(path.relative_to(library).parts)
    ]
    rng.shuffle(found)
    return found


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


def _pieces(text: str, boundary: str) -> Iterator[str]:
    """Cut at the boundary, and again at line ends where a part is too long."""
    for part in re.split(boundary, text):
        lines: list[str] = []
        length = 0
        for line in part.splitlines():
            if length > _LONGEST:
                yield "\n".join(lines)
                lines, length = [], 0
            lines.append(line)
            length += len(line) + 1
        if length >= _SHORTEST:
            yield "\n".join(lines).strip("\n")


def code(rng: Random) -> Iterator[str]:
    """Functions and classes of the standard library."""
    for path in _sources(rng):
        yield from _pieces(_read(path), r"\n(?=def |class |@)")


def _docstrings(rng: Random) -> Iterator[str]:
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Module)
    for path in _sources(rng):
        for node in ast.walk(ast.parse(_read(path))):
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text and len(text) >= 2 * _SHORTEST:
                yield text[:_LONGEST]


def _manual(rng: Random) -> Iterator[str]:
    """The language reference inside pydoc, and the licence."""
    from pydoc_data import topics

    texts = [topics.topics[name] for name in sorted(topics.topics)]
    texts += [_read(path) for path in sorted(_library().glob("LICENSE*"))]
    rng.shuffle(texts)
    for text in texts:
        yield from _pieces(text, r"\n\n\n")


def docs(rng: Random) -> Iterator[str]:
    """Documentation: a page of the manual, then a docstring, in turn."""
    manual, docstrings = _manual(rng), _docstrings(rng)
    for page in manual:
        yield page
        yield next(docstrings, page)
    yield from docstrings


def headers(rng: Random) -> Iterator[str]:
    """C headers of this Python, or made declarations where there are none."""
    paths = sorted(Path(sysconfig.get_paths()["include"]).rglob("*.h"))
    rng.shuffle(paths)
    for path in paths:
        yield from _pieces(_read(path), r"\n(?=#ifdef|#ifndef|/\* )")
    while True:
        yield arithmetic.declarations(rng)
