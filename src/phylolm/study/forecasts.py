"""Forecasts of a study's missing benchmark scores, as a file beside its tree.

Here: from distances and a file of scores to `forecasts.csv`. Next door: `predict` makes the
forecasts, `study` decides when.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError
from phylolm.files import write_text
from phylolm.predict.forecast import Forecast, forecast, join_scores
from phylolm.predict.scores import read_scores
from phylolm.tree.build import build_tree
from phylolm.tree.clades import clades

FORECASTS = "forecasts.csv"

_COLUMNS = ["model", "benchmark", "value", "low", "high", "kin", "basis", "known", "warning"]


def write_forecasts(distances: DistanceMatrix, scores: Path, path: Path) -> None:
    """Forecast every score that the file lacks of a measured model, one row each.

    Raises ConfigError or DataError for scores that can't be used.
    """
    table = read_scores(scores)
    groups = clades(build_tree(distances).root_midpoint(), table.models)
    joined = join_scores(distances, table, groups)
    for text in (*table.notes, *joined.notes):
        logging.getLogger(__name__).warning(text)
    rows = [_row(each) for each in forecast(joined)]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    write_text(path, frame.to_csv(index=False, float_format="%.6g"))


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of all files of a folder. Raises ConfigError when there is none."""
    if not path.exists():
        raise ConfigError(f"no scores at {path}")
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(f for f in path.rglob("*") if f.is_file()):
        digest.update(f"{file.name}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _row(each: Forecast) -> dict[str, object]:
    kin = ";".join(name for name, _ in each.kin)
    return {**asdict(each), "kin": kin, "known": ";".join(each.known)}
