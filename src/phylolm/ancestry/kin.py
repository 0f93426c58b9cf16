"""Who is kin: one model against all others, and whether two models are the same.

Here: `identify` ranks kin with jackknife intervals, `compare` tests two models for sameness.
Next door: `distance.measures` measures, `permutation` has the test's compiled loop.

The test of sameness compares, gene by gene, the allele counts of two models:

    T = sum_g sum_l sum_a (p_gla - q_gla)^2

over all allele lengths l up to the longest, so that models with few equal alleles of full length
can still be told apart by how these begin.

Under "the same model" all probes of a gene come from one distribution, so shuffling them between
the two models gives T's null distribution exactly (a permutation test; T is the squared maximum
mean discrepancy with an identity kernel, Gretton et al. 2012). A distribution known exactly is
compared with simulated samples of it instead.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.measures import DEFAULT_MEASURE, JACKKNIFE_BLOCKS, distances
from phylolm.errors import ConfigError, listed

SAME, KIN, UNRELATED, UNCLEAR = "same", "kin", "unrelated", "can't tell"

SIGNIFICANCE = 0.01
"""Two models are told apart when the test's p-value is below this."""

KIN_SHARE = 0.5
"""Kin lie nearer than this share of the median distance to all other models."""

NEAR = 0.5
"""Models are called alike only when their distance is surely below this (similarity .6)."""

CONFIDENCE = 0.95
EXACT_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Kin:
    """One model as kin of another.

    distance with its jackknife interval low..high; similarity = exp(-distance) for the Nei
    measures; p_value of "the same model" (None where it can't be told); relation: one of "same",
    "kin", "unrelated", "can't tell".
    """

    model: str
    similarity: float
    distance: float
    low: float
    high: float
    p_value: float | None
    relation: str


@dataclass(frozen=True)
class Identification:
    """A model's kin, nearest first, and a verdict in words."""

    model: str
    genome: str
    genes: int
    kin: tuple[Kin, ...]
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}

    def to_pandas(self) -> Any:
        import pandas as pd

        return pd.DataFrame([asdict(kin) for kin in self.kin])

    def _repr_html_(self) -> str:
        title = f"<p><b>{html.escape(self.model)}</b>: {html.escape(self.verdict)}</p>"
        return title + str(self.to_pandas().to_html(index=False, escape=True))


@dataclass(frozen=True)
class Comparison:
    """Two models side by side; fields as in `Kin`."""

    first: str
    second: str
    genes: int
    similarity: float
    distance: float
    low: float
    high: float
    p_value: float | None
    verdict: str

    def to_dict(self) -> dict[str, Any]:
        return {name: _plain(value) for name, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    """The value with null where a number is unknown or has no bound: JSON has neither."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def identify(
    counts: AlleleCounts,
    model: str,
    measure: str = DEFAULT_MEASURE,
    genome: str = "",
    tested: int = 10,
    permutations: int = 1999,
    seed: int = 0,
) -> Identification:
    """Rank every other model by its distance to `model`.

    The nearest `tested` are tested for sameness. Raises ConfigError for a model that isn't in
    the counts, or is alone there.
    """
    row = counts.index(model)
    if counts.n_models < 2:
        raise ConfigError(f"{model} is alone in this bank: sequence other models to compare with")
    matrix = distances(counts, measure)
    order = [int(i) for i in np.argsort(matrix.values[row], kind="stable") if i != row]
    background = float(np.median(matrix.values[row][order]))
    kin = []
    for place, other in enumerate(order):
        p_value = None
        if place < tested:
            p_value = same_model_test(counts, row, other, permutations, seed)
        kin.append(_kin(matrix, row, other, p_value, background))
    genes = int(counts.present[row].sum())
    return Identification(model, genome, genes, tuple(kin), _verdict(kin))


def compare(
    counts: AlleleCounts,
    first: str,
    second: str,
    measure: str = DEFAULT_MEASURE,
    permutations: int = 9999,
    seed: int = 0,
) -> Comparison:
    """How far two models are apart, and whether they can be told from one model."""
    pair = counts.select([first, second])
    matrix = distances(pair, measure)
    p_value = same_model_test(pair, 0, 1, permutations, seed)
    low, high = interval(matrix, 0, 1)
    distance = float(matrix.shown[0, 1])
    assert matrix.genes is not None
    genes = int(matrix.genes[0, 1])
    verdict = _sameness(p_value, high)
    similarity = float(np.exp(-distance))
    return Comparison(first, second, genes, similarity, distance, low, high, p_value, verdict)


def interval(matrix: DistanceMatrix, first: int, second: int) -> tuple[float, float]:
    """The 95 % jackknife interval of one distance; see `intervals`."""
    low, high = intervals(matrix, np.array([first]), np.array([second]))
    return float(low[0]), float(high[0])


def intervals(
    matrix: DistanceMatrix, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """95 % jackknife intervals of the distances of k pairs, low (k,) and high (k,), cut at 0;
    Student's t over the blocks. NaN where errors aren't known, 0 to infinity for a single block.
    """
    if matrix.std_error is None or matrix.genes is None:
        unknown = np.full(len(first), np.nan)
        return unknown, unknown
    distance, error = matrix.values[first, second], matrix.std_error[first, second]
    blocks = np.minimum(JACKKNIFE_BLOCKS, matrix.genes[first, second])
    with np.errstate(invalid="ignore"):
        reach = stats.t.ppf((1 + CONFIDENCE) / 2, np.maximum(blocks - 1, 1)) * error
    reach = np.where(blocks < 2, np.inf, reach)
    return np.maximum(0.0, distance - reach), np.maximum(0.0, distance + reach)


def same_model_test(
    counts: AlleleCounts, first: int, second: int, permutations: int = 1999, seed: int = 0
) -> float | None:
    """p-value of "these two are one model", or None when the probes can't tell.

    They can't when no gene has two probes of either model: shuffling one against one changes
    nothing.
    """
    shared = np.flatnonzero(counts.present[first] & counts.present[second])
    exact = ~np.isfinite(counts.probes[[first, second]][:, shared])
    if exact.all():
        return _exact_test(counts, first, second)
    if exact.any():
        return _simulation_test(counts, first, second, shared, permutations, seed)
    return _permutation_test(counts, first, second, shared, permutations, seed)


def _permutation_test(
    counts: AlleleCounts, first: int, second: int, genes: Any, permutations: int, seed: int
) -> float | None:
    from phylolm.ancestry.permutation import shuffled_statistics

    both = counts.probes[[first, second]][:, genes]
    usable = genes[both.sum(axis=0) > 2]
    if not len(usable):
        return None
    loci = _loci_of(counts, usable)
    tables = counts.counts[[first, second]].toarray()
    columns = np.flatnonzero(np.isin(counts.locus_of, loci) & (tables.sum(axis=0) > 0))
    starts = np.searchsorted(counts.locus_of[columns], loci)
    bounds = np.append(starts, len(columns))
    cells = np.ascontiguousarray(np.rint(tables[:, columns]).astype(np.int64))
    codes = _prefix_codes([counts.alleles[k] for k in columns], bounds, counts.lengths[-1])
    observed, null = shuffled_statistics(cells, codes, bounds, permutations, seed)
    return float((1 + (null >= observed - 1e-9).sum()) / (permutations + 1))


def _prefix_codes(names: Sequence[str], bounds: Any, longest: int) -> npt.NDArray[np.int64]:
    """For each length up to the longest, which columns of a gene begin alike; (l, c)."""
    codes = np.zeros((longest, len(names)), dtype=np.int64)
    for start, stop in zip(bounds[:-1], bounds[1:], strict=True):
        for length in range(1, longest + 1):
            seen: dict[str, int] = {}
            for column in range(start, stop):
                codes[length - 1, column] = seen.setdefault(names[column][:length], len(seen))
    return codes


def _loci_of(counts: AlleleCounts, genes: Any) -> npt.NDArray[np.intp]:
    """One locus a gene: the longest alleles, which settle all shorter ones."""
    lengths = len(counts.lengths)
    return np.asarray(genes * lengths + lengths - 1)


def _simulation_test(
    counts: AlleleCounts, first: int, second: int, genes: Any, permutations: int, seed: int
) -> float:
    """T of samples against exact distributions, beside T of simulated samples."""
    rng = np.random.default_rng(seed)
    frequencies = counts.frequencies[[first, second]].toarray()
    observed, null = 0.0, np.zeros(permutations)
    for gene, locus in zip(genes, _loci_of(counts, genes), strict=True):
        columns = slice(counts.locus_start[locus], counts.locus_start[locus + 1])
        n = counts.probes[[first, second], gene]
        if not np.isfinite(n).any():
            continue
        known = int(np.argmax(~np.isfinite(n)))
        p, q = frequencies[known, columns], frequencies[1 - known, columns]
        if np.isfinite(n[known]):
            p, q, known = q, p, 1 - known
        if not np.isfinite(n[1 - known]):
            observed += float(((p - q) ** 2).sum())
            continue
        p, q = _pool_unknown(p, q)
        draws = rng.multinomial(int(n[1 - known]), p, size=permutations) / n[1 - known]
        observed += float(((p - q) ** 2).sum())
        null += ((draws - p) ** 2).sum(axis=1)
    return float((1 + (null >= observed - 1e-12).sum()) / (permutations + 1))


def _pool_unknown(p: Any, q: Any) -> tuple[Any, Any]:
    """Alleles outside the covered mass of exact p as one allele of both p and q."""
    covered = p > 0
    rest = max(0.0, 1.0 - float(p.sum()))
    p = np.append(p[covered], rest)
    return p / p.sum(), np.append(q[covered], q[~covered].sum())


def _exact_test(counts: AlleleCounts, first: int, second: int) -> float:
    """Two known distributions are equal or not, up to the mass left uncovered."""
    difference = counts.frequencies[[first]] - counts.frequencies[[second]]
    per_gene = float(np.abs(difference).sum()) / max(counts.n_genes * len(counts.lengths), 1)
    return 1.0 if per_gene < EXACT_TOLERANCE else 0.0


def _kin(
    matrix: DistanceMatrix, row: int, other: int, p_value: float | None, background: float
) -> Kin:
    distance = max(float(matrix.values[row, other]), 0.0)
    low, high = interval(matrix, row, other)
    relation = _relation(low, high, p_value, background)
    name = matrix.names[other]
    return Kin(name, float(np.exp(-distance)), distance, low, high, p_value, relation)


def _relation(low: float, high: float, p_value: float | None, background: float) -> str:
    if high < KIN_SHARE * background:
        return SAME if p_value is not None and p_value >= SIGNIFICANCE else KIN
    return UNRELATED if low > KIN_SHARE * background else UNCLEAR


def _verdict(kin: Sequence[Kin]) -> str:
    same = [each.model for each in kin if each.relation == SAME]
    if same:
        return f"can't be told apart from {listed(same, 3)}"
    near = [each for each in kin if each.relation == KIN]
    if not near:
        return "none of these" if kin[0].relation == UNRELATED else "can't tell: sample more"
    rivals = [each.model for each in near[1:] if each.low <= near[0].high]
    if rivals:
        return f"kin of {near[0].model}, or of {listed(rivals, 3)}: their intervals overlap"
    return f"nearest kin is {near[0].model}"


def _sameness(p_value: float | None, high: float) -> str:
    if p_value is None:
        return "can't tell: one probe a gene; sample each model at least twice"
    if p_value < SIGNIFICANCE:
        return "different models"
    if not high < NEAR:
        return "can't tell: not told apart, but they may well differ; sample more"
    return "can't be told apart: the same model, or one very near"
