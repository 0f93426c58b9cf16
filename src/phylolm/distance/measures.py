"""Genetic distances between models, with standard errors and bootstrap replicates.

Here: the measures, `distances` (all pairs) and `bootstrap` (replicates over genes). Next door:
`distance.counts` counts alleles, `matrix` is the result and its files, `build` makes
trees of it.

Every measure is a ratio of sums over genes, so one scheme serves them all. For a set of genes
and a pair of models i, j:

    ratio_ij = sum_g joint_g(i, j) / sqrt(weight_ij * weight_ji),
    weight_ij = sum of own_g(i) over the genes that both have

    measure          joint_g(i, j)               own_g(i)                  distance
    nei1972          sum_a p_ia p_ja             sum_a p_ia^2              -ln ratio
    nei1978          sum_a p_ia p_ja             (N sum_a p_ia^2 - 1)      -ln ratio
                                                   / (N - 1)
    bhattacharyya    BC = sum_a sqrt(p_ia p_ja)  1                         -ln ratio
    chord            2/pi sqrt(2 - 2 BC)         1                         ratio
    jensen-shannon   divergence in bits          1                         sqrt(ratio)

with p_ia the frequency of allele a in model i and N the probes of model i at gene g. Sources:
Nei 1972 (American Naturalist 106:283), Nei 1978 (Genetics 89:583), Bhattacharyya 1943,
Cavalli-Sforza and Edwards 1967, Lin 1991. In the multi-length form every gene has one locus a
length and the sums run over loci.

nei1978 takes the sampling noise out of own_g, so models sampled at different depths compare
without bias, and a copy lies at distance 0 on average: sometimes a little below. The others are
plug-in estimates, biased upwards where probes are few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm import defaults
from phylolm.distance.counts import AlleleCounts, format_lengths
from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError, DataError

Matrix = npt.NDArray[np.float64]

DEFAULT_MEASURE = defaults.MEASURE
JACKKNIFE_BLOCKS = 32
TILE = 2048
"""Models compared at a time when there are many; bounds the memory of dense slabs."""

PAIR_TABLE_BYTES = 2e9
"""Beyond this, per-gene values of all pairs are not kept: no standard errors."""

MIN_COINCIDENCES = 5
"""Pairs of equal probes within a model that nei1978 needs to tell noise from diversity."""


@dataclass(frozen=True)
class Measure:
    """One row of the table above.

    feature: allele frequencies (dense) -> values whose inner product is `joint`.
    own: counts -> own_g(i), shape (m, g).
    joint: turns inner products of one locus, and its features, into joint; None: they are it.
    finish: ratio -> distance. A similarity's ratio is 1 for the same, 0 for nothing shared.
    """

    feature: Callable[[Any], Any]
    own: Callable[[AlleleCounts], Matrix]
    finish: Callable[[Any], Any]
    joint: Callable[[Any, Any], Any] | None = None
    is_similarity: bool = True


def distances(counts: AlleleCounts, measure: str = DEFAULT_MEASURE) -> DistanceMatrix:
    """All pairwise distances, with jackknife standard errors where memory allows.

    Genes missing for either model of a pair are left out of that pair; `.genes` says how many
    it rests on. Raises DataError for pairs that share no gene, ConfigError for an unknown
    measure.
    """
    rule = find_measure(measure)
    own = np.where(counts.present, rule.own(counts), 0.0)
    shared = _shared_genes(counts)
    if _pair_table_bytes(counts) <= PAIR_TABLE_BYTES:
        values, std_error = _from_pair_table(counts, rule, own)
    else:
        values, std_error = _in_tiles(counts, rule, own), None
    return DistanceMatrix(
        counts.models,
        values,
        shared,
        std_error,
        f"{measure}, allele length {format_lengths(counts.lengths)}",
        _notes(counts, measure),
    )


def nei_distance(counts: AlleleCounts, unbiased: bool = True) -> DistanceMatrix:
    """Nei's genetic distance: of 1978 (unbiased for N probes), or of 1972 as published."""
    return distances(counts, "nei1978" if unbiased else "nei1972")


def bootstrap(
    counts: AlleleCounts,
    measure: str = DEFAULT_MEASURE,
    replicates: int = defaults.REPLICATES,
    seed: int = 0,
    block: int = 64,
) -> Iterator[Matrix]:
    """Distance matrices of resampled genes, in blocks of shape (k, m, m).

    A replicate draws as many genes as there are, with replacement (Felsenstein 1985). A pair
    that shares no gene in a replicate keeps its distance from all genes.
    """
    rule = find_measure(measure)
    own = np.where(counts.present, rule.own(counts), 0.0)
    table = pair_table(counts, rule)
    fallback = finish(counts, rule, own, _square(table.sum(axis=0, dtype=np.float64), counts))
    rng = np.random.default_rng(seed)
    genes = counts.n_genes
    for start in range(0, replicates, block):
        size = min(block, replicates - start)
        weights = rng.multinomial(genes, np.full(genes, 1 / genes), size=size).astype(np.float32)
        joints = weights @ table
        yield np.stack(
            [
                _replicate(counts, rule, own, joint, weight, fallback)
                for joint, weight in zip(joints, weights, strict=True)
            ]
        )


def find_measure(name: str) -> Measure:
    """A measure by name. Raises ConfigError listing the known ones."""
    if name not in MEASURES:
        raise ConfigError(f"unknown measure {name!r}; known: {', '.join(MEASURES)}")
    return MEASURES[name]


def pair_table(counts: AlleleCounts, rule: Measure) -> npt.NDArray[np.float32]:
    """joint_g of every pair i < j (diagonal included), shape (g, m (m + 1) / 2)."""
    m = counts.n_models
    upper = np.triu_indices(m)
    flat = upper[0] * m + upper[1]
    table = np.zeros((counts.n_genes, len(flat)), dtype=np.float32)
    columns = counts.frequencies.tocsc()
    for gene in range(counts.n_genes):
        table[gene] = _gene_joint(counts, rule, columns, gene).ravel()[flat]
    return table


def _gene_joint(counts: AlleleCounts, rule: Measure, columns: Any, gene: int) -> Any:
    """joint of one gene for all pairs, summed over its loci; zero where the gene is missing."""
    lengths = len(counts.lengths)
    bounds = counts.locus_start[gene * lengths : (gene + 1) * lengths + 1]
    if rule.joint is None:
        slab = rule.feature(columns[:, bounds[0] : bounds[-1]].toarray().astype(np.float32))
        return slab @ slab.T
    total = np.zeros((counts.n_models, counts.n_models), dtype=np.float32)
    for start, stop in zip(bounds[:-1], bounds[1:], strict=True):
        slab = rule.feature(columns[:, start:stop].toarray())
        total += rule.joint(slab @ slab.T, slab)
    here = counts.present[:, gene]
    return total * np.outer(here, here)


def _from_pair_table(
    counts: AlleleCounts, rule: Measure, own: Matrix
) -> tuple[Matrix, Matrix | None]:
    table = pair_table(counts, rule)
    joint = table.sum(axis=0, dtype=np.float64)
    values = finish(counts, rule, own, _square(joint, counts))
    if counts.n_genes < 2:
        return values, None
    return values, _jackknife(counts, rule, own, table, joint)


def _jackknife(
    counts: AlleleCounts, rule: Measure, own: Matrix, table: Any, joint: Matrix
) -> Matrix:
    """Delete-one-block jackknife over contiguous blocks of genes (Kuensch 1989)."""
    blocks = np.array_split(np.arange(counts.n_genes), min(JACKKNIFE_BLOCKS, counts.n_genes))
    total = np.zeros((counts.n_models, counts.n_models))
    squares = np.zeros_like(total)
    pairs = np.zeros_like(total)
    for block in blocks:
        rest = joint - table[block].sum(axis=0, dtype=np.float64)
        kept = own.copy()
        kept[:, block] = 0.0
        value = finish(counts, rule, kept, _square(rest, counts), strict=False)
        known = np.isfinite(value)
        total += np.where(known, value, 0.0)
        squares += np.where(known, value**2, 0.0)
        pairs += known
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.maximum(squares - total**2 / pairs, 0.0) * (pairs - 1) / pairs
    return np.where(pairs > 1, np.sqrt(variance), np.nan)


def _replicate(
    counts: AlleleCounts, rule: Measure, own: Matrix, joint: Any, weight: Any, fallback: Matrix
) -> Matrix:
    square = _square(joint, counts)
    value = finish(counts, rule, own * weight, square, strict=False)
    return np.where(np.isfinite(value), value, fallback)


def _in_tiles(counts: AlleleCounts, rule: Measure, own: Matrix) -> Matrix:
    if rule.joint is not None:
        raise ConfigError(f"{counts.n_models} models are too many for this measure: use nei1978")
    m = counts.n_models
    values = np.zeros((m, m))
    starts = range(0, m, TILE)
    for first in starts:
        left = _dense(counts, rule, first)
        for second in starts[starts.index(first) :]:
            right = left if second == first else _dense(counts, rule, second)
            rows = np.arange(first, first + len(left))
            columns = np.arange(second, second + len(right))
            tile = finish(counts, rule, own, left @ right.T, rows=rows, columns=columns)
            values[first : first + len(left), second : second + len(right)] = tile
            values[second : second + len(right), first : first + len(left)] = tile.T
    np.fill_diagonal(values, 0.0)
    return values


def _dense(counts: AlleleCounts, rule: Measure, start: int) -> Any:
    stop = min(start + TILE, counts.n_models)
    return rule.feature(counts.frequencies_of(start, stop).astype(np.float32).toarray())


def finish(
    counts: AlleleCounts,
    rule: Measure,
    own: Matrix,
    joint: Any,
    strict: bool = True,
    rows: Any = slice(None),
    columns: Any = slice(None),
) -> Matrix:
    """From sums over genes to distances, for all pairs or for a tile of them.

    strict: raise DataError for a pair without a shared gene; otherwise its distance is NaN.
    """
    weight = _pair_weight(counts, own, rows, columns)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(weight > 0, joint / weight, np.nan)
    if strict and not np.isfinite(ratio).all():
        row, column = np.argwhere(~np.isfinite(ratio))[0]
        names = np.array(counts.models, dtype=object)
        raise DataError(
            f"{names[rows][row]} and {names[columns][column]} share no gene with probes: "
            "sequence both with the same genome"
        )
    if rule.is_similarity:
        floor = _least_joint(counts, rule, rows, columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.maximum(ratio, np.minimum(floor / weight, 1.0))
    value = np.asarray(rule.finish(np.maximum(ratio, 0.0)), dtype=np.float64)
    if value.shape[0] == value.shape[1] and isinstance(rows, slice):
        np.fill_diagonal(value, 0.0)
    return value


def _pair_weight(counts: AlleleCounts, own: Matrix, rows: Any, columns: Any) -> Matrix:
    if counts.complete:
        total = own.sum(axis=1)
        return np.asarray(np.sqrt(np.outer(total[rows], total[columns])))
    here = counts.present.astype(np.float64)
    forward = own[rows] @ here[columns].T
    backward = here[rows] @ own[columns].T
    return np.asarray(np.sqrt(np.maximum(forward, 0.0) * np.maximum(backward, 0.0)))


def _least_joint(counts: AlleleCounts, rule: Measure, rows: Any, columns: Any) -> Matrix:
    """A pseudocount of half a match: what models that share nothing could have shared unseen."""
    sums = np.where(np.isfinite(counts.probes), counts.probes, 1e5).sum(axis=1)
    mean = np.maximum(sums / np.maximum(counts.present.sum(axis=1), 1), 1.0)
    least = rule.feature(1 / mean)
    return np.asarray(0.5 * np.outer(least[rows], least[columns]))


def _square(pairs: Any, counts: AlleleCounts) -> Matrix:
    """A symmetric (m, m) matrix from the values of its upper triangle."""
    m = counts.n_models
    matrix = np.zeros((m, m))
    matrix[np.triu_indices(m)] = pairs
    return matrix + np.triu(matrix, 1).T


def _shared_genes(counts: AlleleCounts) -> npt.NDArray[np.int32]:
    m = counts.n_models
    if counts.complete:
        return np.broadcast_to(np.int32(counts.n_genes), (m, m))
    here = counts.present.astype(np.float32)
    return (here @ here.T).astype(np.int32)


def _pair_table_bytes(counts: AlleleCounts) -> float:
    return 4.0 * counts.n_genes * counts.n_models * (counts.n_models + 1) / 2


def homozygosity(counts: AlleleCounts) -> Matrix:
    """sum_a p_ia^2 of each model at each gene, summed over the gene's loci; shape (m, g)."""
    return np.concatenate(
        [_homozygosity_of(counts, start) for start in range(0, counts.n_models, TILE)]
    )


def _homozygosity_of(counts: AlleleCounts, start: int) -> Matrix:
    """`homozygosity` of one tile of models: many together would need as much memory again."""
    p = counts.frequencies_of(start, min(start + TILE, counts.n_models))
    row = np.repeat(np.arange(p.shape[0]), np.diff(p.indptr))
    cell = row * counts.n_genes + counts.gene_of[p.indices]
    sums = np.bincount(cell, weights=p.data**2, minlength=p.shape[0] * counts.n_genes)
    return np.asarray(sums.reshape(p.shape[0], counts.n_genes), dtype=np.float64)


def unbiased_homozygosity(counts: AlleleCounts) -> Matrix:
    """(N sum_a p_ia^2 - 1) / (N - 1), shape (m, g); the plug-in where it can't be had.

    That is for genes with one probe, and for models with so few equal probes that what is left
    after the correction would be noise.
    """
    plain = homozygosity(counts)
    n, loci = counts.probes, len(counts.lengths)
    many = np.isfinite(n) & (n >= 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        corrected = np.where(many, (n * plain - loci) / (n - 1), plain)
    return np.where(noisy_models(counts)[:, None], plain, corrected)


def noisy_models(counts: AlleleCounts) -> npt.NDArray[np.bool_]:
    """Models with fewer than MIN_COINCIDENCES pairs of equal probes in all genes; (m,)."""
    n = np.where(np.isfinite(counts.probes), counts.probes, 0.0)
    equal_pairs = (n * (n * homozygosity(counts) - len(counts.lengths)) / 2).sum(axis=1)
    exact = ~np.isfinite(counts.probes).all(axis=1)
    few = equal_pairs < MIN_COINCIDENCES * len(counts.lengths)
    return np.asarray(few & ~exact & (n > 1).any(axis=1))


def _notes(counts: AlleleCounts, measure: str) -> tuple[str, ...]:
    if measure != "nei1978":
        return ()
    notes = []
    single = (counts.probes == 1).any(axis=1)
    if single.any():
        notes.append(
            f"nei1978 needs 2 probes a gene; where there is 1 the plug-in of nei1972 is used "
            f"({single.sum()} of {counts.n_models} models)"
        )
    noisy = noisy_models(counts)
    if noisy.any():
        names = ", ".join(np.array(counts.models, dtype=object)[noisy][:5])
        notes.append(
            f"too few equal probes for nei1978, nei1972 used for {noisy.sum()} models: {names}"
        )
    return tuple(notes)


def _ones(counts: AlleleCounts) -> Matrix:
    return np.full(counts.probes.shape, float(len(counts.lengths)))


def _minus_log(ratio: Any) -> Any:
    return np.maximum(-np.log(ratio), 0.0)


def _minus_log_unbiased(ratio: Any) -> Any:
    """Not cut at 0: that would bias the distances of near models and tie their ranks."""
    return -np.log(ratio)


def _chord(coefficient: Any, _: Any) -> Any:
    return 2 / np.pi * np.sqrt(np.maximum(2 - 2 * coefficient, 0.0))


def _jensen_shannon(_: Any, slab: Any) -> Any:
    from phylolm.distance.divergence import jensen_shannon

    return jensen_shannon(np.ascontiguousarray(slab))


def _same(values: Any) -> Any:
    return values


MEASURES = {
    "nei1978": Measure(_same, unbiased_homozygosity, _minus_log_unbiased),
    "nei1972": Measure(_same, homozygosity, _minus_log),
    "bhattacharyya": Measure(np.sqrt, _ones, _minus_log),
    "chord": Measure(np.sqrt, _ones, _same, _chord, is_similarity=False),
    "jensen-shannon": Measure(_same, _ones, np.sqrt, _jensen_shannon, is_similarity=False),
}
