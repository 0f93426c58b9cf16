"""phylolm identify: a model's kin, nearest first."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import bars, emit, note, table
from phylolm.errors import ConfigError


@source.takes_source
def identify(
    chosen: source.BankSource,
    model: Annotated[str, typer.Argument(help="A model of the bank, or a spec to sequence first.")],
    top: Annotated[int, typer.Option(min=1, help="How many kin to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Which models is this one kin of, how near, and is it one of them?"""
    from phylolm import ancestry
    from phylolm.bank import Bank

    if chosen.bank is None:
        raise ConfigError("say where the probes are: --bank DIR")
    opened = Bank(chosen.bank, create=False)
    genome = source.pick_genome(opened, chosen.genome) or opened.genome()
    name = _sequenced(opened, model, genome)
    found = ancestry.identify(chosen.counts(), name, chosen.measure, genome.id, tested=top)
    if as_json:
        emit(json.dumps(found.to_dict(), indent=2, ensure_ascii=False), None)
        return
    note(f"{name}: {found.genes} genes, allele length {chosen.allele_length}, {chosen.measure}")
    rows = [_row(kin) for kin in found.kin[:top]]
    table(["kin", "similarity", "distance", "95 % interval", "p (same)", "relation"], rows)
    typer.echo(f"verdict: {found.verdict}")


def _sequenced(bank: object, model: str, genome: object) -> str:
    """The model's name in the bank; a spec that isn't there yet is sequenced first."""
    from phylolm.bank import Bank
    from phylolm.errors import BackendError
    from phylolm.genome import Genome
    from phylolm.sampling import spec

    assert isinstance(bank, Bank) and isinstance(genome, Genome)
    if not spec.looks_like_spec(model):
        return model
    name = spec.parse(model).name
    if any(part.header.model == name for part in bank.parts_of(name)):
        return name
    with bars() as shown:
        failed = bank.sequence([model], genome, progress=shown)
    if failed:
        raise BackendError(f"{name}: {failed[name]}")
    return name


def _row(kin: object) -> list[str]:
    from phylolm.ancestry import Kin

    assert isinstance(kin, Kin)
    p_value = "–" if kin.p_value is None else f"{kin.p_value:.3g}"
    span = f"{kin.low:.3f} – {kin.high:.3f}"
    return [kin.model, f"{kin.similarity:.3f}", f"{kin.distance:.3f}", span, p_value, kin.relation]
