"""The atlas against what is known: names, parents, clusters, audit; tuned on half the roots."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score

from phylolm.atlas import audit as rules
from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.clusters import cluster_names, cosine_distances
from phylolm.atlas.families import fits
from phylolm.atlas.lineage import DeclaredEdge, Lineage, read_edges
from phylolm.atlas.linkage import cut, linkage
from phylolm.atlas.names import names_table
from phylolm.atlas.neighbours import NeighbourSettings, nearest, similar_names
from phylolm.atlas.ngrams import NgramSettings
from phylolm.atlas.parents import FEATURES, ParentIndex, Weights, fit
from validation.common import reference, table, write

RELATIONS = ("finetune", "quantized", "merge", "adapter", "unknown")
SETTINGS = [
    ("words", NgramSettings(words=(1, 1), character_share=0.0)),
    ("words and pairs", NgramSettings(character_share=0.0)),
    ("words, pairs, .3 characters", NgramSettings()),
    ("words, pairs, .5 characters", NgramSettings(character_share=0.5)),
]


def main() -> None:
    lineage = Lineage.of(read_edges(reference("hub/lineage_edges.csv.gz")))
    half = _halves(lineage)
    blocks = [*_names(), *_parents(lineage, half), *_clusters(lineage, half)]
    blocks += [*_audit(lineage, half), *_loss()]
    write("atlas", "The atlas against declared lineage, architectures and sizes", *blocks)


def _halves(lineage: Lineage) -> dict[str, bool]:
    """Model -> whether its root family is in the tuning half (drawn by lot, seeded)."""
    roots = lineage.table().set_index("model")["root"]
    rng = np.random.default_rng(0)
    drawn = {root: rng.random() < 0.5 for root in sorted(set(roots))}
    return {model: drawn[root] for model, root in roots.items()}


def _names() -> list[str]:
    union = read_catalogue(reference("hub/catalogue_union.parquet")).models
    names = names_table(list(union["id"]))
    typed = (union["architecture"] != "").to_numpy()
    named = typed & (names["family"] != "").to_numpy()
    pairs = zip(names["family"][named], union["architecture"][named], strict=True)
    right = float(np.mean([fits(family, architecture) for family, architecture in pairs]))
    true = union["parameters"].to_numpy(dtype=float, na_value=np.nan)
    said = names["parameters"].to_numpy(dtype=float, na_value=np.nan)
    packed = (names["quantised"] | (names["format"] == "mlx")).to_numpy()
    rows = []
    for label, chosen in (
        ("stated, not quantised", names["stated"].to_numpy() & ~packed),
        ("stated, quantised", names["stated"].to_numpy() & packed),
        ("by size word (base, large)", ~names["stated"].to_numpy() & ~packed),
    ):
        ratio = np.log2(said[chosen] / true[chosen])
        ratio = np.abs(ratio[np.isfinite(ratio)])
        rows.append([label, len(ratio), float((ratio < np.log2(1.25)).mean()),
                     float((ratio < 1).mean())])  # fmt: skip
    return [
        "## Names",
        f"Of {typed.sum():,} models with a known architecture, {named.sum() / typed.sum():.3f} "
        "name a "
        f"family; it fits the architecture for {right:.3f} of those.",
        "Sizes read from names against counted parameters. A quantised repository's count is of "
        "packed integers, so there the name is nearer the truth.",
        table(["size", "models", "within 1.25x", "within 2x"], rows),
    ]


def _parents(lineage: Lineage, half: dict[str, bool]) -> list[str]:
    models = lineage.models
    place = {model: row for row, model in enumerate(models)}
    edges = [(place[e.child], place[e.parent]) for e in lineage.edges]
    truth = {place[m]: {place[e.parent] for e in edges} for m, edges in lineage.up.items()}
    rng = np.random.default_rng(1)
    tuning = rng.permutation([row for row in range(len(models)) if half[models[row]]])[:10_000]
    testing = np.array([row for row in range(len(models)) if not half[models[row]]])
    judged = {}
    fitted = []
    for label, index in (
        ("phylolm, names alone", ParentIndex(models)),
        ("phylolm, names and declarations of others", ParentIndex(models, edges)),
    ):
        weights = _fitted(index, tuning, truth)
        shown = ", ".join(f"{n} {w:.3f}" for n, w in zip(FEATURES, weights.weights, strict=True))
        fitted.append(f"{label}: intercept {weights.intercept:.3f}; {shown}.")
        places, parents = index.pairs(testing)
        true = _true(testing, places, parents, truth)
        odds = index.weights.odds(index.features(testing[places], parents))
        chance = odds / (1 + np.bincount(places, odds, minlength=len(testing)))[places]
        judged[label] = (testing, places, chance, true)
    plain = {"words, cosine": "word", "characters, cosine": "char_wb"}
    owners = Counter(model.rpartition("/")[0] for model in lineage.up)
    rows, firsts = [], []
    for relation in RELATIONS:
        kids = np.array([place[m] for m, e in lineage.up.items()
                         if e[0].relation == relation and not half[m]])  # fmt: skip
        kids = rng.permutation(kids)[:2000]
        ranks = {label: _plain_ranks(models, kids, truth, how) for label, how in plain.items()}
        ranks |= {label: _ranks(*found, kids) for label, found in judged.items()}
        for label, (better, ties) in ranks.items():
            fair = [float(np.clip((k - better) / ties, 0, 1).mean()) for k in (1, 5, 20)]
            rows.append([relation, label, len(kids), *fair, float((better < 1).mean())])
        alone = [owners[models[kid].rpartition("/")[0]] == 1 for kid in kids]
        if any(alone):
            better, ties = (each[alone] for each in ranks[label])
            fair = [float(np.clip((k - better) / ties, 0, 1).mean()) for k in (1, 5, 20)]
            firsts.append([relation, sum(alone), *fair])
    steps = []
    for label, (_, _, chance, true) in judged.items():
        bins = np.digitize(chance, [0.05, 0.2, 0.4, 0.6, 0.8, 0.95])
        for chosen in (bins == b for b in np.unique(bins)):
            mean = f"{chance[chosen].mean():.3f}"
            steps.append([label, mean, float(true[chosen].mean()), int(chosen.sum())])
    head = ["relation", "method", "children", "parent@1", "parent@5", "parent@20", "@1, ties free"]
    return [
        "## Parents",
        f"{len(models):,} ids; children of the half of root families that nothing was tuned on, at "
        "most 2,000 a relation. Names alone: nothing but ids is known. Declarations of others: "
        "how many declare a candidate as their parent, and how many with near names or of the same "
        "owner do; never the model's own declaration. Downloads, likes, dates and architectures "
        "are known of too few of these models to be of use.",
        "Among equals the parent's place is drawn by lot; in the last column equals don't count "
        "(rank 1 + the number of strictly better), which favours methods to which many names are "
        "all alike: a name that shares no word with any other ranks all models first. Quantised "
        "names copy their parent's, and most of unknown relation are quantisations.",
        table(head, rows),
        "Names and declarations of others, for the children above whose owner has no other model "
        "that declares a parent:",
        table(["relation", "children", "parent@1", "parent@5", "parent@20"], firsts),
        "Calibration, same half: mean probability given, and share that is true.",
        table(["method", "probability", "true", "pairs"], steps),
        "Weights fitted in this run on the tuning half:",
        *fitted,
    ]


def _fitted(index: ParentIndex, rows: np.ndarray, truth: dict[int, set[int]]) -> Weights:
    places, parents = index.pairs(rows)
    true = _true(rows, places, parents, truth)
    return fit(index.features(rows[places], parents), places, true)


def _true(rows, places, parents, truth):  # type: ignore[no-untyped-def]
    return np.array([p in truth.get(rows[k], ()) for k, p in zip(places, parents, strict=True)])


def _ranks(rows, places, chance, true, kids):  # type: ignore[no-untyped-def]
    """Candidates better than and as good as the best true one; better is infinite without one."""
    frame = pd.DataFrame({"row": rows[places], "chance": chance, "true": true})
    frame = frame[frame["row"].isin(kids)]
    best = frame[frame["true"]].groupby("row")["chance"].max()
    frame["best"] = frame["row"].map(best)
    better = frame[frame["chance"] > frame["best"]].groupby("row").size()
    places = pd.Series(np.inf, index=kids)
    places[best.index] = better.reindex(best.index, fill_value=0)
    equal = frame[frame["chance"] == frame["best"]].groupby("row").size()
    return places.to_numpy(), equal.reindex(kids, fill_value=1).to_numpy()


def _plain_ranks(models, kids, truth, analyzer):  # type: ignore[no-untyped-def]
    """Better and equal by cosine of plain TF-IDF as scikit-learn makes it: words, 2-4 letters."""
    lengths = (1, 1) if analyzer == "word" else (2, 4)
    short = [model.rpartition("/")[2] for model in models]
    matrix = TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, dtype=np.float32)
    rows = matrix.fit_transform(short).tocsr()
    better, equal = [], []
    for start in range(0, len(kids), 250):
        part = kids[start : start + 250]
        cosines = (rows[part] @ rows.T).toarray()
        cosines[np.arange(len(part)), part] = -1
        for line, kid in zip(cosines, part, strict=True):
            best = max(line[parent] for parent in truth[kid])
            better.append((line > best + 1e-6).sum())
            equal.append(max((np.abs(line - best) <= 1e-6).sum(), 1))
    return np.array(better), np.array(equal)


def _clusters(lineage: Lineage, half: dict[str, bool]) -> list[str]:
    roots = lineage.table().set_index("model")["root"]
    rng = np.random.default_rng(2)
    rows = []
    for tuning in (True, False):
        chosen = [m for m, root in roots.items() if half[m] == tuning and root]
        chosen = sorted(rng.choice(chosen, min(8000, len(chosen)), replace=False))
        truth = roots[chosen].to_numpy()
        count = len(set(truth))
        label = "tuning" if tuning else "other"
        short = [model.rpartition("/")[2] for model in chosen]
        plain = TfidfVectorizer(dtype=np.float32).fit_transform(short).tocsr()
        single = linkage(cosine_distances(plain), method="single")
        for name, settings in SETTINGS if tuning else [SETTINGS[2]]:
            found = cluster_names(similar_names(chosen, settings))
            default = len(np.unique(found.labels))
            for clusters in (default, count):
                labels = cut(found.merges, clusters)[found.spelling]
                rows.append(
                    [label, len(chosen), name, "average", clusters, *_scores(labels, truth)]
                )
        for clusters in (default, count):
            rows.append([label, len(chosen), "words, as the original", "single", clusters,
                         *_scores(cut(single, clusters), truth)])  # fmt: skip
    return [
        "## Clusters against root families",
        "Models with a declared root, 8,000 a half. Cut at the default number of clusters and at "
        "the number of roots. The original's method: TF-IDF of words, single linkage (on rows of "
        "length 1, Euclidean distance and cosine give the same tree). Purity: share of "
        "models in a cluster whose commonest root is theirs; it rises with the number of clusters.",
        table(["half", "models", "features", "linkage", "clusters", "ARI", "purity"], rows),
    ]


def _scores(labels: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    counts = pd.crosstab(labels, truth).to_numpy()
    return float(adjusted_rand_score(truth, labels)), float(counts.max(axis=1).sum() / len(truth))


def _audit(lineage: Lineage, half: dict[str, bool]) -> list[str]:
    """Hide 20 % of declared edges, plant 5 % false ones, and look for both."""
    rng = np.random.default_rng(3)
    edges = [edge for edge in lineage.edges if not half[edge.child]]
    models = sorted({end for edge in edges for end in (edge.child, edge.parent)})
    single = [e for e in edges if len(lineage.up[e.child]) == 1]
    order = rng.permutation(len(single))
    hidden = {single[i].child: single[i].parent for i in order[: len(single) // 5]}
    false = {single[i].child for i in order[len(single) // 5 :][: len(single) // 20]}
    planted = [
        DeclaredEdge(e.child, str(rng.choice(models)), e.relation) if e.child in false else e
        for e in edges
        if e.child not in hidden
    ]
    known = Lineage.of(planted)
    catalogue = pd.DataFrame({"id": models, "downloads": pd.array([pd.NA] * len(models), "Int64")})
    index = rules.parent_index(catalogue, known)
    rows = []
    missing = list(rules.missing_parents(index, known, 0.0))
    by_relation = {e.child: e.relation for e in edges}
    for least in (0.3, 0.5, 0.7, 0.9):
        for group in ("finetune", "quantized", "all"):
            asked = {c for c in hidden if group in ("all", by_relation[c])}
            given = [f for f in missing if f.probability >= least and f.model in asked]
            good = sum(hidden[f.model] == f.other for f in given)
            rows.append([least, group, len(asked), good / max(len(given), 1), good / len(asked)])
    roots = [f for f in missing if f.model not in hidden]
    strays = [[least, sum(f.probability >= least for f in roots)] for least in (0.3, 0.5, 0.7, 0.9)]
    doubts = []
    for least, most in ((0.3, 0.05), (0.5, 0.02), (0.7, 0.02)):
        given = list(rules.doubtful_parents(index, known, least, most))
        good = sum(f.model in false for f in given)
        doubts.append([least, most, len(given), good / max(len(given), 1), good / len(false)])
    return [
        "## Audit",
        f"The other half's {len(edges):,} edges: {len(hidden):,} hidden, {len(false):,} false ones "
        "planted. Missing parents: precision is the share of proposals for the hidden that "
        "name the "
        "very parent; recall the share of the hidden so found.",
        table(["probability", "relation", "hidden", "precision", "recall"], rows),
        "Proposals for models that never declared a parent (some of them are right, none can be "
        "checked):",
        table(["probability", "proposals"], strays),
        "Contradictions: precision counts a doubt as right only when the edge was planted; "
        "declared "
        "parents can be wrong or name a near relative too.",
        table(["other at least", "declared at most", "doubts", "precision", "recall"], doubts),
    ]


def _loss() -> list[str]:
    ids = read_catalogue(reference("hub/constellation_2023-07_textgen.csv.gz")).ids
    exact = similar_names(ids)
    rows = []
    for budget in (2_000, 5_000, 20_000):
        found = nearest(exact.names.matrix, NeighbourSettings(budget=budget))
        whole = nearest(exact.names.matrix)
        rows.append([budget, float(found.sum() / whole.sum())])
    one = cluster_names(exact)
    two = cluster_names(exact, clusters=None, exact_up_to=1000)
    kept = np.array([not model.startswith("huggingtweets/") for model in ids])
    scores = []
    for clusters in (50, 150, 500, 1500):
        a, b = (cut(c.merges, clusters)[c.spelling][kept] for c in (one, two))
        scores.append([clusters, float(adjusted_rand_score(a, b))])
    return [
        "## What the ways for large catalogues lose",
        "On the 15,821 models of July 2023. Nearest names found within a budget: their "
        "cosines' sum "
        "over that of the exact ten nearest.",
        table(["budget", "share"], rows),
        "Average linkage in blocks against exact, adjusted Rand index without huggingtweets.",
        table(["clusters", "ARI"], scores),
    ]
