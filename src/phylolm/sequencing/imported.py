"""Recorded completions: from a file to parts in a bank, one part a model.

Here: `import_completions`, and `record` for a file that was read already. Next door:
`models.replay` reads the file and names its bad rows, `fill` fills a bank from live models.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from phylolm.bank import parts
from phylolm.bank.bank import Bank, recorded_rows_held
from phylolm.bank.parts import PartHeader
from phylolm.genome.genome import Gene, Genome
from phylolm.models.replay import Recorded, read_completions
from phylolm.version import __version__

SETTINGS: dict[str, Any] = {"prompt_mode": "recorded"}
"""How recorded completions were sampled isn't known; they compare with one another only."""

REVISION = "recorded"


def import_completions(bank: Bank, path: str | Path, prompts: str | Path | None = None) -> Genome:
    """Record completions from a file; see `phylolm.models.replay.read_completions`.

    Returns the genome their prompts make. What could not be used is in the log as warnings.
    Raises DataError for a file that can't be read, or whose answers contradict the bank's.
    """
    recorded = read_completions(path, prompts)
    for line in recorded.report():
        logging.getLogger(__name__).warning(line)
    return record(bank, recorded)


def record(
    bank: Bank, recorded: Recorded, progress: Callable[[str, int, int], None] | None = None
) -> Genome:
    """Write recorded completions into a bank. Returns the genome their prompts make.

    Recording the same file again adds nothing.
    """
    table = recorded.table
    genome = _genome(recorded)
    bank.add_genome(genome)
    ids = {gene.text: gene.id for gene in genome.genes}
    genes = table["text"].map(ids)
    models = table.groupby("model", sort=False)
    for number, (model, all_rows) in enumerate(models, start=1):
        rows = all_rows.assign(gene=genes[all_rows.index])
        new = rows[~recorded_rows_held(bank, str(model), rows)]
        if len(new):
            bank.add_part(_header(str(model), new, recorded), _columns(new))
        if progress:
            progress(recorded.path.name, number, len(models))
    return genome


def _genome(recorded: Recorded) -> Genome:
    texts = recorded.table["text"].drop_duplicates()
    name = recorded.path.name
    return Genome.of(name, (Gene(str(text), f"recorded in {name}") for text in texts))


def _columns(rows: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        "gene": rows["gene"].tolist(),
        "draw": rows["probe"].tolist(),
        "text": rows["response"].tolist(),
        "ended": [True] * len(rows),
        "probability": [None] * len(rows),
    }


def _header(model: str, rows: pd.DataFrame, recorded: Recorded) -> PartHeader:
    return PartHeader(
        model=model,
        revision=REVISION,
        spec=f"replay:{recorded.path.name}#{model}",
        kind=parts.RECORDED,
        settings=SETTINGS,
        genes=tuple(sorted(rows["gene"].unique())),
        first=0,
        stop=int(rows["probe"].max()) + 1,
        provenance={"phylolm": __version__, "file": recorded.path.name},
    )
