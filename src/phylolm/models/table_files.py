"""Parquet, CSV and JSONL files as columns of Python values, nothing guessed or converted.

Here: `read_table`. Next door: `replay` says which rows make sense.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from phylolm.errors import ConfigError, DataError


@dataclass(frozen=True)
class RawTable:
    """The wanted columns, each cell a string, None, or whatever else the file holds.

    rows: for each row its number as a person sees it: the line of a CSV or JSONL file where it
        begins (a CSV header is line 1), or the row of a parquet file, counted from 1.
    unreadable: numbers of the rows that could not be read at all.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    unreadable: list[int] = field(default_factory=list)


def read_table(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> RawTable:
    """Read columns of a .parquet, .csv or .jsonl file (the latter two may be gzipped).

    Raises ConfigError for another suffix, DataError for a file that is missing, damaged, or
    lacks a required column.
    """
    reader = _reader(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    with _readable(path):
        table = reader(path, [*required, *optional])
    missing = [name for name in required if name not in table.frame]
    if missing:
        wanted = ", ".join(required)
        raise DataError(f"{path}: no column {', '.join(missing)} (needed: {wanted})")
    return table


def _reader(path: Path) -> Callable[[Path, list[str]], RawTable]:
    readers = {".parquet": _read_parquet, ".csv": _read_csv, ".jsonl": _read_jsonl}
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    reader = readers.get(suffix.lower())
    if reader is None or (path.suffix == ".gz" and suffix.lower() == ".parquet"):
        raise ConfigError(f"{path}: unknown file type; use .parquet, .csv[.gz] or .jsonl[.gz]")
    return reader


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn the many ways a file can be broken into one line."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(f"{path}: the gzip file is damaged or cut short") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except (pa.ArrowException, OSError) as error:
        first = str(error).strip().partition("\n")[0]
        raise DataError(f"{path}: can't be read ({first})") from None


def _read_parquet(path: Path, wanted: list[str]) -> RawTable:
    there = pq.read_schema(path).names
    table = pq.read_table(path, columns=[name for name in wanted if name in there])
    # Python values column by column: pandas would turn integers with gaps into floats.
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return RawTable(_frame(columns), np.arange(1, table.num_rows + 1))


def _read_csv(path: Path, wanted: list[str]) -> RawTable:
    """The csv module, not pandas: it tells a missing field from an empty one, and the line."""
    csv.field_size_limit(1 << 27)
    with _text(path) as file:
        reader = csv.reader(file, strict=True)
        try:
            return _csv_table(reader, wanted)
        except csv.Error as error:
            raise DataError(f"{path}: line {reader.line_num}: {error}") from None


def _csv_table(reader: Any, wanted: list[str]) -> RawTable:
    rows: list[int] = []
    cells: list[list[str | None]] = []
    unreadable = []
    header: list[str] = next(reader, [])
    picked = [header.index(name) for name in wanted if name in header]
    line = reader.line_num + 1
    for record in reader:
        if len(record) > len(header):
            unreadable.append(line)
        elif record:
            short: list[str | None] = [None] * (len(header) - len(record))
            cells.append([(record + short)[i] for i in picked])
            rows.append(line)
        line = reader.line_num + 1
    columns = {header[i]: [row[n] for row in cells] for n, i in enumerate(picked)}
    return RawTable(_frame(columns), np.array(rows, dtype=np.int64), unreadable)


def _read_jsonl(path: Path, wanted: list[str]) -> RawTable:
    records: list[dict[str, Any]] = []
    rows, unreadable = [], []
    with _text(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            record = _json_object(line)
            if record is None:
                unreadable.append(number)
                continue
            records.append(record)
            rows.append(number)
    there = [name for name in wanted if any(name in record for record in records)]
    columns = {name: [record.get(name) for record in records] for name in there}
    return RawTable(_frame(columns), np.array(rows, dtype=np.int64), unreadable)


def _json_object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _text(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _frame(columns: dict[str, list[Any]]) -> pd.DataFrame:
    """Columns of the very objects given; pandas would make its own kinds of strings of them."""
    arrays = {}
    for name, values in columns.items():
        arrays[name] = np.empty(len(values), dtype=object)
        arrays[name][:] = values
    return pd.DataFrame(arrays, dtype=object)
