"""From columns as they are found to the catalogue's own, typed.

Here: which foreign column is which, and the parsing of cells. Next door: `catalogue` reads the
files and holds the result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from phylolm.errors import ConfigError, DataError

Places = npt.NDArray[np.intp]

FIELDS = (
    "id", "downloads", "likes", "parameters", "created", "licence", "task", "library",
    "architecture", "tags", "base_models", "base_relations", "downloads_as_of", "likes_as_of",
)  # fmt: skip
"""The columns of a catalogue, in order; `id` alone is needed."""

RELATIONS = ("finetune", "quantized", "merge", "adapter", "unknown")
"""What a declared base model is to its child."""

SEPARATOR = ";"
"""Between the values of one cell; no hub id holds it."""

# Foreign names, letters and digits only, best first; the factor makes a count of parameters.
_KNOWN: dict[str, tuple[str, ...]] = {
    "id": ("id", "modelid", "repoid", "hubid", "link", "model", "fullname", "name", "modelname"),
    "downloads": ("downloads", "downloads30d", "downloadslastmonth"),
    "likes": ("likes", "hublikes"),
    "parameters": ("parameters", "params", "numparameters", "parametercount", "paramsmillions",
                   "paramsb"),
    "created": ("created", "createdat", "date"),
    "licence": ("licence", "license", "hublicense"),
    "task": ("task", "pipelinetag"),
    "library": ("library", "libraryname"),
    "architecture": ("architecture", "modeltype", "architectures"),
    "tags": ("tags",),
    "base_models": ("basemodels", "basemodel", "parent"),
    "base_relations": ("baserelations", "baserelation", "basemodelrelation", "relation"),
    "downloads_as_of": ("downloadsasof", "asof", "lastseen", "snapshot"),
    "likes_as_of": ("likesasof", "asof", "lastseen", "snapshot"),
}  # fmt: skip
_FACTOR = {"paramsmillions": 1e6, "paramsb": 1e9}
_LINK = re.compile(r"^https?://[^/]+/(?:models/)?")
_COUNT = re.compile(r"^\s*([0-9][0-9,_]*\.?[0-9]*(?:e\+?[0-9]+)?)\s*([kmbt]?)\s*$", re.I)
_SCALE = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_MOST = 9e18  # what 64 bits hold; no count is larger
_EMPTY = {"", "nan", "none", "null", "<na>"}


@dataclass(frozen=True)
class BadCell:
    """A cell that was left empty because it is no number or date; row counts from 1."""

    row: int
    column: str
    text: str


@dataclass
class Typing:
    """What `typed` made of a raw table.

    table: columns `FIELDS`. chosen: field -> column. notes: what was left out, one line each.
    unread: cells that were left empty.
    """

    table: pd.DataFrame
    chosen: dict[str, str]
    notes: list[str]
    unread: list[BadCell]


def typed(
    raw: pd.DataFrame, mapping: Mapping[str, str] | None = None, as_of: str = "", where: str = ""
) -> Typing:
    """The catalogue's table of a raw one; a cell that can't be read is left empty and told.

    mapping: field -> column, for columns that aren't recognised. as_of: the date of the counts
    where no column has it. where: the file, for messages.

    Raises:
        ConfigError: the mapping names no field, or no column.
        DataError: no column of ids; no models at all.
    """
    chosen = _choose(raw, mapping or {}, where)
    if not len(raw):
        raise DataError(f"{where}: no models in it")
    notes: list[str] = []
    unread: list[BadCell] = []
    table = pd.DataFrame(index=raw.index)
    table["id"] = _texts(raw[chosen["id"]]).str.replace(_LINK, "", regex=True).str.strip()
    for field in FIELDS[1:]:
        column = chosen.get(field)
        cells = pd.Series("", raw.index) if column is None else raw[column]
        table[field], bad = _field(field, cells, column or "")
        if len(bad):
            found = [BadCell(int(at) + 1, str(column), str(cells.iloc[at])) for at in bad]
            notes.append(_said(found, "date" if field == "created" else "number"))
            unread += found
    _read_tags(table, chosen)
    table = _without_bad_ids(table, notes)
    if not len(table):
        raise DataError(f"{where}: no models in it")
    for field in ("downloads_as_of", "likes_as_of"):
        table[field] = table[field].mask(table[field] == "", as_of)
    return Typing(table.reset_index(drop=True), chosen, notes, unread)


def _said(bad: list[BadCell], kind: str) -> str:
    first = f"row {bad[0].row}, column {bad[0].column}: {bad[0].text[:40]!r} is no {kind}"
    if len(bad) == 1:
        return f"{first}; left empty"
    return (
        f"{first}; so are {len(bad) - 1:,} more cells of it, left empty (`atlas show` lists them)"
    )


def _choose(raw: pd.DataFrame, mapping: Mapping[str, str], where: str) -> dict[str, str]:
    """Field -> column of `raw`."""
    for field, column in mapping.items():
        if field not in FIELDS:
            raise ConfigError(f"--column {field}=…: no such field; known are {', '.join(FIELDS)}")
        if column not in raw.columns:
            there = ", ".join(map(str, raw.columns))
            raise ConfigError(f"{where} has no column {column!r}; it has {there}")
    plain = {_plain(column): str(column) for column in reversed(raw.columns)}
    found = {
        field: next((plain[name] for name in names if name in plain), None)
        for field, names in _KNOWN.items()
    }
    chosen = {field: column for field, column in found.items() if column is not None}
    chosen.update(mapping)
    if "id" not in chosen:
        there = ", ".join(map(str, raw.columns)) or "no columns at all"
        raise DataError(f"{where}: no column of model ids (say --column id=…); it has {there}")
    return chosen


def _plain(column: object) -> str:
    return re.sub(r"[^a-z0-9]", "", str(column).lower())


def _field(field: str, column: pd.Series[Any], name: str) -> tuple[pd.Series[Any], Places]:
    """A typed column, and where cells were left empty: counts Float64 or Int64, dates, text."""
    if field in ("downloads", "likes", "parameters"):
        counts, bad = _counts(column)
        if field == "parameters":
            # A count of 0 says that none is known; above 1e14 it is a mistake of the source.
            counts = counts * _FACTOR.get(_plain(name), 1.0)
            return counts.mask((counts <= 0) | (counts > 1e14)).astype("Float64"), bad
        return counts.round().astype("Int64"), bad
    if field == "created":
        return _dates(column)
    return _texts(column), np.zeros(0, dtype=np.intp)


def count_of(text: str) -> float | None:
    """The number of a written count: "13.6M" is 13,600,000; None where it is none."""
    counts, _ = _counts(pd.Series([text]))
    return None if pd.isna(counts.iloc[0]) else float(counts.iloc[0])


def _counts(column: pd.Series[Any]) -> tuple[pd.Series[Any], Places]:
    """Numbers of a column of counts ("13.6M", "1,200"), and the places of what is none."""
    if pd.api.types.is_numeric_dtype(column):
        plain = column.astype("Float64")
        return plain.mask(~(plain.abs() < _MOST).fillna(False)), np.zeros(0, dtype=np.intp)
    text = _texts(column)
    missing = text.str.lower().isin(_EMPTY)
    parts = text.str.extract(_COUNT)
    unlike = parts[0].isna() | missing
    digits = parts[0].mask(unlike, "0").str.replace("[,_]", "", regex=True).astype(float)
    scale = parts[1].mask(unlike, "").str.lower().map(_SCALE)
    counts = digits * scale
    unlike |= counts >= _MOST
    return counts.mask(unlike).astype("Float64"), np.flatnonzero(unlike & ~missing)


def _dates(column: pd.Series[Any]) -> tuple[pd.Series[Any], Places]:
    text = _texts(column)
    text = text.mask(text.str.lower().isin(_EMPTY), "")
    dates = pd.to_datetime(
        text.where(text != "", None), format="ISO8601", errors="coerce", utc=True
    )
    return dates.dt.tz_localize(None), np.flatnonzero(dates.isna() & (text != ""))


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Cells as text; lists are joined, missing cells are empty."""
    if pd.api.types.is_numeric_dtype(column) or isinstance(column.dtype, pd.StringDtype):
        return column.astype("str").where(column.notna(), "")
    return column.map(_text).astype("str")


def _text(cell: Any) -> str:
    if isinstance(cell, list | tuple | np.ndarray):
        return SEPARATOR.join(str(each) for each in cell if each is not None)
    return "" if cell is None or cell is pd.NaT or cell != cell else str(cell)


def _read_tags(table: pd.DataFrame, chosen: Mapping[str, str]) -> None:
    """Licence and base models from the hub's tags, where the catalogue has no column for them."""
    tags = table["tags"]
    if "licence" not in chosen:
        table["licence"] = tags.str.extract(r"(?:^|;)license:([^;]+)")[0].fillna("").astype("str")
    if "base_models" in chosen or not tags.str.contains("base_model:", regex=False).any():
        return
    pairs = [_bases(cell) if "base_model:" in cell else ("", "") for cell in tags]
    table["base_models"] = [models for models, _ in pairs]
    table["base_relations"] = [relations for _, relations in pairs]


def _bases(tags: str) -> tuple[str, str]:
    found: dict[str, str] = {}
    for tag in tags.split(SEPARATOR):
        kind, _, rest = tag.partition(":")
        if kind != "base_model" or not rest:
            continue
        relation, _, model = rest.partition(":")
        if model and relation in RELATIONS:
            found[model] = relation
        else:
            found.setdefault(rest, "unknown")
    return SEPARATOR.join(found), SEPARATOR.join(found.values())


def _without_bad_ids(table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    nameless = table["id"] == ""
    if nameless.any():
        notes.append(f"{nameless.sum():,} rows without an id left out")
        table = table[~nameless]
    again = table["id"].duplicated()
    if again.any():
        first = table.loc[again, "id"].iloc[0]
        notes.append(f"{again.sum():,} rows repeat an id, first {first!r}: the first of each kept")
        table = table[~again]
    return table
