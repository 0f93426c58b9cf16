"""What the validations share: where data and grown zoos lie, and how results are written."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from phylolm.bank.bank import Bank
from phylolm.genome.genome import Genome
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.zoo import Zoo, grow

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "validation"
WORK = Path(os.environ.get("PHYLOLM_VALIDATION_DIR", ROOT / "build" / "validation"))
REFERENCE = Path(os.environ.get("PHYLOLM_REFERENCE_DATA", ROOT.parent / "shared" / "data"))


def reference(name: str) -> Path:
    """A file of the reference data; ends the run with a plain line where it is absent."""
    path = REFERENCE / name
    if not path.exists():
        sys.exit(f"no reference data at {path}: set PHYLOLM_REFERENCE_DATA")
    return path


def grown(seed: int, tier: str = "full") -> Zoo:
    """A zoo, grown on first use."""
    return grow(WORK / f"zoo-{tier}-{seed}", tier, seed, progress=_progress)


def bank_of(zoo: Zoo, genome: Genome, probes: int) -> Bank:
    """The bank of a zoo; what it lacks is sequenced."""
    bank = Bank(WORK / f"bank-{zoo.tier}-{zoo.seed}")
    specs = [f"{name}=hf:{zoo.path(name)}" for name in zoo.models]
    failed = sequence(bank, specs, genome, SequencingOptions(probes=probes), _progress)
    if failed:
        sys.exit(str(failed))
    return bank


def write(name: str, title: str, *blocks: str) -> None:
    """docs/validation/NAME.md: a title, the command that makes it, and blocks of Markdown."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    command = f"Made by `.venv/bin/python -m validation {name}`."
    text = "\n\n".join([f"# {title}", command, *blocks]) + "\n"
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    print(text)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; floats with three decimals."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "–" if math.isnan(value) else f"{value:.3f}"


def _progress(name: str, done: int, total: int) -> None:
    if done == total:
        print(f"{name}: {done}/{total}", file=sys.stderr)
