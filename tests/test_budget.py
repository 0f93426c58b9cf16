"""Calls and money: planned, limited, counted."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_server import FakeServer

from phylolm.bank import Bank
from phylolm.cli import main
from phylolm.errors import BudgetError, ConfigError
from phylolm.genome import Genome
from phylolm.planning import plan
from phylolm.sampling.limits import Budget, Limits, Price, known_prices, read_prices
from phylolm.sampling.protocol import Remote, SamplingSettings
from phylolm.sampling.providers import PROVIDERS
from phylolm.sampling.spec import open_model
from phylolm.sequencing import SequencingOptions

GENOME = Genome.load("math", 30)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["phylolm", *map(str, words)])
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_the_table_of_prices_is_dated_and_names_known_providers() -> None:
    prices = known_prices()
    assert prices.date >= "2026" and len(prices.table) > 5
    assert {name.partition(":")[0] for name in prices.table} <= set(PROVIDERS)
    assert prices.table["openai:gpt-4o-mini"].of(1_000_000, 2_000_000) == pytest.approx(1.35)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[openai]\nx = 3", "openai:x: a price is"),
        ("[openai]\nx = [1, -2]", "openai:x: a price is"),
        ("[openai", "is not TOML"),
    ],
)
def test_bad_prices_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_prices(tmp_path / "p.toml")


def test_budgets() -> None:
    budget = Budget(max_calls=2, max_cost=1.0)
    budget.reserve(0.6)
    with pytest.raises(BudgetError, match=r"\$1.00 is used up"):
        budget.reserve(0.6)
    budget.correct(-0.5)
    budget.reserve(0.6)
    with pytest.raises(BudgetError, match="2 calls is used up"):
        budget.reserve(0.0)
    with pytest.raises(ConfigError):
        Budget(max_cost=float("nan"))


def test_the_plan_is_what_happens(server: FakeServer, tmp_path: Path) -> None:
    bank, budget = Bank(tmp_path / "bank"), Budget()
    options = SequencingOptions(probes=4, limits=Limits(budget=budget))
    [planned] = plan(bank, [server.spec()], GENOME, options)
    assert server.requests == []
    assert (planned.genes, planned.probes) == (30, 120)
    assert bank.sequence([server.spec()], GENOME, options) == {}
    low, high = planned.estimate.calls
    assert low - 3 <= budget.calls == len(server.requests) <= high
    [again] = plan(bank, [server.spec()], GENOME, options)
    assert again.estimate.calls == (0, 0) and again.estimate.cost == 0.0


def test_estimates_of_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("GROQ_API_KEY", "k")
    limits = Limits(examine=False)
    texts = [gene.text for gene in GENOME.genes]

    def estimated(spec: str) -> Any:
        model = open_model(spec)
        assert isinstance(model, Remote)
        return model.estimate(texts, 32, SamplingSettings(), limits)

    many, few = estimated("openai:gpt-4o-mini"), estimated("groq:llama-3.1-8b-instant")
    assert many.calls == (30, 30) and few.calls == (960, 960)
    assert many.tokens[1] == few.tokens[1] == 30 * 32 * 16
    assert few.tokens[0] == 32 * many.tokens[0] > 32 * 30 * 20
    price = known_prices().table["openai:gpt-4o-mini"]
    assert many.cost == pytest.approx(price.of(*many.tokens))
    assert estimated("openai:gpt-99").cost is None


@pytest.mark.parametrize("honours_n", [True, False])
def test_no_more_calls_than_allowed(server: FakeServer, tmp_path: Path, honours_n: bool) -> None:
    server.honours_n = honours_n
    server.faults.extend(["500"] * 3)
    bank = Bank(tmp_path / "bank")
    limits = Limits(examine=False, budget=Budget(max_calls=20))
    failed = bank.sequence([server.spec()], GENOME, SequencingOptions(probes=4, limits=limits))
    assert isinstance(failed["fake"], BudgetError) and failed["fake"].exit_code == 3
    assert len(server.requests) == 20
    assert len(bank.probes()) == (17 * 4 if honours_n else 17), "all that came is kept"
    options = SequencingOptions(probes=4, limits=Limits(examine=False))
    assert bank.sequence([server.spec()], GENOME, options) == {}
    assert (bank.counts().probes == 4).all()


def test_no_more_money_than_allowed(server: FakeServer, tmp_path: Path, run: Any) -> None:
    spec, bank = server.spec(), tmp_path / "bank"
    goods = spec.removeprefix("http:").partition("?")[0]
    (tmp_path / "p.toml").write_text(f'[http]\n"{goods}" = [1000, 1000]\n')
    common = ["sequence", spec, "--bank", bank, "--genes", 30, "--probes", 4, "--no-examine"]
    common += ["--prices", tmp_path / "p.toml"]
    # The server counts 10 tokens in, 64 out: 7.4 cents a call.
    code, _, err = run(*common, "--max-cost", 1)
    assert code == 2 and "may cost $" in err and "$1.00 are allowed" in err
    assert server.requests == []
    code, out, _ = run(*common, "--dry-run", "--json")
    [planned] = json.loads(out)
    assert code == 0 and planned["estimate"]["cost"] > 30 * 0.074 and server.requests == []
    code, _, err = run(*common)
    assert code == 0 and "(30 calls, about $2.2200)" in err


def test_money_runs_out_in_the_middle(server: FakeServer, tmp_path: Path) -> None:
    goods = server.spec().removeprefix("http:").partition("?")[0]
    prices = known_prices()
    priced = type(prices)(prices.date, {f"http:{goods}": Price(1000, 1000)})
    limits = Limits(examine=False, budget=Budget(max_cost=1.0), prices=priced)
    bank = Bank(tmp_path / "bank")
    failed = bank.sequence([server.spec()], GENOME, SequencingOptions(probes=4, limits=limits))
    assert isinstance(failed["fake"], BudgetError)
    assert 5 <= len(server.requests) <= 13 and limits.budget.cost <= 1.0
    assert len(bank.probes()) == 4 * len(server.requests)


def test_money_without_a_price_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Any
) -> None:
    monkeypatch.setenv("TOGETHER_API_KEY", "k")
    code, _, err = run("sequence", "together:x", "--bank", tmp_path / "b", "--max-cost", 1)
    assert code == 2 and "no price is known for together:x" in err and "--max-calls" in err


def test_the_dry_run_does_nothing(
    server: FakeServer, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    specs = [server.spec(), "openai:gpt-4o-mini", "hf:./nowhere"]
    code, out, err = run("sequence", *specs, "--bank", tmp_path / "b", "--dry-run")
    assert code == 0 and "nothing was asked" in err and "prices of 2026" in err
    assert "148 – 4,116" in out and "OPENAI_API_KEY" in out and "no folder" in out
    assert server.requests == [] and not (tmp_path / "b").exists()
    code, _, err = run("sequence", server.spec(), "--bank", tmp_path / "b", "--max-calls", 100)
    assert code == 2 and "148 calls are needed at least, 100 are allowed" in err
    assert server.requests == []
