"""Names as vectors: word and character n-grams of the short name, weighted by TF-IDF.

Here: from ids to a sparse matrix whose row products are cosines. Next door: `names` cuts tokens,
`neighbours` and `clusters` use the matrix.

Two things keep names from drowning each other. Terms that one model alone has match nothing;
they keep their weight in the row's length but get no column, so cosines stay exact in a small
matrix. And an owner most of whose names share no word with any other owner's (thousands of
Twitter handles) says nothing by its names: its models are described by their owner instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from phylolm.atlas.names import tokens_of

OWNER_MARK = "@"
"""Before an owner's name where it stands for the names of its models."""


@dataclass(frozen=True)
class NgramSettings:
    """How names become vectors.

    words, characters: lengths of n-grams, from and to; characters are counted within tokens.
    character_share: of the cosine that rests on characters, 0..1.
    handles: owners with at least so many models, most of them without a word that another owner
    uses, are described by their owner; 0 switches this off.
    """

    words: tuple[int, int] = (1, 2)
    characters: tuple[int, int] = (3, 3)
    character_share: float = 0.3
    handles: int = 50


@dataclass(frozen=True)
class Features:
    """Names as rows.

    matrix: float32 csr (n, f); the product of two rows is the cosine of two names, a row's with
        itself at most 1 (terms that only it has are left out). terms: f n-grams; the first
        `words` are words, the others runs of characters.
    handles: owners described by their name alone.
    """

    matrix: sparse.csr_array
    terms: tuple[str, ...]
    words: int
    handles: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def take(self, rows: npt.NDArray[np.intp]) -> Features:
        """The features of some rows."""
        return Features(self.matrix[rows], self.terms, self.words, self.handles)


def name_features(models: Sequence[str], settings: NgramSettings | None = None) -> Features:
    """TF-IDF vectors of the short names of model ids.

    Weights are tf (1 + ln((1 + n) / (1 + df))), each block (words, characters) of length 1
    before they are joined (Salton & Buckley 1988, with the smoothing of scikit-learn).
    """
    settings = settings or NgramSettings()
    tokens, handles = described(models, settings.handles)
    grams = [_word_grams(each, settings.words) for each in tokens]
    share = settings.character_share
    blocks = [_block(grams, None, (1, 1), 1 - share)]
    if share > 0:
        texts = ["" if each[:1] == (OWNER_MARK,) else " ".join(each) for each in tokens]
        blocks.append(_block(texts, "char_wb", settings.characters, share))
    matrix = sparse.hstack([block for block, _ in blocks], format="csr", dtype=np.float32)
    matrix = _with_whole_owners(matrix, tokens, len(blocks[0][1]), share)
    terms = tuple(term for _, names in blocks for term in names)
    return Features(sparse.csr_array(matrix), terms, len(blocks[0][1]), handles)


def described(
    models: Sequence[str], least: int = 50
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The tokens of every id's short name, or (mark, owner); and the owners so described."""
    owners = [model.rpartition("/")[0] for model in models]
    tokens = [tokens_of(model.rpartition("/")[2]) for model in models]
    if not least:
        return tokens, ()
    shared = _shared_words(owners, tokens)
    models_of, alone = Counter(owners), Counter[str]()
    for owner, words in zip(owners, tokens, strict=True):
        alone[owner] += all(word not in shared for word in words)
    handles = {
        owner for owner, count in models_of.items()
        if owner and count >= least and alone[owner] > count / 2
    }  # fmt: skip
    for row, owner in enumerate(owners):
        if owner in handles:
            tokens[row] = (OWNER_MARK, owner.lower())
    return tokens, tuple(sorted(handles))


def _shared_words(owners: Sequence[str], tokens: Sequence[tuple[str, ...]]) -> set[str]:
    """Words that more than one owner uses."""
    first: dict[str, str] = {}
    shared = set()
    for owner, words in zip(owners, tokens, strict=True):
        for word in words:
            if first.setdefault(word, owner) != owner:
                shared.add(word)
    return shared


def _word_grams(tokens: tuple[str, ...], lengths: tuple[int, int]) -> list[str]:
    if tokens[:1] == (OWNER_MARK,):
        return ["".join(tokens)]
    return [
        " ".join(tokens[start : start + length])
        for length in range(lengths[0], lengths[1] + 1)
        for start in range(len(tokens) - length + 1)
    ]


def _block(
    texts: Sequence[Any], analyzer: str | None, lengths: tuple[int, int], share: float
) -> tuple[Any, list[str]]:
    """Rows of length sqrt(share) over all terms, less the columns of a single row."""
    counter = CountVectorizer(
        analyzer=analyzer or _same, ngram_range=lengths, lowercase=False, dtype=np.float32
    )
    try:
        counts = sparse.csr_array(counter.fit_transform(texts))
    except ValueError:  # no name has a single term
        return sparse.csr_array((len(texts), 0), dtype=np.float32), []
    df = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = 1 + np.log((1 + len(texts)) / (1 + df))
    counts.data *= idf[counts.indices].astype(np.float32)
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    scale = np.sqrt(share) / np.where(norms > 0, norms, 1)
    counts.data *= np.repeat(scale, np.diff(counts.indptr)).astype(np.float32)
    kept = np.flatnonzero(df > 1)
    terms = counter.get_feature_names_out()
    return sparse.csr_array(counts[:, kept]), [str(terms[column]) for column in kept]


def _same(tokens: list[str]) -> list[str]:
    return tokens


def _with_whole_owners(
    matrix: Any, tokens: Sequence[tuple[str, ...]], words: int, share: float
) -> Any:
    """Rows of owner-described models scaled to length 1: they have no characters."""
    handle = np.array([each[:1] == (OWNER_MARK,) for each in tokens])
    if not handle.any() or share <= 0:
        return matrix
    scale = np.where(handle, 1 / np.sqrt(1 - share), 1.0).astype(np.float32)
    return sparse.csr_array(sparse.diags_array(scale) @ matrix)
