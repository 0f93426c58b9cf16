"""The examination of servers, against a fake one with every vice."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_server import FakeServer

from phylolm.bank.bank import Bank
from phylolm.cli import main
from phylolm.errors import BackendError
from phylolm.genome.genome import Genome
from phylolm.models.protocol import SamplingSettings
from phylolm.models.servers.doctor import Diagnosis
from phylolm.models.servers.model import ServerModel
from phylolm.models.spec import open_model
from phylolm.sequencing.fill import SequencingOptions, sequence

GENOME = Genome.load("math", 12)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


def examined(server: FakeServer, endpoint: str = "completions") -> Diagnosis:
    model = open_model(server.spec(endpoint))
    assert isinstance(model, ServerModel)
    return model.server.examine(model.settle(SamplingSettings()))


def results(diagnosis: Diagnosis) -> dict[str, str]:
    return {check.name: check.result for check in diagnosis.checks}


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_a_good_server(server: FakeServer, endpoint: str) -> None:
    server.honours_seed = server.shows_logprobs = True
    found = examined(server, endpoint)
    said = results(found)
    good = ["samples", "temperature", "n answers a call", "token limit", "seed", "logprobs"]
    good += ["lists of prompts"] * (endpoint == "completions")
    assert [said[name] for name in good] == ["yes"] * len(good)
    assert found.problems == found.warnings == [] and found.choices_per_call == 32
    assert found.served == "fake-1 fp_1"
    assert found.calls == len(server.requests) <= 20


@pytest.mark.parametrize("vice", ["greedy", "same_each_call"])
def test_a_server_that_does_not_sample_is_refused(
    server: FakeServer, tmp_path: Path, vice: str
) -> None:
    setattr(server, vice, True)
    [problem] = examined(server).problems
    assert "same answer every time at temperature 1" in problem
    bank = Bank(tmp_path / "bank")
    failed = sequence(bank, [server.spec()], GENOME, SequencingOptions(probes=4))
    assert isinstance(failed["fake"], BackendError) and failed["fake"].exit_code == 4
    assert bank.parts() == []


def test_silence_is_no_sampling(server: FakeServer) -> None:
    server.dress = ""
    assert "empty answers within 16 tokens" in examined(server).problems[0]


def test_what_a_server_lacks_is_said(
    server: FakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.honours_n = server.honours_limit = server.honours_temperature = server.lists = False
    found = examined(server)
    said = results(found)
    assert said["n answers a call"] == said["token limit"] == "no"
    assert said["temperature"] == "unclear" and said["lists of prompts"] == "refused"
    assert said["seed"] == said["logprobs"] == "no"
    assert found.choices_per_call == 1 and len(found.warnings) == 2 and not found.problems
    before = len(server.requests)
    with caplog.at_level(logging.WARNING):
        sequence(Bank(tmp_path / "b"), [server.spec()], GENOME, SequencingOptions(probes=4))
    assert len(caplog.records) == 2
    assert len(server.requests) - before == found.calls + 48, "n is not asked for in vain"


def test_optional_things_may_be_refused(server: FakeServer) -> None:
    server.refuses = {"seed", "logprobs", "n"}
    said = results(examined(server))
    assert said["seed"] == said["logprobs"] == "refused"
    assert said["n answers a call"] == "no"


def test_a_bad_key_or_no_server_is_said_at_once(server: FakeServer) -> None:
    server.key = "right"
    with pytest.raises(BackendError, match="refuses the key"):
        examined(server)
    assert len(server.requests) == 1


def command(monkeypatch: pytest.MonkeyPatch, capsys: Any, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["phylolm", *words])
    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    server.model = "[red]fake\x1b[31m"
    code, out, err = command(monkeypatch, capsys, "doctor", server.spec("chat"))
    assert code == 0 and "token limit" in out and "22 calls" in err
    assert "[red]fake" in out and "\x1b[31m" not in out
    server.greedy = True
    code, out, err = command(monkeypatch, capsys, "doctor", server.spec(), "--json")
    assert code == 4 and "greedy decoding" in err
    found = json.loads(out)
    assert not found["trusted"] and found["checks"][0]["weight"] == "fatal"
    code, _, err = command(monkeypatch, capsys, "doctor", "hf:gpt2")
    assert code == 2 and "only servers are examined" in err
    code, _, err = command(
        monkeypatch, capsys, "sequence", server.spec(), "--bank", str(tmp_path), "--genes", "2"
    )
    assert code == 4 and "same answer every time" in err
