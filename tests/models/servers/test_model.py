"""Servers that speak OpenAI's protocol: specs, keys, and sequencing through a small fake one."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fake_server import FakeServer

from phylolm.bank.bank import Bank
from phylolm.cli import main
from phylolm.errors import BackendError, ConfigError
from phylolm.genome.genome import Genome
from phylolm.models.budget import Limits
from phylolm.models.protocol import Remote, SamplingSettings, settle
from phylolm.models.servers import prompt_modes
from phylolm.models.servers.model import ServerModel
from phylolm.models.servers.providers import PROVIDERS, endpoint_of
from phylolm.models.spec import open_model, parse
from phylolm.sequencing.fill import SequencingOptions, sequence

GENES = ["the cat sat on", "1 + 2 =", "def area(width, hei"]
SETTINGS = SamplingSettings(max_tokens=6)
UNSEEN = Limits(examine=False)
GENOME = Genome.load("math", 20)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.delenv("PHYLOLM_API_KEY", raising=False)
    with FakeServer() as running:
        yield running


def test_addresses_and_names() -> None:
    parsed = parse("mine=http://127.0.0.1:8000/v1#org/name:tag?endpoint=chat")
    assert (parsed.name, parsed.backend) == ("mine", "http")
    endpoint = endpoint_of(parsed)
    assert (endpoint.url, endpoint.model) == ("http://127.0.0.1:8000/v1", "org/name:tag")
    assert endpoint.chat and endpoint.host == "127.0.0.1:8000"
    assert parse("https://example.org/v1#m").name == "m"
    assert not endpoint_of(parse("https://example.org/v1#m")).chat
    assert parse("ollama:llama3.2:1b").target == "llama3.2:1b"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://127.0.0.1:8000/v1", "names no model: write http://HOST:PORT/v1#MODEL"),
        ("http:127.0.0.1#m", "names no model"),
        ("http://#m", "names no model"),
        ("https://me:sk-verysecret@host/v1#m", "key_env=VARIABLE"),
        ("http://host/v1#m?endpoint=embed", "not one of chat, completions"),
        ("https://host/v1#m?key_env=sk-verysecret", "the name of an environment variable"),
        ("openai:", "names no model"),
    ],
)
def test_bad_addresses_are_one_line_without_secrets(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        parse(text)
    assert "verysecret" not in str(caught.value) and "\n" not in str(caught.value)


def test_every_provider_has_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, provider in PROVIDERS.items():
        assert provider.url.startswith("https://") or not provider.key_env
        if provider.key_env:
            monkeypatch.delenv(provider.key_env, raising=False)
            monkeypatch.delenv(provider.other_env or "NONE", raising=False)
            opened = open_model(f"{name}:model")
            assert isinstance(opened, ServerModel) and opened.endpoint.needs_key
            with pytest.raises(BackendError, match=f"variable {provider.key_env} to"):
                opened.sample(["x"], range(1), SETTINGS, 0)
            with pytest.raises(BackendError, match=f"variable {provider.key_env} to"):
                opened.server.examine(opened.settle(SETTINGS))
            monkeypatch.setenv(provider.key_env, f"key-of-{name}")
        endpoint = endpoint_of(parse(f"{name}:model"))
        assert endpoint.chat and endpoint.key == (f"key-of-{name}" if provider.key_env else "")
        assert "key-of" not in repr(endpoint)


def test_openai_models_of_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert not endpoint_of(parse("openai:gpt-3.5-turbo-instruct")).chat
    assert not endpoint_of(parse("openai:davinci-002")).chat
    assert endpoint_of(parse("openai:gpt-4o-mini")).limit == "max_completion_tokens"


def test_only_the_key_asked_for_is_sent(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "sk-private")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-mine: sk-private")
    open_model(server.spec()).sample(GENES, range(1), SETTINGS, 0)
    assert "sk-private" not in str(server.headers)
    assert not any("authorization" in map(str.lower, each) for each in server.headers)
    monkeypatch.setenv("MY_KEY", "sk-mine")
    open_model(server.spec() + "&key_env=MY_KEY").sample(GENES, range(1), SETTINGS, 0)
    assert "Bearer sk-mine" in str(server.headers[-1]) and "sk-private" not in str(server.headers)


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
@pytest.mark.parametrize("honours_n", [True, False])
def test_all_probes_of_all_genes(server: FakeServer, endpoint: str, honours_n: bool) -> None:
    server.honours_n = honours_n
    model = open_model(server.spec(endpoint))
    assert isinstance(model, ServerModel)
    model.server.checked = True
    steps: list[int] = []
    found = model.sample(GENES, range(40), SETTINGS, 0, progress=steps.append)
    assert [len(probes) for probes in found] == [40] * 3 and sum(steps) == 3
    for gene, probes in zip(GENES, found, strict=True):
        asked = prompt_modes.put(gene, settle(model, SETTINGS).prompt_mode)
        known = server.distributions.distribution(asked)
        said = {probe.text.split()[0] for probe in probes}
        assert said <= set(known) and len(said) > 3
    assert len(server.requests) == 6 if honours_n else 120 <= len(server.requests) <= 130
    assert model.sample([], range(4), SETTINGS, 0) == []
    assert model.sample(GENES, range(0), SETTINGS, 0) == [[], [], []]


def test_what_is_asked(server: FakeServer) -> None:
    for _ in open_model(server.spec()).stream(GENES[:1], 1, SETTINGS, UNSEEN):
        pass
    assert server.paths[-1] == "/v1/completions"
    asked = {"model": "fake", "prompt": GENES[0], "max_tokens": 6, "temperature": 1.0, "top_p": 1}
    assert server.requests[-1] == asked
    open_model(server.spec("chat")).sample(GENES[:1], range(2), SETTINGS, 0)
    assert server.paths[-1] == "/v1/chat/completions"
    assert server.requests[-1]["n"] == 2
    [message] = server.requests[-1]["messages"]
    assert message == {"role": "user", "content": prompt_modes.put(GENES[0], prompt_modes.CONTINUE)}


def test_settings_are_those_really_used(server: FakeServer) -> None:
    texts, chats = open_model(server.spec()), open_model(server.spec("chat"))
    assert isinstance(texts, Remote)
    # A text completion is the same measurement as transformers with --boundary plain.
    assert settle(texts, SamplingSettings()) == SamplingSettings(boundary="plain").settled()
    assert settle(chats, SamplingSettings()).prompt_mode == "chat-continue-1"
    assert settle(chats, SamplingSettings(prompt_mode="bare")).prompt_mode == "chat-bare"
    once = settle(chats, SamplingSettings())
    assert settle(chats, once) == once
    with pytest.raises(ConfigError, match="half words.*--boundary plain"):
        settle(texts, SamplingSettings(boundary="healed"))
    with pytest.raises(ConfigError, match="no prompt mode 'continue'.*endpoint=chat"):
        settle(texts, SamplingSettings(prompt_mode="continue"))
    with pytest.raises(BackendError, match="probabilities"):
        texts.exact(GENES, SETTINGS, 0.1)


def test_from_a_server_to_a_bank(server: FakeServer, tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    options = SequencingOptions(probes=6, limits=UNSEEN)
    assert sequence(bank, [server.spec()], GENOME, options) == {}
    asked = len(server.requests)
    assert asked == 20 and (bank.counts().probes == 6).all()
    assert sequence(bank, [server.spec()], GENOME, options) == {}
    assert len(server.requests) == asked, "a finished study asks nothing"
    more = SequencingOptions(probes=10, limits=UNSEEN)
    assert sequence(bank, [server.spec()], GENOME, more) == {}
    assert {request["n"] for request in server.requests[asked:]} == {4}
    assert (bank.counts().probes == 10).all() and not bank.damaged()
    header = bank.parts()[0].header
    assert header.settings["boundary"] == "plain" and header.settings["prompt_mode"] == "bare"
    assert header.provenance["served"] == ["fake-1 fp_1"]


def test_chats_and_texts_do_not_mix_unasked(server: FakeServer, tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    specs = ["a=" + server.spec(), "b=" + server.spec("chat")]
    assert sequence(bank, specs, GENOME, SequencingOptions(probes=2)) == {}
    with pytest.raises(ConfigError, match="chat-continue-1"):
        bank.counts()
    assert bank.counts(mix_settings=True).models == ("a", "b")


def test_wrapped_answers_are_kept_beside_their_completions(
    server: FakeServer, tmp_path: Path
) -> None:
    server.dress = "Sure, here it is:\n\n{}"
    bank = Bank(tmp_path / "bank")
    assert sequence(bank, [server.spec("chat")], GENOME, SequencingOptions(probes=2)) == {}
    assert not bank.probes()["text"].str.startswith("Sure").any()
    assert "raw" not in bank.probes().columns
    rows = pd.concat([pd.read_parquet(part.path) for part in bank.parts()])
    assert rows["raw"].str.startswith("Sure, here it is:").all() and not bank.damaged()


def test_two_servers_of_one_name_are_told_apart(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    for _ in range(2):
        with FakeServer() as server:
            sequence(bank, [server.spec()], GENOME, SequencingOptions(probes=2))
    assert len(set(bank.counts().models)) == 2


def test_calls_run_together_but_not_too_many(server: FakeServer, tmp_path: Path) -> None:
    server.delay = 0.03
    bank = Bank(tmp_path / "bank")
    options = SequencingOptions(probes=2, limits=Limits(concurrency=3))
    assert sequence(bank, [server.spec()], GENOME, options) == {}
    assert server.most_at_once == 3


def test_a_server_that_was_another_model_before_is_told(
    server: FakeServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bank = Bank(tmp_path / "bank")
    sequence(bank, [server.spec()], GENOME, SequencingOptions(probes=2, limits=UNSEEN))
    server.model = "fake-2"
    with caplog.at_level(logging.WARNING):
        sequence(bank, [server.spec()], GENOME, SequencingOptions(probes=4, limits=UNSEEN))
    [record] = caplog.records
    assert "the server says it is 'fake-2 fp_1'; when it was sampled before" in record.getMessage()


def test_local_models_and_servers_need_one_boundary(
    server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    words = ["phylolm", "sequence", server.spec(), "hf:./nowhere", "--bank", str(tmp_path / "b")]
    for extra, told in ([], True), (["--boundary", "plain"], False):
        monkeypatch.setattr(sys, "argv", [*words, "--dry-run", *extra])
        with pytest.raises(SystemExit):
            main()
        assert ("--boundary plain" in capsys.readouterr().err) == told
