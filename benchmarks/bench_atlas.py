"""How fast the atlas is, beside the original's approach, and how time grows with n.

    .venv/bin/python benchmarks/bench_atlas.py CATALOGUE [--sizes 2000 5000 15821]
        [--original-up-to 5000] [--whole] [--grow 20000 60000 200000 2000000]

The original's approach: TF-IDF made dense, scipy's single linkage of the rows. Sizes take the
first rows. --whole builds the atlas of the whole catalogue, all steps and files; --grow those of
real names drawn at random, with random edits, without pictures. CPU seconds of all threads, and
the peak memory of a process of its own for each row; wall times depend on what else runs. Steps
of a build are told as they end, so that a run cut short tells how far it came.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def ours(ids: list[str], layout: bool) -> dict[str, float]:
    """CPU seconds of each step: vectors and nearest names, clusters, graph."""
    from phylolm.atlas.clusters import cluster_names
    from phylolm.atlas.graph import name_graph
    from phylolm.atlas.neighbours import similar_names

    seconds = {}
    started = time.process_time()
    similar = similar_names(ids)
    seconds["nearest names"] = time.process_time() - started
    started = time.process_time()
    cluster_names(similar)
    seconds["linkage, clusters"] = time.process_time() - started
    if layout:
        started = time.process_time()
        name_graph(similar)
        seconds["graph, layout"] = time.process_time() - started
    return seconds


def original(ids: list[str]) -> dict[str, float]:
    from scipy.cluster.hierarchy import linkage
    from sklearn.feature_extraction.text import TfidfVectorizer

    started = time.process_time()
    dense = TfidfVectorizer().fit_transform([i.rpartition("/")[2] for i in ids]).toarray()
    linkage(dense, "single")
    return {"dense TF-IDF, single linkage": time.process_time() - started}


def grown(ids: list[str], size: int) -> Any:
    """A catalogue of `size` models drawn from real ones; every name gets a word of another and a
    number, every third declares the model it was drawn from as its base."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(ids), (size, 2))
    numbers = rng.integers(0, 1000, size)
    made, bases = [], []
    for row, (first, second) in enumerate(drawn.tolist()):
        words = ids[second].rpartition("/")[2].split("-")
        made.append(f"{ids[first]}-{words[row % len(words)]}-v{numbers[row]}")
        bases.append("" if row % 3 else ids[first])
    downloads = rng.pareto(0.7, size).clip(0, 1e7).astype(int)
    return pd.DataFrame({"id": made, "downloads": downloads, "base_model": bases})


def built(models: Any, pictures: bool) -> dict[str, float]:
    """CPU seconds of each step of `atlas build`; told with the peak memory as they end."""
    from phylolm.atlas.build import BuildOptions, build
    from phylolm.atlas.catalogue import Catalogue

    seconds: dict[str, float] = {}
    started = [time.process_time()]

    def tell(step: str, wall: float) -> None:
        seconds[step] = time.process_time() - started[0]
        started[0] = time.process_time()
        took = f"CPU {seconds[step]:.1f} s, wall {wall:.1f} s, peak {peak():.2f} GB"
        print(f"{len(models)} {step}: {took}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as folder:
        build(Catalogue(models), Path(folder), BuildOptions(pictures=pictures), tell)
    return seconds


def peak() -> float:
    """Of this process, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def one(arguments: argparse.Namespace) -> dict[str, Any]:
    from phylolm.atlas.catalogue import read_catalogue
    from phylolm.atlas.columns import typed

    catalogue = read_catalogue(arguments.catalogue)
    ids = catalogue.ids
    kind, size = arguments.only.split(":")
    ours(ids[:300], layout=True)  # compiles
    wall = time.perf_counter()
    if kind == "whole":
        chosen, seconds = ids, built(catalogue.models, pictures=True)
    elif kind == "grown":
        chosen = typed(grown(ids, int(size))).table
        seconds = built(chosen, pictures=False)
    else:
        chosen = ids[: int(size)]
        seconds = original(chosen) if kind == "original" else ours(chosen, layout=True)
    total = {"all": sum(seconds.values())}
    if kind in ("phylolm", "original"):
        total["tree"] = total["all"] - seconds.get("graph, layout", 0)
    return {
        "what": kind, "models": len(chosen), **seconds, **total,
        "wall": time.perf_counter() - wall, "peak GB": peak(),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--sizes", type=int, nargs="*", default=[2000, 5000, 15821])
    parser.add_argument("--original-up-to", type=int, default=5000)
    parser.add_argument("--grow", type=int, nargs="*", default=[])
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        print(json.dumps(one(chosen)))
        return
    runs = [f"phylolm:{n}" for n in chosen.sizes]
    runs += [f"original:{n}" for n in chosen.sizes if n <= chosen.original_up_to]
    runs += ["whole:0"] * chosen.whole + [f"grown:{n}" for n in chosen.grow]
    total: dict[tuple[str, int], float] = {}
    for run in runs:
        command = [sys.executable, __file__, str(chosen.catalogue), "--only", run]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            print(f"{run}: ended with code {done.returncode}", flush=True)
            continue
        row = json.loads(done.stdout.splitlines()[-1])
        total[row["what"], row["models"]] = row.get("tree", row["all"])
        shown = (f"{k} {v:.3g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
        print("  ".join(shown), flush=True)
    for (kind, models), seconds in total.items():
        if kind == "original" and ("phylolm", models) in total:
            print(
                f"ratio of tree and clusters at {models}: {seconds / total['phylolm', models]:.1f}"
            )


if __name__ == "__main__":
    main()
