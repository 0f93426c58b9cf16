"""Anthropic's and Google's models, through small servers that speak their protocols."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_providers import AnthropicServer, GoogleServer
from fake_server import FakeServer

from phylolm.bank.bank import Bank
from phylolm.errors import BackendError, ConfigError
from phylolm.genome.genome import Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import ModelSpec, SamplingSettings, settle
from phylolm.models.servers import failures, prompt_modes
from phylolm.models.servers.anthropic_api import AnthropicWire
from phylolm.models.servers.google_api import GoogleWire
from phylolm.models.servers.model import ServerModel
from phylolm.models.servers.providers import endpoint_of
from phylolm.models.servers.retry import Caller, Patience
from phylolm.models.spec import open_model, parse
from phylolm.sequencing import fill
from phylolm.sequencing.fill import SequencingOptions, sequence

GENES = ["the cat sat on", "1 + 2 =", "def area(width, hei"]
SETTINGS = SamplingSettings(max_tokens=6)
KEY = "sk-ant-0123456789abcdefXYZ"
QUICK = Patience(attempts=4, first=0.01, longest=0.02, told=30.0)
KINDS = {"anthropic": (AnthropicServer, AnthropicWire), "google": (GoogleServer, GoogleWire)}


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.delenv("GOOGLE_API_KEY", raising=False)


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest, keys: None) -> str:
    return str(request.param)


@pytest.fixture
def server(kind: str) -> Iterator[FakeServer]:
    with KINDS[kind][0]() as running:
        running.key = KEY
        yield running


def model_of(
    server: FakeServer, kind: str, key: str = KEY, seconds: float = 5.0, **how: Any
) -> ServerModel:
    endpoint = replace(endpoint_of(parse(f"{kind}:fake")), url=server.url, key=key)
    model = ServerModel("fake", Caller(KINDS[kind][1](endpoint, seconds, **how), QUICK))
    model.server.checked = True
    return model


def test_specs_and_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BackendError, match="set the environment variable ANTHROPIC_API_KEY"):
        open_model("anthropic:x").sample(["x"], range(1), SETTINGS, 0)
    with pytest.raises(BackendError, match="set the environment variable GEMINI_API_KEY"):
        open_model("google:x").sample(["x"], range(1), SETTINGS, 0)
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    assert endpoint_of(parse("google:x")).key_env == "GOOGLE_API_KEY"
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    opened = open_model("a=anthropic:x")
    assert isinstance(opened, ServerModel) and (opened.name, opened.price_id) == (
        "a",
        "anthropic:x",
    )
    with pytest.raises(ConfigError, match="thinking='much' is not one of off, minimal"):
        parse("google:x?thinking=much")


@pytest.mark.parametrize("package", ["anthropic", "google.genai"])
def test_a_missing_client_is_one_line(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = package.partition(".")[0]
    monkeypatch.delitem(sys.modules, f"phylolm.models.servers.{backend}_api")
    monkeypatch.setitem(sys.modules, package, None)
    if backend == "google":
        monkeypatch.delattr("google.genai")
    with pytest.raises(BackendError, match=r"needs? the package .*pip install 'phylolm\[api\]'"):
        open_model(f"{backend}:x")


def test_all_probes_of_all_genes(server: FakeServer, kind: str) -> None:
    model = model_of(server, kind)
    found = model.sample(GENES, range(20), SETTINGS, 0)
    assert [len(probes) for probes in found] == [20] * 3
    for gene, probes in zip(GENES, found, strict=True):
        known = server.distributions.distribution(prompt_modes.put(gene, prompt_modes.CONTINUE))
        said = {probe.text.split()[0] for probe in probes}
        assert said <= set(known) and len(said) > 3
    assert len(server.requests) == (60 if kind == "anthropic" else 9)
    assert model.server.caller.calls == len(server.requests)


def test_what_anthropic_is_asked(keys: None) -> None:
    with AnthropicServer() as server:
        model = model_of(server, "anthropic")
        model.sample(["one two "], range(1), SamplingSettings(prompt_mode="prefill"), 0)
        model.sample(GENES[:1], range(1), replace(SETTINGS, temperature=0.5), 0)
        begun, warm = server.requests
        assert [m["role"] for m in begun["messages"]] == ["user", "assistant"]
        assert begun["messages"][1]["content"] == "one two"
        assert not {"temperature", "top_p", "top_k"} & begun.keys() and begun["max_tokens"] == 16
        assert warm["temperature"] == 0.5 and len(warm["messages"]) == 1


def test_what_google_is_asked(keys: None) -> None:
    with GoogleServer() as server:
        model_of(server, "google").sample(GENES[:1], range(2), SETTINGS, 0)
        model_of(server, "google", thinking="off").sample(GENES[:1], range(1), SETTINGS, 0)
        two, off = (request["generationConfig"] for request in server.requests)
        assert two == {"temperature": 1, "topP": 1, "candidateCount": 2, "maxOutputTokens": 6}
        assert list(off["thinkingConfig"].values()) == [0]


def test_a_begun_answer_is_a_mode_of_its_own(keys: None) -> None:
    with AnthropicServer() as server:
        model = model_of(server, "anthropic")
        settled = settle(model, SamplingSettings(prompt_mode="prefill"))
        assert settled.prompt_mode == "chat-prefill-1" and settle(model, settled) == settled
        [probes] = model.sample(GENES[:1], range(8), settled, 0)
        # The model goes on from the gene itself, as in a text completion.
        known = server.distributions.distribution(GENES[0])
        assert {probe.text.split()[0] for probe in probes} <= set(known)
        assert all(probe.raw is None for probe in probes)
        server.prefills = False
        with pytest.raises(BackendError, match="does not support assistant message prefill"):
            model.sample(GENES[:1], range(1), settled, 0)
    with GoogleServer() as other, pytest.raises(ConfigError, match="no beginning of an answer"):
        settle(model_of(other, "google"), SamplingSettings(prompt_mode="prefill"))


PASSING = ["429", "500", "503", "529", "half", "drop", "not json", "no choices", "huge"]


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(server: FakeServer, kind: str, fault: str) -> None:
    server.faults.extend(["", fault, fault])
    model = model_of(server, kind)
    assert [len(found) for found in model.sample(GENES, range(1), SETTINGS, 0)] == [1, 1, 1]
    assert len(server.requests) == model.server.caller.calls == 5


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("429", "answers 429"),
        ("drop", "closes the connection|breaks off"),
        ("half", "breaks off in the middle|closes the connection"),
        ("not json", "not JSON"),
        ("no choices", "JSON that has no"),
        ("huge", "more than 8,000,000 bytes"),
        ("hang", "no whole answer in 0.4 seconds"),
        ("401", r"refuses the key in (ANTHROPIC|GEMINI)_API_KEY \(401\)"),
        ("402", "no credit left"),
        ("404", "has no model 'fake': trouble"),
        ("400", r"refuses the request \(400\): trouble with Bearer \[key\]"),
        ("307", "sends elsewhere"),
    ],
)
def test_what_does_not_pass_is_one_line(
    server: FakeServer, kind: str, fault: str, message: str
) -> None:
    server.faults.extend([fault] * 99)
    with pytest.raises(BackendError, match=message) as caught:
        model_of(server, kind, seconds=0.4).sample(GENES[:1], range(1), SETTINGS, 0)
    assert str(caught.value).isprintable() and "0123456789" not in str(caught.value)


def test_retry_after_is_honoured(server: FakeServer, kind: str) -> None:
    server.faults.append("429")
    server.retry_after = "1"
    started = time.monotonic()
    model_of(server, kind).sample(GENES, range(1), SETTINGS, 0)
    assert 0.9 < time.monotonic() - started < 5


def test_a_bad_key_is_never_shown(
    server: FakeServer, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: Any, capfd: Any
) -> None:
    monkeypatch.setenv("ANTHROPIC_LOG", "debug")
    bad = KEY[:-3] + "bad"
    with caplog.at_level(logging.DEBUG), pytest.raises(BackendError, match="refuses the key") as e:
        model_of(server, kind, bad).sample(GENES[:1], range(1), SETTINGS, 0)
    assert len(server.requests) == 1
    assert "0123456789" not in str(e.value) + caplog.text + "".join(capfd.readouterr())


def test_only_the_key_asked_for_is_sent(
    server: FakeServer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "sk-private")
    for name in ("ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    model_of(server, kind).sample(GENES[:1], range(1), SETTINGS, 0)
    assert "sk-private" not in str(server.headers) and KEY in str(server.headers)


def test_empty_answers(keys: None) -> None:
    with AnthropicServer() as server:
        server.dress = ""
        [[probe]] = model_of(server, "anthropic").sample(GENES[:1], range(1), SETTINGS, 0)
        assert probe == ("", True, None), "the model had nothing to say"
    for blocks in ("prompt", "answer"):
        with GoogleServer() as other:
            other.blocks = blocks
            [[probe]] = model_of(other, "google").sample(GENES[:1], range(1), SETTINGS, 0)
            assert probe == ("", False, None), "held back is not ended"


def test_google_says_in_the_body_how_long_to_wait() -> None:
    details = {"error": {"details": [{"@type": "RetryInfo", "retryDelay": "41.5s"}]}}
    assert failures._wait_told(failures._Refusal(429, 429, {}, details)) == 41.5
    assert failures._wait_told(failures._Refusal(429, 429, {"retry-after": "2"}, details)) == 2


def test_they_are_examined(server: FakeServer, kind: str) -> None:
    server.honours_seed = True
    model = model_of(server, kind)
    found = model.server.examine(settle(model, SamplingSettings()))
    said = {check.name: check.result for check in found.checks}
    assert not found.problems and found.served == "fake-1" and said["logprobs"] == "no"
    assert said["seed"] == ("no" if kind == "anthropic" else "yes")
    assert found.choices_per_call == (1 if kind == "anthropic" else 8)
    assert found.calls == len(server.requests)
    server.greedy = True
    assert "same answer every time" in model.server.examine(settle(model, SETTINGS)).problems[0]


def test_modes_do_not_mix_unasked(
    keys: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank, genome = Bank(tmp_path / "bank"), Genome.load("math", 10)
    with AnthropicServer() as server:

        def opened(spec: ModelSpec) -> ServerModel:
            return ServerModel(spec.name, model_of(server, "anthropic").server.caller)

        monkeypatch.setattr(fill, "open_model", opened)
        for name, mode in (("a", "continue"), ("b", "prefill")):
            options = SequencingOptions(
                probes=2,
                settings=SamplingSettings(prompt_mode=mode),
                limits=Limits(examine=False),
            )
            assert sequence(bank, [f"{name}=anthropic:fake"], genome, options) == {}
    with pytest.raises(ConfigError, match="chat-prefill-1"):
        bank.counts()
    assert bank.counts(mix_settings=True).models == ("a", "b")
