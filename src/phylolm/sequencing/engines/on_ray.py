"""Jobs on a Ray cluster, or on a Ray of this machine's own when no address is given.

Ray runs a job again by itself when its worker or node dies. Options: address, of a running
cluster (`auto` finds one); num_cpus and num_gpus, of each job.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

import ray

from phylolm.errors import BackendError, ConfigError
from phylolm.sequencing.engines import Engine
from phylolm.sequencing.engines.jobs import Done, Job, do, engine_from, job_failure

_TRIES_AGAIN = 5


def engine(options: Mapping[str, str]) -> Engine:
    """An engine that hands jobs to Ray. Raises ConfigError for options that can't be meant."""
    given = dict(options)
    address = given.pop("address", None)
    needs = {key: _number(key, text) for key, text in given.items()}

    def run(jobs: Sequence[Job]) -> Iterator[Done]:
        if not jobs:
            return
        started = _start(address)
        try:
            yield from _run(jobs, needs)
        finally:
            if started:
                ray.shutdown()

    return engine_from(run)


def _start(address: str | None) -> bool:
    """Whether Ray had to be started or joined."""
    if ray.is_initialized():
        return False
    try:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BackendError(f"engine ray: {str(error).splitlines()[0]}") from None
    return True


def _run(jobs: Sequence[Job], needs: Mapping[str, float]) -> Iterator[Done]:
    task = ray.remote(max_retries=_TRIES_AGAIN, **needs)(do)
    going = {task.remote(job): job for job in jobs}
    try:
        while going:
            (ready, *_), _ = ray.wait(list(going), num_returns=1)
            job = going.pop(ready)
            try:
                yield job, ray.get(ready)
            except ray.exceptions.RayError as error:
                yield job, job_failure(job, str(error))
    finally:
        for left in going:
            ray.cancel(left)


def _number(key: str, text: str) -> float:
    try:
        if key in ("num_cpus", "num_gpus"):
            return float(text)
    except ValueError:
        raise ConfigError(f"engine ray: {key}={text} is no number") from None
    raise ConfigError(f"engine ray has no option {key!r} (known: address, num_cpus, num_gpus)")
