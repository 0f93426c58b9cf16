"""Recording: from a file of recorded completions to parts in a bank.

Here: one part a model. Next door: `sampling.replay` reads the file and names its bad rows,
`sequencing` fills a bank from live models.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from phylolm import parts
from phylolm.errors import DataError
from phylolm.genome import Gene, Genome
from phylolm.parts import PartHeader
from phylolm.version import __version__

if TYPE_CHECKING:
    from phylolm.bank import Bank
    from phylolm.sampling.replay import Recorded

SETTINGS: dict[str, Any] = {"prompt_mode": "recorded"}
"""How recorded completions were sampled isn't known; they compare with one another only."""

REVISION = "recorded"


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
        new = rows[~held(bank, str(model), rows)]
        if len(new):
            bank.add_part(_header(str(model), new, recorded), _columns(new))
        if progress:
            progress(recorded.path.name, number, len(models))
    return genome


def _genome(recorded: Recorded) -> Genome:
    texts = recorded.table["text"].drop_duplicates()
    name = recorded.path.name
    return Genome.of(name, (Gene(str(text), f"recorded in {name}") for text in texts))


def held(bank: Bank, model: str, rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows the bank has already. Raises DataError when it has other answers there."""
    recorded = [part for part in bank.parts_of(model) if part.header.kind == parts.RECORDED]
    if not recorded:
        return np.zeros(len(rows), dtype=bool)
    tables = [parts.read_table(part.path).to_pandas() for part in recorded]
    known = {(g, d): t for x in tables for g, d, t in zip(x.gene, x.draw, x.text, strict=True)}
    answers = list(zip(rows["gene"], rows["probe"], rows["response"], strict=True))
    clashes = sum(known.get((gene, draw), text) != text for gene, draw, text in answers)
    if clashes:
        raise DataError(
            f"{bank.path} has other recorded answers of {model} at {clashes} places of this file: "
            "import it into a bank of its own"
        )
    return np.array([(gene, draw) in known for gene, draw, _ in answers], dtype=bool)


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
