"""Find models by a few letters of their names, typos allowed, and by what is known of them.

Here: `SearchIndex`, made once from a catalogue and asked often. Next door: `statistics` says
what a model's family, size and kind are.

Every name is cut into trigrams of its letters. A query's trigrams vote for names through an
inverted index, weighted by rarity; the best by votes are then compared with the query letter by
letter (rapidfuzz). Ten times the downloads weigh as much as two points of likeness in a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from phylolm.atlas.names import names_table, tokens_of
from phylolm.atlas.statistics import features_of, parameters
from phylolm.errors import ConfigError

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


class SearchIndex:
    """Names and facts of a catalogue, ready to be searched."""

    def __init__(self, models: pd.DataFrame, names: pd.DataFrame | None = None) -> None:
        """models: a catalogue's table. names: `names_table` of its ids, if at hand."""
        models = models.reset_index(drop=True)
        names = names_table(list(models["id"])) if names is None else names
        facts = features_of(models, names)
        self.table = pd.DataFrame(
            {
                "id": models["id"], "family": facts["family"], "kind": facts["kind"],
                "parameters": parameters(models, names), "owner": facts["owner"],
                "task": models["task"], "licence": facts["licence"],
                "downloads": models["downloads"], "likes": models["likes"],
                "created": models["created"],
            }
        )  # fmt: skip
        self._plain = [_plain(model) for model in models["id"]]
        self._lower = {
            field: self.table[field].str.lower().to_numpy(dtype=object)
            for field in ("family", "kind", "owner", "task", "licence")
        }
        self._numbers = {
            field: self.table[field].to_numpy(dtype=np.float64, na_value=np.nan)
            for field in ("parameters", "downloads", "likes")
        }
        self._created = self.table["created"].to_numpy(dtype="datetime64[s]")
        self._popular = np.nan_to_num(self._numbers["downloads"])
        self._by_downloads = np.argsort(-self._popular, kind="stable")
        self._trigrams = CountVectorizer(
            analyzer="char", ngram_range=(3, 3), lowercase=False, binary=True, dtype=np.float32
        )
        padded = [f"  {text} " for text in self._plain]
        grams = sparse.csc_array(self._trigrams.fit_transform(padded))
        self._rarity = np.log(len(padded) / np.diff(grams.indptr)).astype(np.float32)
        self._columns = grams
        lengths = np.array([len(text) for text in self._plain], dtype=np.float32)
        self._known = np.log10(1 + self._popular)
        self._weight = ((1 + 0.1 * self._known) / np.sqrt(lengths)).astype(np.float32)

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
            rows = self._by_downloads[passed[self._by_downloads]][:most]
            return self.table.iloc[rows].assign(score=100.0)
        rows, scores = self._ranked(_plain(query), passed)
        return self.table.iloc[rows[:most]].assign(score=np.round(scores[:most], 1))

    def _ranked(
        self, query: str, passed: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
        from rapidfuzz import fuzz, process

        votes = np.zeros(len(self), dtype=np.float32)
        known = self._trigrams.vocabulary_
        padded = f"  {query} "
        for gram in {padded[at : at + 3] for at in range(len(padded) - 2)}:
            column = known.get(gram)
            if column is not None:
                at = slice(self._columns.indptr[column], self._columns.indptr[column + 1])
                votes[self._columns.indices[at]] += self._rarity[column]
        votes[~passed] = 0
        votes *= self._weight
        count = min(_SHORTLIST, len(votes))
        rows = np.argpartition(-votes, count - 1)[:count]
        rows = rows[votes[rows] > 0]
        if not len(rows):
            return rows, np.zeros(0)
        texts = [self._plain[row] for row in rows]
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
        for field, values in self._lower.items():
            wanted = getattr(filters, field).lower()
            if wanted:
                passed &= values == wanted
        for field, low, high in (
            ("parameters", filters.min_parameters, filters.max_parameters),
            ("downloads", filters.min_downloads, None),
            ("likes", filters.min_likes, None),
        ):
            if low is not None:
                passed &= self._numbers[field] >= low
            if high is not None:
                passed &= self._numbers[field] <= high
        if filters.since:
            passed &= self._created >= _date(filters.since)
        if filters.before:
            passed &= self._created < _date(filters.before)
        return passed


def _date(text: str) -> np.datetime64:
    try:
        return np.datetime64(pd.Timestamp(text), "s")
    except ValueError:
        raise ConfigError(f"{text!r} is no date: write YYYY-MM-DD") from None


def _plain(model: str) -> str:
    """Lower case, tokens joined by single spaces, the owner kept: "meta llama/llama 3 8b"."""
    owner, slash, short = model.lower().rpartition("/")
    return (" ".join(tokens_of(owner)) + "/" if slash else "") + " ".join(tokens_of(short))
