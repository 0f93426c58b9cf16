"""Probes a second and calls of one model: run here, and behind a server on loopback.

    python benchmarks/bench_servers.py [--genes 64] [--probes 32] [-o FILE.json]

The same tiny model (random 2 x 32 Llama) everywhere, so that servers show what asking costs, not
what models cost; the server is the tests' own and answers from probabilities it has computed
before. A probe is one completion; where distributions are taken, a gene's counts as one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent / "tests")]
os.environ["OMP_NUM_THREADS"] = "1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genes", type=int, default=64)
    parser.add_argument("--probes", type=int, default=32)
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    figures = _measure(options.genes, options.probes)
    print(f"{'':28} {'seconds':>8} {'a second':>9} {'calls':>6}  missing")
    for name, each in figures.items():
        missing = f"{each['missing']:.3f}" if "missing" in each else ""
        rate, calls = each["a_second"], each["calls"]
        print(f"{name:28} {each['seconds']:8.2f} {rate:9.1f} {calls:6}  {missing}")
    if options.output:
        options.output.write_text(json.dumps(figures, indent=2) + "\n")


def _measure(count: int, probes: int) -> dict[str, dict[str, Any]]:
    from logprob_server import LogprobServer

    from phylolm.genome.genome import Genome
    from phylolm.models.protocol import SamplingSettings

    genes = [gene.text for gene in Genome.load("math", count).genes]
    settings = SamplingSettings(max_tokens=5, boundary="plain")
    figures: dict[str, dict[str, Any]] = {}

    def add(name: str, work: Callable[[], Any], each: int, calls: Callable[[], int]) -> Any:
        start, before = time.perf_counter(), calls()
        found = work()
        seconds = time.perf_counter() - start
        rate = each * len(genes) / seconds
        figures[name] = {"seconds": seconds, "a_second": rate, "calls": calls() - before}
        return found

    def lacking(found: list[list[Any]]) -> float:
        held = [sum(probe.probability for probe in probes) for probes in found]
        return 1 - sum(held) / len(held)

    with LogprobServer() as server:

        def calls() -> int:
            return len(server.requests)

        tiny, draws = server.tiny, range(probes)
        tiny.sample(genes[:2], range(1), settings, 0)  # the token table
        add("local trie", lambda: tiny.sample(genes, draws, settings, 0), probes, calls)
        exact = add("local exact (0.01)", lambda: tiny.exact(genes, settings, 0.01), 1, calls)
        figures["local exact (0.01)"]["missing"] = lacking(exact)
        for name, honours in (("server, 32 answers a call", True), ("server, 1 a call", False)):
            _opened(server).sample(genes, draws, settings, 0)  # fills the server's memory
            server.honours_n = honours
            model = _opened(server)
            add(name, lambda m=model: m.sample(genes, draws, settings, 0), probes, calls)
        server.honours_n = True
        _opened(server).exact(genes, settings, 0.01)
        stated = add(
            "server, exact (0.01)", lambda: _opened(server).exact(genes, settings, 0.01), 1, calls
        )
        figures["server, exact (0.01)"]["missing"] = lacking(stated)
    return figures


def _opened(server: Any) -> Any:
    """A model that is not examined again."""
    from phylolm.models.spec import open_model

    model: Any = open_model(server.spec())
    model.trusted = model.trusted_stated = True
    return model


if __name__ == "__main__":
    main()
