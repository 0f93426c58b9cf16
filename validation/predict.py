"""Benchmark scores from kinship: the published study, recorded real answers, grown zoos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from phylolm import figures
from phylolm.distance.counts import parse_lengths, without_silent
from phylolm.distance.matrix import DistanceMatrix, read_distances
from phylolm.distance.measures import distances
from phylolm.genome.genome import Genome
from phylolm.predict import baselines
from phylolm.predict.evaluate import Evaluation, collect, evaluate, folds_of
from phylolm.predict.forecast import ScoredModels, forecast, join_scores
from phylolm.predict.scores import ScoreTable, read_scores
from phylolm.predict.select import choose_next
from phylolm.tree.build import build_tree
from phylolm.tree.clades import clades
from validation.common import RESULTS, WORK, bank_of, grown, reference, table, write
from validation.recorded import bank_of_answers as recorded_bank
from validation.zooscores import zoo_scores

BENCHMARKS = ("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K")
SEEDS = range(5)
SELECTED = 20
SHUFFLES = 20


READING = (
    "How to read this. *answers only* is a forecast for a model of which only its answers are "
    "known. *other scores* is for one that has some benchmarks and lacks one. Leaving out a family "
    "is honest where families are known (the published study, the zoos). On recorded answers "
    "families are what models declare, and many declare nothing, so their kin stay in: there the "
    "tables that leave out clades of the tree say what a new line of models would get, and single "
    "tenths what a model among scored kin gets. Where R² is below 0 the forecast is no better than "
    "the mean: a grown family raised on other text than all the others can't be forecast from its "
    "answers, and the intervals of so few families are too narrow for it."
)


def main() -> None:
    blocks = [READING, *_published(), *_recorded(), *_zoos()]
    write("predict", "Benchmark scores from kinship", *blocks)


def _published() -> list[str]:
    study = _published_study()
    found = evaluate(study, study.groups)
    protocol = _protocol(study)
    figures.save(
        figures.plot_forecasts(
            found.forecasts, "answers only", "127 published models, answers only"
        ),
        RESULTS / "predict-published.svg",
    )
    figures.save(
        figures.plot_calibration(found.coverage), RESULTS / "predict-published-calibration.svg"
    )
    summary = pd.concat([found.summary(), protocol], ignore_index=True)
    return [
        "## The published study",
        f"The recovered matrix of 127 models (math, 128 genes, 32 probes); {len(study.scored)} "
        "models have scores and were in the published fit. One family is left out at a time, all "
        "choices are made inside the other eight. `published protocol` is the mean of five "
        "seeds (the study set none); the rest needs no seed. *answers only* knows what the "
        "protocol knows. *other scores*: the model's scores on the other five benchmarks are "
        "known, its family's are not.",
        *_tables(summary),
        _goals(summary),
        "![Forecasts](predict-published.svg)",
        "![Calibration](predict-published-calibration.svg)",
        "### Within families (signed)",
        "Pearson correlation inside each family left out, and the family's mean error "
        "(forecast - score); *answers only*. The published study printed the absolute value.",
        _within(found, "answers only"),
        "### Leaving out clades of the tree, and single tenths",
        *_tables(evaluate(study, _clades(study)).summary(), "clade"),
        *_tables(evaluate(study, _tenths(study)).summary(), "tenth"),
    ]


def _published_study() -> ScoredModels:
    matrix = read_distances(reference("phylolm/similarity_math_completion.csv"), similarity=True)
    scores = pd.read_csv(reference("phylolm/benchmark_scores.csv"))
    models = pd.read_csv(reference("phylolm/models.csv"))
    models = models[(models["study_part"] == "main") & (models["mode"] == "completion")]
    pairs = pd.read_csv(reference("phylolm/known_parent_child_pairs.csv"))
    scores.loc[~scores["in_authors_fit"].astype(bool), list(BENCHMARKS)] = np.nan
    joined = scores.merge(models[["engine", "family", "size_B"]], on="engine")
    parents = dict(zip(pairs["child"], pairs["parent"], strict=True))
    read = ScoreTable(
        tuple(joined["engine"]),
        BENCHMARKS,
        joined[list(BENCHMARKS)].to_numpy(float) / 100,
        joined["size_B"].to_numpy(float),
        tuple(joined["family"]),
        tuple(parents.get(name, "") for name in joined["engine"]),
    )
    return join_scores(matrix, read)


def _protocol(study: ScoredModels) -> pd.DataFrame:
    """The published protocol's measures, averaged over seeds."""
    rows = study.scored
    label = [study.groups[row] for row in rows]
    folds = folds_of(label)
    square = study.distances.values[np.ix_(rows, rows)]
    runs = {
        str(seed): baselines.published_protocol(study.scores[rows], folds, square, seed)
        for seed in SEEDS
    }
    names = [study.distances.names[row] for row in rows]
    found = collect(names, study.benchmarks, label, study.scores[rows], runs).summary()
    mean = found.groupby("benchmark", sort=False).mean(numeric_only=True).reset_index()
    return mean.assign(method=f"published protocol, {len(SEEDS)} seeds")


def _goals(summary: pd.DataFrame) -> str:
    """How far each forecast is ahead of the published protocol, benchmark by benchmark."""
    by = summary.set_index(["method", "benchmark"])
    protocol = f"published protocol, {len(SEEDS)} seeds"
    rows = []
    for method in [m for m in dict.fromkeys(summary["method"]) if m.startswith("answers")]:
        worse = [b for b in BENCHMARKS
                 if by.loc[(method, b), "pearson"] < by.loc[(protocol, b), "pearson"]]  # fmt: skip
        less = 1 - by.loc[(method, "mean"), "mae"] / by.loc[(protocol, "mean"), "mae"]
        rows.append([method, by.loc[(method, "mean"), "pearson"], f"{less:.1%}",
                     by.loc[(method, "mean"), "coverage"], ", ".join(worse) or "none"])  # fmt: skip
    header = ["forecast from", "mean r", "mean error below the protocol's",
              "held by 90 % interval", "benchmarks with a lower r than the protocol"]  # fmt: skip
    return table(header, rows)


def _recorded() -> list[str]:
    scores = read_scores(reference("hub/open_llm_leaderboard_v1_final.csv.gz"))
    lineage = pd.read_csv(reference("hub/lineage_edges.csv.gz"), keep_default_na=False)
    parents = dict(zip(lineage["child"], lineage["parent"], strict=True))
    blocks = [
        "## Recorded answers of real models",
        "One recorded answer a prompt (first 48 characters) joined with the final Open LLM "
        "Leaderboard v1. Families are declared: a model belongs to the end of its declared "
        "line of parents. Models that answer fewer than half of the prompts are left out.",
    ]
    for name in ("random100", "benchmark600"):
        study = _recorded_study(name, scores, parents)
        counted = f"{len(study.distances)} models, {len(study.scored)} of them with scores"
        blocks += [f"### {name}: {counted}", *_tables(evaluate(study, study.groups).summary()),
                   *_tables(evaluate(study, _clades(study)).summary(), "clade"),
                   *_tables(evaluate(study, _tenths(study)).summary(), "tenth"),
                   _selection(study)]  # fmt: skip
    return blocks


def _recorded_study(name: str, scores: ScoreTable, parents: dict[str, str]) -> ScoredModels:
    bank, genome = recorded_bank(name)
    counts, _ = without_silent(bank.counts(genome, parse_lengths("1-4")), 0.5)
    measured = set(counts.models)
    known = scores.select([name for name in scores.models if name in measured])
    roots = tuple(_root(name, parents) for name in known.models)
    above = tuple(parents.get(name, "") for name in known.models)
    matrix = distances(counts)
    tree = clades(build_tree(matrix).root_midpoint(), known.models)
    return join_scores(matrix, replace(known, families=roots, parents=above), tree)


def _root(name: str, parents: dict[str, str]) -> str:
    seen = {name}
    while parents.get(name) and parents[name] not in seen:
        name = parents[name]
        seen.add(name)
    return name


def _selection(study: ScoredModels) -> str:
    """Half of the scores hidden; a few are asked for, by us and at random; error on the rest."""
    rng = np.random.default_rng(0)
    scored = rng.permutation(study.scored)
    hidden = scored[: len(scored) // 2]
    masked = _hide(study, hidden)
    names = study.distances.names
    pool = _only(masked, scored)
    picked = [pick.model for pick in choose_next(pool, SELECTED)]
    chosen = _error_after(study, hidden, [names.index(name) for name in picked])
    random = [
        _error_after(study, hidden, rng.choice(hidden, SELECTED, replace=False).tolist())
        for _ in range(SHUFFLES)
    ]
    none = _error_after(study, hidden, [])
    return (
        f"`select`: {len(hidden)} models' scores hidden, {SELECTED} asked for. Mean error on the "
        f"others: {none:.4f} before, {chosen:.4f} with the {SELECTED} chosen, "
        f"{np.mean(random):.4f} with {SELECTED} at random "
        f"(sd {np.std(random):.4f} of {SHUFFLES} draws). Those asked for leave the others, so "
        "each figure is over slightly different models."
    )


def _only(study: ScoredModels, rows: Sequence[int]) -> ScoredModels:
    """The study cut down to some models."""
    rows = sorted(rows)
    names = [study.distances.names[row] for row in rows]
    declared = None if study.declared is None else study.declared[np.ix_(rows, rows)]
    groups = tuple(study.groups[row] for row in rows)
    return replace(
        study, distances=study.distances.select(names), scores=study.scores[rows],
        parameters=study.parameters[rows], groups=groups, declared=declared,
    )  # fmt: skip


def _hide(study: ScoredModels, rows: Sequence[int]) -> ScoredModels:
    scores = study.scores.copy()
    scores[rows] = np.nan
    return replace(study, scores=scores)


def _error_after(study: ScoredModels, hidden: Sequence[int], asked: Sequence[int]) -> float:
    """Mean error on the hidden models that were not asked for."""
    left = sorted(set(hidden) - set(asked))
    names = study.distances.names
    found = forecast(_hide(study, left), [names[row] for row in left])
    place = {name: row for row, name in enumerate(names)}
    column = {name: number for number, name in enumerate(study.benchmarks)}
    errors = [abs(f.value - study.scores[place[f.model], column[f.benchmark]]) for f in found]
    return float(np.nanmean(errors))


def _zoos() -> list[str]:
    blocks = [
        "## Grown zoos",
        "What models score on documents they never saw: probability per character (the inverse "
        "of perplexity per character, as a score in 0-1) and the share of last words they "
        "would write themselves (cloze), on six kinds of text. Genome prose, 32 probes.",
    ]
    for seed in (0, 1):
        zoo = grown(seed)
        genome = Genome.load("prose")
        counts = bank_of(zoo, genome, 32).counts(genome, parse_lengths("1-4"), probes=32)
        matrix = distances(counts).select(zoo.models)
        scored = zoo_scores(zoo, WORK / f"zoo-scores-{seed}.csv")
        study = join_scores(matrix, scored)
        sizes = pd.Series(study.groups).value_counts().to_dict()
        listed = ", ".join(f"{family} {count}" for family, count in sizes.items())
        blocks += [f"### Zoo {seed}: {len(matrix)} models, families {listed}",
                   *_tables(evaluate(study, study.groups).summary())]  # fmt: skip
    return blocks


def _clades(study: ScoredModels) -> list[str]:
    names = study.distances.names
    tree = build_tree(DistanceMatrix(names, study.distances.shown)).root_midpoint()
    found = clades(tree, [names[row] for row in study.scored])
    return [found[name] for name in names]


def _tenths(study: ScoredModels) -> list[str]:
    import zlib

    return [f"part {zlib.crc32(name.encode()) % 10}" for name in study.distances.names]


def _tables(summary: pd.DataFrame, left_out: str = "family") -> list[str]:
    """Pearson and mean error by benchmark, and the means of the rest."""
    methods = list(dict.fromkeys(summary["method"]))
    names = list(dict.fromkeys(summary["benchmark"]))
    blocks = []
    for column, what in (("pearson", "Pearson r"), ("mae", "Mean absolute error")):
        wide = summary.pivot(index="method", columns="benchmark", values=column).loc[methods, names]
        rows = [[method, *map(float, wide.loc[method])] for method in methods]
        blocks.append(
            f"{what}, one {left_out} left out:\n\n" + table(["forecast from", *names], rows)
        )
    means = summary[summary["benchmark"] == "mean"].set_index("method").loc[methods]
    columns = ["spearman", "r2", "coverage", "width"]
    rows = [[method, int(means.loc[method, "n"]), *map(float, means.loc[method, columns])]
            for method in methods]  # fmt: skip
    header = ["forecast from", "scores", "Spearman", "R²", "held by 90 % interval", "its width"]
    return [*blocks, table(header, rows)]


def _within(found: Evaluation, method: str) -> str:
    within = found.within()
    within = within[within["method"] == method]
    rows = []
    for fold in sorted(set(within["fold"])):
        kin = within[within["fold"] == fold].set_index("benchmark")
        cells = [
            f"{kin.loc[name, 'pearson']:.2f} ({kin.loc[name, 'bias']:+.2f})"
            for name in BENCHMARKS
            if name in kin.index
        ]
        rows.append([fold, int(kin["n"].max()), *cells])
    return table(["family", "n", *BENCHMARKS], rows)
