"""Baselines against plain loops, and all against the published study."""

import numpy as np
import pandas as pd
import pytest
from score_cases import (
    draw,
    folds_by,
    one_thread,  # noqa: F401
    study_of,
    tree_like,
)

from phylolm.distance.matrix import read_distances
from phylolm.predict import baselines
from phylolm.predict.evaluate import LEVELS, evaluate
from phylolm.predict.forecast import join_scores
from phylolm.predict.kinship import declared_kernel, profile_kernel
from phylolm.predict.scores import ScoreTable
from phylolm.predict.traits import from_log_odds, log_odds

BENCHMARKS = ("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K")
NINETY = LEVELS.index(0.9)


def simulated(seed, share=0.9, benchmarks=3, correlation=0.5, families=6, members=4, apart=None):
    """A study of the process itself with gaps, sizes and declared families."""
    rng = np.random.default_rng(seed)
    distances, groups = tree_like(rng, families, members, apart or (0.6, 2.0))
    kernel = profile_kernel(distances.values)
    scores = from_log_odds(draw(rng, kernel, share, benchmarks, correlation))
    scores[rng.random(scores.shape) < 0.1] = np.nan
    sizes = rng.uniform(1, 70, len(scores))
    sizes[rng.random(len(scores)) < 0.1] = np.nan
    declared = declared_kernel(groups, [""] * len(groups), distances.names)
    return study_of(distances, groups, scores, sizes, declared)


# Baselines


def test_simple_rules_equal_plain_loops():
    study = simulated(13)
    scores, groups, d = study.scores, study.groups, study.distances.values
    folds = [fold[half::2] for fold in folds_by(groups) for half in (0, 1)]  # kin remain
    found = {
        "mean": baselines.mean_score(scores, folds),
        "family": baselines.family_mean(
            scores, folds, ["" if g.endswith("5") else g for g in groups]
        ),
        "kin": baselines.nearest_kin(scores, folds, d),
        "size": baselines.size_only(scores, folds, study.parameters),
    }
    for fold in folds:
        for row in fold:
            for column in range(3):
                if np.isnan(scores[row, column]):
                    assert all(np.isnan(each[row, column]) for each in found.values())
                    continue
                rest = [r for r in range(24) if r not in fold and np.isfinite(scores[r, column])]
                mean = np.mean([scores[r, column] for r in rest])
                kin = [r for r in rest if groups[r] == groups[row] and not groups[r].endswith("5")]
                family = np.mean([scores[r, column] for r in kin]) if kin else mean
                nearest = scores[min(rest, key=lambda r, row=row: d[row, r]), column]
                expected = [mean, family, nearest, line(study, rest, row, column, mean)]
                values = [each[row, column] for each in found.values()]
                assert values == pytest.approx(expected)


def line(study, rest, row, column, mean):
    """Least squares in log10 of size by the sums."""
    size = np.log10(study.parameters)
    if np.isnan(size[row]):
        return mean
    pairs = [(size[r], log_odds(study.scores[r, column])) for r in rest if np.isfinite(size[r])]
    mx, my = np.mean([x for x, _ in pairs]), np.mean([y for _, y in pairs])
    slope = sum((x - mx) * (y - my) for x, y in pairs) / sum((x - mx) ** 2 for x, _ in pairs)
    return 1 / (1 + np.exp(-(my + slope * (size[row] - mx))))


def test_size_without_use_falls_back_to_the_mean():
    scores = np.linspace(0.1, 0.9, 6)[:, None]
    folds = [np.array([row, row + 1]) for row in (0, 2, 4)]
    for sizes in (np.full(6, 7.0), np.array([1, 2, np.nan, np.nan, np.nan, 3.0])):
        found = baselines.size_only(scores, folds, sizes)
        assert found[:2] == pytest.approx(baselines.mean_score(scores, folds)[:2])


def test_nearest_neighbours_equal_plain_loops():
    chosen = set()
    for seed in (14, 15, 16):
        study = simulated(seed, benchmarks=2, families=7)
        scores, d, folds = study.scores, study.distances.values, folds_by(study.groups)
        found = baselines.nearest_neighbours(scores, folds, d)

        def nearest(row, rest, column, k, d=d, scores=scores):
            return np.mean([scores[r, column] for r in sorted(rest, key=lambda r: d[row, r])[:k]])

        for fold in folds:
            for column in range(2):
                rest = [r for r in range(28) if r not in fold and np.isfinite(scores[r, column])]
                strangers = {
                    row: [r for r in rest if study.groups[r] != study.groups[row]] for row in rest
                }
                losses = []
                for k in baselines.NEIGHBOURS:
                    errors = [scores[r, column] - nearest(r, strangers[r], column, k) for r in rest]
                    losses.append(np.mean(np.square(errors)))
                k = baselines.NEIGHBOURS[int(np.argmin(losses))]
                chosen.add(k)
                for row in fold[np.isfinite(scores[fold, column])]:
                    expected = nearest(row, rest, column, k)
                    assert found[row, column] == pytest.approx(expected)
    assert len(chosen) > 1


def test_the_protocol_s_training_is_adam_as_torch_has_it(monkeypatch):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(17)
    train, target = rng.normal(0, 2, (20, 5)), rng.uniform(0.1, 0.9, 20)
    bound = np.sqrt(6 / 6)
    start = np.random.default_rng(3).uniform(-bound, bound, 5)
    layer = torch.nn.Linear(5, 1).double()
    with torch.no_grad():
        layer.weight[:] = torch.tensor(start)
        layer.bias[:] = 0.0
    adam = torch.optim.Adam(layer.parameters(), lr=1e-3, weight_decay=0.01)
    monkeypatch.setattr(baselines, "EPOCHS", 300)
    for _ in range(300):
        adam.zero_grad()
        guess = torch.sigmoid(layer(torch.tensor(train)))[:, 0]
        torch.nn.functional.mse_loss(guess, torch.tensor(target)).backward()
        adam.step()
    weights, level = baselines._trained(train, target, np.random.default_rng(3))
    assert weights == pytest.approx(layer.weight.detach().numpy()[0], abs=1e-9)
    assert level == pytest.approx(layer.bias.item(), abs=1e-9)
    assert np.abs(weights - start).max() > 0.1


def test_the_protocol_draws_by_its_seed():
    study = simulated(18, benchmarks=1)
    folds = folds_by(study.groups)
    runs = [
        baselines.published_protocol(study.scores, folds, study.distances.values, seed)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.nanmax(np.abs(runs[0] - runs[2])) > 1e-4
    assert (np.isnan(runs[0]) == np.isnan(study.scores)).all()


# The published study


@pytest.fixture(scope="module")
def published(reference):
    """127 models of nine families, the 103 with scores in the published fit, all methods."""
    folder = reference / "phylolm"
    matrix = read_distances(folder / "similarity_math_completion.csv", similarity=True)
    scores, models = (pd.read_csv(folder / f"{n}.csv") for n in ("benchmark_scores", "models"))
    models = models[(models["study_part"] == "main") & (models["mode"] == "completion")]
    table = scores[scores["in_authors_fit"]].merge(models[["engine", "family"]], on="engine")
    assert len(table) == 103 and len(matrix) == 127
    values = table[list(BENCHMARKS)].to_numpy(float) / 100
    unknown, none = np.full(103, np.nan), ("",) * 103
    read = ScoreTable(tuple(table["engine"]), BENCHMARKS, values, unknown, none, none)
    family = dict(zip(models["engine"], models["family"], strict=True))
    study = join_scores(matrix, read, family)
    return evaluate(study, study.groups).summary().set_index(["method", "benchmark"])


@pytest.mark.reference
def test_the_protocol_gives_what_it_gave(published, reference):
    protocol = published.loc["published protocol"]
    assert protocol.loc["ARC", "n"] == 96
    assert protocol.loc["ARC", "pearson"] == pytest.approx(0.825, abs=0.02)
    assert protocol.loc["ARC", "mae"] == pytest.approx(0.0589, abs=0.005)
    rows = pd.read_csv(reference / "phylolm" / "benchmark_replication_summary_math.csv")
    rows = rows[rows["family"] == "ALL"].set_index("benchmark").loc[list(BENCHMARKS)]
    assert protocol.loc[list(BENCHMARKS), "n"].tolist() == rows["n"].tolist()
    slack = np.maximum(0.03, 3 * rows["r_sd_over_seeds"])
    assert (np.abs(protocol["pearson"].drop("mean") - rows["r_signed"]) < slack).all()
    assert protocol["mae"].drop("mean").to_numpy() == pytest.approx(rows["MAE"], abs=0.01)


@pytest.mark.reference
def test_forecasts_beat_the_published_protocol(published):
    means = published.xs("mean", level="benchmark")
    best, protocol = means.loc["answers, other scores"], means.loc["published protocol"]
    assert best["pearson"] >= 0.78 and best["mae"] <= 0.065
    assert best["pearson"] > protocol["pearson"] and best["mae"] < protocol["mae"]
    assert 0.85 <= best["coverage"] <= 0.95
    blind = means.loc["answers only"]
    assert blind["mae"] < protocol["mae"] and blind["mae"] < means.loc["mean", "mae"]
    assert blind["width"] > best["width"] and 0.85 <= blind["coverage"] <= 0.95
