"""Growing a zoo: what is still to do, in which order, in which process.

Here: `grow`. Next door: `recipes` says what a tier is made of, `work` does one piece of it,
`truth` is what comes back. One growth at a time in a folder; it may be broken off and taken up
again, and what is grown already is kept.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import platform
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from phylolm import files
from phylolm.errors import DataError, PhylolmError
from phylolm.zoo import corpora, recipes, truth, work
from phylolm.zoo.recipes import Recipe, Tier
from phylolm.zoo.truth import Zoo

Progress = Callable[[str, int, int], None]

_POLL = 0.1


def grow(
    folder: Path | str,
    tier: str = "demo",
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Zoo:
    """Grow the models of a tier in `folder`, or take what is grown already.

    A folder holds one zoo: another tier or seed replaces it. `workers` processes work at once;
    with 1 everything runs in this process. `progress` is told (model or stage, steps done, steps
    in all), of reused models too.
    """
    chosen = recipes.tier_named(tier)
    root = Path(folder).resolve()
    told = progress or _nobody
    try:
        jobs = _to_do(root, chosen, seed, told)
        if jobs:
            _take_back_truth(root)
        _work_off(jobs, _workers(workers, chosen), told)
        _forget_strangers(root, chosen, seed)
        _write_truth(root, chosen, seed)
    except OSError as error:
        raise DataError(f"can't grow a zoo in {root}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(root / ".growing", ignore_errors=True)
    return Zoo.load(root)


def _take_back_truth(root: Path) -> None:
    """Until the last model is grown, what an earlier growth said is not true."""
    for name in ("zoo.json", "truth.nwk"):
        (root / name).unlink(missing_ok=True)


def _nobody(name: str, done: int, total: int) -> None:
    pass


def _workers(asked: int | None, tier: Tier) -> int:
    if asked is not None:
        return max(1, asked)
    # A tiny zoo is grown before a second process has imported torch.
    return 1 if tier.name == "tiny" else min(2, os.cpu_count() or 1)


def _to_do(root: Path, tier: Tier, seed: int, told: Progress) -> list[work.Job]:
    """Jobs not done yet, parents before children, and the text they need."""
    models = _model_jobs(root, tier, seed)
    for job in models:
        if job.is_done():
            told(job.name, job.total, job.total)
    wanted = [job for job in models if not job.is_done()]
    texts = [job for job in _text_jobs(root, tier, seed) if not job.is_done()]
    needed = {name for job in wanted for name in job.needs}
    return [*(job for job in texts if job.name in needed), *wanted]


def _text_folder(root: Path, tier: Tier, seed: int, tokenizer: str) -> Path:
    return root / ".text" / recipes.text_fingerprint(tier, seed, tokenizer)


def _text_jobs(root: Path, tier: Tier, seed: int) -> list[work.TextJob]:
    return [
        work.TextJob(
            name=_text_name(row.name),
            needs=(),
            total=len(corpora.CORPORA),
            folder=root,
            recipe=row,
            seed=seed,
            characters=tier.characters,
            target=_text_folder(root, tier, seed, row.name),
        )
        for row in tier.tokenizers
    ]


def _text_name(tokenizer: str) -> str:
    return f"text for {tokenizer}"


def _model_jobs(root: Path, tier: Tier, seed: int) -> list[work.ModelJob]:
    known = recipes.fingerprints(tier, seed)
    return [_model_job(root, tier, seed, recipe, known[recipe.name]) for recipe in tier.recipes]


def _model_job(
    root: Path, tier: Tier, seed: int, recipe: Recipe, fingerprint: str
) -> work.ModelJob:
    by_name = {row.name: row for row in tier.recipes}
    tokenizer = recipes.tokenizer_of(recipe, by_name)
    return work.ModelJob(
        name=recipe.name,
        needs=(_text_name(tokenizer), *recipes.needs(recipe)),
        total=recipe.steps or 1,
        folder=root,
        recipe=recipe,
        diet=recipes.full_mix(recipe, by_name),
        seed=_seed_of(recipe.name, seed),
        sizes=(tier.width, tier.layers, tier.rows, tier.length),
        text=_text_folder(root, tier, seed, tokenizer),
        fingerprint=fingerprint,
    )


def _seed_of(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:4], "big")


def _work_off(jobs: list[work.Job], workers: int, told: Progress) -> None:
    if not jobs:
        return
    if workers == 1:
        for job in jobs:
            job.run(partial(told, job.name))
            told(job.name, job.total, job.total)
        return
    with _processes(workers) as (pool, events):
        _schedule(jobs, pool, events, told)


@contextmanager
def _processes(workers: int) -> Iterator[tuple[ProcessPoolExecutor, Any]]:
    """A pool whose workers leave when we do, however that comes about."""
    context = multiprocessing.get_context("spawn")
    events, stop = context.Queue(), context.Event()
    pool = ProcessPoolExecutor(workers, context, work.serve, (events, stop))
    try:
        yield pool, events
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        events.close()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes started here inherit deafness to Ctrl-C: the parent hears it for them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _schedule(jobs: list[work.Job], pool: ProcessPoolExecutor, events: Any, told: Progress) -> None:
    """Hand out each job when what it needs is made; rows earlier in the table go first."""
    waiting = list(jobs)
    unmade = {job.name for job in jobs}
    running: dict[Future[None], work.Job] = {}
    while waiting or running:
        for job in [job for job in waiting if not unmade.intersection(job.needs)]:
            with _deaf_to_ctrl_c():
                running[pool.submit(work.run_here, job)] = job
            waiting.remove(job)
        finished, _ = wait(running, timeout=_POLL, return_when=FIRST_COMPLETED)
        _pass_on(events, told)
        for future in finished:
            job = running.pop(future)
            _outcome(future, job)
            unmade.remove(job.name)
            told(job.name, job.total, job.total)


def _pass_on(events: Any, told: Progress) -> None:
    while not events.empty():
        told(*events.get())


def _outcome(future: Future[None], job: work.Job) -> None:
    try:
        future.result()
    except BrokenProcessPool as error:
        raise PhylolmError(
            f"a process died while growing {job.name} (out of memory?): run it again, "
            "what is grown already is kept"
        ) from error


def _forget_strangers(root: Path, tier: Tier, seed: int) -> None:
    """Remove models and text that an earlier growth left and this zoo does not have."""
    ours = {recipe.name for recipe in tier.recipes}
    for record in sorted((root / ".grown").glob("*.json")):
        if record.stem not in ours:
            shutil.rmtree(root / "models" / record.stem, ignore_errors=True)
            record.unlink()
    kept = {_text_folder(root, tier, seed, row.name) for row in tier.tokenizers}
    for folder in sorted((root / ".text").glob("*")):
        if folder not in kept:
            shutil.rmtree(folder)


def _write_truth(root: Path, tier: Tier, seed: int) -> None:
    by_name = {recipe.name: recipe for recipe in tier.recipes}
    known = truth.describe(tier.recipes)
    content = {
        "format": truth.FORMAT,
        "tier": tier.name,
        "seed": seed,
        "versions": _versions(),
        "models": [_facts(root, recipe, by_name) for recipe in tier.recipes],
        **known,
    }
    work.write_json(root / "zoo.json", content)
    files.write_text(root / "truth.nwk", known["newick"] + "\n")


def _facts(root: Path, recipe: Recipe, by_name: dict[str, Recipe]) -> dict[str, Any]:
    base = by_name[recipes.family(recipe, by_name)]
    record = work.read_record(root, recipe.name)
    return {
        "name": recipe.name,
        "family": base.name,
        "relation": recipe.relation,
        "parents": list(recipe.parents),
        "teacher": recipe.teacher or None,
        "architecture": base.arch,
        "tokenizer": base.tokenizer,
        "parameters": record["parameters"],
        "mix": dict(recipe.mix),
        "replay": recipe.replay,
        "steps": recipe.steps,
        "lr": recipe.lr,
        "held_out_loss": record["loss"],
    }


def _versions() -> dict[str, str]:
    packages = ("torch", "transformers", "tokenizers")
    return {"python": platform.python_version()} | {
        package: metadata.version(package) for package in packages
    }
