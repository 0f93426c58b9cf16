"""A page of a study, or of the results it left."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from phylolm.distance.matrix import read_distances
from phylolm.errors import ConfigError, DataError
from phylolm.files import read_text
from phylolm.page.ofstudy import Score, Shown
from phylolm.page.source_bank import of_findings
from phylolm.page.source_scores import known_scores, score_fields
from phylolm.predict.scores import read_scores
from phylolm.study.config import Study, read_study
from phylolm.study.forecasts import FORECASTS
from phylolm.study.results import last_findings
from phylolm.tree.files import read_tree
from phylolm.version import __version__


def of_study(study: Study) -> Shown:
    """A study as its last run left it."""
    shown = of_findings(last_findings(study), study.genome())
    path = study.out / FORECASTS
    if study.scores is None or not path.is_file():
        return shown
    table = read_scores(study.scores)
    fields = score_fields(table, shown.names)
    return replace(shown, fields=fields, scores=[*known_scores(table), *read_forecasts(path)])


def of_results(folder: Path) -> Shown:
    """A study's results: the study itself where it is beside them, else their files."""
    for path in sorted(folder.resolve().parent.glob("*.toml")):
        study = _study_of(path, folder)
        if study is not None:
            return of_study(study)
    tree, matrix = read_tree(folder / "tree.nwk"), read_distances(folder / "distances.csv")
    shown = Shown(folder.resolve().name, tree, matrix, made={"phylolm": __version__})
    path = folder / FORECASTS
    return replace(shown, scores=read_forecasts(path)) if path.is_file() else shown


def _study_of(path: Path, folder: Path) -> Study | None:
    """The study in a file, if its results are in the folder."""
    try:
        study = read_study(path)
    except (ConfigError, DataError):
        return None  # another file's faults are no business of these results
    return study if study.out.resolve() == folder.resolve() else None


def read_forecasts(path: Path) -> list[Score]:
    """A study's forecasts.csv. Raises DataError naming the line that is wrong."""
    found = []
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
    for number, row in enumerate(rows, start=2):
        try:
            value, low, high = (float(row[key] or "nan") for key in ("value", "low", "high"))
            found.append(Score(row["benchmark"], row["model"], value, low, high))
        except (KeyError, TypeError, ValueError):
            raise DataError(f"{path}, line {number}: no forecast; run the study again") from None
    return found
