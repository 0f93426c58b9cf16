"""Banks shared: what one bank lacks is taken from another, or from any place fsspec can reach.

Here: `receive` (into a bank) and `send` (from one). Next door: `remote` reads and writes the other
place, `parts` says what a part is, `bank` keeps what came.

A bank from others is data that may be wrong. Whatever comes in is checked before it has a name in
the bank: its bytes against the hash it is named by, its header against its key, its rows against
its header. What fails is refused by name and the rest goes on.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from phylolm.bank import parts
from phylolm.bank.bank import Bank, recorded_rows_held
from phylolm.bank.parts import Part, PartHeader
from phylolm.bank.remote import Store
from phylolm.errors import BankError, DataError
from phylolm.files import write_bytes
from phylolm.genome.genome import parse_genome

_GENOME = re.compile(r"genomes/([0-9a-f]{64})\.jsonl")
_PART = re.compile(r"parts/([A-Za-z0-9._-]+)/([0-9a-f]{24})-([0-9a-f]{24})\.parquet")

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


@dataclass
class Transfer:
    """What went from one place to another. there: files that were there, or add nothing."""

    added: int = 0
    there: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        told = f"{self.added} files added, {self.there} there already"
        return told + (f", {len(self.refused)} refused" if self.refused else "")


def receive(bank: Bank, store: Store, progress: Progress | None = None) -> Transfer:
    """Add what the bank lacks of another one. Raises ConfigError for what is no bank, BackendError
    when it can't be reached."""
    store.check_is_bank()
    done = Transfer()
    names = [name for name in store.names() if _GENOME.fullmatch(name) or _PART.fullmatch(name)]
    for number, name in enumerate(sorted(names), start=1):
        try:
            added = _receive_one(bank, store, name)
            done.added += added
            done.there += not added
        except DataError as error:
            done.refused[name] = str(error)
        if progress:
            progress(number, len(names))
    return done


def send(bank: Bank, store: Store, progress: Progress | None = None) -> Transfer:
    """Copy what another place lacks of this bank. Damaged files stay here and are named."""
    done = Transfer(refused=dict.fromkeys(bank.damaged(), "is not what it is named by"))
    mine = [name for name in _names_in(bank) if name not in done.refused]
    theirs = store.sizes()
    missing = [name for name in mine if not _is_there(bank.path / name, theirs, name)]
    store.make_bank(bank.path)
    store.put(bank.path, missing, progress)
    done.added, done.there = len(missing), len(mine) - len(missing)
    return done


def _is_there(file: Path, theirs: Mapping[str, int | None], name: str) -> bool:
    """Whether the other place has a file of this name, and not half of it."""
    return name in theirs and theirs[name] in (None, file.stat().st_size)


def _names_in(bank: Bank) -> list[str]:
    files = [*bank.path.glob("genomes/*.jsonl"), *bank.path.glob("parts/*/*.parquet")]
    names = [file.relative_to(bank.path).as_posix() for file in files]
    return sorted(name for name in names if _GENOME.fullmatch(name) or _PART.fullmatch(name))


def _receive_one(bank: Bank, store: Store, name: str) -> bool:
    """Take one file; False when the bank has it already. Raises DataError for a bad one."""
    if (bank.path / name).exists():
        return False
    genome = _GENOME.fullmatch(name)
    if genome:
        return _receive_genome(bank, store.read(name), genome[1])
    return not _is_answered(bank.path / name) and _receive_part(bank, store.read(name), name)


def _receive_genome(bank: Bank, data: bytes, wanted: str) -> bool:
    try:
        genome = parse_genome(wanted[:8], data.decode("utf-8"), "this genome")
    except UnicodeDecodeError:
        raise BankError("is no UTF-8 text") from None
    if genome.id != wanted:
        raise BankError("its genes are not those it is named by")
    bank.add_genome(genome)
    return True


def _is_answered(path: Path) -> bool:
    """Whether the same question is answered here under another digest. Recorded answers may
    differ though they answer the same, so they are looked at."""
    same = path.parent.glob(f"{path.stem.partition('-')[0]}-*.parquet")
    return any(parts.read_header(each).kind != parts.RECORDED for each in same)


def _receive_part(bank: Bank, data: bytes, name: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / Path(name).name
        copy.write_bytes(data)
        header, table = check_part(copy)
    if bank.folder_of(header.model).name != Path(name).parent.name:
        raise BankError("is in the folder of another model")
    if _adds_nothing(bank, header, table):
        return False
    write_bytes(bank.path / name, data)
    return True


def check_part(path: Path) -> tuple[PartHeader, pa.Table]:
    """A part's header and rows. Raises BankError when bytes, header and rows aren't what name and
    header say."""
    key = path.stem.partition("-")[0]
    if not parts.is_intact(path):
        raise BankError("is not what it is named by")
    try:
        header, table = parts.read_header(path), parts.read_table(path)
        problem = _problem(header, key, table)
    except (BankError, TypeError, ValueError, AttributeError, KeyError):
        problem = "can't be read as a part"
    if problem:
        raise BankError(problem)
    return header, table


def _problem(header: PartHeader, key: str, table: pa.Table) -> str:
    """What a part's content contradicts, in a few words; "" when all is well."""
    if not _is_sound(header):
        return "has a header that can't be"
    if header.key != key:
        return "answers something else than its name says"
    if not all(table.schema.field(each.name).type == each.type for each in parts.SCHEMA):
        return "has columns of other types"
    if not set(table["gene"].to_pylist()) <= set(header.genes):
        return "holds genes that its header doesn't name"
    draws = table["draw"].to_pylist()
    sampled = header.kind != parts.EXACT
    if sampled and any(draw is None or not header.first <= draw < header.stop for draw in draws):
        return "holds draws that its header doesn't name"
    return ""


def _is_sound(header: PartHeader) -> bool:
    texts: Sequence[Any] = (header.model, header.revision, header.spec, *header.genes)
    numbers: Sequence[Any] = (header.first, header.stop)
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(number, int) for number in numbers)
        and isinstance(header.settings, dict)
        and header.kind in (parts.SAMPLED, parts.EXACT, parts.RECORDED)
    )


def _adds_nothing(bank: Bank, header: PartHeader, table: pa.Table) -> bool:
    """Whether every draw is here. Raises DataError when recorded answers contradict those here."""
    if header.kind == parts.RECORDED:
        rows = table.to_pandas().rename(columns={"draw": "probe", "text": "response"})
        return bool(recorded_rows_held(bank, header.model, rows).all())
    if header.kind == parts.SAMPLED:
        return _is_covered(header, bank.parts_of(header.model))
    return False


def _is_covered(header: PartHeader, held: Sequence[Part]) -> bool:
    ranges: dict[str, list[tuple[int, int]]] = {gene: [] for gene in header.genes}
    for part in held:
        have = part.header
        if (have.kind, have.revision, have.settings) == (
            header.kind,
            header.revision,
            header.settings,
        ):
            for gene in ranges.keys() & set(have.genes):
                ranges[gene].append((have.first, have.stop))
    return all(_covers(each, header.first, header.stop) for each in ranges.values())


def _covers(ranges: Sequence[tuple[int, int]], first: int, stop: int) -> bool:
    reached = first
    for begin, end in sorted(ranges):
        if begin <= reached:
            reached = max(reached, end)
    return reached >= stop
