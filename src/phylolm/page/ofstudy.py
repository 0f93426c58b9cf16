"""What a page shows of a study: models measured against each other.

Here: `Shown`, everything a page may show of measured models, and its bundle. Next door: `sources`
makes a `Shown` of the files people have, `bundle_sections` each part, `ofatlas` pages of hub
catalogues.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.ordination import pcoa
from phylolm.figures.heatmap import shows_similarity
from phylolm.page import bundle_sections as sections
from phylolm.page.bundle import Packer, Section, manifest, pack
from phylolm.page.metadata import Field, families
from phylolm.report.caveats import plain_caveats
from phylolm.report.html import said
from phylolm.study.publish import caveats_of
from phylolm.tree.analysis import Analysis
from phylolm.tree.tree import Tree

FORECAST_LEVEL = 0.9
MOST_IN_MATRIX = 3000
MOST_ANSWERS = 1_500_000


class Score(NamedTuple):
    """One model's score on one benchmark, a fraction.

    low, high: bounds of a forecast; of a known score they are the score.
    """

    benchmark: str
    model: str
    value: float
    low: float
    high: float
    known: bool = False


@dataclass(frozen=True)
class Shown:
    """Measured models: a tree, distances, or both, and what is known beside them.

    counts, genes: what models said; genes: id -> text. families, colours: model -> family,
    family -> colour. fields: further columns, in the order of `names`. others: further trees,
    (name, tree). scores: known and forecast. made: how it was made. notes: caveats.
    """

    title: str
    tree: Tree
    distances: DistanceMatrix | None = None
    counts: AlleleCounts | None = None
    genes: Mapping[str, str] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    fields: Sequence[Field] = ()
    others: Sequence[tuple[str, Tree]] = ()
    scores: Sequence[Score] = ()
    made: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The models, in the page's order."""
        return self.tree.leaf_names if self.distances is None else self.distances.names

    @property
    def unit(self) -> str:
        """What distances and branch lengths are."""
        measure = "length" if self.distances is None else self.distances.measure
        return measure if self.distances is None or "distance" in measure else f"{measure} distance"


def study_bundle(shown: Shown) -> bytes:
    """The page's data of measured models."""
    packer = Packer()
    places = {name: place for place, name in enumerate(shown.names)}
    columns = [sections.column(packer, each) for each in _fields(shown)]
    parts: Section = {
        "trees": _trees(packer, shown, places),
        "forecasts": _forecasts(packer, shown.scores, places),
        "made": {name: said(value) for name, value in shown.made.items()},
        "notes": _notes(shown),
    }
    if shown.distances is not None:
        parts |= _measured(packer, shown, shown.distances, places)
    if shown.counts is not None and not _too_many(shown.counts):
        parts["alleles"] = sections.alleles(packer, shown.counts, shown.genes, places)
    listed = sections.models(shown.names, len(places), None, columns)
    kind = "tree" if shown.distances is None else "study"
    return pack(manifest(shown.title, kind, listed, **parts), packer)


def _fields(shown: Shown) -> list[Field]:
    found = list(shown.fields)
    if shown.families:
        found = [each for each in found if each.name != "family"]
        found.insert(0, families(shown.names, shown.families, shown.colours))
    return found


def _trees(packer: Packer, shown: Shown, places: Mapping[str, int]) -> list[Section]:
    made = [sections.tree(packer, shown.tree, places, "tree", "tree", shown.unit)]
    for name, other in shown.others:
        made.append(sections.tree(packer, other, places, name, name, "length"))
    return made


def _measured(
    packer: Packer, shown: Shown, d: DistanceMatrix, places: Mapping[str, int]
) -> Section:
    """Map, pairs and kin of the distances."""
    parts: Section = {"kin": sections.kin(packer, d, places, len(places), shown.unit)}
    if len(d) > 2:
        placed = pcoa(d)
        axes = [f"axis {n} ({share:.0%})" for n, share in enumerate(placed.explained, start=1)]
        x, y = placed.coordinates.T
        parts["maps"] = [
            sections.model_map(packer, "pcoa", "principal coordinates", (axes[0], axes[1]), x, y)
        ]
    if len(d) <= MOST_IN_MATRIX:
        known = set(d.names)
        order = [name for name in shown.tree.leaf_names if name in known]
        order += sorted(known.difference(order))
        alike = shows_similarity(d, "auto")
        parts["matrices"] = [sections.matrix(packer, d, places, order, alike)]
    return parts


def _forecasts(packer: Packer, scores: Iterable[Score], places: Mapping[str, int]) -> list[Section]:
    benchmarks: dict[str, list[tuple[int, float, float, float, bool]]] = {}
    for each in scores:
        if each.model in places:
            row = (places[each.model], each.value, each.low, each.high, each.known)
            benchmarks.setdefault(each.benchmark, []).append(row)
    return [
        sections.forecast(packer, in_fractions(name), FORECAST_LEVEL, sorted(rows))
        for name, rows in benchmarks.items()
    ]


def in_fractions(benchmark: str) -> str:
    """A benchmark's name with the unit of its scores, for files may have them in percent."""
    return f"{benchmark} (fraction)"


def _too_many(counts: AlleleCounts) -> bool:
    return counts.n_models * counts.n_genes > MOST_ANSWERS


def _notes(shown: Shown) -> list[str]:
    notes = list(shown.notes)
    if shown.distances is None:
        return notes
    notes += shown.distances.notes
    if len(shown.distances) > MOST_IN_MATRIX:
        notes.append(f"More than {MOST_IN_MATRIX:,} models: the matrix of all pairs is left out.")
    if shown.counts is not None:
        notes += caveats_of(shown.counts, Analysis(shown.distances, shown.tree))
        if _too_many(shown.counts):
            notes.append("So many models and genes that what each said is left out.")
    return notes + plain_caveats(shown.distances, shown.tree)
