"""The whole atlas of a catalogue, in one folder.

Here: `build`, the only place of the atlas where files and science meet. Every step is a function
of its own module; every file can be opened with pandas, a tree viewer or a browser.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from phylolm.atlas import audit as rules
from phylolm.atlas import statistics as st
from phylolm.atlas.atlas_folder import FORMAT
from phylolm.atlas.catalogue import Catalogue
from phylolm.atlas.clusters import Clustering, cluster_names, name_clusters, telling_terms
from phylolm.atlas.graph import NameGraph, name_graph, write_graph
from phylolm.atlas.lineage import DeclaredEdge, Lineage, declared_edges
from phylolm.atlas.linkage import check_method
from phylolm.atlas.names import names_table
from phylolm.atlas.neighbours import NeighbourSettings, Similar, similar_names
from phylolm.atlas.ngrams import described
from phylolm.atlas.search_index import save_index
from phylolm.errors import DataError
from phylolm.files import whole_file, write_text
from phylolm.tree.files import write_tree
from phylolm.version import __version__


@dataclass(frozen=True)
class BuildOptions:
    """How an atlas is built.

    linkage, clusters: see `clusters`. threshold, nearest: of the graph's edges. pictures: whether
    to draw. graph_files: formats of the graph. aliases: renamed ids; edges: more declarations.
    """

    linkage: str = "average"
    clusters: int | None = None
    threshold: float = 0.3
    nearest: int = 10
    seed: int = 0
    pictures: bool = True
    graph_files: tuple[str, ...] = (".graphml",)
    aliases: Mapping[str, str] = field(default_factory=dict)
    edges: Sequence[DeclaredEdge] = ()


@dataclass
class _Clock:
    """Seconds of each step, told as they end."""

    tell: Callable[[str, float], None]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 2)
        self.tell(name, self.seconds[name])


def build(
    catalogue: Catalogue,
    folder: Path,
    options: BuildOptions | None = None,
    tell: Callable[[str, float], None] = lambda name, seconds: None,
) -> dict[str, Any]:
    """Write the atlas of a catalogue into `folder`; returns what atlas.json says.

    tell: called with each step's name and seconds when it is done.

    Raises:
        DataError: fewer than two models.
    """
    if len(catalogue.ids) < 2:
        raise DataError("an atlas needs two models: there is nothing to compare a single one with")
    options = options or BuildOptions()
    check_method(options.linkage)
    clock = _Clock(tell)
    with clock.step("names"):
        names = names_table(catalogue.ids)
    with clock.step("nearest names"):
        settings = NeighbourSettings(options.nearest, options.threshold)
        similar = similar_names(catalogue.ids, settings=settings)
    with clock.step("clusters"):
        found = cluster_names(similar, options.linkage, options.clusters)
    with clock.step("tree"):
        write_tree(found.tree(), folder / "tree.nwk")
    with clock.step("graph"):
        graph = name_graph(similar, options.seed)
        columns = {name: catalogue.models[name].tolist() for name in ("downloads", "likes")}
        for suffix in options.graph_files:
            write_graph(graph, folder / f"graph{suffix}", columns)
    with clock.step("lineage"):
        declared = [*declared_edges(catalogue.models), *options.edges]
        lineage = Lineage.of(declared, options.aliases)
        _write_lineage(lineage, folder)
    with clock.step("statistics"):
        numbers = _statistics(catalogue, names)
        write_text(folder / "statistics.json", json.dumps(numbers, indent=2, ensure_ascii=False))
    with clock.step("audit"):
        _write(
            rules.to_table(rules.findings(catalogue.models, lineage, names=names)),
            folder / "findings.csv",
        )
    with clock.step("tables"):
        said = name_clusters(similar.names, similar.spelling, graph.communities)
        _write_models(catalogue, names, found, graph, folder)
        _write_groups(similar, found, graph, said, folder)
    with clock.step("search index"):
        save_index(catalogue.models, names, folder)
    if options.pictures:
        with clock.step("pictures"):
            _draw(catalogue, names, similar, found, graph, said, folder)
    summary = _summary(catalogue, found, graph, lineage, options, clock)
    write_text(folder / "atlas.json", json.dumps(summary, indent=2, ensure_ascii=False))
    return summary


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as temporary:
        if path.suffix == ".parquet":
            table.to_parquet(temporary, index=False)
        else:
            table.to_csv(temporary, index=False)


def _write_lineage(lineage: Lineage, folder: Path) -> None:
    edges = pd.DataFrame(
        [vars(edge) for edge in lineage.edges], columns=["child", "parent", "relation"]
    )
    _write(edges, folder / "lineage.csv")
    _write(lineage.table(), folder / "families.csv")


def _write_models(
    catalogue: Catalogue, names: pd.DataFrame, found: Clustering, graph: NameGraph, folder: Path
) -> None:
    """catalogue.parquet as it was read; models.parquet with all that was found of each model."""
    catalogue.save(folder / "catalogue.parquet")
    features = st.features_of(catalogue.models, names)
    table = names.drop(columns=["parameters"]).assign(
        id=found.models, parameters=st.parameters(catalogue.models, names),
        size=features["size"], kind=features["kind"], cluster=found.labels,
        community=graph.communities, x=graph.places[:, 0], y=graph.places[:, 1],
    )  # fmt: skip
    _write(table, folder / "models.parquet")
    (first, second), cosines = graph.pairs[0].T, graph.pairs[1]
    near = pd.DataFrame({"first": first, "second": second, "cosine": cosines})
    _write(near, folder / "near.parquet")


def _write_groups(
    similar: Similar, found: Clustering, graph: NameGraph, said: tuple[str, ...], folder: Path
) -> None:
    """clusters.csv, communities.csv, with names; terms.csv: the clusters' distinctive terms."""
    clusters = pd.DataFrame({"cluster": range(len(found.names)), "name": found.names,
                             "models": found.sizes})  # fmt: skip
    _write(clusters, folder / "clusters.csv")
    sizes = np.bincount(graph.communities)
    communities = pd.DataFrame({"community": range(len(said)), "name": said, "models": sizes})
    _write(communities, folder / "communities.csv")
    _write(telling_terms(similar.names, similar.spelling, found.labels), folder / "terms.csv")


def _statistics(catalogue: Catalogue, names: pd.DataFrame) -> dict[str, Any]:
    features = st.features_of(catalogue.models, names)
    _, date = st.same_date(catalogue.models)
    cut = described(catalogue.ids)[0]
    return {
        "models": len(catalogue),
        "date": date,
        "likes_and_downloads": [asdict(c) for c in st.likes_and_downloads(catalogue.models)],
        "counts": {by: st.count_by(features, by).head(200).to_dict("records") for by in st.BY},
        "phrases": {
            words: st.common_phrases(catalogue.ids, words, 50, cut).to_dict("records")
            for words in (1, 2, 3)
        },
    }


def _draw(
    catalogue: Catalogue,
    names: pd.DataFrame,
    similar: Similar,
    found: Clustering,
    graph: NameGraph,
    said: tuple[str, ...],
    folder: Path,
) -> None:
    from phylolm.atlas import pictures
    from phylolm.figures import save

    save(pictures.graph_picture(graph, said), folder / "graph.png")
    save(pictures.clouds_picture(found, similar.names), folder / "clouds.png")
    save(pictures.likes_picture(catalogue, names), folder / "likes.png")
    save(pictures.counts_picture(catalogue, names), folder / "counts.svg")
    for layout in ("rectangular", "circular"):
        drawn = pictures.tree_picture(found, catalogue, names, layout)
        save(drawn, folder / f"tree-{layout}.svg")


def _summary(
    catalogue: Catalogue,
    found: Clustering,
    graph: NameGraph,
    lineage: Lineage,
    options: BuildOptions,
    clock: _Clock,
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "phylolm": __version__,
        "source": catalogue.source,
        "models": len(catalogue),
        "distinct_names": len(found.merges) + 1,
        "exact": found.exact,
        "linkage": found.method,
        "clusters": len(found.names),
        "edges": len(graph.pairs[0]),
        "communities": int(graph.communities.max()) + 1,
        "modularity": round(graph.modularity, 4),
        "declared_edges": len(lineage.edges),
        "cycles": [list(ring) for ring in lineage.cycles],
        "self_edges": list(lineage.selfs),
        "seed": options.seed,
        "threshold": options.threshold,
        "nearest": options.nearest,
        "seconds": clock.seconds,
    }
