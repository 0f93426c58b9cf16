"""Run all benchmarks and write docs/benchmarks.md: `python -m benchmarks [ZOO_MODEL_FOLDER]`.

Sampling is measured on a model of the demo zoo, which is grown when it isn't there.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from phylolm.zoo import grow

ROOT = Path(__file__).parents[1]


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
        shown = done.stdout.replace(str(ROOT) + "/", "").rstrip()
        text += [f"## {title}", f"`benchmarks/{script}`", f"```text\n{shown}\n```"]
    (ROOT / "docs" / "benchmarks.md").write_text("\n\n".join(text) + "\n", encoding="utf-8")


def _zoo_model() -> Path:
    return grow(ROOT / "phylolm-demo" / "zoo-0", "demo").path("alder")


if __name__ == "__main__":
    main()
