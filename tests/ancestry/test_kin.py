import json

import numpy as np
import pandas as pd
import pytest
from populations import distributions, exact_table, probe_table, words
from scipy import stats

from phylolm.ancestry.kin import (
    KIN,
    SAME,
    SIGNIFICANCE,
    UNCLEAR,
    UNRELATED,
    _prefix_codes,
    _relation,
    compare,
    identify,
    same_model_test,
)
from phylolm.ancestry.permutation import shuffled_statistics
from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.measures import JACKKNIFE_BLOCKS
from phylolm.errors import ConfigError


def family(rng, genes=128):
    """m0, a copy m1, a child m2 (two fifths changed), strangers m3..m7."""
    strangers = distributions(rng, 6, genes, spread=1.0)
    parent = strangers[:1]
    child = 0.6 * parent + 0.4 * distributions(rng, 1, genes, spread=1.0)
    return np.concatenate([parent, parent, child, strangers[1:]])


def counts_of(truth, probes=16, seed=0, genes=128):
    return AlleleCounts.from_probes(
        probe_table(np.random.default_rng(seed), truth, probes, words(genes, 6))
    )


def test_identify_ranks_copy_then_child_then_strangers():
    found = identify(counts_of(family(np.random.default_rng(1))), "m0")
    assert [kin.model for kin in found.kin[:2]] == ["m1", "m2"]
    assert [kin.relation for kin in found.kin[:3]] == [SAME, KIN, UNRELATED]
    assert "m1" in found.verdict
    assert all(kin.low <= kin.distance <= kin.high for kin in found.kin)
    assert found.to_dict()["kin"][0].keys() == {
        "model",
        "similarity",
        "distance",
        "low",
        "high",
        "p_value",
        "relation",
    }


def test_identify_says_none_of_these():
    truth = family(np.random.default_rng(2))
    found = identify(counts_of(truth[3:]), "m2")
    assert found.verdict == "none of these"


def test_unknown_and_lonely_models_are_refused():
    counts = counts_of(family(np.random.default_rng(3)))
    with pytest.raises(ConfigError, match="no model 'm9'"):
        identify(counts, "m9")
    with pytest.raises(ConfigError, match="alone"):
        identify(counts.select(["m0"]), "m0")


def test_p_values_of_the_same_model_are_uniform():
    rng = np.random.default_rng(4)
    one = distributions(rng, 1, 20)
    truth = np.concatenate([one, one])
    values = [
        same_model_test(counts_of(truth, [5, 9], seed, 20), 0, 1, 199, seed) for seed in range(200)
    ]
    for level in (0.05, 0.2, 0.5, 0.8):
        expected = np.sqrt(level * (1 - level) / 200)
        assert abs(np.mean(np.array(values) <= level) - level) < 4 * expected


def test_different_models_are_told_apart():
    counts = counts_of(family(np.random.default_rng(5)))
    assert same_model_test(counts, 0, 2) < 0.01
    assert compare(counts, "m0", "m2").verdict == "different models"
    assert "same model" in compare(counts, "m0", "m1").verdict


def test_one_probe_a_gene_can_not_tell():
    counts = counts_of(family(np.random.default_rng(6)), probes=1)
    assert same_model_test(counts, 0, 3) is None
    assert compare(counts, "m0", "m3").verdict.startswith("can't tell")


def test_samples_against_an_exact_distribution():
    rng = np.random.default_rng(7)
    truth = distributions(rng, 2, 40, spread=0.9)
    text = words(40, 6)
    exact = exact_table(truth, text)
    exact = exact[exact["probability"] > 0.02]
    values = []
    for seed in range(60):
        probes = probe_table(np.random.default_rng(seed), truth[:1], 8, text)
        table = pd.concat([exact, probes.assign(model="query")])
        counts = AlleleCounts.from_probes(table, ["m0", "m1", "query"])
        values.append(same_model_test(counts, 0, 2, 199, seed))
        assert same_model_test(counts, 2, 1, 199, seed) < 0.01
    assert 0.3 < np.mean(values) < 0.7 and min(values) < 0.2


def test_two_exact_distributions_are_equal_or_not():
    rng = np.random.default_rng(8)
    one = distributions(rng, 2, 10)
    table = exact_table(np.concatenate([one, one[:1]]), words(10, 6))
    counts = AlleleCounts.from_probes(table)
    assert same_model_test(counts, 0, 2) == 1.0
    assert same_model_test(counts, 0, 1) == 0.0


def test_the_statistic_equals_a_plain_loop():
    cells = np.array([[3, 1, 0, 2, 2], [1, 1, 2, 0, 4]])
    names = ["ab", "ac", "bb", "xy", "x"]
    bounds = np.array([0, 3, 5])
    codes = _prefix_codes(names, bounds, 2)
    observed, null = shuffled_statistics(cells, codes, bounds, 50, 1)
    expected = 0.0
    for gene in (slice(0, 3), slice(3, 5)):
        p, q = cells[:, gene] / cells[:, gene].sum(axis=1, keepdims=True)
        for length in (1, 2):
            for prefix in {name[:length] for name in names[gene]}:
                same = [name[:length] == prefix for name in names[gene]]
                expected += (p[same].sum() - q[same].sum()) ** 2
    assert observed == pytest.approx(expected) and len(null) == 50


def test_intervals_cover_the_true_distance():
    rng = np.random.default_rng(9)
    text = words(64, 6)
    covered = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = distributions(rng, 2, 2000, spread=0.4)
        known = compare(AlleleCounts.from_probes(exact_table(truth, words(2000, 6))), "m0", "m1")
        few = probe_table(rng, truth[:, :64], 8, text)
        found = compare(AlleleCounts.from_probes(few), "m0", "m1", permutations=19)
        covered.append(found.low <= known.distance <= found.high)
    assert np.mean(covered) > 0.85


def test_too_few_probes_are_no_proof_of_sameness():
    counts = counts_of(family(np.random.default_rng(10), 4), probes=2, genes=4)
    found = identify(counts, "m0")
    assert SAME not in {kin.relation for kin in found.kin[2:]}
    rows = [(m, "g", f"{m}{d}xxx") for m in "ab" for d in range(2)]
    alone = AlleleCounts.from_probes(pd.DataFrame(rows, columns=["model", "gene", "text"]))
    result = compare(alone, "a", "b")
    assert result.verdict.startswith("can't tell")
    assert json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("low", "high", "p_value", "relation"),
    [
        (0.1, 0.499, 0.001, KIN),
        (0.1, 0.499, SIGNIFICANCE, SAME),
        (0.1, 0.499, 0.99 * SIGNIFICANCE, KIN),
        (0.1, 0.499, None, KIN),
        (0.1, 0.5, 0.9, UNCLEAR),
        (0.499, 0.6, None, UNCLEAR),
        (0.5, 0.6, None, UNCLEAR),
        (0.501, 0.6, None, UNRELATED),
    ],
)
def test_an_interval_lies_below_the_bound_above_it_or_across(low, high, p_value, relation):
    """The bound is half of the background distance, here .5."""
    assert _relation(low, high, p_value, 1.0) == relation


def given_distances(monkeypatch, apart, reach):
    """Counts of m0, m1, ...; `identify` finds m0 so far from m1, ..., give or take `reach`."""
    models = len(apart) + 1
    values, errors = np.zeros((models, models)), np.zeros((models, models))
    values[0, 1:], errors[0, 1:] = apart, reach / stats.t.ppf(0.975, JACKKNIFE_BLOCKS - 1)
    genes = np.full((models, models), 1000, dtype=np.int32)
    names = tuple(f"m{place}" for place in range(models))
    found = DistanceMatrix(names, values + values.T, genes, errors + errors.T)
    monkeypatch.setattr("phylolm.ancestry.kin.distances", lambda counts, measure: found)
    return counts_of(distributions(np.random.default_rng(0), models, 2), 2, genes=2)


def test_kin_and_strangers_are_told_by_the_ends_of_intervals(monkeypatch):
    """The median distance is 1, the bound .5; intervals cross it from either side."""
    apart = [0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.3, 1.4, 1.5]
    found = identify(given_distances(monkeypatch, apart, 0.12), "m0", tested=0)
    assert [kin.low for kin in found.kin] == pytest.approx([x - 0.12 for x in apart])
    assert [kin.high for kin in found.kin] == pytest.approx([x + 0.12 for x in apart])
    expected = [KIN, UNCLEAR, UNCLEAR] + 6 * [UNRELATED]
    assert [kin.relation for kin in found.kin] == expected


def test_intervals_end_at_zero(monkeypatch):
    """Unbiased distances may lie below 0, by more than their error or by less."""
    found = identify(given_distances(monkeypatch, [-0.3, -0.05, 0.05, 1.0], 0.1), "m0", tested=0)
    assert [kin.distance for kin in found.kin] == [0, 0, 0.05, 1]
    assert [kin.low for kin in found.kin] == pytest.approx([0, 0, 0, 0.9])
    assert [kin.high for kin in found.kin] == pytest.approx([0, 0.05, 0.15, 1.1])
