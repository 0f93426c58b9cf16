"""What an engine costs: two Ray nodes on this machine against the local engine, same work.

    python benchmarks/bench_engines.py [--genes 128] [--probes 32] [--models 4] [-o FILE.json]

Random 4 x 256 Llamas, one thread each; wall seconds, and their ratio. With as many free cores as
nodes, two nodes without overhead would take half the time: overhead = 2 * ray / local.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
os.environ["OMP_NUM_THREADS"] = "1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genes", type=int, default=128)
    parser.add_argument("--probes", type=int, default=32)
    parser.add_argument("--models", type=int, default=4)
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = _measure(Path(scratch), options)
    for name, value in figures.items():
        print(f"{name:24} {value:.2f}" if isinstance(value, float) else f"{name:24} {value}")
    if options.output:
        options.output.write_text(json.dumps(figures, indent=2) + "\n")


def _measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    import ray
    from ray.cluster_utils import Cluster

    models = [_model(folder / f"model-{seed}", seed) for seed in range(options.models)]
    local = _time("local", models, folder, options)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    try:
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        two_nodes = _time("ray", models, folder, options)
    finally:
        ray.shutdown()
        cluster.shutdown()
    return {
        "models": options.models,
        "genes": options.genes,
        "probes": options.probes,
        "cores": os.cpu_count(),
        "local_s": local,
        "ray_two_nodes_s": two_nodes,
        "ray_over_local": two_nodes / local,
        "overhead_on_two_cores": 2 * two_nodes / local,
    }


def _model(folder: Path, seed: int) -> str:
    from tests import tiny_models

    tokenizer = tiny_models.corpus_tokenizer(2846)
    model = tiny_models.llama(len(tokenizer), seed=seed, hidden=256, layers=4, sharpness=9.0)
    return f"hf:{tiny_models.save(model, tokenizer, folder)}"


def _time(engine: str, models: list[str], folder: Path, options: argparse.Namespace) -> float:
    from phylolm.bank.bank import Bank
    from phylolm.genome.genome import Genome
    from phylolm.models.spec import open_model, parse
    from phylolm.sequencing.engines import Opened, find_engine
    from phylolm.sequencing.fill import SequencingOptions

    opened = [Opened(parse(text), open_model(text)) for text in models]
    genome = Genome.load("math", options.genes)
    start = time.perf_counter()
    fill = find_engine(engine)
    failed = fill(Bank(folder / engine), opened, genome, SequencingOptions(probes=options.probes))
    assert not failed, failed
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
