"""phylolm sequence: sample models into a bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm import defaults
from phylolm.cli.console import PARTIAL, bars, emit, fail, note, table, warn
from phylolm.cli.limits import (
    ConcurrencyOption,
    MaxCallsOption,
    MaxCostOption,
    PricesOption,
    limits_of,
)
from phylolm.cli.options import NewBankOption
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.bank.bank import Bank
    from phylolm.genome.genome import Genome
    from phylolm.models.budget import Limits
    from phylolm.sequencing.plan import Planned

PLAN_COLUMNS = ["model", "genes", "probes", "requests", "tokens in", "tokens out", "at most $"]


def sequence(
    models: Annotated[
        list[str],
        typer.Argument(help="hf:FOLDER, hf:HUB/ID@REVISION?dtype=…, openai:NAME, http://…#NAME, …"),
    ],
    bank: NewBankOption,
    genome: Annotated[
        str, typer.Option("--genome", "-g", help="Genome: a bundled name or a JSONL file.")
    ] = defaults.GENOME,
    genes: Annotated[
        int | None, typer.Option("--genes", min=1, help="Use only the first N genes.")
    ] = None,
    probes: Annotated[
        int, typer.Option("--probes", min=1, help="Number of completions of each gene.")
    ] = defaults.PROBES,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Exact distribution from log-probabilities instead of sampling "
            "(servers: if they report them).",
        ),
    ] = False,
    epsilon: Annotated[
        float,
        typer.Option(
            "--epsilon",
            min=1e-6,
            max=0.5,
            help="With --exact: tail probability left unenumerated.",
        ),
    ] = defaults.EPSILON,
    allele_length: Annotated[
        int,
        typer.Option(
            "--allele-length", "-l", min=1, max=8, help="With --exact: characters of an allele."
        ),
    ] = defaults.ALLELE_LENGTHS[-1],
    temperature: Annotated[
        float, typer.Option("--temperature", min=0.0, help="Sampling temperature.")
    ] = 1.0,
    boundary: Annotated[
        str,
        typer.Option(
            "--boundary",
            help="healed (token healing: resample the prompt's last word), plain (none), or auto: "
            "healed for local transformers models, plain for all others.",
        ),
    ] = "auto",
    prompt_mode: Annotated[
        str,
        typer.Option(
            "--prompt-mode",
            help="For chat models: continue, bare, prefill, or 'template:… {gene} …'.",
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Random seed for sampling.")] = 0,
    concurrency: ConcurrencyOption = 8,
    check: Annotated[
        bool,
        typer.Option(
            "--check/--no-check", help="Check the server first (the checks of `phylolm doctor`)."
        ),
    ] = True,
    max_calls: MaxCallsOption = None,
    max_cost: MaxCostOption = None,
    prices: PricesOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print requests, tokens and cost; do nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --dry-run: print the plan as JSON.")
    ] = False,
) -> None:
    """How do models continue the same texts? Samples their completions into a bank.

    Only what the bank lacks is sampled, so the same command resumes after an interruption. For
    completions you already have use `phylolm import`; for many models, a study (`phylolm init`).

    Example: phylolm sequence hf:gpt2 hf:distilgpt2 --bank bank
    """
    from phylolm.bank.bank import Bank
    from phylolm.genome.genome import Genome
    from phylolm.models.protocol import SamplingSettings
    from phylolm.sequencing import fill, plan
    from phylolm.sequencing.fill import SequencingOptions

    settings = SamplingSettings(temperature, prompt_mode=prompt_mode, boundary=boundary)
    check_json(as_json, dry_run)
    limits = limits_of(concurrency, max_calls, max_cost, prices, check)
    options = SequencingOptions(probes, seed, exact, epsilon, allele_length, settings, limits)
    loaded = Genome.load(genome, genes)
    if boundary == "auto":
        _warn_of_mixing(models)
    limited = max_calls is not None or max_cost is not None
    opened = Bank(bank, create=not dry_run) if bank.exists() or not dry_run else None
    if dry_run or limited:
        planned = plan.plan(opened, models, loaded, options)
        if dry_run:
            _show(planned, as_json, limits.prices.date)
        plan.check(planned, options)
    if dry_run or opened is None:
        return
    with bars() as shown:
        failed = fill.sequence(opened, models, loaded, options, shown)
    for name, error in failed.items():
        fail(told(name, str(error)))
    note(
        f"{len(models) - len(failed)} of {len(models)} models sequenced into {bank}{_took(limits)}"
    )
    if exact:
        _tell_missing(opened, [name for name in _names(models) if name not in failed], loaded)
    if failed:
        worst = max(error.exit_code for error in failed.values())
        raise typer.Exit(PARTIAL if len(failed) < len(models) else worst)


def _warn_of_mixing(models: list[str]) -> None:
    """Local models and servers are sampled differently unless told otherwise."""
    from phylolm.models.spec import parse

    backends = {parse(model).backend for model in models}
    if "hf" in backends and not backends <= {"hf", "replay"}:
        warn("servers have no token healing, local models do: to compare them add --boundary plain")


def _names(models: list[str]) -> list[str]:
    from phylolm.sequencing.fill import read_specs

    return [spec.name for spec in read_specs(models)]


def _tell_missing(bank: Bank, models: list[str], genome: Genome) -> None:
    """How much of the exact distributions was not found."""
    if models:
        missing = bank.missing_mass(models, genome)
        note(
            f"tail probability left unenumerated: {missing.mean():.3f} on average, "
            f"{missing.max():.3f} at most"
        )


def _took(limits: Limits) -> str:
    """Calls and dollars, where there were any."""
    calls, cost = limits.budget.calls, limits.budget.cost
    if not calls:
        return ""
    return f" ({calls:,} requests" + (f", about ${cost:,.4f})" if cost > 0 else ")")


def _show(planned: list[Planned], as_json: bool, date: str) -> None:
    """The plan as a table or as JSON."""
    import json

    if as_json:
        emit(json.dumps([each.to_dict() for each in planned], indent=2, ensure_ascii=False), None)
        return
    show_plan(planned)
    note(f"prices of {date}; nothing was asked or written")


def show_plan(planned: Sequence[Planned]) -> None:
    """The plan as a table, and what keeps models from being planned."""
    table(PLAN_COLUMNS, [_plan_row(each) for each in planned])
    for each in planned:
        if each.problem:
            fail(told(each.model, each.problem))


def check_json(as_json: bool, dry_run: bool) -> None:
    """Raises ConfigError for --json where there is none."""
    if as_json and not dry_run:
        raise ConfigError("--json shows the plan: it goes with --dry-run")


def told(model: str, problem: str) -> str:
    """A problem with the model's name before it, once."""
    return problem if problem.startswith((f"{model}: ", f"{model}=")) else f"{model}: {problem}"


def _plan_row(planned: Planned) -> list[str]:
    """A row under PLAN_COLUMNS."""
    if planned.problem:
        return [planned.model, *["–"] * 6]
    cells = [planned.model, f"{planned.genes:,}", f"{planned.probes:,}"]
    if not planned.remote:
        return [*cells, *["–"] * 4]
    found = planned.estimate
    low, high = (f"{calls:,}" for calls in found.calls)
    cost = "unknown" if found.cost is None else f"{found.cost:,.4f}"
    span = low if low == high else f"{low} – {high}"
    return [*cells, span, *(f"{count:,}" for count in found.tokens), cost]
