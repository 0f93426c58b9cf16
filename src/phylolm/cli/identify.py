"""phylolm identify: a model's kin, nearest first."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import bars, emit, note, table
from phylolm.cli.options import JsonOption, with_options
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.ancestry.kin import Kin
    from phylolm.bank.bank import Bank
    from phylolm.genome.genome import Genome
    from phylolm.sequencing.fill import SequencingOptions


@with_options(source.BankSource)
def identify(
    chosen: source.BankSource,
    model: Annotated[
        str, typer.Argument(help="A model of the bank, or a model spec to sample first.")
    ],
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, help="Maximum number of kin to list.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """Which models is this one related to, how closely, and is it one of them?

    It ranks the models of the bank only: an ancestor that is not in the bank cannot be found. To
    test two given models use `phylolm compare`.

    Example: phylolm identify hf:./suspicious --bank bank
    """
    from phylolm.ancestry import kin
    from phylolm.bank.bank import Bank

    if chosen.bank is None:
        raise ConfigError("name the bank: --bank FOLDER")
    opened = Bank(chosen.bank, create=False)
    genome = source.pick_genome(opened, chosen.genome) or opened.genome()
    name = _sequenced(opened, model, genome, chosen.settings)
    found = kin.identify(chosen.counts(name), name, chosen.measure, genome.id, tested=limit)
    if as_json:
        emit(json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False), None)
        return
    note(f"{name}: {found.genes} genes, allele length {chosen.allele_length}, {chosen.measure}")
    rows = [_row(kin) for kin in found.kin[:limit]]
    table(["kin", "similarity", "distance", "95 % interval", "p (same)", "relation"], rows)
    typer.echo(f"verdict: {found.verdict}")


def _sequenced(bank: Bank, model: str, genome: Genome, settings: str | None) -> str:
    """The model's name in the bank; what the bank lacks of a spec is sequenced first."""
    from phylolm.models import spec
    from phylolm.sequencing import fill

    if not spec.looks_like_spec(model):
        return model
    parsed = spec.parse(model)
    opened = spec.open_model(parsed)
    if any(part.header.revision != opened.revision for part in bank.parts_of(parsed.name)):
        raise ConfigError(
            f"{parsed.name} is another model in this bank: "
            f"give yours a name, as in NAME={parsed.backend}:{parsed.target}"
        )
    options = _options_of(bank, settings)
    if fill.settled(opened, options) != options:
        raise ConfigError(
            f"{parsed.name} can't be sampled as the models of {bank.path} were "
            f"(prompt mode {options.settings.prompt_mode})"
        )
    with bars() as shown:
        failed = fill.sequence(bank, [parsed], genome, options, shown)
    for error in failed.values():
        raise error
    return parsed.name


def _options_of(bank: Bank, settings: str | None) -> SequencingOptions:
    """Sampling as the bank's own models were. Raises ConfigError when that isn't clear."""
    from phylolm.bank.parts import RECORDED
    from phylolm.models.protocol import SamplingSettings
    from phylolm.sequencing.fill import SequencingOptions

    headers = [part.header for part in bank.parts()]
    found = {h.settings_id: h for h in headers if settings in (None, h.settings_id)}
    if len(found) != 1:
        raise ConfigError(
            f"{bank.path} holds {len(found)} kinds of settings: choose one with --settings "
            "(see `phylolm bank ls`)"
        )
    header = next(iter(found.values()))
    if header.kind == RECORDED:
        raise ConfigError(
            f"{bank.path} holds recorded answers, which a model sampled now can't be compared with"
        )
    return SequencingOptions(settings=SamplingSettings(**header.settings))


def _row(kin: Kin) -> list[str]:
    p_value = "–" if kin.p_value is None else f"{kin.p_value:.3g}"
    span = f"{kin.low:.3f} – {kin.high:.3f}" if isfinite(kin.high) else "–"
    return [kin.model, f"{kin.similarity:.3f}", f"{kin.distance:.3f}", span, p_value, kin.relation]
