"""Every kind of text a zoo is raised on, cut to size and split into training and held-out.

Here: the table `CORPORA` and `build`. Next door: `installed` reads what Python carries;
`grammar`, `languages` and `arithmetic` make the rest; `vocabulary` turns it all into numbers.
The same seed gives the same text on one Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from phylolm.zoo import arithmetic, grammar, installed, languages

Documents = Callable[[Random], Iterator[str]]

_HELD_OUT = 12  # every twelfth document is never trained on


@dataclass(frozen=True)
class Corpus:
    """Documents of one kind."""

    train: list[str]
    held_out: list[str]


def _endless(make: Callable[[Random], str], rng: Random) -> Iterator[str]:
    while True:
        yield make(rng)


def _made(make: Callable[[Random], str]) -> Documents:
    return partial(_endless, make)


def _written(rules: grammar.Rules, shortest: int, longest: int) -> Documents:
    return _made(lambda rng: grammar.document(rules, rng, shortest, longest))


CORPORA: dict[str, Documents] = {
    "code": installed.code,
    "docs": installed.docs,
    "headers": installed.headers,
    "markup": _made(arithmetic.markup),
    "math": _made(arithmetic.problem),
    "stories": _written(grammar.STORIES, 5, 14),
    "essays": _written(grammar.ESSAYS, 4, 10),
    "dialogue": _written(grammar.DIALOGUE, 1, 6),
    **{name: _written(rules, 3, 10) for name, rules in languages.TONGUES.items()},
    "veshan": _made(languages.Veshan().document),
    "tolu": _made(languages.Tolu().document),
}


def build(name: str, seed: int, characters: int) -> Corpus:
    """Documents of one kind until there are enough characters, or no more documents."""
    rng = Random(f"{seed}-{name}")
    train: list[str] = []
    held_out: list[str] = []
    total = 0
    for number, text in enumerate(CORPORA[name](rng)):
        (held_out if number % _HELD_OUT == _HELD_OUT - 1 else train).append(text)
        total += len(text)
        if total >= characters:
            break
    return Corpus(train, held_out)
