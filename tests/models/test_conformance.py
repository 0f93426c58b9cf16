"""What every backend must do, run over all of them: each row of `BACKENDS`, against local fakes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import fake_vllm
import pandas as pd
import pytest
from fake_providers import AnthropicServer, GoogleServer
from fake_server import FakeServer
from logprob_server import LogprobServer

from phylolm.errors import BackendError, ConfigError
from phylolm.genome import alleles
from phylolm.models.budget import Limits
from phylolm.models.fake import FakeModel
from phylolm.models.protocol import (
    Backend,
    Probe,
    Remote,
    ReportsDistributions,
    ResolvesSettings,
    SamplingSettings,
    settle,
)
from phylolm.models.servers import prompt_modes, retry
from phylolm.models.servers.providers import PROVIDERS
from phylolm.models.spec import BACKENDS, open_model

GENES = ["the cat sat on", "1 + 2 =", "def area(width, hei"]
SETTINGS = SamplingSettings(max_tokens=6)
KEY = "key-of-the-tests"


@dataclass
class Subject:
    """A backend under test, how to open it again, and its server if it has one."""

    open: Callable[[], Backend]
    server: FakeServer | None = None


Case = Callable[[Path, pytest.MonkeyPatch], Iterator[Subject]]


def fake_model() -> FakeModel:
    return FakeModel(distributions={GENES[0]: {"": 0.2, "yes": 0.3, "certainly": 0.5}})


def fake(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Subject]:
    yield Subject(fake_model)


def hf(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Subject]:
    from tests import tiny_models

    tokenizer = tiny_models.byte_tokenizer()
    model = tiny_models.llama(len(tokenizer), sharpness=12.0)
    saved = tiny_models.save(model, tokenizer, folder / "tiny")
    yield Subject(lambda: open_model(f"hf:{saved}"))


def replay(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Subject]:
    drawn = fake_model().sample(GENES, range(2000), SETTINGS, seed=0)
    rows = [
        ("tiny", gene, probe.text)
        for gene, probes in zip(GENES, drawn, strict=True)
        for probe in probes
    ]
    path = folder / "a.parquet"
    pd.DataFrame(rows, columns=["model", "prompt", "response"]).to_parquet(path)
    yield Subject(lambda: open_model(f"replay:{path}#tiny"))


def vllm(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Subject]:
    place = fake_vllm.install(patch, folder)
    yield Subject(lambda: open_model(f"vllm:{place}"))
    sys.modules.pop("phylolm.models.local.vllm", None)


def at_an_address(endpoint: str, make: Callable[[], FakeServer] = FakeServer) -> Case:
    """`http:`, one of its endpoints."""

    def case(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Subject]:
        patch.delenv("PHYLOLM_API_KEY", raising=False)
        with make() as server:
            yield Subject(lambda: open_model(server.spec(endpoint)), server)

    return case


def of_a_provider(name: str, more: str = "", make: Callable[[], FakeServer] = FakeServer) -> Case:
    """A provider's own row, key and ways; only its address is a fake's."""

    def case(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Subject]:
        provider = PROVIDERS[name]
        with make() as server:
            patch.setitem(PROVIDERS, name, replace(provider, url=server.url))  # type: ignore[arg-type]
            if provider.other_env:
                patch.delenv(provider.other_env, raising=False)
            if provider.key_env:
                patch.setenv(provider.key_env, KEY)
                server.key = KEY
            yield Subject(lambda: open_model(f"{name}:fake?rpm=999999{more}"), server)

    return case


CASES: dict[str, Case] = {
    "fake": fake,
    "hf": hf,
    "replay": replay,
    "vllm": vllm,
    "http": at_an_address("completions"),
    "http chat": at_an_address("chat"),
    "http log-probabilities": at_an_address("completions", LogprobServer),
    "openai": of_a_provider("openai"),
    "openai completions": of_a_provider("openai", "&endpoint=completions"),
    "anthropic": of_a_provider("anthropic", make=AnthropicServer),
    "google": of_a_provider("google", make=GoogleServer),
}
"""By the backend's name in model specs, and what of it is tested."""

SERVERS = [name for name in CASES if name not in ("fake", "hf", "replay", "vllm")]
ALIKE = [name for name in PROVIDERS if BACKENDS[name] is BACKENDS["openai"] and name != "openai"]
"""Providers that differ in address, key and limits alone."""


def test_every_backend_is_covered() -> None:
    covered = {name.partition(" ")[0] for name in CASES} & set(BACKENDS)
    rows = [id(BACKENDS[name]) for name in covered]
    missing = [name for name, row in BACKENDS.items() if id(row) not in rows]
    assert missing == [], "add a case for each to CASES"


@pytest.mark.parametrize("name", ALIKE)
def test_providers_of_one_protocol(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextmanager(of_a_provider(name))(tmp_path, monkeypatch) as subject:
        assert subject.server is not None
        model = subject.open()
        assert isinstance(model, Remote)
        pieces = model.stream(GENES, 3, SETTINGS, Limits(examine=False))
        found = Counter(piece.place for piece in pieces for _ in piece.probes)
        assert found == {0: 3, 1: 3, 2: 3}
        asked = subject.server.requests
        most = PROVIDERS[name].most_choices
        assert all(each.get("n", 1) <= most for each in asked)
        assert all(PROVIDERS[name].limit in each for each in asked)


@pytest.fixture(params=CASES, ids=lambda name: name.replace(" ", "-"))
def subject(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Subject]:
    patient = retry.Patience(first=0.01, longest=0.02)
    monkeypatch.setattr(retry, "Patience", lambda: patient)
    with contextmanager(CASES[request.param])(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def backend(subject: Subject) -> Backend:
    return subject.open()


@pytest.fixture
def repeats(backend: Backend) -> bool:
    """Whether its seed decides everything; a server's randomness is its own."""
    return not isinstance(backend, Remote)


class TestEveryBackend:
    def test_opened_again_it_is_the_same_model(self, subject: Subject, backend: Backend) -> None:
        assert backend.name and backend.revision
        again = subject.open()
        assert (again.name, again.revision) == (backend.name, backend.revision)

    def test_opening_asks_nothing(self, subject: Subject, backend: Backend) -> None:
        settle(backend, SamplingSettings())
        assert subject.server is None or subject.server.requests == []

    def test_gives_all_probes_in_the_order_of_the_genes(
        self, subject: Subject, backend: Backend, repeats: bool
    ) -> None:
        found = backend.sample(GENES, range(9), SETTINGS, seed=0)
        assert [len(probes) for probes in found] == [9, 9, 9]
        assert all(isinstance(probe, Probe) for probes in found for probe in probes)
        turned = backend.sample(GENES[::-1], range(9), SETTINGS, seed=0)
        if repeats:
            assert turned == found[::-1]
        if subject.server is not None and not isinstance(subject.server, LogprobServer):
            for gene, probes, others in zip(GENES, found, turned[::-1], strict=True):
                asked = prompt_modes.put(gene, settle(backend, SETTINGS).prompt_mode)
                known = subject.server.distributions.distribution(asked)
                assert {probe.text.split()[0] for probe in probes + others} <= set(known)

    def test_may_be_asked_for_nothing(self, backend: Backend) -> None:
        assert backend.sample([], range(4), SETTINGS, seed=0) == []
        assert backend.sample(GENES, range(0), SETTINGS, seed=0) == [[], [], []]

    def test_splits_change_nothing(self, backend: Backend, repeats: bool) -> None:
        if not repeats:
            return
        found = backend.sample(GENES, range(4, 20), SETTINGS, seed=3)
        apart = [backend.sample([gene], range(4, 20), SETTINGS, seed=3)[0] for gene in GENES]
        fewer = backend.sample(GENES, range(4, 8), SETTINGS, seed=3)
        assert found == apart
        assert fewer == [probes[:4] for probes in found]

    def test_reports_progress_for_every_gene(self, backend: Backend) -> None:
        steps: list[int] = []
        backend.sample(GENES, range(2), SETTINGS, seed=0, progress=steps.append)
        assert sum(steps) == len(GENES)

    def test_short_texts_ended_or_met_the_limit(self, backend: Backend) -> None:
        settings = SamplingSettings(max_tokens=64)
        for probes in backend.sample(GENES, range(12), settings, seed=0):
            assert len({probe.text for probe in probes}) > 1
            assert all(probe.ended or alleles.is_complete(probe.text) for probe in probes)

    def test_settings_are_settled_once_and_for_all(self, backend: Backend) -> None:
        settled = settle(backend, SamplingSettings())
        assert "auto" not in (settled.prompt_mode, settled.boundary)
        assert settle(backend, settled) == settled
        if isinstance(backend, ResolvesSettings):
            with pytest.raises(ConfigError, match="'no such mode'"):
                settle(backend, SamplingSettings(prompt_mode="no such mode"))

    def test_exact_agrees_with_samples(self, backend: Backend) -> None:
        try:
            weighted = backend.exact(GENES, SETTINGS, epsilon=0.05, length=1)
        except BackendError as error:
            assert "probabilities" in str(error) or "--exact" in str(error)
            return
        sampled = backend.sample(GENES, range(2000), SETTINGS, seed=0)
        for shares, probes in zip(weighted, sampled, strict=True):
            counts = Counter(alleles.allele(p.text, p.ended, 1) for p in probes)
            assert 0.95 - 1e-6 <= sum(share.probability for share in shares) <= 1 + 1e-6
            seen = Counter[str]()
            for share in shares:
                seen[alleles.allele(share.text, share.ended, 1)] += share.probability
            # The uncovered part may belong to any allele; five standard errors for the samples.
            assert all(-0.06 < p - counts[a] / 2000 < 0.06 for a, p in seen.items())


@pytest.mark.parametrize("subject", SERVERS, indirect=True)
class TestEveryServer:
    @pytest.fixture
    def remote(self, backend: Backend) -> Remote:
        assert isinstance(backend, Remote)
        return backend

    def test_estimates_hold(self, subject: Subject, remote: Remote) -> None:
        limits = Limits(examine=False)
        expected = remote.estimate(GENES, 9, SETTINGS, limits)
        assert subject.server is not None and subject.server.requests == []
        found: list[list[Probe]] = [[] for _ in GENES]
        for piece in remote.stream(GENES, 9, SETTINGS, limits):
            found[piece.place] += piece.probes
        assert [len(probes) for probes in found] == [9, 9, 9]
        least, most = expected.calls
        assert least <= len(subject.server.requests) <= most

    def test_it_says_what_the_server_says_it_ran(self, remote: Remote) -> None:
        pieces = list(remote.stream(GENES[:1], 1, SETTINGS, Limits()))
        assert [piece.served.split()[0] for piece in pieces] == ["fake-1"]

    def test_trouble_that_passes_loses_nothing(self, subject: Subject, remote: Remote) -> None:
        assert subject.server is not None
        subject.server.faults.extend(["", "500", "half"])
        found = remote.sample(GENES, range(3), SETTINGS, seed=0)
        assert [len(probes) for probes in found] == [3, 3, 3]

    def test_refusals_are_one_line(self, subject: Subject, remote: Remote) -> None:
        assert subject.server is not None
        subject.server.faults.extend(["404"] * 99)
        with pytest.raises(BackendError, match="has no model 'fake'") as caught:
            remote.sample(GENES[:1], range(1), SETTINGS, seed=0)
        assert str(caught.value).isprintable() and KEY not in str(caught.value)

    def test_exact_estimates_ask_nothing(self, subject: Subject, remote: Remote) -> None:
        assert isinstance(remote, ReportsDistributions) and subject.server is not None
        least, most = remote.estimate_exact(GENES, SETTINGS, Limits()).calls
        assert 1 <= least <= most and subject.server.requests == []


def test_fake_distributions_are_what_is_drawn() -> None:
    fake = fake_model()
    [probes] = fake.sample(GENES[:1], range(4000), SETTINGS, seed=0)
    counts = Counter(probes)
    assert set(counts) == {Probe("", True), Probe("yes", True), Probe("certainly", False)}
    assert abs(counts[Probe("", True)] / 4000 - 0.2) < 0.03
    made_up = FakeModel(seed=1).distribution("anything")
    assert len(made_up) == 8 and abs(sum(made_up.values()) - 1) < 1e-9
    assert made_up != FakeModel(seed=2).distribution("anything")
