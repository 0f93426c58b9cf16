"""A real server: transformers' own, on loopback, with a model of the zoo.

It decodes greedily unless the model's generation settings say `do_sample`, whatever temperature
is asked for: the reason why servers are examined at all.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from phylolm.ancestry import kin
from phylolm.bank.bank import Bank
from phylolm.errors import BackendError
from phylolm.genome.genome import Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import SamplingSettings
from phylolm.sequencing.fill import SequencingOptions, sequence

SECONDS_TO_START = 120
NEEDED = ("transformers", "fastapi", "uvicorn", "openai")


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[str]:
    """The spec of a model that is served while the block runs."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"transformers serve needs {', '.join(missing)}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from transformers.cli.transformers import main; main()"
    where = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    command = [sys.executable, "-c", code, "serve", str(folder), *where]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        try:
            if not answers(f"http://127.0.0.1:{port}/health", process):
                last = log.read_text(errors="replace").strip().splitlines()[-1:]
                pytest.skip(f"transformers serve does not start here: {last}")
            yield f"http://127.0.0.1:{port}/v1#{folder}"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except OSError:
            time.sleep(0.2)
    return False


def served_copy(zoo: Any, folder: Path, **generation: object) -> Path:
    shutil.copytree(zoo.path("alder"), folder)
    settings = folder / "generation_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | generation))
    return folder


def test_a_server_that_decodes_greedily_is_refused(zoo: Any, tmp_path: Path) -> None:
    with serving(served_copy(zoo, tmp_path / "greedy"), tmp_path / "log") as spec:
        bank = Bank(tmp_path / "bank")
        failed = sequence(bank, [spec], Genome.load("math", 4), SequencingOptions(probes=2))
    [error] = failed.values()
    assert isinstance(error, BackendError) and error.exit_code == 4
    assert "same answer every time at temperature 1: greedy decoding" in str(error)
    assert bank.parts() == []


def test_a_served_model_is_told_to_be_itself(zoo: Any, tmp_path: Path) -> None:
    """What a server samples is what transformers samples here, gene by gene."""
    whole = {"do_sample": True, "top_k": 0, "top_p": 1.0}
    folder = served_copy(zoo, tmp_path / "sampling", **whole)
    genome, bank = Genome.load("math", 12), Bank(tmp_path / "bank")
    settings = SamplingSettings(boundary="plain", max_tokens=8)
    options = SequencingOptions(probes=8, settings=settings, limits=Limits(concurrency=2))
    with serving(folder, tmp_path / "log") as spec:
        local = [f"here=hf:{folder}", f"other=hf:{zoo.path('birch')}"]
        assert sequence(bank, [f"served={spec}", *local], genome, options) == {}
    counts = bank.counts(genome, (1, 2))
    assert (counts.probes == 8).all()
    assert kin.compare(counts, "served", "here").p_value > 0.001
    assert kin.compare(counts, "served", "other").p_value < 0.01
