"""The work of filling a bank, cut into pieces that other processes can do.

Here: `Job`, one model and one batch of genes, which becomes one part of the bank; doing one;
filling a bank through whatever runs jobs. Next door: `on_submitit` and `on_ray` run them.

A job looks for itself at what the bank lacks and writes its part straight into it, so a job that
is done twice adds nothing and one that died can simply be done again. All workers must reach the
bank's folder and the models under the same paths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from phylolm.bank.bank import Bank
from phylolm.errors import BackendError, PhylolmError
from phylolm.genome.genome import Genome
from phylolm.models.protocol import Backend, ModelSpec, Remote
from phylolm.models.spec import open_model
from phylolm.sequencing.engines import Engine, Opened, local
from phylolm.sequencing.fill import (
    GENES_PER_PART,
    Progress,
    SequencingOptions,
    missing_units,
    sequence_model,
    settled,
)


@dataclass(frozen=True)
class Job:
    """One model, of the revision that was found, and one batch of a genome's genes."""

    bank: Path
    spec: ModelSpec
    revision: str
    batch: Genome
    asked: Mapping[str, Any]
    """The options, but for the limits of servers, which don't travel."""


Done = tuple[Job, PhylolmError | None]
"""A job, and what went wrong."""


def do(job: Job) -> PhylolmError | None:
    """Do a job in whatever process this is. Returns what went wrong, for errors travel badly."""
    try:
        backend = _open(job)
        sequence_model(Bank(job.bank), backend, job.spec, job.batch, SequencingOptions(**job.asked))
    except PhylolmError as error:
        return error
    return None


def engine_from(run: Callable[[Sequence[Job]], Iterable[Done]]) -> Engine:
    """An engine from something that runs jobs, in any order."""

    def fill(
        bank: Bank,
        models: Sequence[Opened],
        genome: Genome,
        options: SequencingOptions,
        progress: Progress | None = None,
    ) -> dict[str, PhylolmError]:
        servers = [model for model in models if isinstance(model.backend, Remote)]
        # All servers share one budget, so they are asked from here; that takes no machine's time.
        failed = local.fill(bank, servers, genome, options, progress)
        models = [model for model in models if not isinstance(model.backend, Remote)]
        jobs = list(jobs_of(bank, models, genome, options))
        left = Counter({spec.name: 0 for spec, _ in models})
        for job in jobs:
            left[job.spec.name] += len(job.batch)
        for job, error in run(jobs):
            if error is not None:
                failed[job.spec.name] = error
                continue
            left[job.spec.name] -= len(job.batch)
            if progress:
                progress(job.spec.name, len(genome) - left[job.spec.name], len(genome))
        return failed

    return fill


def jobs_of(
    bank: Bank, models: Sequence[Opened], genome: Genome, options: SequencingOptions
) -> Iterator[Job]:
    """The jobs in which something is missing, each of the genes that make one part."""
    asked = {f.name: getattr(options, f.name) for f in fields(options) if f.name != "limits"}
    for start in range(0, len(genome), GENES_PER_PART):
        batch = replace(genome, genes=genome.genes[start : start + GENES_PER_PART])
        for spec, backend in models:
            if any(missing_units(bank, backend, batch, settled(backend, options))):
                yield Job(bank.path.resolve(), spec, backend.revision, batch, asked)


def job_failure(job: Job, reason: str) -> BackendError:
    """What is said of a job whose process ended without a word."""
    first = (reason.strip().splitlines() or ["no reason given"])[0][:160]
    return BackendError(f"{job.spec.name}: the worker died ({first}); run again to go on")


_last: tuple[ModelSpec, Backend] | None = None
"""The model this process opened last: a worker that gets the next batch has it loaded."""


def _open(job: Job) -> Backend:
    global _last
    if _last is None or _last[0] != job.spec or _last[1].revision != job.revision:
        _last = None  # the old model's memory is needed
        _last = (job.spec, open_model(job.spec))
    if _last[1].revision != job.revision:
        raise BackendError(f"{job.spec.name} has changed since the run began; run again")
    return _last[1]
