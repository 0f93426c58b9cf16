"""What a page shows of an atlas: a hub's models by name, cluster, graph and declared lineage.

Here: the bundle of an atlas that was opened. Next door: `atlas.opened` reads its folder, `ofstudy`
shows measured models. Above `MOST_NAMED` models names stay with the server, which is asked for
them, and the page shows the map and what can be counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from phylolm.atlas.atlas_folder import Atlas
from phylolm.atlas.statistics import phrase_totals
from phylolm.page import bundle_sections as sections
from phylolm.page.bundle import Packer, Section, manifest, pack
from phylolm.page.metadata import CATEGORY, DATE, NUMBER, TEXT, Field
from phylolm.report.html import said

MOST_NAMED = 300_000
MOST_FINDINGS = 20_000
_MOST_CATEGORIES = 2000
_PHRASES = 600
_WORDS = (1, 2, 3)
_UNSURE = re.compile(r": (can't tell how surely, only \d+ edges are declared here)$")
_HUB = "https://huggingface.co/"

_TEXTS = ("owner", "family", "size", "kind", "task", "licence")
_GROUPS = ("cluster", "community")
_NUMBERS = (("parameters", "parameters"), ("downloads", "downloads (30 days)"), ("likes", "likes"))
_TOLD = ("source", "models", "clusters", "communities", "modularity", "edges", "declared_edges",
         "linkage", "threshold", "nearest", "seed", "phylolm")  # fmt: skip


@dataclass(frozen=True)
class ShownAtlas:
    """An atlas, and what else is known of its models: columns in the order of its models."""

    atlas: Atlas
    given: Sequence[Field] = ()


def atlas_bundle(
    atlas: Atlas, title: str = "", most_named: int = MOST_NAMED, given: Sequence[Field] = ()
) -> bytes:
    """The page's data of an atlas.

    most_named: with more models, names and columns of as many texts are left out. given: further
    columns; they replace the atlas's own of the same name.
    """
    packer = Packer()
    named = len(atlas.models) <= most_named
    ids = list(atlas.models["id"])
    clusters, communities = (_distinct(t["name"]) for t in (atlas.clusters, atlas.communities))
    fields = _with_given(atlas_fields(atlas, clusters, communities), given)
    if not named:
        fields = [each for each in fields if _is_small(each)]
    x, y = (atlas.models[axis].to_numpy(dtype=np.float64) for axis in ("x", "y"))
    parts: Section = {
        "maps": [sections.model_map(packer, "names", "names alike", ("", ""), x, y)],
        "clusters": _clusters(atlas, clusters),
        "statistics": _statistics(atlas.statistics),
        "made": {name: said(atlas.about[name]) for name in _TOLD if name in atlas.about},
        "notes": _notes(atlas, named, given),
    }
    if named:
        places = {name: place for place, name in enumerate(ids)}
        tree = atlas.tree()
        parts["trees"] = [sections.tree(packer, tree, places, "names", "names", "1 - cosine")]
        parts["graphs"] = _graphs(packer, atlas, places, (x, y))
        parts["findings"] = _findings(atlas.findings, places)
        parts["ngrams"] = _ngrams(packer, atlas.models)
    columns = [sections.column(packer, each) for each in fields]
    listed = sections.models(ids if named else None, len(ids), _link(ids), columns)
    return pack(manifest(title or _title(atlas), "atlas", listed, **parts), packer)


def atlas_fields(atlas: Atlas, clusters: Sequence[str], communities: Sequence[str]) -> list[Field]:
    """All that is known of an atlas's models; what is known of none is left out."""
    models = atlas.models
    found = [Field(name, name, CATEGORY, models[name].tolist()) for name in _TEXTS]
    for name, groups in zip(_GROUPS, (clusters, communities), strict=True):
        values = [groups[number] for number in models[name].tolist()]
        found.append(Field(name, name, CATEGORY, values))
    for name, label in _NUMBERS:
        found.append(Field(name, label, NUMBER, _floats(models[name]), log=True))
    found.append(Field("created", "created", DATE, _days(models["created"])))
    return [each for each in found if _is_known(each)]


def _with_given(own: Sequence[Field], given: Sequence[Field]) -> list[Field]:
    """Its own columns and those given; groups stay, for other parts of the page use them."""
    apart = [
        replace(each, name=f"given {each.name}", label=f"{each.label}, given")
        if each.name in _GROUPS
        else each
        for each in given
    ]
    return list(({each.name: each for each in own} | {each.name: each for each in apart}).values())


def _is_small(field: Field) -> bool:
    """Whether a column can be sent of any number of models."""
    many = field.kind == CATEGORY and len(set(field.values)) > _MOST_CATEGORIES
    return field.kind != TEXT and not many


def _is_known(field: Field) -> bool:
    values = np.asarray(field.values)
    return bool((values != "").any() if field.kind == CATEGORY else np.isfinite(values).any())


def _floats(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _days(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    dates = column.to_numpy(dtype="datetime64[D]")
    days = dates.astype(np.int64).astype(np.float64)
    days[np.isnat(dates)] = np.nan
    return days


def _distinct(names: Iterable[str]) -> list[str]:
    """Names of groups, numbered where two have one name."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _clusters(atlas: Atlas, names: Sequence[str]) -> list[Section]:
    by_cluster = {key: rows for key, rows in atlas.terms.groupby("cluster", sort=False)}
    found = []
    for number, (name, size) in enumerate(zip(names, atlas.clusters["models"], strict=True)):
        terms = by_cluster.get(number)
        words = [] if terms is None else terms["term"].tolist()
        weights = [] if terms is None else [round(float(w), 4) for w in terms["telling"]]
        found.append({"name": name, "size": int(size), "words": words, "weights": weights})
    return found


def _graphs(
    packer: Packer,
    atlas: Atlas,
    places: sections.Places,
    spots: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
) -> list[Section]:
    near = atlas.near
    ends = near["first"].to_numpy(), near["second"].to_numpy()
    weight = near["cosine"].to_numpy(dtype=np.float64)
    graphs = [sections.graph(packer, "names", "nearest names", spots, ends, weight)]
    declared = atlas.declared
    here = declared["parent"].isin(places) & declared["child"].isin(places)
    rows = declared[here & (declared["parent"] != declared["child"])]
    if len(rows):
        # An edge is sent in a byte; hubs know four relations.
        relations = rows["relation"].value_counts().index.tolist()[:255]
        which = rows["relation"].map({name: place for place, name in enumerate(relations)})
        rows, which = rows[which.notna()], which[which.notna()].astype(int)
        ends = (rows["parent"].map(places).to_numpy(), rows["child"].map(places).to_numpy())
        relation = (which.to_numpy(), relations)
        graphs.append(
            sections.graph(packer, "declared", "declared lineage", spots, ends, relation=relation)
        )
    return graphs


def _findings(table: pd.DataFrame, places: sections.Places) -> list[Section]:
    rows = table[table["model"].isin(places)]
    rows = rows.sort_values("probability", ascending=False, kind="stable").head(MOST_FINDINGS)
    return [
        {
            "model": places[row["model"]], "other": places.get(row["other"], sections.NOWHERE),
            "kind": row["kind"], "text": _UNSURE.sub("", row["why"]),
            "probability": None if np.isnan(row["probability"]) else round(row["probability"], 4),
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip


def _unsure(table: pd.DataFrame) -> list[str]:
    """What findings say of their sureness where too few edges are declared to tell, once."""
    said_by = (_UNSURE.search(why) for why in table["why"])
    found = next((each[1] for each in said_by if each), "")
    return [f"Parents that findings propose: {found}."] if found else []


def _ngrams(packer: Packer, models: pd.DataFrame) -> Section:
    counts = [_floats(models["likes"]), _floats(models["downloads"])]
    texts, (having, likes, downloads) = phrase_totals(list(models["id"]), counts, _WORDS, _PHRASES)
    return {
        "texts": texts, "models": packer.numbers(having, "u32"),
        "likes": packer.numbers(likes, "f32"), "downloads": packer.numbers(downloads, "f32"),
    }  # fmt: skip


def _statistics(numbers: dict[str, Any]) -> list[Section]:
    found = []
    sentences = [
        f"{c['scale']}: r = {c['value']:.3f} (95 % interval {c['low']:.3f} to {c['high']:.3f}, "
        f"{c['models']:,} models)"
        for c in numbers.get("likes_and_downloads", ())
    ]
    if sentences:
        found.append(_statistic("likes against downloads", [], sentences))
    for by, rows in numbers.get("counts", {}).items():
        if any(row["value"] != "(not known)" for row in rows):
            found.append(_statistic(f"models by {by}", rows[:40], []))
    return found


def _statistic(title: str, rows: Sequence[dict[str, Any]], sentences: list[str]) -> Section:
    labels, values = [str(row["value"]) for row in rows], [row["models"] for row in rows]
    return {"title": title, "labels": labels, "values": values, "sentences": sentences}


def _notes(atlas: Atlas, named: bool, given: Sequence[Field]) -> list[str]:
    notes = [
        "Clusters, tree and map go by names alone: models of like names need not be kin.",
        "Declared lineage is what model cards say; nobody has checked it.",
    ]
    if not named:
        notes.append("So many models that names, tree and graph are not in this page.")
    if left_out := [each.label for each in given if not named and not _is_small(each)]:
        notes.append(f"So many models that these columns are left out: {', '.join(left_out)}.")
    notes += _unsure(atlas.findings) if named else []
    if len(atlas.findings) > MOST_FINDINGS:
        notes.append(f"The {MOST_FINDINGS:,} surest of {len(atlas.findings):,} findings are here.")
    return notes


def _link(ids: Sequence[str]) -> str | None:
    """The hub's address, where most names are ids of a hub."""
    return _HUB if sum("/" in name for name in ids) > len(ids) / 2 else None


def _title(atlas: Atlas) -> str:
    return str(atlas.about.get("source") or "Atlas")
