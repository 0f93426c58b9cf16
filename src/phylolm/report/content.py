"""What a report shows: `Report` and its parts.

Next door: `page` makes HTML of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.ordination import Ordination
from phylolm.tree.tree import Tree


@dataclass(frozen=True)
class KinRow:
    """A model's nearest kin, and the runner-up to judge by how much it is the nearest."""

    model: str
    kin: str
    distance: float
    std_error: float | None = None
    next_kin: str = ""
    next_distance: float | None = None

    @property
    def close_call(self) -> bool:
        """Whether the runner-up is within two standard errors of the nearest."""
        if self.next_distance is None or self.std_error is None:
            return False
        return self.next_distance - self.distance < 2 * self.std_error


@dataclass(frozen=True)
class Truth:
    """What is known of the true ancestry: measures of agreement, a tree, child to parent."""

    measures: Mapping[str, object] = field(default_factory=dict)
    tree: Tree | None = None
    parents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a report shows.

    parameters: how the study was made, name to value. sections: further (title, text) pairs of
    plain text, blank lines between paragraphs. kin: by default each model's two nearest.
    warnings: one sentence each, shown above all else. unit: of branch lengths,
    by default the distances' measure. shows: as in `HeatmapStyle`.
    """

    title: str
    tree: Tree
    distances: DistanceMatrix
    ordination: Ordination
    families: Mapping[str, str] | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    sections: Sequence[tuple[str, str]] = ()
    kin: Sequence[KinRow] | None = None
    warnings: Sequence[str] = ()
    truth: Truth | None = None
    unit: str = ""
    shows: Literal["auto", "similarity", "distance"] = "auto"
    colours: Mapping[str, str] | None = None

    @property
    def branch_unit(self) -> str:
        """What branch lengths are."""
        measure = self.distances.measure
        return self.unit or (measure if "distance" in measure else f"{measure} distance")


def nearest_kin(d: DistanceMatrix) -> list[KinRow]:
    """For each model its nearest other model and the runner-up; ties go to the first."""
    rows = []
    values = np.where(np.isfinite(d.values), d.values, np.inf)
    values[np.diag_indices(len(values))] = np.inf
    for i, model in enumerate(d.names):
        order = np.argsort(values[i], kind="stable")[:2]
        near = [int(j) for j in order if np.isfinite(values[i, j])]
        if not near:
            continue
        error = None if d.std_error is None else float(d.std_error[i, near[0]])
        second = (d.names[near[1]], float(values[i, near[1]])) if len(near) > 1 else ("", None)
        rows.append(KinRow(model, d.names[near[0]], float(values[i, near[0]]), error, *second))
    return rows
