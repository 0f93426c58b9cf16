"""The atlas's pictures: from its tables to `phylolm.figures`.

Next door: `figures.catalogue`, `figures.constellation` and `figures.tree` draw.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from phylolm import figures
from phylolm.atlas.catalogue import Catalogue
from phylolm.atlas.clusters import ALONE, Clustering
from phylolm.atlas.graph import NameGraph
from phylolm.atlas.ngrams import Features
from phylolm.atlas.statistics import count_by, features_of, likes_and_downloads, same_date
from phylolm.figures import TreeStyle


def likes_picture(catalogue: Catalogue, names: pd.DataFrame) -> Figure:
    """Likes against downloads of the models of one date, with the correlations."""
    rows, date = same_date(catalogue.models)
    notes = [
        f"{c.scale} {c.value:.3f} ({c.low:.3f} to {c.high:.3f}), {c.models:,} models"
        for c in likes_and_downloads(catalogue.models)
    ]
    title = f"Likes against downloads{', ' + date if date else ''}"
    families = names["family"].to_numpy()[rows.index.to_numpy()]
    return figures.plot_likes(
        rows["likes"].astype("float64"), rows["downloads"].astype("float64"), list(families),
        title, notes,
    )  # fmt: skip


def counts_picture(catalogue: Catalogue, names: pd.DataFrame, most: int = 15) -> Figure:
    """Counts by family, size, kind, task, licence and month, where anything is known."""
    features = features_of(catalogue.models, names)
    panels = {}
    for field in ("family", "size", "kind", "task", "licence", "month"):
        counts = count_by(features, field)
        known = counts[counts["value"] != "(not known)"]
        if known["models"].sum():
            shown = known.tail(24) if field == "month" else counts.head(most)
            panels[field] = [
                (str(value), int(models))
                for value, models in zip(shown["value"], shown["models"], strict=True)
            ]
    return figures.plot_counts(panels, f"{len(catalogue):,} models")


def clouds_picture(clustering: Clustering, names: Features, most: int = 18) -> Figure:
    """Word clouds of the largest clusters."""
    chosen = [c for c in range(len(clustering.names)) if clustering.names[c] != ALONE][:most]
    clouds = [
        (clustering.names[c], int(clustering.sizes[c]), clustering.words(c, names)) for c in chosen
    ]
    return figures.plot_clouds(clouds, "Words of the largest clusters")


def tree_picture(
    clustering: Clustering, catalogue: Catalogue, names: pd.DataFrame, layout: str, most: int = 120
) -> Figure:
    """The dendrogram of the most downloaded models, rectangular or circular, families coloured.

    All names joining at 1 - cosine near 1, the tree of whole clusters would be a star; that of
    well-known models shows families. It is cut out of the tree of all models.
    """
    downloads = catalogue.models["downloads"].fillna(0).to_numpy(dtype=np.float64)
    chosen = np.argsort(-downloads, kind="stable")[:most]
    shown = [clustering.models[row] for row in chosen]
    tree = clustering.tree().subset(shown).ladderize()
    kinds = names["family"].to_numpy()
    frequent = pd.Series(kinds[chosen]).value_counts().drop("", errors="ignore").index[:12]
    families = {clustering.models[r]: str(kinds[r]) for r in chosen if kinds[r] in frequent}
    title = f"{len(clustering.models):,} models by name: the {len(shown)} most downloaded"
    style = TreeStyle(title=title, unit="(1 - cosine of names)", supports="none")
    return figures.plot_tree(tree, layout, families, style)


def graph_picture(graph: NameGraph, names: tuple[str, ...]) -> Figure:
    """The graph of nearest names; names: of its communities."""
    pairs, cosines = graph.pairs
    title = (
        f"{len(graph.models):,} models by name, {int(graph.communities.max()) + 1:,} communities"
    )
    return figures.plot_constellation(
        graph.places, graph.communities, names, np.asarray(pairs[cosines < 0.999]), title
    )
