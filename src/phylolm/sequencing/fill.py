"""Sequencing: from models and a genome to parts in a bank.

Here: the plan (which genes and draws are missing) and its execution, one part a gene batch.
Next door: `models` runs the models, `stream` keeps what remote ones answer, `bank` keeps the
parts.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from phylolm import defaults
from phylolm.bank import parts
from phylolm.bank.bank import Bank
from phylolm.bank.parts import PartHeader
from phylolm.errors import ConfigError, DataError, PhylolmError
from phylolm.genome import alleles
from phylolm.genome.genome import Gene, Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import (
    AlleleDistribution,
    Backend,
    ModelSpec,
    Remote,
    ReportsDistributions,
    SamplingSettings,
    WeightedProbe,
    settle,
)
from phylolm.models.spec import open_model, parse
from phylolm.sequencing.stream import GENES_PER_WRITE, AnswerBuffer, Answers
from phylolm.version import __version__

_log = logging.getLogger(__name__)

GENES_PER_PART = 64
"""A part is what a killed run loses: seconds of work, yet few enough files."""

Progress = Callable[[str, int, int], None]
"""Called with (model, genes done, genes in all)."""


@dataclass(frozen=True)
class SequencingOptions:
    """probes: per gene. seed: of the draws. exact: the distribution itself, not samples,
    up to `epsilon` of its mass, for alleles of `length` characters. limits: of remote models."""

    probes: int = defaults.PROBES
    seed: int = 0
    exact: bool = False
    epsilon: float = defaults.EPSILON
    length: int = alleles.DEFAULT_LENGTH
    settings: SamplingSettings = SamplingSettings()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Unit:
    """One part's worth of work: some genes, one draw range."""

    genes: tuple[Gene, ...]
    draws: range


def sequence(
    bank: Bank,
    models: Sequence[str | ModelSpec],
    genome: Genome,
    options: SequencingOptions | None = None,
    progress: Progress | None = None,
) -> dict[str, PhylolmError]:
    """Sample what the bank lacks of each model. Returns the models that failed, with why.

    One model's failure never stops the others. Raises ConfigError, before anything is sampled,
    for a spec that can't be read and for two models of one name.
    """
    specs = read_specs(models)
    bank.add_genome(genome)
    failed: dict[str, PhylolmError] = {}
    for spec in specs:
        try:
            sequence_model(bank, open_model(spec), spec, genome, options, progress)
        except PhylolmError as error:
            failed[spec.name] = error
    return failed


def read_specs(models: Sequence[str | ModelSpec]) -> list[ModelSpec]:
    """Parsed specs. Raises ConfigError for one that can't be read, and for two of one name."""
    specs = [parse(model) if isinstance(model, str) else model for model in models]
    _check_names(specs)
    return specs


def _check_names(specs: Sequence[ModelSpec]) -> None:
    taken: dict[str, str] = {}
    for spec in specs:
        if spec.name in taken and taken[spec.name] != spec.text:
            raise ConfigError(
                f"{taken[spec.name]} and {spec.text} are both called {spec.name}: "
                f"name one of them, as in NAME={spec.backend}:{spec.target}"
            )
        taken[spec.name] = spec.text


def sequence_model(
    bank: Bank,
    backend: Backend,
    spec: ModelSpec,
    genome: Genome,
    options: SequencingOptions | None = None,
    progress: Progress | None = None,
) -> None:
    """Sample what the bank lacks of one open model, a part at a time."""
    options = settled(backend, options or SequencingOptions())
    units = list(missing_units(bank, backend, genome, options))
    done = len(genome) - sum(len(unit.genes) for unit in units)

    def finished(genes: int) -> None:
        nonlocal done
        done += genes
        if progress:
            progress(backend.name, done, len(genome))

    finished(0)
    if options.exact and isinstance(backend, ReportsDistributions):
        for unit in joined(units):
            collect_exact(bank, backend, spec, unit, options, finished)
        return
    if isinstance(backend, Remote) and not options.exact:
        for unit in joined(units):
            collect(bank, backend, spec, unit, options, finished)
        return
    for unit in units:
        bank.add_part(header_of(backend, spec, unit, options), _answer(backend, unit, options))
        finished(len(unit.genes))


def settled(backend: Backend, options: SequencingOptions) -> SequencingOptions:
    """The options with the settings that this backend samples under."""
    return replace(options, settings=settle(backend, options.settings))


def missing_units(
    bank: Bank | None, backend: Backend, genome: Genome, options: SequencingOptions
) -> Iterator[Unit]:
    """The work left, in batches fixed by the genome so that a rerun makes the same parts."""
    held = {} if bank is None else _draws_held(bank, backend, options)
    wanted = 1 if options.exact else options.probes
    for start in range(0, len(genome), GENES_PER_PART):
        batch = genome.genes[start : start + GENES_PER_PART]
        for have in sorted({held.get(gene.id, 0) for gene in batch}):
            genes = tuple(gene for gene in batch if held.get(gene.id, 0) == have)
            if have < wanted:
                yield Unit(genes, range(have, wanted))


def joined(units: Sequence[Unit]) -> list[Unit]:
    """All genes of one draw range together: a server is asked without a pause between batches."""
    genes: dict[range, list[Gene]] = {}
    for unit in units:
        genes.setdefault(unit.draws, []).extend(unit.genes)
    return [Unit(tuple(each), draws) for draws, each in genes.items()]


def collect(
    bank: Bank,
    backend: Remote,
    spec: ModelSpec,
    unit: Unit,
    options: SequencingOptions,
    finished: Callable[[int], None],
) -> None:
    """Keep a remote model's answers as they come, whatever ends the run."""

    def keep(genes: Sequence[Gene], draws: range, answers: Answers, served: set[str]) -> None:
        header = header_of(backend, spec, Unit(tuple(genes), draws), options)
        provenance = {"phylolm": __version__, "served": sorted(served)}
        bank.add_part(replace(header, provenance=provenance), columns_of(genes, draws, answers))

    prompts = [gene.text for gene in unit.genes]
    basket = AnswerBuffer(unit.genes, unit.draws, keep)
    pieces = backend.stream(prompts, len(unit.draws), options.settings, options.limits)
    before = _served_before(bank, backend)
    try:
        for piece in pieces:
            if before and piece.served not in before:
                _log.warning(
                    "%s: the server says it is %r; when it was sampled before it was %r",
                    *(backend.name, piece.served, max(before)),
                )
                before = set()
            finished(basket.take(piece))
    except BaseException:
        for piece in pieces.rest():
            basket.add(piece)
        raise
    finally:
        basket.empty()


def collect_exact(
    bank: Bank,
    backend: ReportsDistributions,
    spec: ModelSpec,
    unit: Unit,
    options: SequencingOptions,
    finished: Callable[[int], None],
) -> None:
    """Keep the distributions that a remote model's probabilities give, whatever ends the run.

    What is known of genes that were begun is kept as a coarser distribution, which says how much is
    missing; the next run makes the finer one.
    """

    def keep(found: list[AlleleDistribution], asked: SequencingOptions) -> None:
        if not found:
            return
        genes = tuple(unit.genes[each.place] for each in found)
        header = header_of(backend, spec, Unit(genes, unit.draws), asked)
        served = sorted({name for each in found for name in each.served})
        provenance = {"phylolm": __version__, "served": served}
        rows = _weighted_columns(genes, [each.probes for each in found])
        bank.add_part(replace(header, provenance=provenance), rows)

    prompts = [gene.text for gene in unit.genes]
    asking = backend.distributions(
        prompts, options.settings, options.epsilon, options.length, options.limits
    )
    waiting: list[AlleleDistribution] = []
    unfinished: list[AlleleDistribution] = []
    try:
        for stated in asking:
            waiting.append(stated)
            finished(1)
            if len(waiting) >= GENES_PER_WRITE:
                keep(waiting, options)
                waiting = []
    except BaseException:
        unfinished = list(asking.rest())
        raise
    finally:
        _keep_all(keep, [(waiting, options), *(([s], _coarser(options, s)) for s in unfinished)])


def _keep_all(
    keep: Callable[[list[AlleleDistribution], SequencingOptions], None],
    found: Sequence[tuple[list[AlleleDistribution], SequencingOptions]],
) -> None:
    """Raises DataError saying how much could not be written."""
    problem, lost = None, 0
    for each, asked in found:
        try:
            keep(each, asked)
        except DataError as error:
            problem, lost = error, lost + len(each)
    if problem is not None:
        raise DataError(
            f"{problem}; the distributions of {lost} genes that had come are lost: make room, then "
            "run again"
        ) from None


def _coarser(options: SequencingOptions, stated: AlleleDistribution) -> SequencingOptions:
    """Options whose epsilon is what a gene lacks; never the epsilon asked for."""
    lacking = min(1.0, math.ceil(100 * stated.missing) / 100)
    return replace(options, epsilon=max(lacking, 2 * options.epsilon))


def _served_before(bank: Bank, backend: Backend) -> set[str]:
    """What the server called itself in the bank's parts of this model."""
    mine = (p.header for p in bank.parts_of(backend.name) if p.header.revision == backend.revision)
    return {str(name) for header in mine for name in header.provenance.get("served", ())}


def _draws_held(bank: Bank, backend: Backend, options: SequencingOptions) -> dict[str, int]:
    """How many draws of each gene are in the bank already, counted from 0 without gaps."""
    asked = header_of(backend, None, Unit((), range(0)), options)
    ranges: dict[str, list[tuple[int, int]]] = {}
    for part in bank.parts_of(backend.name):
        have = part.header
        same = (have.model, have.revision, have.settings, have.kind) == (
            asked.model,
            asked.revision,
            asked.settings,
            asked.kind,
        )
        if same and (have.length, have.epsilon) == (asked.length, asked.epsilon):
            for gene in have.genes:
                ranges.setdefault(gene, []).append((have.first, have.stop))
    return {gene: _contiguous(held) for gene, held in ranges.items()}


def _contiguous(ranges: Sequence[tuple[int, int]]) -> int:
    reached = 0
    for first, stop in sorted(ranges):
        if first <= reached:
            reached = max(reached, stop)
    return reached


def header_of(
    backend: Backend, spec: ModelSpec | None, unit: Unit, options: SequencingOptions
) -> PartHeader:
    """The header of the part that answers a unit of work."""
    return PartHeader(
        model=backend.name,
        revision=backend.revision,
        spec=spec.text if spec else "",
        kind=parts.EXACT if options.exact else parts.SAMPLED,
        settings=asdict(options.settings),
        genes=tuple(gene.id for gene in unit.genes),
        first=unit.draws.start,
        stop=unit.draws.stop,
        length=options.length if options.exact else None,
        epsilon=options.epsilon if options.exact else None,
        provenance={"phylolm": __version__, "seed": options.seed},
    )


def _answer(backend: Backend, unit: Unit, options: SequencingOptions) -> dict[str, list[Any]]:
    prompts = [gene.text for gene in unit.genes]
    if options.exact:
        answers = backend.exact(prompts, options.settings, options.epsilon, options.length)
        return _weighted_columns(unit.genes, answers)
    sampled = backend.sample(prompts, unit.draws, options.settings, options.seed)
    return columns_of(unit.genes, unit.draws, sampled)


def _weighted_columns(
    genes: Sequence[Gene], answers: Sequence[Sequence[WeightedProbe]]
) -> dict[str, list[Any]]:
    """The rows of an exact part."""
    columns: dict[str, list[Any]] = {name: [] for name in parts.SCHEMA.names}
    for gene, alternatives in zip(genes, answers, strict=True):
        for draw, each in enumerate(alternatives):
            _append(columns, gene.id, draw, each.text, each.ended, each.probability)
    return columns


def columns_of(genes: Sequence[Gene], draws: range, answers: Answers) -> dict[str, list[Any]]:
    """The rows of a sampled part."""
    columns: dict[str, list[Any]] = {name: [] for name in [*parts.SCHEMA.names, parts.RAW.name]}
    for gene, probes in zip(genes, answers, strict=True):
        for draw, probe in zip(draws, probes, strict=True):
            _append(columns, gene.id, draw, probe.text, probe.ended, None, probe.raw)
    return columns


def _append(columns: dict[str, list[Any]], *row: object) -> None:
    for name, value in zip(columns, row, strict=True):
        columns[name].append(value)
