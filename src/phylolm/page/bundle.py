"""A page's data as one run of bytes: a manifest, then the numbers it points at.

    length of the manifest, u32 little-endian | 4 zero bytes | manifest, JSON in UTF-8 | zeros up to
    a multiple of 8 | typed arrays, little-endian, each at a multiple of 8

Here: `Packer`, `pack`, `unpack`. Next door: bundle.schema.json says what a manifest may hold;
`bundle_sections` makes its parts. The browser reads the same bytes with typed arrays, without a
copy.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm.errors import DataError

FORMAT, VERSION = "phylolm-page", 1

TYPES = {"u8": "<u1", "u16": "<u2", "i32": "<i4", "u32": "<u4", "f32": "<f4"}

Section = dict[str, Any]
"""A part of a manifest, ready for JSON."""

_LISTS = (
    *("notes", "trees", "maps", "matrices", "graphs", "clusters"),
    *("forecasts", "findings", "statistics"),
)


class Packer:
    """The numbers of one bundle, in the order they come; the same numbers are kept once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._known: dict[tuple[str, bytes], int] = {}

    def numbers(self, values: npt.ArrayLike, kind: str) -> Section:
        """Where an array is kept. kind: one of `TYPES`.

        Raises ValueError for a number that the kind can't hold.
        """
        given = np.asarray(values).ravel()
        with np.errstate(invalid="ignore"):
            typed = given.astype(TYPES[kind])
        if kind != "f32" and (typed != given).any():
            raise ValueError(f"numbers that are no {kind}")
        content = typed.tobytes()
        at = self._known.setdefault((kind, content), self._size)
        if at == self._size:
            self._pieces.append(content + b"\0" * (-len(content) % 8))
            self._size += len(self._pieces[-1])
        return {"at": at, "length": len(typed), "type": kind}

    def bytes(self) -> bytes:
        return b"".join(self._pieces)


def manifest(title: str, kind: str, models: Section, **parts: Any) -> Section:
    """A manifest with empty lists for the parts that aren't given."""
    empty: Section = {name: [] for name in _LISTS}
    head = {"format": FORMAT, "version": VERSION, "title": title, "kind": kind, "made": {}}
    return {**head, **empty, "models": models, **parts}


def pack(content: Mapping[str, Any], packer: Packer) -> bytes:
    """The bytes of a bundle. Raises ValueError for NaN outside of arrays."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    head = text.encode("utf-8", "replace")  # a lone surrogate is no text in UTF-8
    start = struct.pack("<II", len(head), 0) + head
    return start + b"\0" * (-len(start) % 8) + packer.bytes()


def unpack(data: bytes) -> tuple[Section, memoryview]:
    """The manifest of a bundle and the bytes of its arrays; `array` reads them.

    Raises DataError for anything that is no bundle of this version.
    """
    length = struct.unpack_from("<I", data)[0] if len(data) >= 8 else 0
    start = 8 + length + -length % 8
    try:
        content = json.loads(data[8 : 8 + length])
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DataError("not the data of a page")
    if content.get("version") != VERSION:
        raise DataError("data of a page of another version: export it again")
    return content, memoryview(data)[start:]


def array(blob: memoryview, where: Mapping[str, Any]) -> npt.NDArray[Any]:
    """The numbers a manifest points at. Raises DataError where the bytes end before them."""
    try:
        return np.frombuffer(blob, TYPES[where["type"]], where["length"], where["at"])
    except ValueError:
        raise DataError("the data of a page are cut short") from None


def zipped(data: bytes, level: int = 9) -> bytes:
    """Gzip without a time stamp: the same data give the same bytes."""
    return gzip.compress(data, compresslevel=level, mtime=0)
