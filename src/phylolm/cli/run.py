"""phylolm run: a study from models to report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli.console import PARTIAL, bars, emit, note, table, warn
from phylolm.cli.limits import (
    ConcurrencyOption,
    MaxCallsOption,
    MaxCostOption,
    PricesOption,
    limits_of,
)
from phylolm.cli.sequence import check_json, show_plan

if TYPE_CHECKING:
    from phylolm.models.budget import Limits
    from phylolm.study.adaptive import Depths
    from phylolm.study.config import Study
    from phylolm.study.study import Outcome


def run(
    study: Annotated[Path, typer.Argument(help="A study.toml (see `phylolm init`).")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sampled and written; do nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --dry-run: print the plan as JSON.")
    ] = False,
    target_se: Annotated[
        float | None,
        typer.Option(
            "--target-se",
            min=1e-6,
            help="Stop sampling a model when all standard errors of its distances are at most X.",
            metavar="X",
        ),
    ] = None,
    concurrency: ConcurrencyOption = 8,
    max_calls: MaxCallsOption = None,
    max_cost: MaxCostOption = None,
    prices: PricesOption = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine", metavar="NAME:OPTIONS", help="Where to sample: local, submitit or ray."
        ),
    ] = "local",
    watch_hub: Annotated[
        str,
        typer.Option(
            "--watch-hub", metavar="QUERY", help="First add new models of the hub that match."
        ),
    ] = "",
) -> None:
    """What does my study show? Samples what is missing, then updates tree, pictures and report.

    Run it again after an interruption or a change of the study. If some models fail, the others
    are kept and the exit code is 3. Without a study.toml use `phylolm sequence`.

    Example: phylolm run study.toml --dry-run
    """
    import datetime

    from phylolm.sequencing.engines import find_engine
    from phylolm.study.config import read_study
    from phylolm.study.study import run_study

    check_json(as_json, dry_run)
    limits = limits_of(concurrency, max_calls, max_cost, prices)
    read, chosen = read_study(study), find_engine(engine)
    if watch_hub:
        read = _watch(read, watch_hub, dry_run)
    if target_se is not None:
        read = replace(read, plan=replace(read.plan, target_se=target_se))
    if dry_run:
        _show_plan(read, as_json, limits)
        return
    if max_calls is not None or max_cost is not None:
        _check_budget(read, limits)
    replicates = read.tree.replicates
    with bars() as shown:
        done = run_study(
            read,
            datetime.date.today(),
            shown,
            lambda count: shown("bootstrap replicates", count, replicates),
            chosen,
            limits,
        )
    _tell(read, done)
    if done.failed:
        raise typer.Exit(PARTIAL)


def _check_budget(study: Study, limits: Limits) -> None:
    """Refuse, before anything is spent, what can't be done within the budget."""
    from phylolm.sequencing import plan
    from phylolm.study.study import options_of, plan_study

    if study.plan.target_se is None:
        planned, _ = plan_study(study, limits)
        plan.check(planned, options_of(study, limits))


def _watch(study: Study, text: str, dry_run: bool) -> Study:
    """The study with the models that join it now."""
    import datetime

    from phylolm.study.config import read_study
    from phylolm.study.watch import WatchQuery, add_watched, find_new

    new = find_new(study, WatchQuery.parse(text))
    names = ", ".join(found.id for found in new)
    if dry_run or not new:
        note(f"would join: {names}" if new else "no new models of the hub match")
        return study
    add_watched(study, new, text, datetime.date.today())
    note(f"joined from the hub: {names}")
    return read_study(study.path)


def _show_plan(study: Study, as_json: bool, limits: Limits) -> None:
    from phylolm.study.study import plan_study

    planned, files = plan_study(study, limits)
    if as_json:
        shown = {"models": [each.to_dict() for each in planned], "files": files}
        emit(json.dumps(shown, indent=2, ensure_ascii=False), None)
        return
    show_plan(planned)
    if study.plan.target_se:
        note("the numbers of probes are the most that target_se may take")
    note(f"would write to {study.out}: {', '.join(files) or 'nothing'}; nothing was done")


def _tell(study: Study, done: Outcome) -> None:
    if done.failed:
        table(["failed", "why"], [[name, str(error)] for name, error in done.failed.items()])
    if done.silent:
        warn(f"left out, for they answer too little: {', '.join(done.silent)}")
    if done.depths:
        _tell_depths(done.depths)
    if done.changes:
        note(f"models joined: see {done.changes}")
    if done.written:
        note(f"{len(done.models)} models; wrote {', '.join(done.written)} to {study.out}")
    else:
        note(f"{len(done.models)} models; everything in {study.out} is up to date")


def _tell_depths(depths: Depths) -> None:
    """How deep models were sampled, and what that saved."""
    from collections import Counter

    counted = sorted(Counter(depths.probes.values()).items())
    spread = ", ".join(f"{models} with {probes} probes" for probes, models in counted)
    note(f"models: {spread}; the limit was {depths.most}")
    note(f"saved {depths.saved:,} probes ({depths.share_saved:.0%}) against {depths.most} for all")
