"""Find models by a few letters of their names, typos allowed, and by what is known of them.

Here: `SearchIndex`, asked often, kept in two plain files. Next door: `search_index` makes it from a
catalogue. Nothing slow to import is used here: a search from the shell opens the files and ends.

Every name is cut into trigrams of its letters. A query's trigrams vote for names through an
inverted index, weighted by rarity; the best by votes are then compared with the query letter by
letter (rapidfuzz). Ten times the downloads weigh as much as two points of likeness in a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from phylolm.atlas.names import tokens_of
from phylolm.errors import ConfigError
from phylolm.files import whole_file

_SHORTLIST = 400
_FAME = 2.0
_KINDS = ("original", "finetune", "quantized", "merge", "adapter")


@dataclass(frozen=True)
class Filters:
    """What found models must be; "" or None lets all through.

    sizes in parameters; created: dates, since and before. Text is compared without case; owner,
    task and licence must be equal.
    """

    family: str = ""
    owner: str = ""
    task: str = ""
    licence: str = ""
    kind: str = ""
    min_parameters: float | None = None
    max_parameters: float | None = None
    min_downloads: int | None = None
    min_likes: int | None = None
    since: str = ""
    before: str = ""


@dataclass(frozen=True)
class Grams:
    """Trigrams and who has them: texts <U3 (g,), sorted; starts int64 (g + 1,); rows int32."""

    texts: npt.NDArray[np.str_]
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]


class SearchIndex:
    """Names and facts of a catalogue, ready to be searched.

    table: one row a model: id, family, kind, parameters, owner, task, licence, downloads, likes,
    created. plain: their names as `plain_name` writes them.
    grams: the trigrams of those, sorted; the models of gram i are rows[starts[i]:starts[i + 1]].
    """

    def __init__(self, table: pd.DataFrame, plain: pa.Array, grams: Grams) -> None:
        self.table = table
        self._plain = plain
        self._grams = grams
        self._rarity = np.log(max(len(table), 1) / np.diff(grams.starts)).astype(np.float32)
        self._popular = self._numbers("downloads", 0)
        self._known = np.log10(1 + self._popular)
        lengths = pc.utf8_length(plain).to_numpy(zero_copy_only=False).astype(np.float32)
        self._weight = ((1 + 0.1 * self._known) / np.sqrt(np.maximum(lengths, 1))).astype(
            np.float32
        )

    @classmethod
    def open(cls, folder: Path, key: str) -> SearchIndex | None:
        """The index that `save` wrote with that key; None where there is none, or it is damaged."""
        try:
            with (folder / "search.npz").open("rb") as file:
                held = np.load(file, allow_pickle=False)
                if str(held["key"]) != key:
                    return None
                grams = Grams(held["texts"], held["starts"], held["rows"])
            content = pq.read_table(folder / "search.parquet")
            if content.schema.metadata.get(b"key", b"").decode() != key:
                return None
            plain = content.column("plain").combine_chunks()
            return cls(content.drop_columns(["plain"]).to_pandas(), plain, grams)
        except (OSError, EOFError, KeyError, ValueError, BadZipFile):
            return None

    def save(self, folder: Path, key: str) -> None:
        """Write search.parquet and search.npz; key: what they were made from."""
        content = pa.Table.from_pandas(self.table, preserve_index=False)
        content = content.append_column("plain", self._plain)
        content = content.replace_schema_metadata(
            {**(content.schema.metadata or {}), b"key": key.encode()}
        )
        with whole_file(folder / "search.parquet") as temporary:
            pq.write_table(content, temporary)
        with whole_file(folder / "search.npz") as temporary:
            held = self._grams
            np.savez(temporary, key=key, texts=held.texts, starts=held.starts, rows=held.rows)

    def __len__(self) -> int:
        return len(self.table)

    def search(self, query: str = "", filters: Filters | None = None, most: int = 20) -> Any:
        """The best `most` models: rows of `table` with a column score (0..100), best first.

        Without a query: the most downloaded that pass the filters.

        Raises:
            ConfigError: an unknown kind, or a date that is none.
        """
        passed = self._passed(filters or Filters())
        if not query.strip():
            best = np.argsort(-self._popular, kind="stable")
            return self.table.iloc[best[passed[best]][:most]].assign(score=100.0)
        rows, scores = self._ranked(plain_name(query), passed)
        return self.table.iloc[rows[:most]].assign(score=np.round(scores[:most], 1))

    def _ranked(
        self, query: str, passed: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        from rapidfuzz import fuzz, process

        votes = np.zeros(len(self), dtype=np.float32)
        grams = self._grams
        padded = f"  {query} "
        asked = np.unique([padded[at : at + 3] for at in range(len(padded) - 2)])
        for gram in np.flatnonzero(np.isin(grams.texts, asked)):
            votes[grams.rows[grams.starts[gram] : grams.starts[gram + 1]]] += self._rarity[gram]
        votes[~passed] = 0
        votes *= self._weight
        count = min(_SHORTLIST, len(votes))
        rows = np.argpartition(-votes, count - 1)[:count]
        rows = rows[votes[rows] > 0]
        if not len(rows):
            return rows, np.zeros(0)
        texts = self._plain.take(pa.array(rows)).to_pylist()
        short = [text.rpartition("/")[2] for text in texts]
        whole = process.cdist([query], texts, scorer=fuzz.WRatio)[0]
        name = process.cdist([query], short, scorer=fuzz.ratio)[0]
        scores = 0.5 * whole + 0.5 * np.maximum(name, 100.0 * (np.array(texts) == query))
        order = np.lexsort((rows, -(scores + _FAME * self._known[rows])))
        return rows[order], scores[order].astype(np.float64)

    def _passed(self, filters: Filters) -> npt.NDArray[np.bool_]:
        if filters.kind and filters.kind not in _KINDS:
            raise ConfigError(f"unknown kind {filters.kind!r}: {', '.join(_KINDS)}")
        passed = np.ones(len(self), dtype=bool)
        for field in ("family", "kind", "owner", "task", "licence"):
            wanted = getattr(filters, field).lower()
            if wanted:
                passed &= (self.table[field].str.lower() == wanted).to_numpy()
        for field, low, high in (
            ("parameters", filters.min_parameters, filters.max_parameters),
            ("downloads", filters.min_downloads, None),
            ("likes", filters.min_likes, None),
        ):
            if low is not None:
                passed &= self._numbers(field) >= low
            if high is not None:
                passed &= self._numbers(field) <= high
        created = self.table["created"].to_numpy(dtype="datetime64[s]")
        if filters.since:
            passed &= created >= _date(filters.since)
        if filters.before:
            passed &= created < _date(filters.before)
        return passed

    def _numbers(self, field: str, missing: float = np.nan) -> npt.NDArray[np.float64]:
        return self.table[field].to_numpy(dtype=np.float64, na_value=missing)


def _date(text: str) -> np.datetime64:
    try:
        return np.datetime64(pd.Timestamp(text), "s")
    except ValueError:
        raise ConfigError(f"{text!r} is no date: write YYYY-MM-DD") from None


def plain_name(model: str) -> str:
    """Lower case, tokens joined by single spaces, the owner kept: "meta llama/llama 3 8b"."""
    owner, slash, short = model.lower().rpartition("/")
    return (" ".join(tokens_of(owner)) + "/" if slash else "") + " ".join(tokens_of(short))
