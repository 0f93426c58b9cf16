"""Adaptive depth: as many probes as each model needs, sampled in rounds.

Here: the rounds. Next door: `study` says what a round samples and how far off distances are.

After each round all distances are looked at anew, with all probes there are. A model whose
distances all have a standard error under the bound gets no more; the others get another round,
until they have as many as they may. Draw ranges are part of a bank's keys, so rounds add up and a
rerun goes on where the last one stopped.

Standard errors come from a jackknife over genes. More probes make the part of them smaller that
comes from sampling, not the part that comes from genes being different; for that a study needs
more genes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from phylolm.bank.bank import Bank
from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import PhylolmError
from phylolm.genome.genome import Genome
from phylolm.sequencing.engines import Opened
from phylolm.sequencing.fill import SequencingOptions, missing_units, settled

ROUND = 8
"""Probes of each gene in a round."""


@dataclass(frozen=True)
class Depths:
    """How deep models were sampled. probes: model -> probes of each gene. most: the limit."""

    probes: Mapping[str, int]
    most: int
    genes: int

    @property
    def saved(self) -> int:
        """Probes not sampled that a fixed number would have taken."""
        return sum(self.most - depth for depth in self.probes.values()) * self.genes

    @property
    def share_saved(self) -> float:
        """`saved` as a part of what a fixed number would have taken."""
        fixed = self.most * self.genes * len(self.probes)
        return self.saved / fixed if fixed else 0.0


def fill_in_rounds(
    models: Sequence[Opened],
    bound: float,
    most: int,
    fill: Callable[[Sequence[Opened], int], dict[str, PhylolmError]],
    depth: Callable[[Opened], int],
    errors: Callable[[], Mapping[str, float]],
) -> dict[str, PhylolmError]:
    """Sample until every model's `errors` are at most `bound`, or it has `most` probes.

    fill: samples models up to a number of probes and gives those that failed. depth: how many
    probes a model has of every gene. errors: model -> greatest standard error of its distances.
    """
    failed = fill([model for model in models if depth(model) < ROUND], min(ROUND, most))
    while True:
        known = errors()
        open_ones = [model for model in models if model.spec.name not in failed]
        needy = [m for m in open_ones if not known.get(m.spec.name, math.inf) <= bound]
        targets = {id(m): _next_depth(depth(m), most) for m in needy if depth(m) < most}
        if not targets:
            return failed
        for target in sorted(set(targets.values())):
            failed |= fill([m for m in needy if targets.get(id(m)) == target], target)


def depth_in(bank: Bank, model: Opened, genome: Genome, options: SequencingOptions) -> int:
    """Whole rounds that a bank holds of every gene of a model, in probes of a gene."""
    options, reached = settled(model.backend, options), 0
    while reached < options.probes:
        target = _next_depth(reached, options.probes)
        if any(missing_units(bank, model.backend, genome, replace(options, probes=target))):
            break
        reached = target
    return reached


def greatest_errors(matrix: DistanceMatrix) -> dict[str, float]:
    """Model -> greatest standard error of its distances to the others."""
    if matrix.std_error is None or len(matrix) < 2:
        return {}
    errors = matrix.std_error.copy()
    errors[range(len(errors)), range(len(errors))] = 0.0
    return dict(zip(matrix.names, errors.max(axis=1).tolist(), strict=True))


def _next_depth(depth: int, most: int) -> int:
    return min((depth // ROUND + 1) * ROUND, most)
