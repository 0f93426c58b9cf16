"""Licence terms along a line of descent, and where they were lost.

Here: what classes of terms licences have, and `lost_terms`. Next door: `lineage` has the lines.
This reads the names of licences, not their texts; it points at what a person should look at, and
is no legal advice.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phylolm.atlas.lineage import Lineage

_PERMISSIVE = re.compile(
    r"apache-2\.0|mit|bsd.*|cc-by-[0-9.]+|cc0-1\.0|unlicense|wtfpl|isc|artistic-2\.0|afl-3\.0"
    r"|ms-pl|zlib|bsl-1\.0|ecl-2\.0|postgresql|pddl|cdla-permissive.*|0bsd|openmdw.*"
)
_CLASSES = (
    ("non-commercial", re.compile(r".*(?:-nc(?:-|$)|non-?commercial|research).*")),
    ("share-alike", re.compile(r".*(?:-sa(?:-|$)).*|a?gpl(?:-.*)?|lgpl.*|osl-3\.0|eupl.*")),
    ("use-restricted", re.compile(
        r"(?:llama|gemma|qwen|deepseek|falcon|bigscience|bigcode|creativeml|.*openrail|lfm|tii|"
        r"nvidia|minimax|kimi|mistral|yi-license|cohere|exaone|hunyuan).*|.*community.*"
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Lost:
    """A model whose licence drops terms of an ancestor.

    path: from the model up to the ancestor. terms: the class lost. licences: of path's ends.
    """

    model: str
    ancestor: str
    terms: str
    licences: tuple[str, str]
    path: tuple[str, ...]


def terms(licence: str) -> tuple[str, ...]:
    """The classes of restricting terms a licence has; () for permissive or unknown ones.

    >>> terms("cc-by-nc-sa-4.0"), terms("mit"), terms("llama3.1")
    (('non-commercial', 'share-alike'), (), ('use-restricted',))
    """
    name = licence.lower()
    return tuple(kind for kind, pattern in _CLASSES if pattern.fullmatch(name))


def lost_terms(lineage: Lineage, licences: Mapping[str, str]) -> Iterator[Lost]:
    """Every model under a permissive licence below one with restricting terms.

    licences: model -> licence. One finding a model and class, the nearest such ancestor. A line
    ends at an ancestor under a permissive licence only for terms that ancestor itself dropped:
    both are reported, the descendant with its whole path.
    """
    for model in lineage.up:
        own = licences.get(model, "").lower()
        if not _PERMISSIVE.fullmatch(own):
            continue
        found: set[str] = set()
        for path in _lines_up(lineage, model):
            for kind in terms(licences.get(path[-1], "")):
                if kind not in found:
                    found.add(kind)
                    yield Lost(model, path[-1], kind, (own, licences[path[-1]]), path)


def _lines_up(lineage: Lineage, model: str) -> Iterator[tuple[str, ...]]:
    """The shortest line to each ancestor, nearest first."""
    waiting: deque[tuple[str, ...]] = deque([(model,)])
    seen = {model}
    while waiting:
        path = waiting.popleft()
        for edge in lineage.up.get(path[-1], ()):
            if edge.parent not in seen:
                seen.add(edge.parent)
                yield (*path, edge.parent)
                waiting.append((*path, edge.parent))
