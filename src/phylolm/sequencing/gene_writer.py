"""Genes written by models, each from an empty prompt.

Next door: `phylolm.genome.build` cuts genes from documents.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from phylolm.errors import DataError
from phylolm.genome.build import LONGEST, SHORTEST, cut
from phylolm.genome.genome import Gene
from phylolm.models.protocol import Backend, SamplingSettings


def genes_from_models(
    models: Sequence[Backend],
    size: int,
    seed: int = 0,
    taken: Iterable[str] = (),
) -> list[Gene]:
    """`size` distinct genes, each written by one of the models from an empty prompt.

    Raises DataError when the models keep saying the same or nothing.
    """
    rng = random.Random(seed)
    seen = set(taken)
    genes: list[Gene] = []
    for round_ in range(20):
        for text, name in _written(models, size - len(genes), rng, seed + round_):
            if text not in seen:
                seen.add(text)
                genes.append(Gene(text, f"written by {name}"))
        if len(genes) >= size:
            return genes[:size]
    raise DataError(f"the models wrote {len(genes)} distinct genes; {size} asked for")


def _written(
    models: Sequence[Backend], size: int, rng: random.Random, seed: int
) -> Iterator[tuple[str, str]]:
    """Texts grown a few characters at a time, each by a model chosen at random."""
    lengths = {
        model.name: [rng.randint(SHORTEST, LONGEST) for _ in range(size)] for model in models
    }
    share = [rng.choice(models) for _ in range(size)]
    for model in models:
        mine = [lengths[model.name][i] for i, chosen in enumerate(share) if chosen is model]
        for text, length in zip(
            _grow(model, max(mine, default=0), len(mine), seed), mine, strict=True
        ):
            gene = cut(text, min(length, len(text) - 1)) if len(text) > SHORTEST else None
            if gene is not None:
                yield gene, model.name


def _grow(model: Backend, length: int, number: int, seed: int) -> list[str]:
    """`number` texts of at least `length` characters, or as long as the model makes them."""
    if number == 0:
        return []
    settings = SamplingSettings()
    texts = [probe.text for probe in model.sample([""], range(number), settings, seed)[0]]
    growing = set(range(number))
    for step in range(LONGEST):
        growing = {i for i in growing if texts[i].strip() and len(texts[i]) <= length}
        alike = Counter(texts[i] for i in growing)
        if not alike:
            break
        draws = range(step * number, step * number + max(alike.values()))
        answers = dict(zip(alike, model.sample(list(alike), draws, settings, seed), strict=True))
        for i in sorted(growing):
            probe = answers[texts[i]].pop()
            texts[i] += probe.text
            if probe.ended:
                growing.discard(i)
    return texts
