"""The graph of nearest names: edges, communities, places, and files other tools read.

Here: `name_graph` and GraphML/GEXF. Next door: `neighbours` finds the edges, `communities`
divides them, `layout` places the models.

Identical normalised names hang on the first of them, so that a thousand equal names make a star and
not half a million edges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from phylolm.atlas.communities import louvain, modularity
from phylolm.atlas.layout import place
from phylolm.atlas.neighbours import Similar
from phylolm.errors import ConfigError
from phylolm.files import whole_file

_UNFIT = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
SUFFIXES = (".graphml", ".gexf")


@dataclass(frozen=True)
class NameGraph:
    """Models joined to those of nearest name.

    edges: float32 csr (n, n), symmetric, cosines; models of equal name have edges of 1.
    communities: int (n,), the largest first. modularity: of the communities.
    places: float32 (n, 2), the layout; a unit is the room of one model.
    """

    models: tuple[str, ...]
    edges: sparse.csr_array
    communities: npt.NDArray[np.int64]
    modularity: float
    places: npt.NDArray[np.float32]

    @property
    def pairs(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Each edge once: int (e, 2) rows, the lower first, and float32 (e,) cosines."""
        upper = sparse.coo_array(sparse.triu(self.edges, 1))
        return np.column_stack([upper.row, upper.col]).astype(np.int64), upper.data


def name_graph(similar: Similar, seed: int = 0, resolution: float = 1.0) -> NameGraph:
    """The graph of models, its Louvain communities and its layout."""
    edges = _of_models(similar.spelling, similar.edges)
    found = louvain(edges, seed, resolution)
    return NameGraph(
        similar.models, edges, found, modularity(edges, found), place(edges, found, seed)
    )


def _of_models(spelling: npt.NDArray[np.int64], near: sparse.csr_array) -> sparse.csr_array:
    first = np.unique(spelling, return_index=True)[1]
    between = near.tocoo()
    others = np.setdiff1d(np.arange(len(spelling)), first)
    hubs = first[spelling[others]]
    row = np.concatenate([first[between.row], others, hubs])
    column = np.concatenate([first[between.col], hubs, others])
    weight = np.concatenate([between.data, np.ones(2 * len(others), dtype=np.float32)])
    shape = (len(spelling), len(spelling))
    return sparse.csr_array(sparse.coo_array((weight, (row, column)), shape=shape))


def write_graph(
    graph: NameGraph, path: Path, columns: Mapping[str, Sequence[object]] | None = None
) -> None:
    """Write GraphML or GEXF, by suffix; columns: more to say of each model, e.g. downloads.

    Raises:
        ConfigError: an unknown suffix.
    """
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"can't write a graph to {path.name}: use {', '.join(SUFFIXES)}")
    values: dict[str, Sequence[object]] = {
        "community": graph.communities.tolist(),
        "x": graph.places[:, 0].tolist(),
        "y": graph.places[:, 1].tolist(),
        **(columns or {}),
    }
    lines = _graphml(graph, values) if path.suffix == ".graphml" else _gexf(graph, values)
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(lines)


def _graphml(graph: NameGraph, values: Mapping[str, Sequence[object]]) -> Iterator[str]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    )
    yield '<key id="cosine" for="edge" attr.name="weight" attr.type="double"/>\n'
    for name, cells in values.items():
        kind = _kind(cells, "long")
        yield f'<key id={_text(name)} for="node" attr.name={_text(name)} attr.type="{kind}"/>\n'
    yield '<graph edgedefault="undirected">\n'
    ids = [_text(model) for model in graph.models]
    for row, model in enumerate(ids):
        data = "".join(
            f"<data key={_text(name)}>{_text(cells[row])[1:-1]}</data>"
            for name, cells in values.items()
            if _known(cells[row])
        )
        yield f"<node id={model}>{data}</node>\n"
    pairs, cosines = graph.pairs
    for (a, b), cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
        ends = f"source={ids[a]} target={ids[b]}"
        yield f'<edge {ends}><data key="cosine">{cosine:.4f}</data></edge>\n'
    yield "</graph>\n</graphml>\n"


def _gexf(graph: NameGraph, values: Mapping[str, Sequence[object]]) -> Iterator[str]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">\n'
        '<graph defaultedgetype="undirected">\n<attributes class="node">\n'
    )
    for name, cells in values.items():
        yield f'<attribute id={_text(name)} title={_text(name)} type="{_kind(cells, "long")}"/>\n'
    yield "</attributes>\n<nodes>\n"
    for row, model in enumerate(graph.models):
        data = "".join(
            f"<attvalue for={_text(name)} value={_text(cells[row])}/>"
            for name, cells in values.items()
            if _known(cells[row])
        )
        x, y = graph.places[row]
        spot = f'<viz:position x="{x:.3f}" y="{y:.3f}" z="0.0"/>'
        yield (
            f'<node id="{row}" label={_text(model)}><attvalues>{data}</attvalues>{spot}</node>\n'
        )
    yield "</nodes>\n<edges>\n"
    pairs, cosines = graph.pairs
    for edge, ((a, b), cosine) in enumerate(zip(pairs.tolist(), cosines.tolist(), strict=True)):
        yield f'<edge id="{edge}" source="{a}" target="{b}" weight="{cosine:.4f}"/>\n'
    yield "</edges>\n</graph>\n</gexf>\n"


def _known(cell: object) -> bool:
    return cell is not None and cell is not pd.NA and cell == cell and cell != ""


def _kind(cells: Sequence[object], whole: str) -> str:
    known = [cell for cell in cells if _known(cell)]
    if known and all(isinstance(cell, int) for cell in known):
        return whole
    return "double" if known and all(isinstance(cell, int | float) for cell in known) else "string"


def _text(value: object) -> str:
    """A quoted XML attribute; what XML can't hold becomes the replacement character."""
    plain = _UNFIT.sub("\ufffd", str(value))
    quoted = quoteattr(plain, {'"': "&quot;"})
    return quoted if quoted[0] == '"' else f'"{quoted[1:-1]}"'
