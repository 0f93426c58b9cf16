"""Everything that goes wrong with servers, one at a time, against a small fake one."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from fake_server import FakeServer

from phylolm.bank.bank import Bank
from phylolm.errors import BackendError
from phylolm.genome.genome import Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import ModelSpec, SamplingSettings
from phylolm.models.servers.failures import plain, redact
from phylolm.models.servers.model import ServerModel
from phylolm.models.servers.openai_api import Wire
from phylolm.models.servers.providers import endpoint_of
from phylolm.models.servers.retry import Caller, Patience
from phylolm.models.spec import parse
from phylolm.sequencing import fill
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.sequencing.stream import GENES_PER_WRITE

GENES = ["the cat sat on", "1 + 2 =", "def area(width, hei"]
SETTINGS = SamplingSettings(max_tokens=6)
UNSEEN = Limits(examine=False)
QUICK = Patience(attempts=4, first=0.01, longest=0.02, told=2.0)
KEY = "sk-proj-0123456789abcdefXYZ"


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


def model_of(spec: str, patience: Patience = QUICK, seconds: float = 5.0) -> ServerModel:
    parsed = parse(spec)
    endpoint = replace(endpoint_of(parsed), key=KEY, key_env="THE_KEY")
    model = ServerModel(parsed.name, Caller(Wire(endpoint, seconds), patience))
    model.server.checked = True
    return model


def sample(model: ServerModel, probes: int = 4) -> list[int]:
    return [len(found) for found in model.sample(GENES, range(probes), SETTINGS, 0)]


PASSING = [
    "429", "500", "502", "503", "408", "half", "drop", "not json", "no choices", "bad choice",
    "empty", "huge",
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("endpoint", ["completions", "chat"])
def test_what_passes_is_tried_again(server: FakeServer, fault: str, endpoint: str) -> None:
    server.faults.extend(["", fault, fault])
    model = model_of(server.spec(endpoint))
    assert sample(model) == [4, 4, 4]
    assert len(server.requests) == model.server.caller.calls == 5


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("429", "answers 429"),
        ("500", "answers 500"),
        ("half", "breaks off in the middle"),
        ("drop", "closes the connection without an answer"),
        ("not json", "not JSON"),
        ("no choices", "no choices"),
        ("bad choice", "a choice that has no text"),
        ("empty", "empty list of choices"),
        ("huge", "more than 8,000,000 bytes"),
    ],
)
def test_what_does_not_pass_is_one_line(server: FakeServer, fault: str, message: str) -> None:
    server.faults.extend([fault] * 99)
    with pytest.raises(BackendError, match=message) as caught:
        sample(model_of(server.spec()))
    said = str(caught.value)
    assert said.isprintable() and KEY not in said and "127.0.0.1" in said


def test_a_hanging_server_is_given_up_and_asked_again(server: FakeServer) -> None:
    server.faults.extend(["hang"])
    assert sample(model_of(server.spec(), seconds=0.4)) == [4, 4, 4]
    server.faults.extend(["hang"] * 99)
    with pytest.raises(BackendError, match="no whole answer in 0.2 seconds"):
        sample(model_of(server.spec(), replace(QUICK, attempts=2), seconds=0.2))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("401", r"refuses the key in THE_KEY \(401\): it may have expired"),
        ("403", "refuses the key in THE_KEY"),
        ("402", "no credit left"),
        ("quota", "no credit left"),
        ("404", "has no model 'fake', or no text completions .then add .endpoint=chat"),
        ("400", r"refuses the request \(400\): trouble with Bearer \[key\] \[31m\[red\]"),
        ("422", "refuses the request"),
        ("307", "sends elsewhere"),
    ],
)
def test_refusals_are_not_tried_again(server: FakeServer, fault: str, message: str) -> None:
    server.faults.extend([fault] * 99)
    with pytest.raises(BackendError, match=message) as caught:
        model_of(server.spec()).sample(GENES[:1], range(1), SETTINGS, 0)
    assert len(server.requests) == 1
    assert str(caught.value).isprintable() and "0123456789" not in str(caught.value)


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_is_honoured_by_all_calls(server: FakeServer, kind: str) -> None:
    # A date counts from the server's own clock, so that ours may be wrong.
    server.retry_after = "1" if kind == "seconds" else formatdate(time.time() + 2, usegmt=True)
    server.faults.append("429")
    started = time.monotonic()
    model = model_of(server.spec(), replace(QUICK, told=30.0))
    assert sample(model) == [4, 4, 4]
    assert 0.9 < time.monotonic() - started < 5


def test_a_server_that_asks_to_wait_for_hours_is_given_up(server: FakeServer) -> None:
    server.faults.append("429")
    server.retry_after = "7200"
    with pytest.raises(BackendError, match="asks to wait 7,200 seconds"):
        sample(model_of(server.spec()))


@pytest.mark.parametrize("fault", ["one fewer", "one more"])
def test_a_wrong_number_of_answers_is_made_right(server: FakeServer, fault: str) -> None:
    server.faults.extend([fault] * 3)
    assert sample(model_of(server.spec()), 6) == [6, 6, 6]


def test_a_limit_of_answers_a_call_is_found(server: FakeServer) -> None:
    server.most_choices = 8
    model = model_of(server.spec())
    assert sample(model, 32) == [32, 32, 32] and model.server.choices_per_call == 8
    assert len(server.requests) <= 3 * 4 + 3 * 2


def test_over_long_answers_are_cut(server: FakeServer) -> None:
    server.honours_limit = False
    [[probe]] = model_of(server.spec()).sample(GENES[:1], range(1), SETTINGS, 0)
    assert len(probe.text) <= 2000 and not probe.ended


def test_nobody_listens() -> None:
    with FakeServer() as server:
        spec = server.spec()
    started = time.monotonic()
    with pytest.raises(BackendError, match="nothing listens at 127.0.0.1:.*start the server"):
        sample(model_of(spec, Patience()))
    assert time.monotonic() - started < 5


def test_no_such_name() -> None:
    spec = "http://no-such-host.invalid/v1#m"
    with pytest.raises(BackendError, match=r"no server called no-such-host\.invalid"):
        sample(model_of(spec, Patience()))


def test_a_changed_model_is_told_and_marked(
    server: FakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.extend([""] * 5 + ["other model"] * 99)
    bank = Bank(tmp_path / "bank")
    with caplog.at_level(logging.WARNING):
        sequence(
            bank,
            [server.spec()],
            Genome.load("math", 20),
            SequencingOptions(probes=2, limits=UNSEEN),
        )
    [record] = caplog.records
    assert "now 'fake-2 [31m fp_2' (before: 'fake-1 fp_1')" in record.getMessage()
    served = [tuple(part.header.provenance["served"]) for part in bank.parts()]
    assert ("fake-1 fp_1", "fake-2 [31m fp_2") in served


def test_redaction() -> None:
    assert redact(f"bad key {KEY}!", KEY) == "bad key [key]!"
    assert redact(f"bad key {KEY[:11]}***", KEY) == "bad key [key]***"
    assert redact("nothing", KEY) == "nothing" and redact("x", "") == "x"
    assert (
        plain("a\n\x1b[31m  b" + "x" * 200).startswith("a [31m b") and len(plain("y" * 999)) == 160
    )


def test_the_key_is_in_no_output_log_or_file(
    server: FakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.key = KEY
    server.faults.extend(["", "500", "", *["400"] * 9])
    command = [
        sys.executable, "-c", "from phylolm.cli import main; main()",
        "sequence", server.spec(), "--bank", str(tmp_path / "bank"),
        "--concurrency", "1", "--no-check",
    ]  # fmt: skip
    outputs = []
    for key in (KEY, KEY[:-3] + "bad"):
        environment = {**os.environ, "PHYLOLM_API_KEY": key, "OPENAI_LOG": "debug"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 4 and "error: fake: " in done.stderr
        outputs.append(done.stdout + done.stderr)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert "refuses the request (400)" in outputs[0] and "refuses the key" in outputs[1]
    assert not any("0123456789" in text for text in outputs)
    assert files and not any(b"0123456789" in content for content in files)


def run_against(
    server: FakeServer, bank: Bank, monkeypatch: pytest.MonkeyPatch, probes: int = 4
) -> dict[str, Any]:
    def open_model(spec: ModelSpec) -> ServerModel:
        return model_of(spec.text)

    monkeypatch.setattr(fill, "open_model", open_model)
    options = SequencingOptions(probes=probes, limits=Limits(concurrency=2))
    return sequence(bank, [server.spec()], Genome.load("math", 30), options)


def test_what_was_paid_for_is_kept_when_a_server_fails(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.honours_n = False
    server.faults.extend([""] * 50 + ["400"] * 99)
    bank = Bank(tmp_path / "bank")
    assert list(run_against(server, bank, monkeypatch)) == ["fake"]
    kept = bank.probes()
    # Each good answer is there, those of the gene that was not finished too.
    assert len(kept) == 50 and not kept.duplicated(["gene", "draw"]).any()
    server.faults.clear()
    before = len(server.requests)
    assert run_against(server, bank, monkeypatch) == {}
    assert len(server.requests) - before == 30 * 4 - 50
    assert (bank.counts().probes == 4).all()


def test_whole_genes_are_written_while_the_run_goes_on(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = Bank(tmp_path / "bank")
    assert run_against(server, bank, monkeypatch) == {}
    sizes = [len(part.header.genes) for part in bank.parts()]
    assert sum(sizes) == 30 and max(sizes) <= GENES_PER_WRITE + 1 and len(sizes) >= 4


def hears_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_goes_on(server: FakeServer, tmp_path: Path, how: int) -> None:
    server.delay = 0.1
    server.honours_n = False
    command = [
        sys.executable, "-c", "from phylolm.cli import main; main()",
        "sequence", server.spec(), "--bank", str(tmp_path / "b"), "--probes", "4",
        "--genes", "40", "--concurrency", "4", "--no-check",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=hears_ctrl_c
    ) as process:
        try:
            deadline = time.time() + 60
            while not list((tmp_path / "b").glob("parts/*/[!.]*.parquet")):
                assert time.time() < deadline and process.poll() is None
                time.sleep(0.02)
            process.send_signal(how)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    paid, kept = len(server.requests), len(Bank(tmp_path / "b").probes())
    if how == signal.SIGINT:
        assert process.returncode == 130 and "to resume" in err
        assert kept == paid, "calls under way are waited for and kept"
    assert paid - kept <= 4 * (GENES_PER_WRITE + 4)
    server.delay = 0.0
    assert subprocess.run(command, capture_output=True).returncode == 0
    bank = Bank(tmp_path / "b")
    assert (bank.counts().probes == 4).all() and not bank.damaged()
    assert len(server.requests) == paid + 160 - kept
