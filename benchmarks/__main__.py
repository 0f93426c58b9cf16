"""Run all benchmarks and write docs/benchmarks.md: `python -m benchmarks [ZOO_MODEL_FOLDER]`.

Sampling is measured on a model of the demo zoo, which is grown when it isn't there; the atlas on
reference data, and left out where they are absent. Sections of the page that are not made here
(runs of hours, by hand) stay as they are.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from phylolm.zoo import grow

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
REFERENCE = Path(os.environ.get("PHYLOLM_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
CATALOGUE = REFERENCE / "hub" / "constellation_2023-07_textgen.csv.gz"


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else str(_zoo_model())
    runs = [
        ("Start-up", ["bench_startup.py"]),
        ("Distances", ["bench_distances.py"]),
        ("Trees", ["bench_trees.py"]),
        ("Forecasts", ["bench_predict.py"]),
        ("Sampling, a zoo model", ["bench_sampling.py", "--model", model]),
        ("Sampling, a random Llama of 4 layers x 256", ["bench_sampling.py"]),
    ]
    if CATALOGUE.is_file():
        sizes = ["--sizes", "2000", "5000", "--grow", "20000"]
        runs.insert(4, ("Atlas", ["bench_atlas.py", str(CATALOGUE), *sizes]))
    text = [
        "# Speed",
        "Made by `make bench`. Ratios are of one run; absolute times depend on the machine "
        "(2 shared cores, no GPU, for the figures below).",
    ]
    for title, (script, *options) in runs:
        print(f"== {title}", file=sys.stderr)
        command = [sys.executable, str(ROOT / "benchmarks" / script), *options]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            sys.exit(done.stderr)
        print(done.stdout)
        shown = done.stdout.replace(str(ROOT) + "/", "").replace(str(REFERENCE) + "/", "").rstrip()
        text += [f"## {title}", f"`benchmarks/{script}`", f"```text\n{shown}\n```"]
    text += _other_sections(PAGE.read_text(encoding="utf-8"), {title for title, _ in runs})
    PAGE.write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _other_sections(page: str, made: set[str]) -> list[str]:
    """The page's sections whose titles are not among those made now."""
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    return [f"## {each.strip()}" for each in sections if each.splitlines()[0].strip() not in made]


def _zoo_model() -> Path:
    return grow(ROOT / "phylolm-demo" / "zoo-0", "demo").path("alder")


if __name__ == "__main__":
    main()
