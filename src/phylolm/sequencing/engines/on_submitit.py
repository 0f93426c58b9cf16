"""Jobs as processes of their own, on this machine or, where there is Slurm, on a cluster.

submitit keeps what it needs (pickles of its own jobs, logs) in BANK-jobs beside the bank. Options:
at_once, the most jobs at a time; cluster, `local` or `slurm`; all others are submitit's
(timeout_min, slurm_partition, gpus_per_node, …).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import submitit

from phylolm.errors import ConfigError
from phylolm.sequencing.engines import Engine
from phylolm.sequencing.engines.jobs import Done, Job, do, engine_from, job_failure

_TRIES = 2
_PAUSE = 0.2
_ON_SLURM = 200
"""Jobs in Slurm's queue at a time, when nothing else is said."""


def engine(options: Mapping[str, str]) -> Engine:
    """An engine that hands jobs to submitit. Raises ConfigError for options that can't be meant."""
    given = dict(options)
    at_once = _whole(given.pop("at_once", "0"), "at_once")
    cluster = given.pop("cluster", None)
    parameters = {key: _value(text) for key, text in given.items()}

    def run(jobs: Sequence[Job]) -> Iterator[Done]:
        if not jobs:
            return
        bank = jobs[0].bank
        try:
            executor = submitit.AutoExecutor(bank.with_name(f"{bank.name}-jobs"), cluster=cluster)
            executor.update_parameters(**parameters)
        except (ValueError, TypeError, NameError, RuntimeError) as error:
            raise ConfigError(f"engine submitit: {str(error).splitlines()[0]}") from None
        usual = _ON_SLURM if executor.cluster == "slurm" else os.cpu_count() or 1
        yield from _run(executor, jobs, at_once or usual)

    return engine_from(run)


def _run(executor: Any, jobs: Sequence[Job], at_once: int) -> Iterator[Done]:
    """Keep so many jobs going; one whose process dies is tried again."""
    waiting = [(job, 1) for job in jobs]
    running: list[tuple[Job, int, Any]] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job, attempt = waiting.pop(0)
                running.append((job, attempt, executor.submit(do, job)))
            for each in [each for each in running if each[2].done()]:
                running.remove(each)
                job, attempt, handle = each
                problem = handle.exception()
                if problem is None:
                    yield job, handle.result()
                elif attempt < _TRIES:
                    waiting.append((job, attempt + 1))
                else:
                    yield job, job_failure(job, str(problem))
            time.sleep(_PAUSE)
    finally:
        for _, _, handle in running:
            handle.cancel()


def _value(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ConfigError(f"engine submitit: {name}={text} is no whole number")
    return int(text)
