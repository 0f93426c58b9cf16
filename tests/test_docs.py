"""What README and docs show can be run: Python snippets, and the doctests of the package."""

import ast
import doctest
import importlib
import re
from pathlib import Path

import pytest

import phylolm

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if "generated" not in p.parts),
]
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
SOURCES = ROOT / "src" / "phylolm"
WITH_DOCTESTS = [path for path in sorted(SOURCES.rglob("*.py")) if ">>> " in path.read_text()]


def imported(code):
    """(module, name) of every import from phylolm in a piece of code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("phylolm"):
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_snippets_name_what_there_is(page):
    for code in SNIPPET.findall(page.read_text(encoding="utf-8")):
        for module, name in imported(code):
            assert hasattr(importlib.import_module(module), name), (module, name)
        for name in re.findall(r"\bpl\.(\w+)", code):
            assert name in phylolm.__all__, name


def test_some_pages_have_snippets():
    assert sum(bool(SNIPPET.search(page.read_text(encoding="utf-8"))) for page in PAGES) >= 2


@pytest.mark.parametrize("path", WITH_DOCTESTS, ids=lambda path: path.stem)
def test_doctests(path):
    name = ".".join(("phylolm", *path.relative_to(SOURCES).with_suffix("").parts))
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted and not done.failed
