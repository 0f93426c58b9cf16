"""One part of a bank: a parquet file of probes that is written once and never changed.

Here: what a part holds, how it is named, written, read and checked. Next door: `bank` knows
which parts there are and what they add up to.

A part is named KEY-DIGEST.parquet. KEY is a hash of what was asked for (model, revision,
settings, genes, draw range), so the same work done twice has the same key. DIGEST is a hash of
the file's bytes, so a flipped bit shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from phylolm.errors import BankError
from phylolm.files import whole_file

SAMPLED, EXACT, RECORDED = "sampled", "exact", "recorded"

SCHEMA = pa.schema(
    [
        ("gene", pa.dictionary(pa.int32(), pa.string())),
        ("draw", pa.int32()),
        ("text", pa.string()),
        ("ended", pa.bool_()),
        ("probability", pa.float64()),
    ]
)
RAW = pa.field("raw", pa.string())
"""Only in parts where an answer was more than its completion: the answer as it came."""

_METADATA_KEY = b"phylolm"


@dataclass(frozen=True)
class PartHeader:
    """What a part answers, and how it was made.

    kind: SAMPLED (one row a probe), EXACT (one row an allele, with its probability) or RECORDED.
    settings: what shapes the distribution; probes of different settings are not mixed.
    first, stop: the draw range; (0, 1) for an exact distribution.
    length, epsilon: of an exact distribution: its allele length, the mass that may be missing.
    provenance: seed, versions and the like; not part of the key.
    """

    model: str
    revision: str
    spec: str
    kind: str
    settings: dict[str, Any]
    genes: tuple[str, ...]
    first: int
    stop: int
    length: int | None = None
    epsilon: float | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def settings_id(self) -> str:
        return canonical_hash(self.settings)[:8]

    @property
    def key(self) -> str:
        asked = {k: v for k, v in asdict(self).items() if k not in ("provenance", "spec")}
        return canonical_hash(asked)[:24]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> PartHeader:
        fields = json.loads(text)
        return cls(**{**fields, "genes": tuple(fields["genes"])})


@dataclass(frozen=True)
class Part:
    """A part on disk."""

    path: Path
    header: PartHeader


def canonical_hash(value: Any) -> str:
    """SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=list)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def write_part(folder: Path, header: PartHeader, columns: Mapping[str, Sequence[Any]]) -> Part:
    """Write a part as a whole file; one that is there already is left as it is.

    columns: those of SCHEMA, and "raw" or not.
    """
    existing = sorted(folder.glob(f"{header.key}-*.parquet"))
    if existing:
        return Part(existing[0], header)
    schema = SCHEMA.append(RAW) if any(columns.get(RAW.name, ())) else SCHEMA
    table = pa.table(
        {name: _column(columns[name], schema.field(name).type) for name in schema.names},
        schema=schema.with_metadata({_METADATA_KEY: header.to_json().encode()}),
    )
    return Part(_write_named_by_content(folder, header.key, table), header)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, kind)


def _write_named_by_content(folder: Path, key: str, table: pa.Table) -> Path:
    def named(temporary: Path) -> Path:
        return folder / f"{key}-{file_digest(temporary)}.parquet"

    with whole_file(folder / f"{key}.parquet", rename=named) as temporary:
        pq.write_table(table, temporary, compression="zstd")
        final = named(temporary)
    return final


def read_header(path: Path) -> PartHeader:
    """A part's header. Raises BankError naming the part when it can't be read."""
    try:
        metadata = pq.read_schema(path).metadata or {}
        return PartHeader.from_json(metadata[_METADATA_KEY].decode())
    except (OSError, pa.ArrowException, KeyError, ValueError, TypeError) as error:
        raise _damaged(path, error) from None


def read_table(path: Path) -> pa.Table:
    """A part's rows. Raises BankError naming the part when it can't be read."""
    try:
        return pq.read_table(path, columns=SCHEMA.names, partitioning=None)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _damaged(path, error) from None


def is_intact(path: Path) -> bool:
    """Whether a part's bytes are those it is named by."""
    return path.stem.rpartition("-")[2] == file_digest(path)


def file_digest(path: Path) -> str:
    """24 hex digits of the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:24]


def _damaged(path: Path, error: Exception) -> BankError:
    reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return BankError(
        f"part {path.parent.name}/{path.name} is damaged ({reason}); "
        "see `phylolm bank verify`, delete it and run again"
    )
