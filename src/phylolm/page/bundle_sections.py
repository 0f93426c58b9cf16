"""The parts of a page's manifest, each made from what other modules computed.

Here: one function a part; the numbers go into a `Packer`. Next door: `bundle.schema.json` says
what each part means, `ofstudy` and `ofatlas` choose what is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm.ancestry.kin import CONFIDENCE, intervals
from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.page.bundle import Packer, Section
from phylolm.page.metadata import CATEGORY, TEXT, Field
from phylolm.tree.tree import Tree

Places = Mapping[str, int]
"""Name of a model -> its place in the page's list of models."""

NOWHERE = -1
NO_COLOUR = "#8a9099"
"""Of categories without one where others have theirs: a grey that means nothing."""

MOST_KIN = 12
MOST_ALLELES = 6
_BITS = 14


def models(
    names: Sequence[str] | None, count: int, link: str | None, columns: list[Section]
) -> Section:
    """All models. names: None where there are too many to send."""
    listed = None if names is None else list(names)
    return {"count": count, "names": listed, "link": link, "columns": columns}


def column(packer: Packer, field: Field) -> Section:
    """One thing known of the models; categories come largest first."""
    made: Section = {"name": field.name, "label": field.label, "kind": field.kind}
    if field.kind == TEXT:
        return {**made, "text": list(field.values)}
    if field.kind != CATEGORY:
        made["values"] = packer.numbers(field.values, "f32")
        return {**made, "log": True} if field.log else made
    sizes = Counter(field.values)
    sizes.pop("", None)
    categories = sorted(sizes, key=lambda name: (-sizes[name], name))
    rank = {name: place for place, name in enumerate(categories)}
    made["values"] = packer.numbers([rank.get(value, NOWHERE) for value in field.values], "i32")
    made["categories"] = categories
    if any(name in field.colours for name in categories):
        made["colours"] = [field.colours.get(name, NO_COLOUR) for name in categories]
    return made


def tree(packer: Packer, shown: Tree, places: Places, name: str, label: str, unit: str) -> Section:
    """A tree, its nodes numbered anew so that parents come first and clades are contiguous."""
    order = _preorder(shown)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    above = shown.parent[order]
    leaf = shown.is_leaf[order]
    model = [
        places.get(shown.names[node], NOWHERE) if is_leaf else NOWHERE
        for node, is_leaf in zip(order.tolist(), leaf.tolist(), strict=True)
    ]
    support = shown.support[order]
    return {
        "name": name, "label": label, "unit": unit, "rooted": bool(shown.is_rooted),
        "parent": packer.numbers(np.where(above < 0, NOWHERE, number[above]), "i32"),
        "length": packer.numbers(coarse(shown.length[order]), "f32"),
        "support": packer.numbers(support, "f32") if np.isfinite(support).any() else None,
        "model": packer.numbers(model, "i32"),
    }  # fmt: skip


def _preorder(shown: Tree) -> npt.NDArray[np.int64]:
    order, stack = [], [shown.root]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(reversed(shown.children[node]))
    return np.array(order, dtype=np.int64)


def model_map(
    packer: Packer, name: str, label: str, axes: tuple[str, str], x: npt.ArrayLike, y: npt.ArrayLike
) -> Section:
    """A place for each model."""
    return {
        "name": name, "label": label, "axes": list(axes),
        "x": packer.numbers(coarse(x), "f32"), "y": packer.numbers(coarse(y), "f32"),
    }  # fmt: skip


def matrix(
    packer: Packer, d: DistanceMatrix, places: Places, order: Sequence[str], alike: bool
) -> Section:
    """All pairs of models, in 255 steps. alike: exp(-distance) instead of distances."""
    rows, columns = np.tril_indices(len(d))
    values = d.shown[rows, columns]
    values = np.exp(-values) if alike else values
    low, high = float(values.min()), float(values.max())
    steps = np.round((values - low) / (high - low or 1.0) * 254)
    return {
        "name": "similarity" if alike else "distance",
        "label": "similarity, exp(\u2212distance)" if alike else f"{d.measure}",
        "low": low, "high": high,
        "models": packer.numbers([places[name] for name in d.names], "u32"),
        "order": packer.numbers([places[name] for name in order], "u32"),
        "values": packer.numbers(steps, "u8"),
    }  # fmt: skip


def kin(packer: Packer, d: DistanceMatrix, places: Places, count: int, unit: str) -> Section:
    """Each model's nearest kin; models that aren't in the matrix have none."""
    most = min(MOST_KIN, max(len(d) - 1, 0))
    values = d.values.copy()
    np.fill_diagonal(values, np.inf)
    nearest = np.argsort(values, axis=1, kind="stable")[:, :most]
    rows = np.repeat(np.arange(len(d)), most)
    low, high = intervals(d, rows, nearest.ravel())
    place = np.array([places[name] for name in d.names], dtype=np.int64)

    def laid(per_pair: npt.ArrayLike, empty: float) -> npt.NDArray[Any]:
        table = np.full((count, most), empty)
        table[place] = np.asarray(per_pair).reshape(len(d), most)
        return table

    return {
        "most": most, "unit": unit, "level": CONFIDENCE,
        "model": packer.numbers(laid(place[nearest], NOWHERE), "i32"),
        "distance": packer.numbers(laid(d.shown[rows, nearest.ravel()], np.nan), "f32"),
        "low": packer.numbers(laid(low, np.nan), "f32"),
        "high": packer.numbers(laid(high, np.nan), "f32"),
    }  # fmt: skip


def alleles(
    packer: Packer, counts: AlleleCounts, genes: Mapping[str, str], places: Places
) -> Section:
    """What models said, their longest alleles; genes: id -> text."""
    longest = counts.locus_of % len(counts.lengths) == len(counts.lengths) - 1
    columns = np.flatnonzero(longest)
    said = counts.frequencies[:, columns].tocoo()
    gene = counts.gene_of[columns][said.col]
    key = said.row.astype(np.int64) * counts.n_genes + gene
    order = np.lexsort((said.col, -said.data, key))
    key, share, column_of = key[order], said.data[order], said.col[order]
    first = np.searchsorted(key, key)
    kept = np.arange(len(key)) - first < MOST_ALLELES
    said_texts = [counts.alleles[place] for place in columns.tolist()]
    texts = sorted(set(said_texts))
    rank = {text: place for place, text in enumerate(texts)}
    number = np.array([rank[text] for text in said_texts], dtype=np.int64)
    loci = counts.n_models * counts.n_genes
    return {
        "genes": [genes.get(each, each) for each in counts.genes],
        "texts": texts,
        "models": packer.numbers([places[name] for name in counts.models], "u32"),
        "start": packer.numbers(np.searchsorted(key[kept], np.arange(loci + 1)), "u32"),
        "allele": packer.numbers(number[column_of[kept]], "u32"),
        "share": packer.numbers(coarse(share[kept]), "f32"),
    }


def forecast(
    packer: Packer,
    benchmark: str,
    level: float,
    rows: Sequence[tuple[int, float, float, float, bool]],
) -> Section:
    """Scores of one benchmark, (model, value, low, high, known) each."""
    model, value, low, high, known = zip(*rows, strict=True) if rows else ((),) * 5
    numbers = {"value": value, "low": low, "high": high}
    return {
        "benchmark": benchmark, "level": level, "model": packer.numbers(model, "u32"),
        **{name: packer.numbers(each, "f32") for name, each in numbers.items()},
        "known": packer.numbers(known, "u8"),
    }  # fmt: skip


def graph(
    packer: Packer,
    name: str,
    label: str,
    places: tuple[npt.ArrayLike, npt.ArrayLike],
    ends: tuple[npt.ArrayLike, npt.ArrayLike],
    weight: npt.ArrayLike | None = None,
    relation: tuple[npt.ArrayLike, Sequence[str]] | None = None,
) -> Section:
    """Edges between models; with relations, and so directed, or with weights."""
    return {
        "name": name, "label": label, "directed": relation is not None,
        "x": packer.numbers(coarse(places[0]), "f32"),
        "y": packer.numbers(coarse(places[1]), "f32"),
        "source": packer.numbers(ends[0], "u32"), "target": packer.numbers(ends[1], "u32"),
        "weight": None if weight is None else packer.numbers(coarse(weight, 8), "f32"),
        "relation": None if relation is None else packer.numbers(relation[0], "u8"),
        "relations": [] if relation is None else list(relation[1]),
    }  # fmt: skip


def coarse(values: npt.ArrayLike, bits: int = _BITS) -> npt.NDArray[np.float64]:
    """Numbers with `bits` binary digits after the first: they zip a third smaller, and nobody
    sees a place or a length to five decimals."""
    mantissa, exponent = np.frexp(np.asarray(values, dtype=np.float64))
    return np.asarray(np.ldexp(np.round(np.ldexp(mantissa, bits + 1)), exponent - bits - 1))
