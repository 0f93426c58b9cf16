"""Catalogue: the models of a hub, one row each, read from files as they are found.

Here: the type and its files. Next door: `columns` recognises and types the columns, `snapshot`
makes catalogues from a hub.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from phylolm.atlas.columns import FIELDS, BadCell, typed
from phylolm.errors import ConfigError, DataError
from phylolm.files import whole_file

SUFFIXES = (".csv", ".tsv", ".parquet", ".json", ".jsonl")
"""What a catalogue may be, each but parquet also with .gz."""


@dataclass(frozen=True)
class Catalogue:
    """Models of a hub.

    models: one row a model, distinct ids, columns `columns.FIELDS`: id, task, licence and so on
        are text ("" = not known), downloads and likes Int64, parameters Float64 (a count),
        created a date; missing numbers and dates are NA. Lists in a cell are joined by ";".
    source: what it was read from. chosen: field -> the source's column.
    notes: what was left out and why, one line each. unread: cells that were left empty.
    """

    models: pd.DataFrame
    source: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    unread: tuple[BadCell, ...] = ()

    def __len__(self) -> int:
        return len(self.models)

    @property
    def ids(self) -> list[str]:
        return list(self.models["id"])

    def at_least(self, downloads: int) -> Catalogue:
        """Only models with that many downloads. Raises DataError when there are none."""
        kept = self.models[self.models["downloads"].fillna(0) >= downloads]
        if not len(kept):
            raise DataError(f"{self.source}: no model has {downloads:,} downloads or more")
        return Catalogue(
            kept.reset_index(drop=True), self.source, self.chosen, self.notes, self.unread
        )

    def save(self, path: Path) -> None:
        """Write as parquet or CSV, by suffix; missing values are empty cells in CSV."""
        if path.suffix not in (".parquet", ".csv"):
            raise ConfigError(f"can't write a catalogue to {path.name}: use .parquet, .csv")
        with whole_file(path) as temporary:
            if path.suffix == ".parquet":
                self.models.to_parquet(temporary, index=False)
            else:
                self.models.to_csv(temporary, index=False)


def read_catalogue(
    path: Path | str, mapping: Mapping[str, str] | None = None, as_of: str = ""
) -> Catalogue:
    """The catalogue in a file: CSV, TSV, parquet, JSON or JSON lines, plain or gzipped.

    mapping: field -> column, for columns that aren't recognised. as_of: the date of the counts
    (YYYY, YYYY-MM or YYYY-MM-DD) where no column has it.

    Raises:
        ConfigError: an unknown kind of file; a mapping of no field or column.
        DataError: no such file, damaged content, no ids, no models.
    """
    path = Path(path)
    if path.is_dir() and (path / "catalogue.parquet").is_file():
        path = path / "catalogue.parquet"
    raw = _read(path)
    made = typed(raw, mapping, as_of, path.name)
    models, unread = made.table[list(FIELDS)], tuple(made.unread)
    return Catalogue(models, path.name, made.chosen, tuple(made.notes), unread)


def _read(path: Path) -> pd.DataFrame:
    suffixes = [suffix for suffix in path.suffixes[-2:] if suffix != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    if kind not in SUFFIXES:
        raise ConfigError(f"{path.name}: not a kind of catalogue known here ({' '.join(SUFFIXES)})")
    try:
        if kind == ".parquet":
            return pd.read_parquet(path)
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return _parse(content.decode("utf-8-sig"), kind, path.name)
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path.name}: the gzip data are damaged or cut short ({error})") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text (byte {error.start})") from None
    except FileNotFoundError:
        raise DataError(f"no file {path}") from None
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None
    except ValueError as error:
        # pandas' and pyarrow's parsers say all they have to say in ValueErrors of their own.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path.name}: {reason}") from None


def _parse(text: str, kind: str, name: str) -> pd.DataFrame:
    if not text.strip():
        raise DataError(f"{name}: the file is empty")
    if kind in (".csv", ".tsv"):
        from io import StringIO

        separator = "\t" if kind == ".tsv" else ","
        return pd.read_csv(StringIO(text), sep=separator, dtype=str, keep_default_na=False)
    return pd.DataFrame([_flat(row, name) for row in _rows(text, kind, name)])


def _rows(text: str, kind: str, name: str) -> list[Any]:
    try:
        if kind == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}, line {error.lineno}: {error.msg}") from None
    if isinstance(rows, dict):
        rows = next((value for value in rows.values() if isinstance(value, list)), [rows])
    if not isinstance(rows, list):
        raise DataError(f"{name}: a list of models is wanted")
    return rows


def _flat(row: Any, name: str) -> dict[str, Any]:
    """One model of a JSON dump; the card's and the safetensors' values come to the top."""
    if isinstance(row, str):
        return {"id": row}
    if not isinstance(row, dict):
        raise DataError(f"{name}: a model is an object or an id, not {type(row).__name__}")
    flat = dict(row)
    card = flat.pop("cardData", None) or flat.pop("card_data", None)
    if isinstance(card, dict):
        for key in ("license", "base_model", "base_model_relation"):
            if key in card:
                flat.setdefault(key, card[key])
    weights = flat.pop("safetensors", None)
    if isinstance(weights, dict) and "total" in weights:
        flat.setdefault("parameters", weights["total"])
    return flat
