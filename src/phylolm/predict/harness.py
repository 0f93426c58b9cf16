"""Results of lm-evaluation-harness: JSON files of one model each, as scores by model and task.

Here: which of a task's metrics is its score, groups instead of their subtasks, and which file
wins when a model was run twice. Next door: `scores` makes the table, `score_files` parses JSON.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from phylolm.errors import DataError, listed
from phylolm.files import read_text
from phylolm.predict.score_files import Json, is_results, number, parse_json, whole_text

METRICS = ("acc_norm", "acc", "exact_match", "mc2", "pass@1", "f1")
"""A task's score is the first of these it has."""

FILTERS = ("strict-match", "flexible-extract", "none", "")
"""How answers were cut out, best first, when one metric is there several times."""

_NO_METRICS = {"alias", "name", "sample_len", "sample_count"}
_ARGUMENTS = ("peft", "delta", "pretrained", "model")  # an adapter is not its base
_SUBJECT = re.compile(r"(?:harness\|)?hendrycksTest-[^|]+(?:\|\d+)?")
_SUBJECTS = 57
_SHOTS = re.compile(r"harness\|(.+)\|(\d+)")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)[-:](\d\d)[-:](\d\d)")


@dataclass(frozen=True)
class HarnessResults:
    """What was found: model -> task -> score as a fraction, NaN where the harness has none.

    parameters: model -> billions, for the models of which a file says so.
    notes: choices made and things left out, one line each.
    """

    scores: dict[str, dict[str, float]]
    parameters: dict[str, float]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Score:
    """A value, the metric it is of, and the metrics that were passed over for it."""

    value: float
    metric: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Run:
    """One file. date: seconds since 1970, -inf if unknown."""

    path: Path
    model: str
    date: float
    parameters: float
    scores: dict[str, _Score]
    notes: list[str]


def read_document(document: Json, path: Path, keep: Collection[str] = ()) -> HarnessResults:
    """The results of one parsed file.

    keep: subtasks to keep although their group has a score.

    Raises DataError naming what is not as the harness writes it.
    """
    return _joined([_run(document, path, keep)], path, [])


def read_folder(folder: Path, keep: Collection[str] = ()) -> HarnessResults:
    """All results*.json below a folder, and other .json files with a top-level "results".

    keep: subtasks to keep although their group has a score.

    Raises DataError when there are none, or one is broken.
    """
    runs, strangers = [], []
    for path in sorted(folder.rglob("*.json")):
        document = _document(path) if path.is_file() else None
        if is_results(document):
            runs.append(_run(document, path, keep))
        else:
            strangers.append(str(path.relative_to(folder)))
    if not runs:
        raise DataError(f'{folder}: no .json file with "results", as lm-evaluation-harness writes')
    plural = "s hold" if len(strangers) > 1 else " holds"
    notes = [f"{len(strangers)} .json file{plural} no results: {listed(strangers)}"]
    return _joined(runs, folder, notes if strangers else [])


def _document(path: Path) -> object:
    """A broken file is an error only if its name promises results."""
    try:
        return parse_json(read_text(path), path)
    except DataError:
        if path.name.startswith("results"):
            raise
        return None


def _run(document: Json, path: Path, keep: Collection[str]) -> _Run:
    tasks = _tasks(document, path)
    groups = _groups(document, path)
    better = document.get("higher_is_better")
    scores, notes = {}, []
    for task, metrics in tasks.items():
        directions = better.get(task) if isinstance(better, dict) else None
        found, outside = _score(task, metrics, directions, path)
        if found:
            scores[task] = found
        elif outside or not groups.get(task):
            shown = f" ({listed(outside, 2)})" if outside else ""
            notes.append(
                f"{task} has no metric in 0..1 that is better when higher{shown}: left out"
            )
    scores = _without_subtasks(scores, groups, keep, notes)
    scores = _with_mmlu(scores, [task for task in tasks if _SUBJECT.fullmatch(task)], path, notes)
    if any("|" in task for task in scores) and scores.pop("all", None) is not None:
        notes.append('"all" is the mean of the other tasks: left out')
    model = _model(document, path)
    return _Run(path, model, _date(document, path), _parameters(document, path), scores, notes)


def _object(document: Json, key: str, path: Path) -> Json:
    value = document.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DataError(f'{path}: "{key}" is no JSON object')
    return value


def _tasks(document: Json, path: Path) -> dict[str, Json]:
    """Task -> metrics; groups are tasks too, some versions write them apart."""
    tasks: dict[str, Json] = {}
    for table in (_object(document, "results", path), _object(document, "groups", path)):
        for task, metrics in table.items():
            if not isinstance(metrics, dict):
                raise DataError(f"{path}: the results of task {task!r} are no JSON object")
            name = whole_text(task, path)
            tasks[name] = {**metrics, **tasks.get(name, {})}
    return tasks


def _groups(document: Json, path: Path) -> dict[str, list[str]]:
    groups = _object(document, "group_subtasks", path)
    for group, subtasks in groups.items():
        if not isinstance(subtasks, list) or not all(isinstance(x, str) for x in subtasks):
            raise DataError(f'{path}: "group_subtasks" of {group!r} is no list of tasks')
    return groups


def _score(
    task: str, metrics: Json, directions: object, path: Path
) -> tuple[_Score | None, list[str]]:
    """The score of a task, if any, and the numbers that can't be scores."""
    found: list[tuple[int, int, str, float]] = []
    outside = []
    for key, cell in metrics.items():
        metric, _, cut = whole_text(key, path).partition(",")
        if not metric.strip() or metric in _NO_METRICS or metric.endswith("_stderr"):
            continue
        value = number(cell)
        if value is None and metric in METRICS:
            raise DataError(f"{path}: task {task!r}: {key} is {cell!r}, which is no number")
        worse = isinstance(directions, dict) and directions.get(metric) is False
        if value is None or (math.isnan(value) and metric not in METRICS):
            continue
        label = metric if cut in ("none", "") else key
        if worse or not (math.isnan(value) or 0 <= value <= 1):
            outside.append(f"{label} {value:g}")
            continue
        found.append((_rank(metric, METRICS), _rank(cut, FILTERS), label, value))
    if not found:
        return None, outside
    (_, _, label, value), *others = sorted(found, key=lambda one: one[:2])
    return _Score(value, label, tuple(sorted({one[2] for one in others}))), outside


def _rank(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)


def _without_subtasks(
    scores: dict[str, _Score], groups: dict[str, list[str]], keep: Collection[str], notes: list[str]
) -> dict[str, _Score]:
    """Groups that have a score stand for their subtasks.

    A group whose subtasks are measured differently is a bundle ("leaderboard"), not a benchmark.
    """
    scored = {group for group in groups if group in scores and not math.isnan(scores[group].value)}
    metrics = {g: {scores[t].metric for t in groups[g] if t in scores} for g in scored}
    bundles = {group for group in scored if len(metrics[group]) > 1}
    covered: set[str] = set()
    for group in groups:
        # Asked in turn, so that groups listed within one another don't hide each other.
        if group in scored - bundles - covered:
            covered |= _below(group, groups)
    for group in sorted(bundles - {*keep}):
        notes.append(f"{group} sums up tasks of different metrics: left out, its tasks are kept")
    hidden = (covered & scores.keys()) - {*keep}
    tops = [g for g in sorted(scored - bundles - covered) if hidden & _below(g, groups)]
    if hidden:
        notes.append(f"subtasks of {listed(tops)} are left out in favour of the group")
    gone = hidden | (bundles - {*keep})
    return {task: score for task, score in scores.items() if task not in gone}


def _below(group: str, groups: dict[str, list[str]]) -> set[str]:
    below: set[str] = set()
    waiting = list(groups[group])
    while waiting:
        task = waiting.pop()
        if task not in below and task != group:
            below.add(task)
            waiting += groups.get(task, [])
    return below


def _with_mmlu(
    scores: dict[str, _Score], subjects: list[str], path: Path, notes: list[str]
) -> dict[str, _Score]:
    """The subjects of MMLU, which old files list one by one, as their mean."""
    if not subjects:
        return scores
    found = [scores[task] for task in subjects if task in scores]
    rest = {task: score for task, score in scores.items() if task not in subjects}
    if len(found) < len(subjects) or any(math.isnan(score.value) for score in found):
        notes.append(f"{path.name}: MMLU is a gap, not all its subjects have a number")
        return rest | {"MMLU": _Score(math.nan, "acc")}
    short = "" if len(subjects) == _SUBJECTS else f", not of {_SUBJECTS} ({path.name})"
    notes.append(f"MMLU is the mean of {len(subjects)} hendrycksTest tasks{short}")
    mean = math.fsum(score.value for score in found) / len(found)
    return rest | {"MMLU": _Score(mean, listed(sorted({score.metric for score in found})))}


def _model(document: Json, path: Path) -> str:
    arguments = _object(document, "config", path).get("model_args")
    if isinstance(arguments, str):
        pairs = (part.partition("=") for part in arguments.split(","))
        arguments = {key.strip(): value for key, _, value in pairs}
    if not isinstance(arguments, dict):
        arguments = {}
    names = [document.get("model_name"), *(arguments.get(key) for key in _ARGUMENTS)]
    names.append(_object(document, "config_general", path).get("model_name"))
    for name in names:
        if isinstance(name, str) and name.strip():
            return whole_text(name, path)
    raise DataError(f'{path}: no model is named; add "model_name": "org/name" to the file')


def _parameters(document: Json, path: Path) -> float:
    count = number(_object(document, "config", path).get("model_num_parameters"))
    return count / 1e9 if count is not None and 0 < count < math.inf else math.nan


def _date(document: Json, path: Path) -> float:
    """When the run was: from the file, else from its name, which begins with results_DATE."""
    date = document.get("date")
    seconds = number(date)
    if seconds is not None and math.isfinite(seconds):
        return seconds
    for text in (str(date), path.name):
        if day := _DAY.search(text):
            iso = "{}T{}:{}:{}".format(*day.groups())
            try:
                return datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp()
            except ValueError:
                continue
    return -math.inf


def _joined(runs: list[_Run], where: Path, notes: list[str]) -> HarnessResults:
    """All runs as one, the latest winning."""
    runs = sorted(runs, key=lambda run: (run.date, run.path.name, str(run.path)))
    names = _short_names({task for run in runs for task in run.scores})
    table: dict[str, dict[str, _Score]] = {model: {} for model in sorted({r.model for r in runs})}
    twice: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        for task, score in run.scores.items():
            known = table[run.model].get(names[task])
            if known is not None:
                twice[run.model].append(names[task])
            if known is None or not math.isnan(score.value):
                table[run.model][names[task]] = score
    if not any(table.values()):
        raise DataError(
            f"{where}: no task with a score: {listed(n for r in runs for n in r.notes)}"
        )
    notes = [*notes, *dict.fromkeys(note for run in runs for note in run.notes)]
    notes += [
        f"{model}: {listed(dict.fromkeys(tasks))} in several files, the latest number is taken"
        for model, tasks in sorted(twice.items())
    ]
    return HarnessResults(
        {model: {task: s.value for task, s in row.items()} for model, row in table.items()},
        {run.model: run.parameters for run in runs if not math.isnan(run.parameters)},
        tuple([*notes, *_choices(table)]),
    )


def _short_names(tasks: set[str]) -> dict[str, str]:
    """harness|arc:challenge|25 as arc:challenge, unless that task is there with other shots."""
    parts = {task: _SHOTS.fullmatch(task) for task in tasks}
    times = Counter(match[1] for match in parts.values() if match)
    short = {}
    for task, match in parts.items():
        alone = match is not None and times[match[1]] == 1 and match[1] not in tasks
        short[task] = match[1] if match and alone else task.removeprefix("harness|")
    return short


def _choices(table: dict[str, dict[str, _Score]]) -> Iterator[str]:
    """Which metrics were chosen where there was a choice, or where models differ."""
    passed: dict[tuple[str, tuple[str, ...]], dict[str, None]] = defaultdict(dict)
    used: dict[str, Counter[str]] = defaultdict(Counter)
    for row in table.values():
        for task, score in row.items():
            used[task][score.metric] += not math.isnan(score.value)
            if score.others:
                passed[score.metric, score.others][task] = None
    for (metric, others), tasks in passed.items():
        yield f"{metric} is taken, not {' or '.join(others)}: {listed(tasks)}"
    for task, metrics in used.items():
        if len(+metrics) > 1:
            shares = " and ".join(f"{metric} of {n}" for metric, n in (+metrics).items())
            yield f"{task} is {shares} models: not the same measure"
