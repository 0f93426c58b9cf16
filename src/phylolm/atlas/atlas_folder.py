"""An atlas opened from its folder: plain tables, read in one call.

Here: `open_atlas`. Next door: `build` writes the folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from phylolm.errors import DataError
from phylolm.files import read_text
from phylolm.showable import Showable
from phylolm.tree.files import read_tree
from phylolm.tree.tree import Tree

FORMAT = 2
"""Of the folder's files; `build` writes it into atlas.json."""

_FOUND = ["owner", "family", "size", "parameters", "kind", "cluster", "community", "x", "y"]
_TEXT = ("child", "parent", "relation", "model", "root", "name", "term", "kind", "other", "why",
         "path")  # fmt: skip
_KNOWN = ["id", "licence", "task", "created", "downloads", "likes"]


@dataclass(frozen=True)
class Atlas(Showable):
    """What `phylolm atlas build` found. Text is "" and numbers and dates are NA where not known.

    models: one row a model, in the catalogue's order: id, owner, family, size (its class, e.g.
        "3B-10B"), parameters (a count), licence, task, created (a date), downloads, likes, kind,
        cluster, community (numbers from 0), x, y (the layout; a unit is the room of one model).
    near: edges of the graph of names, each once: first, second (rows of `models`), cosine.
    declared: edges that were declared: child, parent (ids, not always in `models`), relation.
    families: ids of `declared` with parents, children, depth, root, descendants.
    clusters: cluster, name, models (how many). communities: community, name, models.
    terms: telling n-grams of clusters, best first: cluster, term, share (of its models), telling.
    findings: of the audit: kind, model, other, why, probability (NaN but for proposed parents),
        path (ids joined by " < ", or "").
    statistics: counts, correlations, phrases. about: version, source, settings, seconds.
    folder: where the files are.
    """

    models: pd.DataFrame
    near: pd.DataFrame
    declared: pd.DataFrame
    families: pd.DataFrame
    clusters: pd.DataFrame
    communities: pd.DataFrame
    terms: pd.DataFrame
    findings: pd.DataFrame
    statistics: dict[str, Any]
    about: dict[str, Any]
    folder: Path

    def tree(self) -> Tree:
        """The tree of names; its leaves are the models' ids. Read when asked for."""
        return read_tree(self.folder / "tree.nwk")


def open_atlas(folder: Path | str) -> Atlas:
    """The atlas in a folder that `phylolm atlas build` wrote.

    Raises:
        DataError: no atlas there, one of another version, or a damaged file.
    """
    folder = Path(folder)
    about = _json(folder, "atlas.json")
    if about.get("format") != FORMAT:
        raise DataError(f"{folder} is the atlas of another version: build it again")
    found = _parquet(folder, "models.parquet", ["id", *_FOUND])
    known = _parquet(folder, "catalogue.parquet", _KNOWN)
    if len(found) != len(known) or (found.pop("id") != known["id"]).any():
        raise DataError(f"{folder}: models.parquet and catalogue.parquet differ: build it again")
    tables = {
        name: _csv(folder, f"{name}.csv")
        for name in ("families", "clusters", "communities", "terms", "findings")
    }
    return Atlas(
        models=pd.concat([known, found], axis=1),
        near=_parquet(folder, "near.parquet", ["first", "second", "cosine"]),
        declared=_csv(folder, "lineage.csv"),
        statistics=_json(folder, "statistics.json"),
        about=about,
        folder=folder,
        **tables,
    )


def _json(folder: Path, name: str) -> dict[str, Any]:
    if not (folder / name).is_file():
        raise DataError(f"{folder} holds no {name}: make an atlas with `phylolm atlas build`")
    try:
        content = json.loads(read_text(folder / name))
    except json.JSONDecodeError as error:
        raise DataError(f"{folder / name}, line {error.lineno}: {error.msg}") from None
    if not isinstance(content, dict):
        raise DataError(f"{folder / name}: not what `phylolm atlas build` writes")
    return content


def _parquet(folder: Path, name: str, columns: list[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(folder / name, columns=columns)
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise _damaged(folder / name, error) from None


def _csv(folder: Path, name: str) -> pd.DataFrame:
    """Text as it stands ("nan" is a name); only a probability may be missing."""
    text = dict.fromkeys(_TEXT, "str")
    missing = {"probability": [""]}
    try:
        return pd.read_csv(folder / name, dtype=text, keep_default_na=False, na_values=missing)
    except (OSError, ValueError) as error:
        raise _damaged(folder / name, error) from None


def _damaged(path: Path, error: Exception) -> DataError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(f"can't read {path} ({reason}): build the atlas again")
