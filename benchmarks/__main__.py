"""Run all benchmarks and write docs/benchmarks.md: `python -m benchmarks [ZOO_MODEL_FOLDER]`.

`python -m benchmarks --only page` runs those whose script's name holds the word, and leaves the
page's other sections as they are.

Sampling is measured on a model of the demo zoo, which is grown when it isn't there; the atlas on
reference data, and left out where they are absent. Sections of the page that are not made here
(runs of hours, by hand) stay as they are.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from phylolm.zoo import grow

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
REFERENCE = Path(os.environ.get("PHYLOLM_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
STUDY = REFERENCE / "phylolm" / "similarity_math_completion.csv"
ZOO_MODEL = "(a model of the demo zoo)"
SECTION = re.compile(r"^## ", re.MULTILINE)
HEAD = (
    "# Speed\n\nMade by `make bench`. Ratios are of one run; absolute times depend on the machine "
    "(2 shared cores, no GPU, for the figures below)."
)
CATALOGUE = REFERENCE / "hub" / "constellation_2023-07_textgen.csv.gz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", help="a model of the demo zoo")
    parser.add_argument("--only", default="", help="part of a script's name")
    chosen = parser.parse_args()
    runs = [run for run in _runs(chosen.model) if chosen.only in run[1][0]]
    made = {title: _section(title, *command) for title, command in runs}
    PAGE.write_text(merged(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")


def _runs(model: str | None) -> list[tuple[str, list[str]]]:
    """Titles of sections, and the script and options that make each."""
    runs = [
        ("Start-up", ["bench_startup.py"]),
        ("Distances", ["bench_distances.py"]),
        ("Trees", ["bench_trees.py"]),
        ("Forecasts", ["bench_predict.py"]),
        ("Sampling, a zoo model", ["bench_sampling.py", "--model", model or ZOO_MODEL]),
        ("Sampling, a random Llama of 4 layers x 256", ["bench_sampling.py"]),
    ]
    if CATALOGUE.is_file():
        sizes = ["--sizes", "2000", "5000", "--grow", "20000"]
        runs.insert(4, ("Atlas", ["bench_atlas.py", str(CATALOGUE), *sizes]))
    if shutil.which("chromium"):
        study = ["--study", str(STUDY)] if STUDY.is_file() else []
        atlas = [str(CATALOGUE)] if CATALOGUE.is_file() else []
        runs.append(("The page in a browser", ["bench_page.py", *atlas, *study]))
    return runs


def _section(title: str, script: str, *options: str) -> str:
    print(f"== {title}", file=sys.stderr)
    options = tuple(str(_zoo_model()) if each == ZOO_MODEL else each for each in options)
    command = [sys.executable, str(ROOT / "benchmarks" / script), *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(done.stderr)
    print(done.stdout)
    shown = done.stdout.replace(str(ROOT) + "/", "").replace(str(REFERENCE) + "/", "").rstrip()
    return f"## {title}\n\n`benchmarks/{script}`\n\n```text\n{shown}\n```"


def merged(page: str, made: Mapping[str, str]) -> str:
    """The page with the sections made now, by title; its others stay as they are."""
    sections = {each.splitlines()[0].strip(): each for each in SECTION.split(page)[1:]}
    kept = {title: f"## {each.strip()}" for title, each in sections.items()}
    return "\n\n".join([HEAD, *(kept | made).values()]) + "\n"


def _zoo_model() -> Path:
    return grow(ROOT / "phylolm-demo" / "zoo-0", "demo").path("alder")


if __name__ == "__main__":
    main()
