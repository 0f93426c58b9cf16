"""What a study's results were made of: `manifest.json` beside them.

    {"phylolm": version, "models": {name: [revision, settings]}, "genome": id,
     "files": {name: {"from": hash of its inputs, "sha256": hash of its content}}}

A result is fresh when it is there, is the file that was written, and its inputs are what they
were. Inputs are named by content (parts, genome) or written out (options), so a result is made
anew exactly when something that goes into it has changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phylolm.files import write_text
from phylolm.version import __version__

NAME = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What is known of the results in a folder."""

    models: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    genome: str = ""
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def is_fresh(self, folder: Path, name: str, inputs: str) -> bool:
        """Whether a file is what these inputs gave."""
        known = self.files.get(name)
        path = folder / name
        if known is None or known.get("from") != inputs or not path.is_file():
            return False
        return known.get("sha256") == _digest(path)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; an empty one when there is none that can be used."""
    try:
        known = json.loads((folder / NAME).read_text(encoding="utf-8"))
        models = {name: (str(a), str(b)) for name, (a, b) in known["models"].items()}
        return Manifest(models, known["genome"], known["files"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Manifest()  # results that nothing is known of are made anew


def write_manifest(
    folder: Path,
    models: Mapping[str, tuple[str, str]],
    genome: str,
    inputs: Mapping[str, str],
) -> None:
    """Record what each file in `inputs` was made from."""
    files = {
        name: {"from": made, "sha256": _digest(folder / name)} for name, made in inputs.items()
    }
    known: dict[str, Any] = {
        "phylolm": __version__,
        "models": {name: list(version) for name, version in models.items()},
        "genome": genome,
        "files": files,
    }
    write_text(folder / NAME, json.dumps(known, indent=1, ensure_ascii=False) + "\n")


def stale(manifest: Manifest, folder: Path, inputs: Mapping[str, str]) -> list[str]:
    """The files that have to be made anew."""
    return [name for name, made in inputs.items() if not manifest.is_fresh(folder, name, made)]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
