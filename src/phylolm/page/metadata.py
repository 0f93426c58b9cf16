"""What is known of models, one column each, before it is packed.

Here: `Field`, and reading the columns of a table that somebody has of the models. Next door:
`bundle_sections` packs fields.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm.atlas.names import parse_name
from phylolm.errors import DataError
from phylolm.predict.score_files import GAPS, Sheet, number, read_file

CATEGORY, NUMBER, DATE, TEXT = "category", "number", "date", "text"

MOST_CATEGORIES = 60
"""A column of more different texts, most of them once or twice, is text and no category."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WIDE = 300.0


@dataclass(frozen=True)
class Field:
    """One thing known of every model.

    values: text ("" unknown) of categories and texts, float64 (NaN unknown) of numbers, dates as
    days since 1970-01-01. colours: of categories, as #rrggbb. log: best seen on a logarithmic
    scale.
    """

    name: str
    label: str
    kind: str
    values: Sequence[str] | npt.NDArray[np.float64]
    colours: Mapping[str, str] = field(default_factory=dict)
    log: bool = False


def families(models: Sequence[str], given: Mapping[str, str], colours: Any = None) -> Field:
    """The families of models, with the colours that somebody chose for them."""
    lower = {name: str(colour).lower() for name, colour in (colours or {}).items()}
    return Field("family", "family", CATEGORY, [given.get(m, "") for m in models], lower)


def families_by_name(models: Sequence[str]) -> Field | None:
    """The families that the models' names tell; None where few names tell one."""
    found = [parse_name(model).family for model in models]
    if sum(map(bool, found)) < len(found) / 2:
        return None
    return Field("family", "family, by name", CATEGORY, found)


def read_fields(path: Path, models: Sequence[str]) -> list[Field]:
    """The columns of a table (CSV, parquet, JSON) as fields of `models`.

    The column that names most of the models tells whom a row is about. A column of colours
    belongs to a column of categories in which each category has one of them.
    Raises DataError where no column names any of the models.
    """
    sheet = read_file(path)
    if not isinstance(sheet, Sheet) or not sheet.columns:
        raise DataError(f"{path} is no table with one row a model")
    key, rows = _rows_of(sheet, models, path)
    texts = {
        name: [_text(cells[row]) if row is not None else "" for row in rows]
        for name, cells in sheet.columns.items()
        if name != key
    }
    shades = {name: cells for name, cells in texts.items() if _all_match(_COLOUR, cells)}
    found = [guess(name, cells) for name, cells in texts.items() if name not in shades]
    return _coloured([each for each in found if each is not None], shades)


def guess(name: str, texts: Sequence[str]) -> Field | None:
    """A field of the kind its texts look like; None where nothing is known."""
    known = [text for text in texts if text]
    label = name.replace("_", " ").strip() or "unnamed"
    if not known:
        return None
    numbers = _numbers(texts)
    if numbers is not None:
        return Field(name, label, NUMBER, numbers, log=_is_wide(numbers))
    if _all_match(_DATE, known):
        try:
            return Field(name, label, DATE, np.array([_day(text) for text in texts]))
        except ValueError:
            pass  # looks like a date and is none: text
    kinds = len(set(known))
    few = kinds <= max(2, len(known) // 2) and (kinds <= MOST_CATEGORIES or kinds * 5 < len(known))
    return Field(name, label, CATEGORY if few else TEXT, list(texts))


def _rows_of(sheet: Sheet, models: Sequence[str], path: Path) -> tuple[str, list[int | None]]:
    """The column of the models' names, and each model's row."""
    best: tuple[int, str, dict[str, int]] = (0, "", {})
    for name, cells in sheet.columns.items():
        places: dict[str, int] = {}
        for row, cell in enumerate(cells):
            places.setdefault(_text(cell), row)
        hits = sum(model in places for model in models)
        if hits > best[0]:
            best = (hits, name, places)
    if not best[0]:
        raise DataError(
            f"{path}: no column names any of the {len(models)} models "
            f"({', '.join(map(repr, models[:2]))}, …); its columns are {', '.join(sheet.columns)}"
        )
    return best[1], [best[2].get(model) for model in models]


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell).strip()
    return "" if text.lower() in GAPS else text


def _numbers(texts: Sequence[str]) -> npt.NDArray[np.float64] | None:
    values = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        if text:
            value = number(text)
            if value is None or np.isinf(value):
                return None
            values[place] = value
    return values


def _is_wide(values: npt.NDArray[np.float64]) -> bool:
    """Whether positive numbers span so much that most would crowd at one end."""
    known = values[np.isfinite(values)]
    positive = known[known > 0]
    if (known < 0).any() or len(positive) < 2:
        return False
    return bool(positive.max() / positive.min() > _WIDE)


def _day(text: str) -> float:
    if not text:
        return float("nan")
    return float((datetime.date.fromisoformat(text[:10]) - datetime.date(1970, 1, 1)).days)


def _all_match(pattern: re.Pattern[str], texts: Sequence[str]) -> bool:
    known = [text for text in texts if text]
    return bool(known) and all(pattern.match(text) for text in known)


def _coloured(fields: Sequence[Field], shades: Mapping[str, Sequence[str]]) -> list[Field]:
    """Each column of colours given to a column of categories: one it names, else the first."""
    found = {each.name: each for each in fields}
    for shade, cells in shades.items():
        free = [each for each in found.values() if each.kind == CATEGORY and not each.colours]
        for each in sorted(free, key=lambda field: field.name not in shade):
            pairs = {(v, s.lower()) for v, s in zip(each.values, cells, strict=True) if v and s}
            if len({value for value, _ in pairs}) == len(pairs):
                found[each.name] = replace(each, colours=dict(pairs))
                break
    return list(found.values())
