"""Benchmark scores of models, read from the files people have.

Here: `ScoreTable` and `read_scores`: which columns of a table are benchmarks, the Open LLM
Leaderboard's among them, and on which scale. Next door: `score_files` reads tables cell by cell,
`harness` what lm-evaluation-harness writes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from phylolm.errors import ConfigError, DataError, listed
from phylolm.predict import harness
from phylolm.predict.harness import HarnessResults
from phylolm.predict.score_files import GAPS, Sheet, number, read_file, whole_text

if TYPE_CHECKING:
    import pandas as pd

SCALES = ("auto", "percent", "fraction")
MANY_SMALL = 0.25
"""Share of values up to 1 among percents from which a mix of percents and fractions is likely."""

LEADERBOARD = (
    *("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K"),
    *("IFEval", "BBH", "MATH Lvl 5", "GPQA", "MUSR", "MMLU-PRO"),
)
"""The benchmarks of both versions of the Open LLM Leaderboard, the second's normalised."""

_MODEL = ("model", "name", "id", "model_id", "fullname")
_FACTS = {
    "parameters": ("parameters", "params", "size", "size_b", "#params (b)", "params_b"),
    "family": ("family",),
    "parent": ("parent", "base_model", "base model", "declared_parent"),
}
_PRECISIONS = ("float32", "bfloat16", "float16", "8bit", "4bit", "gptq")
_INDEX = re.compile(r"Unnamed: \d+|__index_level_\d+__|column \d+ \(without a name\)")
_SLACK = 1e-9
_COUNTED = 1e6
"""From here on a number of parameters is a count; no model has so many billions."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Benchmark scores of m models on p benchmarks.

    models: m distinct names. benchmarks: p distinct names.
    values: float64 (m, p), fractions in 0..1, NaN where there is none.
    parameters: float64 (m,), billions, NaN where unknown.
    families, parents: m names each, "" where unknown or none.
    notes: what a reader must be told, one line each.
    """

    models: tuple[str, ...]
    benchmarks: tuple[str, ...]
    values: _Floats
    parameters: _Floats
    families: tuple[str, ...]
    parents: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def select(self, models: Iterable[str]) -> ScoreTable:
        """Some of the models, in the order given. Raises DataError for one not here."""
        place = {model: row for row, model in enumerate(self.models)}
        wanted = list(models)
        if missing := [model for model in wanted if model not in place]:
            raise DataError(f"no scores of {listed(missing)} among {len(place)} models")
        rows = np.array([place[model] for model in wanted], dtype=np.intp)
        return replace(
            self,
            models=tuple(wanted),
            values=self.values[rows],
            parameters=self.parameters[rows],
            families=tuple(self.families[row] for row in rows),
            parents=tuple(self.parents[row] for row in rows),
        )

    def to_pandas(self) -> pd.DataFrame:
        """Index model; a column a benchmark, then those facts known of any model."""
        import pandas as pd

        index = pd.Index(self.models, name="model", dtype=object)
        table = pd.DataFrame(self.values.copy(), index=index, columns=list(self.benchmarks))
        if not np.isnan(self.parameters).all():
            table["parameters"] = self.parameters
        for column, names in (("family", self.families), ("parent", self.parents)):
            if any(names):
                table[column] = list(names)
        return table


def read_scores(
    path: Path, benchmarks: Sequence[str] | None = None, scale: str = "auto"
) -> ScoreTable:
    """Read benchmark scores; the kind of file is told by its content.

    path: a table with one row a model (CSV, parquet or JSON rows, gzipped or not), with columns
        of any benchmarks and optionally parameters (billions), family and parent; a table of the
        Open LLM Leaderboard; a results file of lm-evaluation-harness, or a folder of them.
    benchmarks: the ones to take, by name; without it all columns that hold numbers.
    scale: percent or fraction; auto tells them apart for each benchmark (above 1 is percent).

    Raises ConfigError for an unknown scale, benchmark or file, DataError naming row and column
    of what is wrong.
    """
    if scale not in SCALES:
        raise ConfigError(f"no scale {scale!r}: use {', '.join(SCALES)}")
    if benchmarks is not None and not benchmarks:
        raise ConfigError("no benchmark is picked: name at least one")
    path, keep = Path(path), benchmarks or ()
    if path.is_dir():
        return _from_harness(harness.read_folder(path, keep), path, benchmarks, scale)
    found = read_file(path)
    if isinstance(found, Sheet):
        return _from_sheet(found, benchmarks, scale)
    return _from_harness(harness.read_document(found, path, keep), path, benchmarks, scale)


@dataclass(frozen=True)
class _Layout:
    """What the columns are. left_out: such as are neither benchmark nor fact, and why."""

    model: str
    facts: dict[str, str]
    others: list[str]
    leaderboard: bool
    left_out: list[str]


def _layout(sheet: Sheet) -> _Layout:
    names = _named(sheet, _MODEL)
    facts = {fact: _named(sheet, known) for fact, known in _FACTS.items()}
    leaderboard = _is_leaderboard(sheet)
    if leaderboard:
        names.sort(key=lambda name: name != "fullname")  # Model is a link
    model = names[0] if names else next(iter(sheet.columns))
    if not names and not any(number(cell) is None for cell in sheet.columns[model]):
        raise DataError(
            f"{sheet.path}: no column names the models, and the first, {model!r}, holds numbers: "
            f"name a column {_MODEL[0]!r}"
        )
    spare = [*names[1:], *(name for known in facts.values() for name in known[1:])]
    taken = {model, *spare, *(known[0] for known in facts.values() if known)}
    nameless = [name for name in sheet.columns if _INDEX.fullmatch(name) and name != model]
    left_out = [f"{name} left out: the same is read from another column" for name in spare]
    left_out += [f"{name} left out: a row number or nothing, not a benchmark" for name in nameless]
    others = [name for name in sheet.columns if name not in taken and name not in nameless]
    found = {fact: known[0] for fact, known in facts.items() if known}
    return _Layout(model, found, others, leaderboard, [] if leaderboard else left_out)


def _named(sheet: Sheet, known: Sequence[str]) -> list[str]:
    """The columns called so in any case, in the order of `known`."""
    return [name for one in known for name in sheet.columns if name.lower() == one]


def _is_leaderboard(sheet: Sheet) -> bool:
    there = sheet.columns.keys()
    return "Precision" in there and bool({*LEADERBOARD} & there and {"Model sha", "T"} & there)


def _from_sheet(sheet: Sheet, benchmarks: Sequence[str] | None, scale: str) -> ScoreTable:
    layout = _layout(sheet)
    notes = list(layout.left_out)
    sheet = replace(sheet, models=_model_names(sheet, layout))
    if layout.leaderboard:
        sheet = sheet.take(_best_rows(sheet, notes))
    picked = _picked(sheet, layout, benchmarks, notes)
    top = 1 if scale == "fraction" else 100
    values = np.column_stack([_scores(sheet, name, top) for name in picked])
    kept = _distinct_rows(sheet, values, notes)
    sheet, values = sheet.take(kept), values[kept]
    values = _fractions(picked, values, scale, layout.leaderboard, notes)
    parents = _texts(sheet, layout.facts.get("parent"))
    return ScoreTable(
        models=tuple(sheet.models),
        benchmarks=tuple(picked),
        values=values,
        parameters=_parameters(sheet, layout.facts.get("parameters"), notes),
        families=_texts(sheet, layout.facts.get("family")),
        parents=tuple("" if p == m else p for p, m in zip(parents, sheet.models, strict=True)),
        notes=(*notes, *_constant(picked, values)),
    )


def _model_names(sheet: Sheet, layout: _Layout) -> list[str]:
    names = []
    for row, cell in enumerate(sheet.columns[layout.model]):
        blank = cell is None or cell != cell  # parquet has NaN for no text
        name = "" if blank else whole_text(str(cell), sheet.place(row, layout.model))
        if layout.leaderboard and (link := re.search(r"<a [^>]*>([^<]+)</a>", name)):
            name = link[1].strip()
        if not name:
            raise DataError(f"{sheet.place(row, layout.model)}: no model is named")
        names.append(name)
    return names


def _best_rows(sheet: Sheet, notes: list[str]) -> list[int]:
    """One row a model: the highest precision, of these the latest date, of these the first."""

    def worth(row: int) -> tuple[int, str, int]:
        precision = str(sheet.columns["Precision"][row]).lower().removeprefix("torch.")
        rank = _PRECISIONS.index(precision) if precision in _PRECISIONS else len(_PRECISIONS)
        return -rank, str(dates[row] or ""), -row

    known = [sheet.columns[n] for n in ("date", "Submission Date") if n in sheet.columns]
    dates = known[0] if known else [None] * len(sheet.models)
    best: dict[str, int] = {}
    for row, name in enumerate(sheet.models):
        if name not in best or worth(row) > worth(best[name]):
            best[name] = row
    if dropped := len(sheet.models) - len(best):
        notes.append(
            f"{dropped} rows of models that are there several times are left out: kept is the "
            "highest precision, then the latest date"
        )
    return sorted(best.values())


def _picked(
    sheet: Sheet, layout: _Layout, benchmarks: Sequence[str] | None, notes: list[str]
) -> list[str]:
    """The benchmarks to take."""
    numeric = [name for name in layout.others if sheet.has_number(name)]
    if benchmarks is not None:
        picked = list(dict.fromkeys(benchmarks))
        _check_known(picked, numeric, sheet.path)
        return picked
    sums = [n for n in numeric if re.sub("[^a-z]", "", n.lower()) in ("average", "avg")]
    known = LEADERBOARD if layout.leaderboard else numeric
    picked = [name for name in numeric if name in known and name not in sums]
    if not picked:
        raise DataError(
            f"{sheet.path}: no benchmark: beside {layout.model!r} no column holds scores"
        )
    if layout.leaderboard:
        notes.append(f"Open LLM Leaderboard: of its columns, {listed(picked)} are taken")
        return picked
    if sums:
        notes.append(f"{listed(sums)} left out: a sum of the others (pick it by name to keep it)")
    if wordy := [name for name in layout.others if name not in numeric]:
        notes.append(f"{listed(wordy)} left out: no number in the column")
    return picked


def _check_known(picked: Sequence[str], known: Sequence[str], path: Path) -> None:
    if unknown := [name for name in picked if name not in known]:
        raise ConfigError(
            f"{path} has no benchmark {listed(map(repr, unknown))} (it has: {listed(known, 40)})"
        )


def _scores(sheet: Sheet, column: str, top: int) -> list[float]:
    """A column as the file has it, checked to lie in 0..top."""
    values = sheet.numbers(column)
    for row, value in enumerate(values):
        if not (value != value or -_SLACK <= value <= top * (1 + _SLACK)):
            raise DataError(
                f"{sheet.place(row, column)}: {value:g} is no score in 0..{top}; "
                "rescale the column, or pick the benchmarks without it"
            )
    return values


def _distinct_rows(sheet: Sheet, values: _Floats, notes: list[str]) -> list[int]:
    """The first row of each model. Raises DataError when a later one has other scores."""
    places: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(sheet.models):
        places[name].append(row)
    same: list[str] = []
    clashing: list[str] = []
    for name, rows in places.items():
        if len(rows) > 1:
            agree = all(np.array_equal(values[rows[0]], values[r], equal_nan=True) for r in rows)
            where = " and ".join(str(sheet.rows[row]) for row in rows)
            (same if agree else clashing).append(f"{name} (rows {where})")
    if clashing:
        raise DataError(
            f"{sheet.path}: models that are there more than once with different scores: "
            f"{listed(clashing)}; keep one row a model"
        )
    if same:
        notes.append(f"more than once with the same scores, the first row is kept: {listed(same)}")
    return [rows[0] for rows in places.values()]


def _fractions(
    names: list[str], values: _Floats, scale: str, leaderboard: bool, notes: list[str]
) -> _Floats:
    """Columns in percent divided by 100."""
    above = np.nanmax(values, axis=0) > 1 + _SLACK
    percent = np.full(len(names), scale == "percent")
    if scale == "auto":
        # A leaderboard has one scale, so a benchmark on which all did badly is percent too.
        shared = np.isin(names, LEADERBOARD) & leaderboard & above.any()
        percent = above | shared
        low = _share_small(values) > MANY_SMALL
        notes += _scale_notes(np.array(names), percent, low & percent & ~shared)
    return np.clip(np.where(percent, values / 100, values), 0.0, 1.0)


def _share_small(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of a column's scores that lie above 0 and not above 1."""
    known = np.maximum(np.isfinite(values).sum(axis=0), 1)
    return np.asarray(((values > 0) & (values <= 1)).sum(axis=0) / known, dtype=np.float64)


def _scale_notes(
    names: npt.NDArray[np.str_], percent: npt.NDArray[np.bool_], doubtful: npt.NDArray[np.bool_]
) -> list[str]:
    notes = [f"{listed(names[percent])} read as percent"] if percent.any() else []
    if percent.any() and not percent.all():
        notes.append(
            f"{listed(names[~percent])} taken as fraction, as no value is above 1, though other "
            "benchmarks are percent: percent by --scale percent, if they are"
        )
    if doubtful.any():
        notes.append(f"{listed(names[doubtful])}: percent, yet many values are below 1: check them")
    return notes


def _parameters(sheet: Sheet, column: str | None, notes: list[str]) -> _Floats:
    """Billions. Counts are divided, 0 and below is how tables say unknown."""
    if column is None or not sheet.has_number(column):
        if column is not None:
            notes.append(f"{column} left out: no number in the column")
        return np.full(len(sheet.rows), np.nan)
    values = np.array(sheet.numbers(column))
    counted = values >= _COUNTED
    unknown = values <= 0
    if counted.any():
        notes.append(f"{column}: {counted.sum()} of {len(values)} are counts, divided by 1e9")
    if unknown.any():
        notes.append(f"{column}: {unknown.sum()} of {len(values)} are 0 or below, taken as unknown")
    return np.where(unknown, np.nan, np.where(counted, values / 1e9, values))


def _texts(sheet: Sheet, column: str | None) -> tuple[str, ...]:
    if column is None:
        return ("",) * len(sheet.rows)
    texts = [whole_text(str(cell), sheet.path) for cell in sheet.columns[column]]
    # The leaderboard marks merges behind the name.
    texts = [text.removesuffix(" (Merge)") for text in texts]
    return tuple("" if text.lower() in GAPS else text for text in texts)


def _constant(names: list[str], values: _Floats) -> list[str]:
    if len(values) < 2:
        return []
    flat = np.nanmin(values, axis=0) == np.nanmax(values, axis=0)
    same = [name for name, yes in zip(names, flat, strict=True) if yes]
    return [f"{listed(same)}: the same for all models that have it"] if same else []


def _from_harness(
    found: HarnessResults, path: Path, benchmarks: Sequence[str] | None, scale: str
) -> ScoreTable:
    if scale == "percent":
        raise ConfigError(f"{path}: lm-evaluation-harness writes fractions; leave the scale alone")
    tasks = list(dict.fromkeys(task for row in found.scores.values() for task in row))
    numeric = [t for t in tasks if any(row.get(t, np.nan) >= 0 for row in found.scores.values())]
    notes = list(found.notes)
    if benchmarks is not None:
        _check_known(benchmarks, numeric, path)
    elif len(numeric) < len(tasks):
        notes.append(f"{listed(t for t in tasks if t not in numeric)} left out: no number anywhere")
    names = list(found.scores)
    picked = list(dict.fromkeys(benchmarks or numeric))
    if not picked:
        raise DataError(f"{path}: no task has a number as its score")
    values = np.array([[found.scores[n].get(t, np.nan) for t in picked] for n in names])
    sizes = np.array([found.parameters.get(name, np.nan) for name in names])
    none = ("",) * len(names)
    notes += _constant(picked, values)
    return ScoreTable(tuple(names), tuple(picked), values, sizes, none, none, tuple(notes))
