"""What a catalogue is made of: counts, likes against downloads, common words.

Next door: `names` gives family and size, `figures.catalogue` draws all this.

Counts of downloads belong to a date: rows of different dates are never set against each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, rankdata

from phylolm.atlas.ngrams import OWNER_MARK, described

Values = npt.NDArray[np.float64]

SIZES = (1e8, 1e9, 3e9, 1e10, 3e10, 1e11)
SIZE_NAMES = ("< 100M", "100M-1B", "1B-3B", "3B-10B", "10B-30B", "30B-100B", ">= 100B")

BY = ("family", "size", "kind", "task", "licence", "month", "owner")
"""What models can be counted by."""

# A quantised repository's count is of packed integers, several quantised weights in each.
_PACKED = 0.6


@dataclass(frozen=True)
class Correlation:
    """One correlation of likes and downloads over `models`, with a 95 % interval."""

    scale: str
    value: float
    low: float
    high: float
    models: int


def parameters(models: pd.DataFrame, names: pd.DataFrame) -> pd.Series[Any]:
    """Parameters of each model: the catalogue's count, else what the name states or implies.

    models: a catalogue's table. names: `names_table` of its ids. The name wins only where it is
    that of a quantised model and the catalogue's count is far smaller: packed weights.
    """
    counted = models["parameters"].reset_index(drop=True)
    said = names["parameters"]
    packed = names["stated"] & (names["quantised"] | (names["format"] == "mlx"))
    packed &= (counted < _PACKED * said).fillna(False).astype(bool)
    return counted.mask(packed | counted.isna(), said)


def features_of(models: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """What models are counted by, one text column for each of `BY`; "" is not known."""
    size = pd.cut(
        parameters(models, names).astype("float64"), [0, *SIZES, np.inf], right=False,
        labels=list(SIZE_NAMES),
    )  # fmt: skip
    created = models["created"].reset_index(drop=True)
    return pd.DataFrame(
        {
            "family": names["family"],
            "size": size.astype("str").where(size.notna(), ""),
            "kind": kinds(models, names),
            "task": models["task"].reset_index(drop=True),
            "licence": models["licence"].reset_index(drop=True).str.lower(),
            "month": created.dt.strftime("%Y-%m").fillna("").astype("str"),
            "owner": names["owner"],
        }
    )


def kinds(models: pd.DataFrame, names: pd.DataFrame) -> pd.Series[Any]:
    """original, finetune, quantized, merge or adapter: as declared, else as the name says."""
    declared = models["base_relations"].reset_index(drop=True).str.split(";").str[0].fillna("")
    based = (models["base_models"] != "").reset_index(drop=True)
    known = declared.where(declared.isin(["finetune", "quantized", "merge", "adapter"]), "")
    kind = known.where(known != "", names["kind"])
    kind = kind.mask((kind == "") & based, "finetune")
    tuned = names["stages"].str.contains("finetuned|instruct|chat|sft|dpo|rlhf|distill")
    kind = kind.mask((kind == "") & tuned, "finetune")
    return kind.mask(kind == "", "original")


def count_by(features: pd.DataFrame, field: str) -> pd.DataFrame:
    """Models for each value of a field of `BY`: columns value, models; the largest first.

    Sizes and months come in their own order.
    """
    counts = features[field].replace("", "(not known)").value_counts()
    if field == "month":
        counts = counts.sort_index()
    elif field == "size":
        counts = counts.reindex([*SIZE_NAMES, "(not known)"], fill_value=0)
    return pd.DataFrame({"value": counts.index, "models": counts.to_numpy()})


def same_date(models: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The rows with likes and downloads of one date, the commonest, and that date."""
    known = models[models["likes"].notna() & models["downloads"].notna()]
    known = known[known["likes_as_of"] == known["downloads_as_of"]]
    if not len(known):
        return known, ""
    date = str(known["downloads_as_of"].mode().iloc[0])
    return known[known["downloads_as_of"] == date], date


def likes_and_downloads(
    models: pd.DataFrame, replicates: int = 1000, seed: int = 0
) -> list[Correlation]:
    """Pearson of raw and of log1p counts, and Spearman, over all rows of one date.

    Intervals: for Pearson by bootstrap over models (percentiles), since counts have long tails;
    for Spearman by Fisher's z with the standard error of Bonett & Wright (2000).
    """
    rows, _ = same_date(models)
    n = len(rows)
    if n < 4:
        return []
    likes, downloads = (rows[name].to_numpy(dtype=np.float64) for name in ("likes", "downloads"))
    found = []
    for scale, x, y in (
        ("Pearson, raw", likes, downloads),
        ("Pearson, log(1 + x)", np.log1p(likes), np.log1p(downloads)),
    ):
        low, high = _bootstrap(x, y, replicates if n < 50_000 else replicates // 4, seed)
        found.append(Correlation(scale, pearson(x, y), low, high, n))
    rho = pearson(rankdata(likes), rankdata(downloads))
    reach = norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    z = np.arctanh(np.clip(rho, -0.999999, 0.999999))
    found.append(
        Correlation("Spearman", rho, float(np.tanh(z - reach)), float(np.tanh(z + reach)), n)
    )
    return found


def pearson(x: Values, y: Values) -> float:
    """Pearson's correlation, NaN where one side doesn't vary."""
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 0 else float("nan")


def _bootstrap(x: Values, y: Values, replicates: int, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    n = len(x)
    moments = np.column_stack([x, y, x * x, y * y, x * y])
    drawn = np.empty(replicates)
    for i in range(replicates):
        weights = np.bincount(rng.integers(0, n, n), minlength=n)
        mx, my, mxx, myy, mxy = weights @ moments / n
        size = np.sqrt(max((mxx - mx * mx) * (myy - my * my), 0))
        drawn[i] = (mxy - mx * my) / size if size > 0 else np.nan
    low, high = np.nanpercentile(drawn, [2.5, 97.5]) if np.isfinite(drawn).any() else (np.nan,) * 2
    return float(low), float(high)


def common_phrases(
    models: Sequence[str],
    words: int,
    most: int = 30,
    cut: Sequence[tuple[str, ...]] | None = None,
) -> pd.DataFrame:
    """The commonest runs of `words` tokens: columns phrase, models (that have it).

    Models that are described by their owner (see `ngrams`) have no words. cut: the models'
    tokens as `ngrams.described` gives them, if at hand.
    """
    counts: Counter[str] = Counter()
    for tokens in described(models)[0] if cut is None else cut:
        if tokens[:1] != (OWNER_MARK,):
            runs = zip(*(tokens[start:] for start in range(words)), strict=False)
            counts.update({" ".join(run) for run in runs})
    best = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:most]
    return pd.DataFrame(best, columns=["phrase", "models"])


def phrase_totals(
    models: Sequence[str], counts: Sequence[npt.ArrayLike], words: Sequence[int], most: int
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Runs of tokens that most models have, and totals over those models.

    counts: k arrays (n,), NaN where not known. words: lengths of the runs.
    Returns up to `most` phrases, the commonest first, and (1 + k, phrases): the number of models
    and the k totals.
    """
    rows_of: dict[str, list[int]] = {}
    for row, tokens in enumerate(described(models)[0]):
        if tokens[:1] != (OWNER_MARK,):
            for length in words:
                runs = zip(*(tokens[start:] for start in range(length)), strict=False)
                for run in {" ".join(run) for run in runs}:
                    rows_of.setdefault(run, []).append(row)
    best = sorted(rows_of, key=lambda phrase: (-len(rows_of[phrase]), phrase))[:most]
    known = [np.nan_to_num(np.asarray(each, dtype=np.float64)) for each in counts]
    totals = [[len(rows_of[phrase]), *(k[rows_of[phrase]].sum() for k in known)] for phrase in best]
    return best, np.array(totals, dtype=np.float64).reshape(len(best), 1 + len(known)).T
