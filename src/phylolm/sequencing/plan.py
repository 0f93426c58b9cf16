"""What a run will take, before it takes anything: probes, calls, tokens, dollars.

Here: `plan`, and `check` against a budget. Next door: `fill` does what is planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from phylolm.errors import ConfigError, PhylolmError
from phylolm.genome.genome import Genome
from phylolm.models.protocol import Backend, Estimate, ModelSpec, Remote, ReportsDistributions
from phylolm.models.spec import open_model
from phylolm.sequencing.fill import (
    SequencingOptions,
    Unit,
    joined,
    missing_units,
    read_specs,
    settled,
)

if TYPE_CHECKING:
    from phylolm.bank.bank import Bank


@dataclass(frozen=True)
class Planned:
    """What one model lacks, and what that will take. problem: why it can't be opened."""

    model: str
    genes: int = 0
    probes: int = 0
    remote: bool = False
    estimate: Estimate = Estimate()
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """For JSON. Of a model with a problem nothing is known."""
        return asdict(self) | ({"estimate": None} if self.problem else {})


def plan(
    bank: Bank | None,
    models: Sequence[str | ModelSpec],
    genome: Genome,
    options: SequencingOptions,
) -> list[Planned]:
    """What the bank lacks of each model; None is a bank that isn't there. Servers are asked
    nothing."""
    planned = []
    for spec in read_specs(models):
        try:
            planned.append(_plan_model(bank, open_model(spec), genome, options))
        except PhylolmError as error:
            planned.append(Planned(spec.name, problem=str(error)))
    return planned


def _plan_model(
    bank: Bank | None, backend: Backend, genome: Genome, options: SequencingOptions
) -> Planned:
    options = settled(backend, options)
    units = joined(list(missing_units(bank, backend, genome, options)))
    genes = sum(len(unit.genes) for unit in units)
    probes = sum(len(unit.genes) * len(unit.draws) for unit in units)
    if not isinstance(backend, Remote):
        return Planned(backend.name, genes, probes)
    found = [_estimate(backend, unit, options) for unit in units]
    return Planned(backend.name, genes, probes, True, total(found))


def _estimate(backend: Remote, unit: Unit, options: SequencingOptions) -> Estimate:
    prompts, limits = [gene.text for gene in unit.genes], options.limits
    if options.exact and isinstance(backend, ReportsDistributions):
        return backend.estimate_exact(prompts, options.settings, limits)
    return backend.estimate(prompts, len(unit.draws), options.settings, limits)


def total(estimates: Sequence[Estimate]) -> Estimate:
    """All of them together; the cost is unknown if one is."""
    costs = [each.cost for each in estimates]
    known = [cost for cost in costs if cost is not None]
    return Estimate(
        (sum(each.calls[0] for each in estimates), sum(each.calls[1] for each in estimates)),
        (sum(each.tokens[0] for each in estimates), sum(each.tokens[1] for each in estimates)),
        sum(known) if len(known) == len(costs) else None,
    )


def check(planned: Sequence[Planned], options: SequencingOptions) -> None:
    """Raise ConfigError if the plan can't be done within the budget, before anything is spent."""
    budget, whole = options.limits.budget, total([each.estimate for each in planned])
    least = whole.calls[0]
    if budget.max_calls is not None and least > budget.max_calls:
        raise ConfigError(
            f"{least:,} calls are needed at least, {budget.max_calls:,} are allowed: raise "
            "--max-calls, or sample fewer --genes or --probes"
        )
    if budget.max_cost is not None and whole.cost is not None and whole.cost > budget.max_cost:
        raise ConfigError(
            f"this may cost ${whole.cost:,.2f}, ${budget.max_cost:,.2f} are allowed: raise "
            "--max-cost, or sample fewer --genes or --probes"
        )
