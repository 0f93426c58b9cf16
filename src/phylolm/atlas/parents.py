"""Which model was another made from, judged by its name and by what others declare.

Here: `ParentIndex` proposes; `Weights` are what it was taught. Next door: `siblings` says what
models like it declare, `audit` uses all this on models without a declared parent.

Candidates of a model are its nearest names; of the models most often named as parent, those
whose words it has; and what its siblings declare. Each pair gets log-odds, a weighted sum of
`FEATURES`; the probability of one candidate is its odds over one (no parent among them) plus
those of all candidates, as in a conditional logit (McFadden 1974). The weights were fitted on
declared edges of one half of the root families; `docs/validation/atlas.md` reports the other
half. A model's own declaration is never used for it. Where next to nothing is declared, names
alone are judged, with weights of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize
from sklearn.feature_extraction.text import CountVectorizer

from phylolm.atlas.names import names_table, tokens_of
from phylolm.atlas.neighbours import NeighbourSettings, distinct, nearest
from phylolm.atlas.ngrams import NgramSettings, name_features
from phylolm.atlas.siblings import FEATURES as SIBLING_FEATURES
from phylolm.atlas.siblings import Siblings

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

FEATURES = (
    "cosine", "parent_in_child", "child_in_parent", "all_in_child", "same_words",
    "same_family", "other_family", "same_size", "other_size", "same_generation",
    "other_generation", "parent_quantized", "both_quantized", "parent_adapter", "child_adapter",
    "same_owner", "owner_in_child", "longer_parent", "children", *SIBLING_FEATURES,
)  # fmt: skip
"""Of a pair; from "children" on they rest on what other models declare."""

# Fitted on 10,000 models of the tuning half; `python -m validation atlas` fits and prints its own.
_INTERCEPT = -5.224
_WEIGHTS = (
    8.657, -4.091, -0.686, 2.887, -4.305, -0.022, -2.169, -0.062, -2.735, 0.186, -0.625, 0.017,
    -0.23, -0.222, 0.48, -0.992, 2.011, -0.392, 0.166, 0.747, 1.133, 0.579, 0.734, 3.295, 0.831,
)  # fmt: skip
_INTERCEPT_NAMES = -4.146
_WEIGHTS_NAMES = (
    10.761, -3.999, -3.298, 2.616, -4.176, -0.445, -2.21, 0.671, -1.721, -0.363, -1.945, -2.435,
    0.264, -1.403, 0.795, -1.559, 2.877, -0.85, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
)  # fmt: skip

ENOUGH = 100
"""Declared edges from which on they are used."""

POPULAR = 3_000
"""Models most often named as parent that every model is compared with."""

_NEAR = 20  # names like its own that a model is compared with
_CHUNK = 2_000
_MANY = 50_000  # models whose pairs' features are held at once: about 0.5 GB


@dataclass(frozen=True)
class Weights:
    """An intercept and a weight for each of `FEATURES`."""

    intercept: float = _INTERCEPT
    weights: tuple[float, ...] = _WEIGHTS

    def odds(self, features: Array) -> Array:
        """Odds of pairs from their features (k, f)."""
        return np.asarray(
            np.exp(np.clip(self.intercept + features @ np.array(self.weights), -30, 30))
        )


NAMES_ALONE = Weights(_INTERCEPT_NAMES, _WEIGHTS_NAMES)
"""Where nothing is declared."""


class ParentIndex:
    """All models that may be parents, and what is needed to compare names with theirs."""

    def __init__(
        self,
        models: Sequence[str],
        edges: npt.ArrayLike = (),
        downloads: npt.ArrayLike | None = None,
        names: pd.DataFrame | None = None,
    ) -> None:
        """models: n ids. edges: (k, 2) rows of declared child and parent. downloads: (n,).

        names: `names_table` of the models, if at hand.
        """
        self.models = list(models)
        self.edges = np.asarray(edges, dtype=np.int64).reshape(-1, 2)
        self.children = np.bincount(self.edges[:, 1], minlength=len(self.models))
        counts = np.zeros(len(self.models)) if downloads is None else np.asarray(downloads)
        self.downloads = np.nan_to_num(np.asarray(counts, dtype=np.float64))
        self.weights = Weights() if self.can_tell else NAMES_ALONE
        names = names_table(self.models) if names is None else names
        self._family = _codes(names["family"])
        self._generation = _codes(names["generation"])
        self._size = np.log(names["parameters"].to_numpy(dtype=np.float64, na_value=np.nan))
        self._owner = _codes(names["owner"])
        self._quantized = names["quantised"].to_numpy(dtype=bool)
        self._adapter = names["adapter"].to_numpy(dtype=bool)
        self._features = name_features(self.models, NgramSettings(handles=0))
        self._words, self._owner_word = _word_matrix(self.models)
        self._idf = self._words.sum(axis=1)
        self._length = np.diff(self._words.indptr)
        found, self.spelling = distinct(self._features)
        self._graph = nearest(found.matrix, NeighbourSettings(_NEAR, threshold=0.2))
        self._siblings = Siblings(self._graph, self.spelling, self._owner, self.edges)
        # One declaration may be the asked model's own: it must not put a parent first.
        self._best = _best_of_each(self.spelling, np.maximum(self.children - 1, 0), self.downloads)
        self._popular = np.argsort(-self.children, kind="stable")[:POPULAR]
        self._popular = self._popular[self.children[self._popular] > 0]

    @property
    def can_tell(self) -> bool:
        """Whether enough is declared for probabilities to mean what they say."""
        return len(self.edges) >= ENOUGH

    def pairs(self, rows: Rows) -> tuple[Rows, Rows]:
        """Candidates of some models: (k,) places in `rows`, (k,) rows of candidate parents."""
        declared = self._siblings.candidates(rows)
        asked: list[npt.NDArray[Any]] = [declared[0]]
        found: list[npt.NDArray[Any]] = [declared[1]]
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            for places, parents in (self._alike(part), self._contained(part)):
                asked.append(places + start)
                found.append(parents)
        both = np.concatenate(asked).astype(np.int64), np.concatenate(found).astype(np.int64)
        keys = np.unique(both[0] * len(self.models) + both[1])
        places, parents = keys // len(self.models), keys % len(self.models)
        other = rows[places] != parents
        return places[other], parents[other]

    def _alike(self, rows: Rows) -> tuple[Rows, Rows]:
        """Models with the same or a near name, the best three of each name."""
        names = self.spelling[rows]
        near = self._graph[names]
        places = np.concatenate([np.repeat(np.arange(len(rows)), np.diff(near.indptr)),
                                 np.arange(len(rows))])  # fmt: skip
        spelled = np.concatenate([near.indices, names])
        models = self._best[spelled]
        held = models >= 0
        return np.repeat(places, models.shape[1])[held.ravel()], models[held]

    def _contained(self, rows: Rows, most: int = 15) -> tuple[Rows, Rows]:
        """Of the popular parents those that share the rarest words, by the larger share."""
        if not len(self._popular):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        shared = (self._words[rows] @ self._roots(self._popular).T).toarray()
        shared *= shared / self._idf[self._popular][None]
        count = min(most, shared.shape[1])
        best = np.argpartition(-shared, count - 1, axis=1)[:, :count]
        kept = np.take_along_axis(shared, best, axis=1) > 0
        places = np.repeat(np.arange(len(rows)), count).reshape(len(rows), count)
        return places[kept], self._popular[best[kept]]

    def _roots(self, rows: Rows) -> sparse.csr_array:
        """Rows of words with weight 1: a product with `_words` sums the idf of shared words."""
        part = self._words[rows]
        return sparse.csr_array((np.ones_like(part.data), part.indices, part.indptr), part.shape)

    def features(self, child: Rows, parent: Rows) -> Array:
        """Features (k, f) of pairs of rows, the child's own declaration left out."""
        chunks = [
            self._features_of(child[at : at + 50_000], parent[at : at + 50_000])
            for at in range(0, len(child), 50_000)
        ]
        return np.concatenate([np.zeros((0, len(FEATURES))), *chunks])

    def _features_of(self, c: Rows, p: Rows) -> Array:
        matrix, words = self._features.matrix, self._words
        cosine = matrix[c].multiply(matrix[p]).sum(axis=1)
        cosine = np.where(self.spelling[c] == self.spelling[p], 1.0, cosine)
        shared = words[c].multiply(self._roots(p)).sum(axis=1)
        in_child = shared / np.maximum(self._idf[p], 1e-9)
        in_parent = shared / np.maximum(self._idf[c], 1e-9)
        families = (self._family[c] > 0) & (self._family[p] > 0)
        generations = (self._generation[c] > 0) & (self._generation[p] > 0)
        ratio = np.abs(self._size[c] - self._size[p])
        owner_word = self._owner_word[p]
        own = np.asarray(self._siblings.declared[c, p]).ravel()
        mentioned = np.asarray(words[c, np.maximum(owner_word, 0)]).ravel() > 0
        return np.column_stack([
            cosine, in_child, in_parent, in_child > 0.999,
            (in_child > 0.999) & (in_parent > 0.999),
            families & (self._family[c] == self._family[p]),
            families & (self._family[c] != self._family[p]),
            ratio < 0.1, ratio > 0.25,
            generations & (self._generation[c] == self._generation[p]),
            generations & (self._generation[c] != self._generation[p]),
            self._quantized[p], self._quantized[p] & self._quantized[c], self._adapter[p],
            self._adapter[c], self._owner[c] == self._owner[p], mentioned & (owner_word >= 0),
            np.maximum(self._length[p] - self._length[c], 0),
            np.log1p(self.children[p] - own), self._siblings.features(c, p),
        ]).astype(np.float64)  # fmt: skip

    def propose(self, rows: Rows, weights: Weights | None = None, most: int = 5) -> pd.DataFrame:
        """Likely parents of some models: columns child, parent (rows), probability and cosine (of
        the names); best first."""
        parts = [
            self._propose(rows[at : at + _MANY], weights or self.weights, most)
            for at in range(0, max(len(rows), 1), _MANY)
        ]
        return pd.concat(parts, ignore_index=True)

    def _propose(self, rows: Rows, weights: Weights, most: int) -> pd.DataFrame:
        places, parents = self.pairs(rows)
        features = self.features(rows[places], parents)
        odds = weights.odds(features)
        chance = odds / (1 + np.bincount(places, odds, minlength=len(rows)))[places]
        table = pd.DataFrame({
            "place": places, "parent": parents, "probability": chance,
            "cosine": features[:, FEATURES.index("cosine")],
        })  # fmt: skip
        table = table.sort_values(["place", "probability"], ascending=[True, False], kind="stable")
        table = table.groupby("place").head(most)
        table.insert(0, "child", rows[table.pop("place")])
        return table


def fit(features: Array, places: Rows, true: npt.NDArray[np.bool_]) -> Weights:
    """Weights that make the true parents likeliest: a conditional logit with "none" as a choice.

    features: (k, f) of pairs. places: (k,) which model each pair asks about. true: (k,). A model
    with several true parents is right with any of them; one with none, with "none".
    """
    scale = np.maximum(features.std(axis=0), 1e-6)
    x = np.column_stack([np.ones(len(features)), features / scale])
    asked = int(places.max()) + 1
    has_parent = np.bincount(places, true, minlength=asked) > 0

    def loss(weights: Array) -> tuple[float, Array]:
        odds = np.exp(np.clip(x @ weights, -30, 30))
        total = 1 + np.bincount(places, odds, minlength=asked)
        right = np.where(has_parent, np.bincount(places, odds * true, minlength=asked), 1.0)
        pull = odds * true / right[places] * has_parent[places] - odds / total[places]
        ridge = 1e-3 * weights
        ridge[0] = 0
        value = (np.log(total) - np.log(right)).sum() / asked + 0.5 * float(ridge @ weights)
        return float(value), ridge - x.T @ pull / asked

    best = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B")
    return Weights(float(best.x[0]), tuple((best.x[1:] / scale).tolist()))


def _codes(column: pd.Series[Any]) -> Rows:
    """0 for "", else a number for each different text."""
    codes = pd.factorize(column)[0] + 1
    return np.where(column == "", 0, codes).astype(np.int64)


def _word_matrix(models: Sequence[str]) -> tuple[Any, Rows]:
    """Words of short names, weighted by idf, csr (n, v); the column of each owner's first word."""
    counter = CountVectorizer(analyzer=_same, binary=True, dtype=np.float64)
    tokens = [tokens_of(model.rpartition("/")[2]) or ("",) for model in models]
    words = sparse.csr_array(counter.fit_transform(tokens))
    df = np.bincount(words.indices, minlength=words.shape[1])
    words.data *= (1 + np.log((1 + len(models)) / (1 + df)))[words.indices]
    known = counter.vocabulary_
    owners = {m.rpartition("/")[0] for m in models}
    column = {o: known.get((tokens_of(o) or ("",))[0], -1) for o in owners if o}
    return words, np.array([column.get(m.rpartition("/")[0], -1) for m in models])


def _same(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tokens


def _best_of_each(spelling: Rows, children: Array, downloads: Array, most: int = 3) -> Rows:
    """The models of each distinct name that are likeliest parents, (m, most), -1 for none."""
    order = np.lexsort((-downloads, -children, spelling))
    first = np.searchsorted(spelling[order], np.arange(spelling.max() + 1))
    rank = np.arange(len(order)) - first[spelling[order]]
    kept = rank < most
    best = np.full((len(first), most), -1, dtype=np.int64)
    best[spelling[order][kept], rank[kept]] = order[kept]
    return best
