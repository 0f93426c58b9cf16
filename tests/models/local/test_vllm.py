"""What vLLM is told, by a small stand-in: it can't be run without a GPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fake_vllm
import pytest
from fake_vllm import Engine

from phylolm.bank.bank import Bank
from phylolm.errors import BackendError, ConfigError
from phylolm.genome.genome import Genome
from phylolm.models.protocol import SamplingSettings, settle
from phylolm.models.spec import open_model, parse
from phylolm.sequencing.fill import SequencingOptions, sequence

GENES = ["the cat sat on", "1 + 2 ="]
SETTINGS = SamplingSettings(max_tokens=6)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    yield fake_vllm.install(monkeypatch, tmp_path)
    sys.modules.pop("phylolm.models.local.vllm", None)


def test_specs() -> None:
    parsed = parse("vllm:org/name@main?tp=2&dtype=bfloat16")
    assert (parsed.target, parsed.revision, parsed.name) == ("org/name", "main", "org/name@main")
    with pytest.raises(ConfigError, match="tp='3' is not one of 1, 2, 4, 8"):
        parse("vllm:org/name?tp=3")


def test_without_vllm_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "phylolm.models.local.vllm", raising=False)
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(BackendError, match=r"vllm: models need the package vllm.*phylolm\[vllm\]"):
        open_model("vllm:org/name")


def test_what_vllm_is_told(folder: str) -> None:
    model: Any = open_model(f"vllm:{folder}?tp=2&dtype=bfloat16")
    assert model.name == "tiny" and model.revision.endswith("+vllm+bfloat16")
    assert Engine.loaded == [], "nothing is loaded before it is asked"
    steps: list[int] = []
    found = model.sample(GENES, range(5), SETTINGS, 0, progress=steps.append)
    assert [len(probes) for probes in found] == [5, 5] and sum(steps) == 2
    [told] = Engine.loaded
    assert told["model"] == folder and told["tensor_parallel_size"] == 2
    assert told["enable_prefix_caching"] and told["dtype"] == "bfloat16"
    assert told["revision"] is None and not told["trust_remote_code"]
    first, second = model.engine.asked
    assert (first.n, first.temperature, first.top_p, first.max_tokens) == (5, 1.0, 1.0, 6)
    assert 0 <= first.seed < 2**53 and abs(first.seed - second.seed) > 1000
    assert all(probe.ended == probe.text.startswith("a") for row in found for probe in row)


def test_probes_depend_on_their_prompt_alone(folder: str) -> None:
    model: Any = open_model(f"vllm:{folder}")
    both = model.sample(GENES, range(6), SETTINGS, 0)
    assert model.sample(GENES[1:], range(6), SETTINGS, 0) == both[1:]
    assert model.sample(GENES, range(4), SETTINGS, 0) == [row[:4] for row in both]
    assert model.sample(GENES, range(6, 12), SETTINGS, 0) != both
    assert model.sample(GENES, range(6), SETTINGS, 1) != both
    other: Any = open_model(f"other=vllm:{folder}")
    assert other.sample(GENES, range(6), SETTINGS, 0) != both
    assert model.sample([], range(6), SETTINGS, 0) == []
    assert model.sample(GENES, range(0), SETTINGS, 0) == [[], []]


def test_settings_and_what_it_can_not_do(folder: str) -> None:
    model: Any = open_model(f"vllm:{folder}")
    assert settle(model, SamplingSettings()) == SamplingSettings(boundary="plain").settled()
    with pytest.raises(ConfigError, match="half words"):
        model.sample(GENES, range(1), SamplingSettings(boundary="healed"), 0)
    with pytest.raises(ConfigError, match="no prompt mode 'continue'"):
        settle(model, SamplingSettings(prompt_mode="continue"))
    with pytest.raises(BackendError, match="use hf: with --exact"):
        model.exact(GENES, SETTINGS, 0.1)
    with pytest.raises(BackendError, match="there is no folder"):
        open_model("vllm:./nowhere")


def test_from_vllm_to_a_bank(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank, genome = Bank(tmp_path / "bank"), Genome.load("math", 10)
    assert sequence(bank, [f"vllm:{folder}"], genome, SequencingOptions(probes=4)) == {}
    assert (bank.counts().probes == 4).all()
    assert bank.parts()[0].header.settings["boundary"] == "plain"
    loads = len(Engine.loaded)
    assert sequence(bank, [f"vllm:{folder}"], genome, SequencingOptions(probes=4)) == {}
    assert len(Engine.loaded) == loads, "a finished study loads nothing"
    monkeypatch.setattr(Engine, "fails", "CUDA is not there\nand more")
    failed = sequence(bank, [f"vllm:{folder}"], genome, SequencingOptions(probes=8))
    assert "can't load it (RuntimeError: CUDA is not there)" in str(failed["tiny"])
