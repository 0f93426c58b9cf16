"""Where name, declaration and measurement disagree.

Here: `Finding`, and one function a kind of disagreement. Next door: `parents` judges names,
`licences` reads terms, `lineage` has the declarations. Nothing here says who is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from phylolm.atlas.families import architecture_family, fits
from phylolm.atlas.licences import lost_terms
from phylolm.atlas.lineage import Lineage
from phylolm.atlas.names import names_table
from phylolm.atlas.parents import ParentIndex
from phylolm.atlas.statistics import parameters
from phylolm.distance.matrix import DistanceMatrix

KINDS = (
    "missing parent", "doubtful parent", "older than parent", "larger than parent",
    "other architecture", "licence terms lost", "kin agrees", "kin contradicts",
    "kin fills a gap",
)  # fmt: skip

_MANY = 20_000

# When the hub began to keep dates, every model got that day.
_DATES_BEGIN = pd.Timestamp("2022-03-03")


@dataclass(frozen=True)
class Finding:
    """One disagreement (or, with a bank, agreement).

    other: the model it is with. probability: of a proposed parent; None for other kinds, and where
    too few edges are declared to tell. why: one sentence.
    path: models from `model` on, for licences.
    """

    kind: str
    model: str
    other: str
    why: str
    probability: float | None = None
    path: tuple[str, ...] = ()


def findings(
    models: pd.DataFrame,
    lineage: Lineage,
    least: float = 0.5,
    names: pd.DataFrame | None = None,
) -> Iterator[Finding]:
    """Everything that can be found without sequencing.

    least: probability of proposed parents. names: `names_table` of the models, if at hand.
    """
    index = parent_index(models, lineage, names)
    yield from missing_parents(index, lineage, least)
    yield from doubtful_parents(index, lineage, least)
    yield from impossible_declarations(models, lineage, names)
    yield from licence_conflicts(models, lineage)


def parent_index(
    models: pd.DataFrame, lineage: Lineage, names: pd.DataFrame | None = None
) -> ParentIndex:
    """An index of a catalogue's models and all that are declared in its lineage.

    names: `names_table` of the models, if at hand.
    """
    ids = dict.fromkeys(lineage.name(model) for model in models["id"])
    ids.update(dict.fromkeys(lineage.models))
    place = {model: row for row, model in enumerate(ids)}
    downloads = dict(zip(models["id"], _floats(models["downloads"]), strict=True))
    return ParentIndex(
        list(ids),
        [(place[edge.child], place[edge.parent]) for edge in lineage.edges],
        np.array([downloads.get(model, np.nan) for model in ids], dtype=np.float64),
        None if names is None else _names_of(list(ids), models, names),
    )


def _names_of(ids: list[str], models: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Parsed names of ids, most of which are those of `models`, whose names are at hand."""
    place = {model: row for row, model in enumerate(models["id"])}
    others = [model for model in ids if model not in place]
    place.update({model: len(models) + row for row, model in enumerate(others)})
    if others:
        names = pd.concat([names, names_table(others)], ignore_index=True)
    return names.iloc[[place[model] for model in ids]].reset_index(drop=True)


def missing_parents(index: ParentIndex, lineage: Lineage, least: float = 0.5) -> Iterator[Finding]:
    """Models without a declared parent for which a name makes one likely."""
    rows = np.array([i for i, m in enumerate(index.models) if m not in lineage.up], dtype=np.int64)
    found = index.propose(rows, most=1)
    likely = found.loc[found["probability"] >= least, ["child", "parent", "probability"]]
    for child, parent, chance in likely.itertuples(index=False):
        model, other = index.models[int(child)], index.models[int(parent)]
        if model not in lineage.ancestors(other):
            why = f"it may descend from {other}: {_how_sure(index, chance)}"
            told = float(chance) if index.can_tell else None
            yield Finding("missing parent", model, other, why, told)


def doubtful_parents(
    index: ParentIndex, lineage: Lineage, least: float = 0.5, most: float = 0.02
) -> Iterator[Finding]:
    """Models whose name points to another than the declared parents or their kin.

    least: probability of the other parent. most: probability of all declared together. A declared
    parent whose name is nearer than the other's is not doubted.
    """
    place = {model: row for row, model in enumerate(index.models)}
    rows = np.array([place[model] for model in lineage.up], dtype=np.int64)
    declared = np.unique(index.edges[:, 0] * len(place) + index.edges[:, 1])
    # In parts: all candidates are needed, and a large catalogue has a hundred million.
    for part in np.split(rows, range(_MANY, len(rows), _MANY)):
        found = index.propose(part, most=1_000_000)
        keys = found["child"].to_numpy() * len(place) + found["parent"].to_numpy()
        found["declared"] = np.isin(keys, declared)
        said = found[["probability", "cosine"]].where(found["declared"], 0)
        of_child = said.groupby(found["child"])
        found["said"] = of_child["probability"].transform("sum")
        found["alike"] = of_child["cosine"].transform("max")
        first = found.drop_duplicates("child")
        kept = (first["probability"] >= least) & (first["said"] <= most) & ~first["declared"]
        kept &= first["cosine"] > first["alike"]
        pairs = first.loc[kept, ["child", "parent", "probability"]]
        for child, parent, chance in pairs.itertuples(index=False):
            model, other = index.models[int(child)], index.models[int(parent)]
            parents = {edge.parent for edge in lineage.up[model]}
            if not _related(lineage, other, parents, model):
                sure = _how_sure(index, chance)
                why = f"it points to {other}, not to {min(parents)}: {sure}"
                told = float(chance) if index.can_tell else None
                yield Finding("doubtful parent", model, other, why, told)


def _how_sure(index: ParentIndex, chance: float) -> str:
    if index.can_tell:
        return f"probability {chance:.2f} by name and siblings"
    return f"can't tell how surely, only {len(index.edges)} edges are declared here"


def _related(lineage: Lineage, other: str, declared: Iterable[str], model: str) -> bool:
    """Whether `other` and a declared parent have an ancestor in common, or one is the other's."""
    line = {other, *lineage.ancestors(other)}
    return model in line or any(line & {parent, *lineage.ancestors(parent)} for parent in declared)


def impossible_declarations(
    models: pd.DataFrame, lineage: Lineage, names: pd.DataFrame | None = None
) -> Iterator[Finding]:
    """Children older or larger than their parent, or of another architecture.

    Sizes are compared for fine-tunes and quantisations, unless the child's name says experts or the
    parent's says quantised; a tenth more is allowed, half where a size stands in a name only. A
    parent is as large as its count or its name says, whichever is more: of some repositories the
    hub counts a part. Dates within a day are equal.
    """
    models = models.reset_index(drop=True)
    names = names_table(list(models["id"])) if names is None else names
    counted = models["parameters"].notna().to_numpy()
    said = _floats(names["parameters"].where(names["stated"]))
    size = np.where(counted, _floats(parameters(models, names)), said)
    place = {lineage.name(model): row for row, model in enumerate(models["id"])}
    created, architecture = models["created"], models["architecture"].str.lower()
    for edge in lineage.edges:
        c, p = place.get(edge.child), place.get(edge.parent)
        if c is None or p is None:
            continue
        born = created[c], created[p]
        if all(pd.notna(day) and day > _DATES_BEGIN for day in born):
            if born[1] - born[0] > pd.Timedelta(days=1):
                why = f"created {born[0]:%Y-%m-%d}, its parent {edge.parent} {born[1]:%Y-%m-%d}"
                yield Finding("older than parent", edge.child, edge.parent, why)
        largest = np.fmax(size[p], said[p])
        room = 1.1 if counted[c] and counted[p] else 1.5
        if edge.relation in ("finetune", "quantized") and size[c] > room * largest:
            if not (names["quantised"][p] or _experts(edge.child)):
                why = f"{size[c]:,.0f} parameters, its parent {edge.parent} {largest:,.0f}"
                yield Finding("larger than parent", edge.child, edge.parent, why)
        kinds = architecture[c], architecture[p]
        if edge.relation != "merge" and all(kinds) and not _alike(*kinds):
            why = f"architecture {kinds[0]}, its parent {edge.parent} {kinds[1]}"
            yield Finding("other architecture", edge.child, edge.parent, why)


def _floats(column: pd.Series[float]) -> npt.NDArray[np.float64]:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def _experts(model: str) -> bool:
    from phylolm.atlas.names import tokens_of

    tokens = tokens_of(model.rpartition("/")[2])
    return "moe" in tokens or any("x" in t and t[0].isdigit() for t in tokens)


def _alike(first: str, second: str) -> bool:
    """Whether two architectures are the same or of one family."""
    families = architecture_family(first), architecture_family(second)
    return (
        first == second
        or not all(families)
        or fits(families[0], second)
        or fits(families[1], first)
    )


def licence_conflicts(models: pd.DataFrame, lineage: Lineage) -> Iterator[Finding]:
    """Restricting terms of an ancestor that a descendant's permissive licence drops."""
    licences = {
        lineage.name(model): licence
        for model, licence in zip(models["id"], models["licence"], strict=True)
        if licence
    }
    for lost in lost_terms(lineage, licences):
        why = f"{lost.licences[0]}, but {lost.ancestor} is {lost.licences[1]}: {lost.terms}"
        yield Finding("licence terms lost", lost.model, lost.ancestor, why, None, lost.path)


def measured_kin(
    distances: DistanceMatrix, lineage: Lineage, names: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """For every sequenced model: does its nearest measured kin bear out what is declared?

    names: name in the bank -> hub id, where they differ. It agrees when the nearest model is of
    the declared line, or a declared parent is as near within two standard errors; contradicts
    when a declared parent was sequenced and is clearly farther; fills a gap when no parent is
    declared and the nearest, no declared kin, is clearly nearer than half the median distance.
    """
    ids = [lineage.name((names or {}).get(name, name)) for name in distances.names]
    place = {model: row for row, model in enumerate(ids)}
    values = np.array(distances.values, dtype=np.float64)
    np.fill_diagonal(values, np.inf)
    if len(ids) < 3:
        return
    usual = float(np.median(values[np.isfinite(values)]))
    for row, model in enumerate(ids):
        near = int(np.argmin(values[row]))
        said = f"nearest measured is {ids[near]} at {max(values[row, near], 0):.3f}"
        parents = [place[e.parent] for e in lineage.up.get(model, ()) if e.parent in place]
        if _same_line(lineage, model, ids[near]):
            yield Finding("kin agrees", model, ids[near], said)
        elif parents:
            best = min(parents, key=lambda parent: values[row, parent])
            wide = 2 * np.hypot(_error(distances, row, best), _error(distances, row, near))
            clear = values[row, best] - values[row, near] > wide
            kind = "kin contradicts" if clear else "kin agrees"
            why = f"{said}, declared parent {ids[best]} at {max(values[row, best], 0):.3f}"
            yield Finding(kind, model, ids[near], why)
        elif model not in lineage.up:
            high = values[row, near] + 2 * _error(distances, row, near)
            if high < usual / 2:
                yield Finding("kin fills a gap", model, ids[near], said)


def _same_line(lineage: Lineage, model: str, other: str) -> bool:
    if model not in lineage.up and model not in lineage.down:
        return False
    mine = {model, *lineage.ancestors(model)}
    return bool(mine & {other, *lineage.ancestors(other)})


def _error(distances: DistanceMatrix, row: int, column: int) -> float:
    errors: npt.NDArray[np.float64] | None = distances.std_error
    value = 0.0 if errors is None else float(errors[row, column])
    return value if np.isfinite(value) else 0.0


def to_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """One row a finding; paths joined by " < "."""
    rows = [{**vars(each), "path": " < ".join(each.path)} for each in findings]
    return pd.DataFrame(rows, columns=list(Finding.__dataclass_fields__))
