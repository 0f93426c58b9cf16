"""Tables as files have them, before anything is known of their columns.

Here: `read_file`, which tells the kind of a file by its content (CSV, parquet, JSON, gzipped or
not), its `Sheet`, and how one cell, name or JSON text is read. Next door: `scores` finds the
benchmarks in a sheet, `harness` reads what lm-evaluation-harness writes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeGuard

from phylolm.errors import ConfigError, DataError, listed

GAPS = frozenset({"", "nan", "na", "n/a", "null", "none", "-"})
"""What people write where there is no number, in small letters."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A table as the file has it.

    rows: its numbers as a person sees them (a CSV header is 1).
    models: whom each row is about, once that is known.
    """

    path: Path
    columns: dict[str, list[object]]
    rows: Sequence[int]
    models: Sequence[str] = ()

    def place(self, row: int, column: str) -> str:
        of = f" (model {self.models[row]})" if self.models else ""
        return f"{self.path}: row {self.rows[row]}, column {column!r}{of}"

    def take(self, rows: Sequence[int]) -> Sheet:
        """Some of the rows of a sheet whose models are known."""
        columns = {name: [cells[row] for row in rows] for name, cells in self.columns.items()}
        numbers = [self.rows[row] for row in rows]
        return Sheet(self.path, columns, numbers, [self.models[row] for row in rows])

    def has_number(self, column: str) -> bool:
        values = map(number, self.columns[column])
        return any(value is not None and not math.isnan(value) for value in values)

    def numbers(self, column: str) -> list[float]:
        """A column, NaN for gaps. Raises DataError for a cell that is no number, or infinite."""
        values = []
        for row, cell in enumerate(self.columns[column]):
            value = number(cell)
            if value is None or math.isinf(value):
                raise DataError(
                    f"{self.place(row, column)}: {cell!r} is no number; "
                    "leave the cell empty where there is none"
                )
            values.append(value)
        return values


def read_file(path: Path) -> Sheet | Json:
    """A table, or results of lm-evaluation-harness as their JSON.

    Raises ConfigError when there is no such file, DataError when it is neither.
    """
    if not path.is_file():
        raise ConfigError(f"no file {path}")
    content = _unpacked(path)
    if content.startswith(b"PAR1"):
        return _parquet_sheet(path, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text (byte {error.start})") from None
    if not text.lstrip().startswith(("[", "{")):
        return _csv_sheet(path, text)
    document = parse_json(text, path)
    return document if is_results(document) else _json_sheet(path, document)


def is_results(document: object) -> TypeGuard[Json]:
    """Whether a JSON document is what lm-evaluation-harness writes."""
    return isinstance(document, dict) and isinstance(document.get("results"), dict)


def number(cell: object) -> float | None:
    """A cell as a number: NaN for a gap, None for anything that is no number."""
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        cell = "nan" if cell.strip().lower() in GAPS else cell
        try:
            return None if "_" in cell else float(cell)
        except ValueError:
            return None
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return None
    try:
        return float(cell)
    except OverflowError:
        return math.inf


def parse_json(text: str, path: Path) -> object:
    """Whatever the JSON holds. Raises DataError when it is broken."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: broken JSON, line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise DataError(f"{path}: JSON nested too deeply or with endless numbers") from None


def whole_text(name: str, where: object) -> str:
    """A name without blanks around. Raises DataError for half characters, which JSON can hold."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise DataError(f"{where}: {name!r} has half a character (a lone surrogate)") from None
    return name.strip()


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(f"{path}: the gzip file is damaged or cut short") from None
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from None


def _csv_sheet(path: Path, text: str) -> Sheet:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line, record))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{path}: row {line}: not CSV ({error})") from None
    if not records:
        raise DataError(f"{path} is empty: expected a header and one row a model")
    (_, header), *rest = records
    if len(header) == 1 and (found := re.search("[;\t]", header[0])):
        raise DataError(f"{path}: columns are separated by {found[0]!r}; save it with commas")
    for line, record in rest:
        if len(record) != len(header):
            raise DataError(f"{path}: row {line} has {len(record)} cells, the header {len(header)}")
    return _sheet(path, header, [record for _, record in rest], [line for line, _ in rest])


def _parquet_sheet(path: Path, content: bytes) -> Sheet:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(content))
        cells = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        first = str(error).strip().partition("\n")[0]
        raise DataError(f"{path}: can't be read as parquet ({first})") from None
    # pandas writes the index last, but it is what names the rows.
    order = sorted(range(len(cells)), key=lambda i: not table.column_names[i].startswith("__index"))
    records = list(zip(*(cells[i] for i in order), strict=True))
    header = [table.column_names[i] for i in order]
    return _sheet(path, header, records)


def _json_sheet(path: Path, document: object) -> Sheet:
    """A list of objects, or {"rows": [{"row": object}]} as the hub's viewer gives it."""
    rows = document.get("rows") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise DataError(f"{path}: neither a list of rows nor results of lm-evaluation-harness")
    records: list[dict[str, object]] = []
    for place, row in enumerate(rows, start=1):
        record = row.get("row", row) if isinstance(row, dict) else row
        if not isinstance(record, dict):
            raise DataError(f"{path}: row {place} is no JSON object")
        records.append(record)
    header = list(dict.fromkeys(key for record in records for key in record))
    cells = [[record.get(key) for key in header] for record in records]
    return _sheet(path, header, cells)


def _sheet(
    path: Path,
    header: Sequence[str],
    records: Sequence[Sequence[object]],
    rows: Sequence[int] = (),
) -> Sheet:
    names = [
        whole_text(name, path) or f"column {place} (without a name)"
        for place, name in enumerate(header, start=1)
    ]
    if twice := {name for name in names if names.count(name) > 1}:
        raise DataError(f"{path}: two columns are named {listed(sorted(twice))}: rename one")
    if not records or not names:
        raise DataError(f"{path} has a header but no row: expected one row a model")
    cells = {name: [record[i] for record in records] for i, name in enumerate(names)}
    return Sheet(path, cells, rows or range(1, len(records) + 1))
