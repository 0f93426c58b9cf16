"""Recorded completions: files of what models said, read with care and served as a backend.

Here: `read_completions` (every unusable row is counted and named, none silently dropped) and
`ReplayModel`, which answers prompts from such a file. Next door: `table_files` reads the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from phylolm.errors import BackendError, ConfigError, DataError
from phylolm.genome import alleles
from phylolm.models.local.fingerprint import fingerprint
from phylolm.models.protocol import ModelSpec, Probe, Progress, SamplingSettings, WeightedProbe
from phylolm.models.table_files import RawTable, read_table

_SHOWN = 5
"""Row numbers given as examples of one kind of problem."""

_ASKED = ["model", "text"]
"""What tells answers apart; two prompt ids with one text are one gene."""

_LAST_PROBE = 2**31 - 1

_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Problem:
    """One kind of unusable row: how many there are, and the first few row numbers."""

    kind: str
    count: int
    rows: tuple[int, ...]

    def __str__(self) -> str:
        many = self.count > 1
        shown = ", ".join(map(str, self.rows)) + (", …" if self.count > len(self.rows) else "")
        return f"{self.count} row{'s' * many} with {self.kind} (row{'s' * many} {shown})"


@dataclass(frozen=True)
class Recorded:
    """The usable rows of a file, and what was wrong with the others.

    table: columns model, prompt (the prompt's id or, without a prompts file, its text), text
        (the prompt's text), probe, response, and gene if the file has it. Probes count 0, 1, …
        for each model and text, in the order of the file's own numbers.
    """

    path: Path
    table: pd.DataFrame
    problems: tuple[Problem, ...]

    @property
    def models(self) -> list[str]:
        """The models in order of appearance."""
        return [str(name) for name in self.table["model"].unique()]

    def completions(self, model: str) -> pd.DataFrame:
        """The rows of one model, in order of the file."""
        return self.table[self.table["model"] == model]

    def report(self) -> list[str]:
        """One line for each kind of problem."""
        return [f"{self.path}: {problem}" for problem in self.problems]


def read_completions(path: Path | str, prompts_path: Path | str | None = None) -> Recorded:
    """Read recorded completions.

    path: .parquet, .csv or .jsonl (.gz too), with columns model, prompt, response and optionally
        probe and gene. An empty response is data: the model said nothing. Without a probe column
        the rows of one prompt text are counted in order. Only the order of its numbers matters.
    prompts_path: the same formats, columns prompt (id) and text. Without it, the prompt column
        is the text itself.

    Raises ConfigError for an unknown file type, DataError for a file that can't be read, lacks a
    column, or has no usable row.
    """
    path = Path(path)
    texts = None if prompts_path is None else _read_prompts(Path(prompts_path))
    raw = read_table(path, ["model", "prompt", "response"], ["probe", "gene"])
    checks = _Checks(raw)
    _check_cells(checks, texts)
    table = _usable_table(raw.frame[checks.good], texts)
    table = _renumbered(_without_duplicates(checks, table))
    if table.empty:
        why = "; ".join(map(str, checks.problems)) or "it has no rows"
        raise DataError(f"{path}: nothing usable: {why}")
    return Recorded(path, table.reset_index(drop=True), tuple(checks.problems))


class _Checks:
    """Marks rows as unusable, one kind of problem after the other; a row counts once."""

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.good = np.ones(len(raw.frame), dtype=bool)
        self.problems: list[Problem] = []
        self._add("no JSON object, or more fields than the header", raw.unreadable)

    def drop(self, kind: str, bad: _Bools) -> None:
        self._add(kind, self.raw.rows[bad & self.good].tolist())
        self.good &= ~bad

    def _add(self, kind: str, rows: list[int]) -> None:
        if rows:
            self.problems.append(Problem(kind, len(rows), tuple(rows[:_SHOWN])))


def _check_cells(checks: _Checks, texts: dict[str, str] | None) -> None:
    frame = checks.raw.frame
    checks.drop("no model name", ~_each(frame["model"], _is_name))
    if texts is None:
        checks.drop("no prompt text", ~_each(frame["prompt"], _is_name))
    else:
        checks.drop("a prompt id that is not in the prompts file", _unknown(frame, texts))
    checks.drop("no response (null)", frame["response"].isna().to_numpy())
    checks.drop("a response that is not text", ~_each(frame["response"], _is_text))
    if "probe" in frame:
        kind = f"a probe that is not a whole number from 0 to {_LAST_PROBE}"
        checks.drop(kind, ~_each(frame["probe"], _is_count))


def _unknown(frame: pd.DataFrame, texts: dict[str, str]) -> _Bools:
    return ~frame["prompt"].map(_as_id).isin(texts.keys()).to_numpy(dtype=bool)


def _usable_table(frame: pd.DataFrame, texts: dict[str, str] | None) -> pd.DataFrame:
    """The columns of `Recorded.table`; the index still counts the rows of the file."""
    prompt = frame["prompt"].map(_as_id)
    table = pd.DataFrame(
        {
            "model": frame["model"].str.strip(),
            "prompt": prompt,
            "text": prompt if texts is None else prompt.map(texts),
            "response": frame["response"],
        },
        index=frame.index,
        dtype=object,
    )
    if "probe" in frame:
        table["probe"] = frame["probe"].map(int).astype(np.int64)
    else:
        table["probe"] = table.groupby(_ASKED, sort=False).cumcount()
    if "gene" in frame:
        table["gene"] = frame["gene"]
    return table


def _without_duplicates(checks: _Checks, table: pd.DataFrame) -> pd.DataFrame:
    again = np.zeros(len(checks.good), dtype=bool)
    again[table.index] = table.duplicated([*_ASKED, "probe"])
    checks.drop("a model, prompt and probe that came before", again)
    return table[checks.good[table.index]]


def _renumbered(table: pd.DataFrame) -> pd.DataFrame:
    """Probes as 0, 1, …: files count from 1, or number all their rows, or lack some."""
    ordered = table.sort_values("probe", kind="stable")
    return table.assign(probe=ordered.groupby(_ASKED, sort=False).cumcount())


def _read_prompts(path: Path) -> dict[str, str]:
    """Prompt id -> text. An id that is there twice with two texts makes the file useless."""
    frame = read_table(path, ["prompt", "text"]).frame
    bad = ~_each(frame["text"], _is_text) | frame["prompt"].isna().to_numpy()
    if bad.any():
        raise DataError(f"{path}: {int(bad.sum())} prompts without an id or text")
    ids = frame["prompt"].map(_as_id)
    texts = dict(zip(ids, frame["text"], strict=True))
    if len(texts) < len(ids):
        raise DataError(f"{path}: prompt id {ids[ids.duplicated()].iloc[0]!r} is there twice")
    return texts


def _each(column: pd.Series[Any], test: Any) -> _Bools:
    return np.fromiter(map(test, column), dtype=bool, count=len(column))


def _is_text(value: object) -> bool:
    """A string that can be written as UTF-8 (JSON can smuggle in half characters)."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_name(value: object) -> bool:
    return _is_text(value) and bool(str(value).strip())


def _is_count(value: object) -> bool:
    if isinstance(value, str):
        digits = value.strip()
        # Python refuses to read very long numbers.
        return digits.isdecimal() and len(digits) < 20 and int(digits) <= _LAST_PROBE
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LAST_PROBE and value == int(value)


def _as_id(value: object) -> str:
    """Prompt ids are compared as text: 7, 7.0 and "7" are one id."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def open_model(spec: ModelSpec) -> ReplayModel:
    """The backend of `replay:FILE#model`.

    Raises ConfigError if the file does not have the model, and as `read_completions` does.
    """
    file, _, wanted = spec.target.partition("#")
    path = Path(file).expanduser()
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    recorded, revision = _read_once(path, path.stat().st_mtime_ns)
    models = recorded.models
    model = wanted or (models[0] if len(models) == 1 else "")
    if model not in models:
        some = ", ".join(models[:5]) + (", …" if len(models) > 5 else "")
        raise ConfigError(f"{spec.text}: {path.name} has no model {model!r} (it has: {some})")
    return ReplayModel(spec.name, revision, recorded.completions(model))


@lru_cache(maxsize=4)
def _read_once(path: Path, _modified: int) -> tuple[Recorded, str]:
    """Files with many models are opened once for each of them, but read once."""
    return read_completions(path), fingerprint(path)


class ReplayModel:
    """Serves recorded probes; see `phylolm.models.protocol.Backend`.

    completions: rows of one model, columns text (of the prompt), probe and response.
    """

    def __init__(self, name: str, revision: str, completions: pd.DataFrame) -> None:
        self.name = name
        self.revision = revision
        ordered = completions.sort_values("probe", kind="stable")
        grouped = ordered.groupby("text", sort=False)["response"]
        self._responses: dict[str, list[str]] = {
            str(text): responses.tolist() for text, responses in grouped
        }

    def sample(
        self,
        prompts: Sequence[str],
        draws: range,
        settings: SamplingSettings,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Probe]]:
        """The recorded probes number `draws` of each prompt, whatever settings and seed.

        Raises BackendError for a prompt or a probe that was not recorded.
        """
        found = []
        for prompt in prompts:
            responses = self._responses.get(prompt, [])
            if draws and draws[-1] >= len(responses):
                raise BackendError(
                    f"{self.name}: {len(responses)} probes are recorded for the gene "
                    f"{prompt[:40]!r}; number {draws[-1] + 1} was asked for"
                )
            found.append([_recorded_probe(responses[i]) for i in draws])
            if progress is not None:
                progress(1)
        return found

    def exact(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int = alleles.DEFAULT_LENGTH,
        progress: Progress | None = None,
    ) -> list[list[WeightedProbe]]:
        """Always raises BackendError: a recording shows no probabilities."""
        raise BackendError(f"{self.name}: recorded completions have no probabilities to read")


def _recorded_probe(response: str) -> Probe:
    """Nothing more was said than was recorded, so a short response is one that ended."""
    return Probe(response, not alleles.is_complete(response))
