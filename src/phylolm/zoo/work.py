"""One piece of work of a growth, and the process it runs in.

Here: `TextJob` and `ModelJob`, which know what to make and under which name it is finished, and
`serve`, which prepares a worker process. Next door: `grow` decides what runs when; `vocabulary` and
`train` do the work and are imported only when it starts.

Everything is made in `.growing/` and renamed when complete, so a worker may die at any moment.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phylolm import files
from phylolm.errors import DataError
from phylolm.zoo.recipes import Mix, Recipe, TokenizerRecipe

Report = Callable[[int, int], None]

_POLL = 0.2
_EVERY = 0.1


@dataclass(frozen=True)
class TextJob:
    """A tokenizer to train and every corpus to encode with it."""

    name: str
    needs: tuple[str, ...]
    total: int
    folder: Path
    recipe: TokenizerRecipe
    seed: int
    characters: int
    target: Path

    def run(self, report: Report) -> None:
        from phylolm.zoo import vocabulary

        made = _fresh(self.folder, self.name)
        vocabulary.prepare(self.recipe, self.seed, self.characters, made, report)
        _settle(made, self.target)

    def is_done(self) -> bool:
        return self.target.is_dir()


@dataclass(frozen=True)
class ModelJob:
    """A model to make and save as any checkpoint is saved."""

    name: str
    needs: tuple[str, ...]
    total: int
    folder: Path
    recipe: Recipe
    diet: Mix
    seed: int
    sizes: tuple[int, int, int, int]
    text: Path
    fingerprint: str

    def run(self, report: Report) -> None:
        started = time.monotonic()
        made = _fresh(self.folder, self.name)
        if self.recipe.relation == "copy":
            shutil.copytree(self._model(self.recipe.parents[0]), made, dirs_exist_ok=True)
            facts = read_record(self.folder, self.recipe.parents[0]) | {"loss": None}
        else:
            facts = self._make(made, report)
        facts |= {"fingerprint": self.fingerprint, "seconds": time.monotonic() - started}
        record_path(self.folder, self.name).unlink(missing_ok=True)
        _settle(made, self._model(self.name))
        write_json(record_path(self.folder, self.name), facts)

    def _make(self, made: Path, report: Report) -> dict[str, Any]:
        from phylolm.zoo import train

        width, layers, rows, length = self.sizes
        teacher = self._model(self.recipe.teacher) if self.recipe.teacher else None
        order = train.Order(
            self.recipe, self.diet, self.seed, width, layers, rows, length, self.text,
            tuple(map(self._model, self.recipe.parents)), teacher,
        )  # fmt: skip
        with train.alone():
            result = train.make(order, report)
            self._save(result, made)
        return {"loss": result.loss, "parameters": result.model.num_parameters()}

    def _save(self, result: Any, made: Path) -> None:
        from safetensors import SafetensorError

        try:
            result.model.save_pretrained(made)
            result.tokenizer.save_pretrained(made)
        except SafetensorError as error:
            raise DataError(f"can't save {self.name} in {self.folder}: {error}") from error

    def _model(self, name: str) -> Path:
        return self.folder / "models" / name

    def is_done(self) -> bool:
        record = read_record(self.folder, self.name)
        saved = self._model(self.name) / "model.safetensors"
        return record.get("fingerprint") == self.fingerprint and saved.is_file()


Job = TextJob | ModelJob


def record_path(folder: Path, name: str) -> Path:
    """What is known of a grown model; kept apart, so that its folder is a plain checkpoint."""
    return folder / ".grown" / f"{name}.json"


def read_record(folder: Path, name: str) -> dict[str, Any]:
    """What is recorded of a grown model; {} where nothing is."""
    path = record_path(folder, name)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def write_json(path: Path, content: object) -> None:
    """Write JSON, whole or not at all."""
    files.write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _fresh(folder: Path, name: str) -> Path:
    made = folder / ".growing" / name
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    return made


def _settle(made: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    made.rename(target)


_events: Any = None


def serve(events: Any, stop: Any) -> None:
    """Prepare a worker process: where to report, and when to give up."""
    global _events
    _events = events
    # An unread report must not keep a finished worker alive.
    events.cancel_join_thread()
    threading.Thread(target=_leave_when_told, args=(stop,), daemon=True).start()


def _leave_when_told(stop: Any) -> None:
    """End the process when the parent says so or is gone; nothing half-made has a final name."""
    parent = multiprocessing.parent_process()
    while parent is not None and parent.is_alive() and not stop.wait(_POLL):
        pass
    os._exit(1)


def run_here(job: Job) -> None:
    """Run one job in a worker, reporting at most ten times a second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            _events.put((job.name, done, total))

    job.run(report)
