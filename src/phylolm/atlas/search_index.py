"""The index that `search` asks, made from a catalogue; kept in an atlas's folder.

Here: `index_of` and `folder_index`. Next door: `search` has the index and its files, `statistics`
says what a model's family, size and kind are.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from phylolm.atlas.names import names_table
from phylolm.atlas.search import Grams, SearchIndex, plain_name
from phylolm.errors import DataError
from phylolm.version import __version__


def index_of(models: pd.DataFrame, names: pd.DataFrame | None = None) -> SearchIndex:
    """The index of a catalogue's table. names: `names_table` of its ids, if at hand."""
    from phylolm.atlas.statistics import features_of, parameters

    models = models.reset_index(drop=True)
    names = names_table(list(models["id"])) if names is None else names
    facts = features_of(models, names)
    table = pd.DataFrame(
        {
            "id": models["id"], "family": facts["family"], "kind": facts["kind"].astype("str"),
            "parameters": parameters(models, names), "owner": facts["owner"],
            "task": models["task"], "licence": facts["licence"],
            "downloads": models["downloads"], "likes": models["likes"],
            "created": models["created"],
        }
    )  # fmt: skip
    plain = [plain_name(model) for model in models["id"]]
    return SearchIndex(table, pa.array(plain, pa.string()), _grams(plain))


def _grams(plain: list[str]) -> Grams:
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(
        analyzer="char", ngram_range=(3, 3), lowercase=False, binary=True, dtype=np.float32
    )
    held = sparse.csc_array(counter.fit_transform([f"  {text} " for text in plain]))
    texts = counter.get_feature_names_out().astype(np.str_)
    return Grams(texts, held.indptr.astype(np.int64), held.indices.astype(np.int32))


def folder_index(folder: Path) -> SearchIndex:
    """The index of an atlas's folder; made again where its catalogue or phylolm has changed.

    A folder that can't be written is searched all the same.

    Raises:
        DataError: no catalogue in the folder, or a damaged one.
    """
    key = _key(folder)
    index = SearchIndex.open(folder, key)
    if index is not None:
        return index
    from phylolm.atlas.catalogue import read_catalogue

    index = index_of(read_catalogue(folder).models)
    try:
        index.save(folder, key)
    except DataError:
        pass  # a folder of someone else's: slower, not wrong
    return index


def save_index(models: pd.DataFrame, names: pd.DataFrame, folder: Path) -> None:
    """Write the index beside the folder's catalogue.parquet, which was made from `models`."""
    index_of(models, names).save(folder, _key(folder))


def _key(folder: Path) -> str:
    """Says what an index was made from: the catalogue's bytes, and by which version."""
    try:
        content = (folder / "catalogue.parquet").read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"can't read {folder / 'catalogue.parquet'}: {reason}") from None
    return f"{__version__} {hashlib.sha256(content).hexdigest()}"
