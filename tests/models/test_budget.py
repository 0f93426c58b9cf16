"""Calls and money: planned, limited, counted."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_server import FakeServer

from phylolm.bank.bank import Bank
from phylolm.cli import main
from phylolm.errors import BudgetError, ConfigError
from phylolm.genome.genome import Genome
from phylolm.models.budget import Budget, Limits, Price, known_prices, known_rates, read_prices
from phylolm.models.protocol import Remote, SamplingSettings
from phylolm.models.servers.providers import PROVIDERS, endpoint_of
from phylolm.models.spec import open_model, parse
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.sequencing.plan import plan

GENOME = Genome.load("math", 30)
UNSEEN = Limits(examine=False)


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
    assert sequence(bank, [server.spec()], GENOME, options) == {}
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
    failed = sequence(bank, [server.spec()], GENOME, SequencingOptions(probes=4, limits=limits))
    assert isinstance(failed["fake"], BudgetError) and failed["fake"].exit_code == 3
    assert len(server.requests) == 20
    assert len(bank.probes()) == (17 * 4 if honours_n else 17), "all that came is kept"
    options = SequencingOptions(probes=4, limits=Limits(examine=False))
    assert sequence(bank, [server.spec()], GENOME, options) == {}
    assert (bank.counts().probes == 4).all()


def test_no_more_money_than_allowed(server: FakeServer, tmp_path: Path, run: Any) -> None:
    spec, bank = server.spec(), tmp_path / "bank"
    price_id = spec.removeprefix("http:").partition("?")[0]
    (tmp_path / "p.toml").write_text(f'[http]\n"{price_id}" = [1000, 1000]\n')
    common = ["sequence", spec, "--bank", bank, "--genes", 30, "--probes", 4, "--no-check"]
    common += ["--prices", tmp_path / "p.toml"]
    # The server counts 10 tokens in, 64 out: 7.4 cents a call.
    code, _, err = run(*common, "--max-cost", 1)
    assert code == 2 and "may cost $" in err and "$1.00 are allowed" in err
    assert server.requests == []
    code, out, _ = run(*common, "--dry-run", "--json")
    [planned] = json.loads(out)
    assert code == 0 and planned["estimate"]["cost"] > 30 * 0.074 and server.requests == []
    code, _, err = run(*common)
    assert code == 0 and "(30 requests, about $2.2200)" in err


def test_money_runs_out_in_the_middle(server: FakeServer, tmp_path: Path) -> None:
    price_id = server.spec().removeprefix("http:").partition("?")[0]
    prices = known_prices()
    priced = type(prices)(prices.date, {f"http:{price_id}": Price(1000, 1000)})
    limits = Limits(examine=False, budget=Budget(max_cost=1.0), prices=priced)
    bank = Bank(tmp_path / "bank")
    failed = sequence(bank, [server.spec()], GENOME, SequencingOptions(probes=4, limits=limits))
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
    assert "148 – 4,116" in out and "no folder" in err
    assert server.requests == [] and not (tmp_path / "b").exists()
    code, _, err = run("sequence", server.spec(), "--bank", tmp_path / "b", "--max-calls", 100)
    assert code == 2 and "148 calls are needed at least, 100 are allowed" in err
    assert server.requests == []


def test_a_plan_needs_no_key_and_says_what_keeps_a_model_from_being_planned(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    words = ("sequence", "openai:gpt-4o-mini", "gone=hf:./gone", "--genes", 2, "-b", tmp_path / "b")
    code, out, err = run(*words, "--dry-run")
    assert code == 0 and "gpt-4o-mini" in out and "OPENAI_API_KEY" not in out + err
    [row] = [line for line in out.splitlines() if line.strip().startswith("gone")]
    assert row.split() == ["gone", *["–"] * 6]
    [told] = [line for line in err.splitlines() if "gone" in line]
    assert told == "error: gone=hf:./gone: there is no folder gone"
    _, out, _ = run(*words, "--dry-run", "--json")
    known, unknown = json.loads(out)
    assert known["estimate"]["cost"] > 0 and unknown["estimate"] is None and unknown["problem"]
    code, _, err = run(*words[:2], "--genes", 2, "-b", tmp_path / "b")
    assert code == 4 and "set the environment variable OPENAI_API_KEY" in err
    assert err.count("gpt-4o-mini: ") == 1, "its name is said once"


def test_json_without_a_plan_is_refused(run: Any, tmp_path: Path, server: FakeServer) -> None:
    (tmp_path / "study.toml").write_text(f'[[models]]\nspec = "{server.spec()}"\n')
    for words in (("run", tmp_path / "study.toml"), ("sequence", server.spec(), "-b", tmp_path)):
        code, _, err = run(*words, "--json")
        assert code == 2 and "--json shows the plan: it goes with --dry-run" in err
    code, _, err = run("run", tmp_path)
    assert code == 2 and "is a folder" in err and "study.toml" in err and not server.requests


def test_a_study_may_have_prices_of_its_own(run: Any, tmp_path: Path, server: FakeServer) -> None:
    prices, study = tmp_path / "p.toml", tmp_path / "study.toml"
    models = "".join(f'[[models]]\nspec = "{name}=openai:house-1"\n' for name in "ab")
    study.write_text(f"genes = 4\nprobes = 2\n{models}")
    prices.write_text("[openai]\n'house-1' = [10, 10]\n")
    _, out, _ = run("run", study, "--dry-run", "--json")
    assert json.loads(out)["models"][0]["estimate"]["cost"] is None
    _, out, _ = run("run", study, "--dry-run", "--json", "--prices", prices)
    assert json.loads(out)["models"][0]["estimate"]["cost"] > 0
    code, _, err = run("run", study, "--prices", prices, "--max-cost", "0.0001")
    assert code == 2 and "this may cost" in err


def test_a_study_asks_so_many_at_a_time(run: Any, tmp_path: Path, server: FakeServer) -> None:
    server.delay, study = 0.02, tmp_path / "study.toml"
    models = "".join(f'[[models]]\nspec = "{n}={server.spec()}"\n' for n in "ab")
    study.write_text("genes = 8\nprobes = 2\n[tree]\nreplicates = 0\n" + models)
    code, _, err = run("run", study, "--concurrency", 2)
    assert code == 0, err
    assert server.most_at_once == 2


def test_known_rates_are_kept_to(monkeypatch: pytest.MonkeyPatch, server: FakeServer) -> None:
    rates = known_rates()
    assert set(rates) <= set(PROVIDERS) and all(rate >= 1 for rate in rates.values())
    monkeypatch.setenv("GROQ_API_KEY", "k")
    assert endpoint_of(parse("groq:m")).rate == rates["groq"]
    assert endpoint_of(parse("groq:m?rpm=7")).rate == 7
    assert endpoint_of(parse("anthropic:m?rpm=7")).rate == 7
    assert endpoint_of(parse("openai:m")).rate is None
    assert endpoint_of(parse(server.spec())).rate is None
    with pytest.raises(ConfigError, match="rpm"):
        parse("groq:m?rpm=0")
    started = time.monotonic()
    model = open_model(server.spec() + "&rpm=600")
    asking = model.stream(["a", "b", "c", "d", "e", "f"], 1, SamplingSettings(), UNSEEN)  # type: ignore[attr-defined]
    assert len(list(asking)) == 6 and 0.5 <= time.monotonic() - started < 5


def test_waiting_for_ones_turn_ends_with_the_run(server: FakeServer) -> None:
    model = open_model(server.spec() + "&rpm=1")
    asking = model.stream(["a", "b"], 1, SamplingSettings(), UNSEEN)  # type: ignore[attr-defined]
    started = time.monotonic()
    assert next(iter(asking)) and list(asking.rest()) == []
    assert time.monotonic() - started < 5 and len(server.requests) == 1
