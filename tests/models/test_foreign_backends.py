"""Backends of other packages: the ones the docs show, found by an entry point."""

from __future__ import annotations

import re
import sys
import types
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from phylolm.bank.bank import Bank
from phylolm.errors import BackendError, ConfigError
from phylolm.genome.genome import Genome
from phylolm.models import spec
from phylolm.models.servers.model import ServerModel
from phylolm.models.spec import GROUP, looks_like_spec, open_model, parse
from phylolm.sequencing.fill import SequencingOptions, sequence

DOCS = Path(__file__).parents[2] / "docs" / "backends.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes it look as if a package with this code and entry point were installed."""
    entries: list[metadata.EntryPoint] = []

    def entry_points(**wanted: str) -> list[metadata.EntryPoint]:
        return [e for e in entries if all(getattr(e, k) == v for k, v in wanted.items())]

    monkeypatch.setattr(spec.metadata, "entry_points", entry_points)

    def installed(name: str, module: str, code: str) -> None:
        made = types.ModuleType(module)
        exec(code, made.__dict__)
        monkeypatch.setitem(sys.modules, module, made)
        entries.append(metadata.EntryPoint(name, f"{module}:open_model", GROUP))

    return installed


def test_the_examples_are_short() -> None:
    assert len(EXAMPLES) == 2
    assert all(len(code.strip().splitlines()) < 30 for code in EXAMPLES)


def test_a_foreign_backend_works_like_ours(install: Any, tmp_path: Path) -> None:
    install("dice", "phylolm_dice", EXAMPLES[0])
    assert looks_like_spec("small=dice:6") and parse("dice:6?x@1").target == "6?x@1"
    bank = Bank(tmp_path / "bank")
    specs = ["small=dice:6", "large=dice:20"]
    assert sequence(bank, specs, Genome.load("math", 10), SequencingOptions(probes=8)) == {}
    assert sorted(bank.counts().models) == ["large", "small"] and (bank.counts().probes == 8).all()
    with pytest.raises(BackendError, match="dice don't show"):
        open_model("dice:6").exact(["a"], SequencingOptions().settings, 0.1)


def test_a_server_of_ones_own(install: Any) -> None:
    install("house", "phylolm_house", EXAMPLES[1])
    opened = open_model("house:big")
    assert isinstance(opened, ServerModel) and opened.endpoint.model == "big"
    with pytest.raises(BackendError, match="nothing listens at 127.0.0.1:9"):
        opened.sample(["a"], range(1), SequencingOptions().settings, 0)


def test_ours_can_not_be_replaced(install: Any) -> None:
    install("replay", "phylolm_evil", "def open_model(spec): raise AssertionError")
    assert spec.find_backend("replay") is spec.BACKENDS["replay"]


def test_a_broken_one_is_one_line(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install("odd", "phylolm_odd", "x = 1")
    with pytest.raises(BackendError, match="odd: the backend phylolm_odd:open_model is broken"):
        open_model("odd:a")
    with pytest.raises(ConfigError, match="unknown backend 'nope' .known: hf, replay, .*, odd"):
        parse("nope:a")
