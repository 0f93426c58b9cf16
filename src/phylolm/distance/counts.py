"""From probes to allele counts and allele frequencies.

Here: AlleleCounts, how often each model gave each allele at each gene. Next door: `alleles`
says what an allele is, `bank` holds the probes, `measures` compares frequencies.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from phylolm import defaults
from phylolm.errors import ConfigError, DataError
from phylolm.genome.alleles import BLANK, END, MAX_LENGTH, strip

EXACT = np.inf
"""Number of probes of a gene whose allele distribution is known exactly."""


@dataclass(frozen=True, eq=False)
class AlleleCounts:
    """Allele counts of `m` models at `g` genes, over `c` distinct (length, gene, allele).

    models: m distinct names. genes: g distinct ids.
    lengths: the allele lengths counted; more than one is the multi-length form, in which every
        gene has one locus a length.
    locus_of: int32 (c,), the locus each column belongs to, ascending. Locus k is the k % l-th
        of the l lengths at gene k // l.
    alleles: c strings.
    counts: sparse float64 (m, c); probabilities where the distribution is exact.
    probes: float64 (m, g), probes behind each gene; 0 where a gene is missing, EXACT where the
        distribution itself is known. Missing genes are masked everywhere, never counted as zero.
    """

    models: tuple[str, ...]
    genes: tuple[str, ...]
    lengths: tuple[int, ...]
    locus_of: npt.NDArray[np.int32]
    alleles: tuple[str, ...]
    counts: sparse.csr_array
    probes: npt.NDArray[np.float64]

    @classmethod
    def from_probes(
        cls,
        table: pd.DataFrame,
        models: Sequence[str] | None = None,
        genes: Sequence[str] | None = None,
        length: int | Iterable[int] = defaults.ALLELE_LENGTHS,
    ) -> AlleleCounts:
        """Counts from a table of probes, one row a probe.

        table: columns model, gene, text; optional ended (bool, taken as true when absent) and
            probability (NaN or absent: the row is one sampled probe).
        models, genes: their order, and which rows count; by default as they first appear.
        length: allele length 1..8, or several for the multi-length form.
        """
        lengths = check_lengths(length)
        models = list(models) if models is not None else list(dict.fromkeys(table["model"]))
        genes = list(genes) if genes is not None else list(dict.fromkeys(table["gene"]))
        rows = _indexed_rows(table, models, genes)
        loci = pd.concat([_allele_weights(rows, each) for each in lengths], ignore_index=True)
        return _assemble(
            models, genes, lengths, loci, _probe_numbers(rows, len(models), len(genes))
        )

    @property
    def n_models(self) -> int:
        return len(self.models)

    @property
    def n_genes(self) -> int:
        return len(self.genes)

    @cached_property
    def gene_of(self) -> npt.NDArray[np.int32]:
        """The gene each column belongs to, ascending; int32 (c,)."""
        return self.locus_of // np.int32(len(self.lengths))

    @cached_property
    def present(self) -> npt.NDArray[np.bool_]:
        """Whether each model has probes of each gene, shape (m, g)."""
        return self.probes > 0

    @cached_property
    def complete(self) -> bool:
        """Whether no gene is missing for any model."""
        return bool(self.present.all())

    @cached_property
    def frequencies(self) -> sparse.csr_array:
        """Allele frequencies, sparse float64 (m, c): counts over the probes of their gene."""
        return self.frequencies_of(0, self.n_models)

    def frequencies_of(self, start: int, stop: int) -> sparse.csr_array:
        """Allele frequencies of some models only, sparse float64 (stop - start, c)."""
        counts = self.counts[start:stop] if (start, stop) != (0, self.n_models) else self.counts
        divisor = np.where(np.isfinite(self.probes[start:stop]), self.probes[start:stop], 1.0)
        row = np.repeat(np.arange(counts.shape[0], dtype=np.int32), np.diff(counts.indptr))
        data = counts.data / divisor[row, self.gene_of[counts.indices]]
        return sparse.csr_array((data, counts.indices, counts.indptr), shape=counts.shape)

    @cached_property
    def locus_start(self) -> npt.NDArray[np.intp]:
        """Columns of locus k are locus_start[k]:locus_start[k + 1]; shape (g l + 1,)."""
        loci = self.n_genes * len(self.lengths)
        return np.searchsorted(self.locus_of, np.arange(loci + 1))

    def index(self, model: str) -> int:
        """The row of a model, by its name or by its spec (`hf:gpt2`).

        Raises ConfigError naming close matches when it isn't there.
        """
        for name in (model, model.partition(":")[2]):
            if name and name in self.models:
                return self.models.index(name)
        raise ConfigError(unknown_model(model, self.models))

    def select(self, models: Sequence[str]) -> AlleleCounts:
        """The counts of some models, in the order given."""
        rows = [self.index(model) for model in models]
        return AlleleCounts(
            tuple(self.models[row] for row in rows),
            self.genes,
            self.lengths,
            self.locus_of,
            self.alleles,
            self.counts[rows],
            self.probes[rows],
        )

    def select_genes(self, chosen: Sequence[int]) -> AlleleCounts:
        """The counts at some genes, by index, in ascending order."""
        genes = np.array(sorted(set(chosen)), dtype=np.int32)
        columns = np.flatnonzero(np.isin(self.gene_of, genes))
        rank = np.searchsorted(genes, self.gene_of[columns])
        place = self.locus_of[columns] % len(self.lengths)
        return AlleleCounts(
            self.models,
            tuple(self.genes[gene] for gene in genes),
            self.lengths,
            np.asarray(rank * len(self.lengths) + place, dtype=np.int32),
            tuple(self.alleles[column] for column in columns),
            self.counts[:, columns],
            self.probes[:, genes],
        )

    def answered(self) -> npt.NDArray[np.float64]:
        """The share of each model's genes at which it says anything at all, shape (m,).

        A gene counts as unanswered when its most frequent allele is END and nothing else is
        there.
        """
        silent_columns = np.array([each == END for each in self.alleles], dtype=bool)
        silent = np.zeros((self.n_models, self.n_genes))
        coo = self.frequencies.tocoo()
        keep = silent_columns[coo.col]
        np.add.at(silent, (coo.row[keep], self.gene_of[coo.col[keep]]), coo.data[keep])
        spoken = (silent < len(self.lengths) - 1e-9) & self.present
        return np.asarray(spoken.sum(axis=1) / np.maximum(self.present.sum(axis=1), 1))

    def to_pandas(self) -> pd.DataFrame:
        """One row a (model, gene, allele) with its count and frequency."""
        coo = self.counts.tocoo()
        genes = np.array(self.genes, dtype=object)
        return pd.DataFrame(
            {
                "model": np.array(self.models, dtype=object)[coo.row],
                "gene": genes[self.gene_of[coo.col]],
                "allele": np.array(self.alleles, dtype=object)[coo.col],
                "count": coo.data,
                "frequency": self.frequencies.tocoo().data,
            }
        )

    def __repr__(self) -> str:
        return (
            f"AlleleCounts({self.n_models} models, {self.n_genes} genes, "
            f"{len(self.alleles)} alleles, length {format_lengths(self.lengths)})"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{repr(self)}</pre>"


def check_lengths(length: int | Iterable[int]) -> tuple[int, ...]:
    """Allele lengths as an ascending tuple. Raises ConfigError outside 1..8."""
    lengths = (length,) if isinstance(length, int) else tuple(sorted(set(length)))
    if not lengths or lengths[0] < 1 or lengths[-1] > MAX_LENGTH:
        shown = f"{lengths[0]}-{lengths[-1]}" if len(lengths) > 1 else "".join(map(str, lengths))
        raise ConfigError(f"allele length must be 1 to {MAX_LENGTH}, not {shown or 'none'}")
    return lengths


def parse_lengths(text: str) -> tuple[int, ...]:
    """Allele lengths as people write them: `4`, or `1-4` for the multi-length form."""
    first, dash, last = text.partition("-")
    numbers = [part.isascii() and part.isdecimal() for part in (first, last or first)]
    if not all(numbers) or (dash and not last):
        raise ConfigError(f"allele length {text!r}: write a number from 1 to 8, or a range as 1-4")
    return check_lengths(range(int(first), int(last or first) + 1))


def without_silent(
    counts: AlleleCounts, min_answered: float = 0.0
) -> tuple[AlleleCounts, list[str]]:
    """The counts without models that say nothing at more than 1 - min_answered of their genes
    (or at all of them), and those models' names. Raises DataError when none is left."""
    share = counts.answered()
    silent = (share < min_answered) | (share == 0)
    names = [name for name, left_out in zip(counts.models, silent, strict=True) if left_out]
    if len(names) == counts.n_models:
        raise DataError(f"all {len(names)} models answer nothing: no alleles to compare")
    kept = [name for name, left_out in zip(counts.models, silent, strict=True) if not left_out]
    return (counts.select(kept) if names else counts), names


def format_lengths(lengths: Sequence[int]) -> str:
    """Allele lengths as commands write them: "4", "1-4"."""
    return str(lengths[0]) if len(lengths) == 1 else f"{lengths[0]}-{lengths[-1]}"


def unknown_model(model: str, known: Sequence[str]) -> str:
    """One line that says a model is not there and what comes close."""
    close = difflib.get_close_matches(model, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else f"there are {len(known)} others"
    return f"no model {model!r} here; {hint}"


def _indexed_rows(table: pd.DataFrame, models: Sequence[str], genes: Sequence[str]) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "model": pd.Index(models).get_indexer(pd.Index(table["model"])),
            "gene": pd.Index(genes).get_indexer(pd.Index(table["gene"])),
            "text": table["text"].to_numpy(dtype=object),
            "ended": table["ended"].to_numpy() if "ended" in table else True,
            "weight": 1.0,
            "exact": False,
        }
    )
    if "probability" in table:
        probability = table["probability"].to_numpy(dtype=float)
        rows["exact"] = ~np.isnan(probability)
        rows["weight"] = np.where(rows["exact"], probability, 1.0)
    rows = rows[(rows["model"] >= 0) & (rows["gene"] >= 0)]
    return _without_sampled_twins(rows)


def _without_sampled_twins(rows: pd.DataFrame) -> pd.DataFrame:
    """Where a gene has both an exact distribution and probes, the exact one counts."""
    if not rows["exact"].any():
        return rows
    has_exact = rows.groupby(["model", "gene"])["exact"].transform("any")
    return rows[rows["exact"] | ~has_exact]


def _allele_weights(rows: pd.DataFrame, length: int) -> pd.DataFrame:
    """Total weight of each (model, gene, allele) at one allele length."""
    codes, texts = pd.factorize(rows["text"].to_numpy(dtype=object))
    stripped = np.array([strip(text)[:length] for text in texts], dtype=object)
    said = stripped[codes]
    blank = (said == "") & ~rows["ended"].to_numpy(dtype=bool)
    said[blank] = BLANK
    keyed = pd.DataFrame(
        {"gene": rows["gene"], "length": length, "allele": said, "model": rows["model"]}
    )
    keyed["weight"] = rows["weight"].to_numpy()
    keys = ["gene", "length", "allele", "model"]
    return keyed.groupby(keys, sort=False)["weight"].sum().reset_index()


def _probe_numbers(rows: pd.DataFrame, m: int, g: int) -> npt.NDArray[np.float64]:
    probes = np.zeros((m, g))
    np.add.at(probes, (rows["model"].to_numpy(), rows["gene"].to_numpy()), 1.0)
    exact = rows[rows["exact"]]
    probes[exact["model"].to_numpy(), exact["gene"].to_numpy()] = EXACT
    return probes


def _assemble(
    models: Sequence[str],
    genes: Sequence[str],
    lengths: tuple[int, ...],
    loci: pd.DataFrame,
    probes: npt.NDArray[np.float64],
) -> AlleleCounts:
    if loci.empty:
        raise DataError("no probes of these models at these genes")
    grouped = loci.groupby(["gene", "length", "allele"], sort=True)
    column = grouped.ngroup().to_numpy()
    keys = grouped.size().reset_index()
    counts = sparse.csr_array(
        (loci["weight"].to_numpy(), (loci["model"].to_numpy(), column)),
        shape=(len(models), len(keys)),
    )
    return AlleleCounts(
        tuple(models),
        tuple(genes),
        lengths,
        _loci(keys["gene"].to_numpy(), keys["length"].to_numpy(), lengths),
        tuple(keys["allele"]),
        counts,
        probes,
    )


def _loci(gene: Any, length: Any, lengths: tuple[int, ...]) -> npt.NDArray[np.int32]:
    rank = np.searchsorted(np.array(lengths), length)
    return np.asarray(gene * len(lengths) + rank, dtype=np.int32)
