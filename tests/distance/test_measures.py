import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from populations import distributions, exact_table, probe_table, words

from phylolm.distance import measures as module
from phylolm.distance.counts import AlleleCounts
from phylolm.distance.measures import MEASURES, bootstrap, distances, nei_distance
from phylolm.errors import ConfigError, DataError


def counted(table, models=None, genes=None):
    """Alleles of four characters, which are easiest to follow by hand."""
    return AlleleCounts.from_probes(table, models, genes, length=4)


def twin(frequencies, probes, measure):
    """Distances by plain loops: frequencies[model][gene] = {allele: p}, None where missing."""
    m = len(frequencies)
    result = np.zeros((m, m))
    for i in range(m):
        for j in range(m):
            if i != j:
                result[i, j] = twin_pair(
                    frequencies[i], frequencies[j], probes[i], probes[j], measure
                )
    return result


def twin_pair(first, second, n, k, measure):
    genes = [g for g in range(len(first)) if first[g] is not None and second[g] is not None]
    joint = sum(joint_of(first[g], second[g], measure) for g in genes)
    if not measure.startswith("nei"):
        mean = joint / len(genes)
        floor = 0.5 * math.sqrt(1 / (n * k)) / len(genes)
        return {
            "bhattacharyya": lambda: -math.log(min(max(mean, floor), 1)),
            "chord": lambda: mean,
            "jensen-shannon": lambda: math.sqrt(mean),
        }[measure]()
    own = [own_of(x, p, genes, measure) for x, p in ((first, n), (second, k))]
    ratio = max(joint, 0.5 / (n * k)) / math.sqrt(own[0] * own[1])
    return -math.log(ratio) if measure == "nei1978" else -math.log(min(ratio, 1))


def own_of(frequencies, n, genes, measure):
    total = 0.0
    for g in genes:
        h = sum(p * p for p in frequencies[g].values())
        total += (n * h - 1) / (n - 1) if measure == "nei1978" else h
    return total


def joint_of(p, q, measure):
    both = set(p) | set(q)
    if measure.startswith("nei"):
        return sum(p.get(a, 0) * q.get(a, 0) for a in both)
    overlap = sum(math.sqrt(p.get(a, 0) * q.get(a, 0)) for a in both)
    if measure == "bhattacharyya":
        return overlap
    if measure == "chord":
        return 2 / math.pi * math.sqrt(max(2 - 2 * overlap, 0))
    total = 0.0
    for a in both:
        for one, other in ((p.get(a, 0), q.get(a, 0)), (q.get(a, 0), p.get(a, 0))):
            if one:
                total += one / 2 * math.log2(2 * one / (one + other))
    return max(total, 0)


def loop_frequencies(table, models, genes):
    found = [[None] * len(genes) for _ in models]
    for (model, gene), rows in table.groupby(["model", "gene"]):
        share = (rows["text"].str[:4]).value_counts(normalize=True)
        found[models.index(model)][genes.index(gene)] = share.to_dict()
    return found


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("missing", [False, True])
def test_every_measure_equals_plain_loops(measure, missing):
    rng = np.random.default_rng(1)
    probes = [3, 8, 8, 16, 32]
    table = probe_table(rng, distributions(rng, 5, 20), probes, words(20, 6))
    if missing:
        gone = (table["model"] == "m1") & table["gene"].isin(["g0", "g7"])
        table = table[~gone & ~((table["model"] == "m3") & (table["gene"] == "g7"))]
    counts = counted(table)
    loops = loop_frequencies(table, list(counts.models), list(counts.genes))
    expected = twin(loops, probes, measure)
    assert distances(counts, measure).values == pytest.approx(expected, abs=2e-6)


def test_the_genes_each_pair_rests_on_are_reported():
    rng = np.random.default_rng(2)
    table = probe_table(rng, distributions(rng, 3, 10), 4, words(10, 6))
    table = table[~((table["model"] == "m1") & (table["gene"] == "g3"))]
    genes = distances(counted(table)).genes
    assert genes[0, 2] == 10 and genes[0, 1] == genes[1, 2] == 9


def test_multi_length_equals_the_sums_over_lengths():
    rng = np.random.default_rng(3)
    table = probe_table(rng, distributions(rng, 4, 15), 8, words(15, 6))
    joint, own = np.zeros((4, 4)), np.zeros(4)
    for length in range(1, 5):
        counts = AlleleCounts.from_probes(table, length=length)
        p = counts.frequencies.toarray()
        joint += p @ p.T
        own += module.unbiased_homozygosity(counts).sum(axis=1)
    expected = -np.log(joint / np.sqrt(np.outer(own, own)))
    np.fill_diagonal(expected, 0)
    counts = AlleleCounts.from_probes(table, length=range(1, 5))
    assert distances(counts).values == pytest.approx(expected, abs=2e-6)


def test_nei_1978_recovers_the_true_distance_at_any_depth_and_1972_does_not():
    rng = np.random.default_rng(4)
    truth = distributions(rng, 2, 400, spread=0.3)
    text = words(400, 6)
    exact = nei_distance(counted(exact_table(truth, text)))
    for probes in (4, [4, 64], 64):
        counts = counted(probe_table(rng, truth, probes, text))
        unbiased = distances(counts, "nei1978")
        error = unbiased.values[0, 1] - exact.values[0, 1]
        assert abs(error) < 3 * unbiased.std_error[0, 1]
    plugin = distances(counted(probe_table(rng, truth, 4, text)), "nei1972")
    assert plugin.values[0, 1] - exact.values[0, 1] > 10 * plugin.std_error[0, 1]


def test_a_copy_lies_at_distance_zero_on_average_whatever_the_depth():
    rng = np.random.default_rng(5)
    one = distributions(rng, 1, 300)
    truth = np.concatenate([one, one])
    found, errors = [], []
    for _ in range(20):
        counts = counted(probe_table(rng, truth, [6, 40], words(300, 6)))
        d = distances(counts)
        found.append(d.values[0, 1])
        errors.append(d.std_error[0, 1])
        assert d.shown.min() >= 0
    assert abs(np.mean(found)) < 3 * np.mean(errors) / np.sqrt(20)
    assert min(found) < 0 < max(found)
    assert distances(counts, "nei1972").values[0, 1] > 0.1


def test_exact_and_sampled_models_compare():
    rng = np.random.default_rng(6)
    truth = distributions(rng, 3, 300, spread=0.3)
    text = words(300, 6)
    exact = exact_table(truth, text)
    sampled = probe_table(rng, truth, 16, text)
    mixed = pd.concat([exact[exact["model"] != "m1"], sampled[sampled["model"] == "m1"]])
    models = ["m0", "m1", "m2"]
    known = distances(counted(exact, models))
    d = distances(counted(mixed, models))
    assert d.values[0, 2] == pytest.approx(known.values[0, 2], abs=1e-6)
    assert abs(d.values[0, 1] - known.values[0, 1]) < 3 * d.std_error[0, 1]


def test_jackknife_errors_match_the_spread_of_repeated_studies():
    rng = np.random.default_rng(7)
    studies = []
    for _ in range(60):
        drawn = distributions(rng, 2, 64, spread=0.4)
        studies.append(distances(counted(probe_table(rng, drawn, 8, words(64, 6)))))
    spread = np.std([d.values[0, 1] for d in studies], ddof=1)
    mean_error = np.mean([d.std_error[0, 1] for d in studies])
    assert 0.7 < mean_error / spread < 1.4


def test_bootstrap_replicates_equal_resampled_genes():
    rng = np.random.default_rng(9)
    table = probe_table(rng, distributions(rng, 4, 12), 8, words(12, 6))
    table = table[~((table["model"] == "m2") & (table["gene"] == "g5"))]
    counts = counted(table)
    replicates = np.concatenate(list(bootstrap(counts, replicates=5, seed=3, block=2)))
    weights = np.random.default_rng(3)
    loops = loop_frequencies(table, list(counts.models), list(counts.genes))
    drawn = [weights.multinomial(12, np.full(12, 1 / 12), size=k) for k in (2, 2, 1)]
    for replicate, weight in zip(replicates, np.concatenate(drawn), strict=True):
        chosen = np.repeat(np.arange(12), weight)
        resampled = [[model[g] for g in chosen] for model in loops]
        assert replicate == pytest.approx(twin(resampled, [8] * 4, "nei1978"), abs=2e-6)


def test_bootstrap_spread_agrees_with_the_jackknife():
    rng = np.random.default_rng(10)
    counts = counted(probe_table(rng, distributions(rng, 2, 128), 8, words(128, 6)))
    replicates = np.concatenate(list(bootstrap(counts, replicates=400)))
    ratio = replicates[:, 0, 1].std() / distances(counts).std_error[0, 1]
    assert 0.7 < ratio < 1.4


def test_many_models_in_tiles_give_the_same(monkeypatch):
    rng = np.random.default_rng(11)
    counts = counted(probe_table(rng, distributions(rng, 9, 10), 5, words(10, 6)))
    whole = distances(counts)
    monkeypatch.setattr(module, "PAIR_TABLE_BYTES", 0)
    monkeypatch.setattr(module, "TILE", 4)
    tiled = distances(counts)
    assert tiled.values == pytest.approx(whole.values, abs=2e-6)
    assert tiled.std_error is None
    assert distances(counts, "bhattacharyya").values[0, 1] > 0


def test_one_probe_a_gene_falls_back_and_says_so():
    rng = np.random.default_rng(12)
    counts = counted(probe_table(rng, distributions(rng, 3, 40), 1, words(40, 6)))
    d = distances(counts, "nei1978")
    assert any("plug-in of nei1972" in note for note in d.notes)
    assert d.values == pytest.approx(distances(counts, "nei1972").values)


def test_models_too_diverse_to_correct_fall_back_and_are_named():
    rows = [("noisy", f"g{g}", f"{g:03}{d}") for g in range(9) for d in range(4)]
    rows += [("calm", f"g{g}", f"{g:03}0") for g in range(9) for d in range(4)]
    counts = counted(pd.DataFrame(rows, columns=["model", "gene", "text"]))
    d = distances(counts)
    assert any("noisy" in note and "calm" not in note for note in d.notes)
    assert np.isfinite(d.values).all() and d.values[0, 1] > 0


def test_models_that_share_nothing_are_far_but_finite():
    rows = [("a", f"g{g}", "aaaa") for g in range(8)] * 4
    rows += [("b", f"g{g}", "bbbb") for g in range(8)] * 4
    d = distances(counted(pd.DataFrame(rows, columns=["model", "gene", "text"])))
    assert d.values[0, 1] == pytest.approx(-math.log(0.5 / 16 / 8))


def test_models_without_a_shared_gene_are_named():
    rows = [("a", "g0", "x"), ("a", "g0", "x"), ("b", "g1", "x"), ("b", "g1", "x")]
    counts = counted(pd.DataFrame(rows, columns=["model", "gene", "text"]))
    with pytest.raises(DataError, match="a and b share no gene"):
        distances(counts)
    with pytest.raises(ConfigError, match="unknown measure"):
        distances(counts, "nei1066")


@given(st.integers(0, 10_000), st.permutations(range(4)))
@settings(max_examples=20, deadline=None)
def test_symmetric_zero_on_self_and_blind_to_order(seed, order):
    rng = np.random.default_rng(seed)
    table = probe_table(rng, distributions(rng, 4, 6), 4, words(6, 6))
    names = ["m0", "m1", "m2", "m3"]
    for measure in MEASURES:
        d = distances(counted(table, names), measure).values
        assert (d == d.T).all() and (np.diag(d) == 0).all()
        assert measure == "nei1978" or (d >= 0).all()
        shuffled = table.sample(frac=1, random_state=seed)
        again = counted(shuffled, [names[i] for i in order])
        assert distances(again, measure).values == pytest.approx(d[np.ix_(order, order)], abs=2e-6)
