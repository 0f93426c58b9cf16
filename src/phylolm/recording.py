"""Recording: from a file of recorded completions to parts in a bank.

Here: one part a model. Next door: `sampling.replay` reads the file and names its bad rows,
`sequencing` fills a bank from live models.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from phylolm import parts
from phylolm.genome import Gene, Genome
from phylolm.parts import PartHeader
from phylolm.version import __version__

if TYPE_CHECKING:
    from phylolm.bank import Bank
    from phylolm.sampling.replay import Recorded

SETTINGS: dict[str, Any] = {"prompt_mode": "recorded"}
"""How recorded completions were sampled isn't known; they compare with one another only."""


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
    for number, (model, rows) in enumerate(models, start=1):
        header = _header(str(model), rows, genes[rows.index], recorded)
        columns = {
            "gene": genes[rows.index].tolist(),
            "draw": rows["probe"].tolist(),
            "text": rows["response"].tolist(),
            "ended": [True] * len(rows),
            "probability": [None] * len(rows),
        }
        bank.add_part(header, columns)
        if progress:
            progress(recorded.path.name, number, len(models))
    return genome


def _genome(recorded: Recorded) -> Genome:
    texts = recorded.table["text"].drop_duplicates()
    name = recorded.path.name
    return Genome.of(name, (Gene(str(text), f"recorded in {name}") for text in texts))


def _header(model: str, rows: pd.DataFrame, genes: pd.Series, recorded: Recorded) -> PartHeader:
    content = rows[["probe", "response"]].assign(gene=genes).sort_values(["gene", "probe"])
    return PartHeader(
        model=model,
        revision=parts.canonical_hash(content.to_numpy().tolist())[:16],
        spec=f"replay:{recorded.path.name}#{model}",
        kind=parts.RECORDED,
        settings=SETTINGS,
        genes=tuple(sorted(genes.unique())),
        first=0,
        stop=int(rows["probe"].max()) + 1,
        provenance={"phylolm": __version__, "file": recorded.path.name},
    )
