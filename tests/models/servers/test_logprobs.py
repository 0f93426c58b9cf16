"""Probabilities that servers state, against the distributions they are of."""

from __future__ import annotations

import codecs
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_server import FakeServer
from hypothesis import given
from hypothesis import strategies as st
from logprob_server import LogprobServer

from phylolm.bank.bank import Bank
from phylolm.cli import main
from phylolm.errors import BackendError, BudgetError, ConfigError
from phylolm.genome import alleles
from phylolm.genome.genome import Gene, Genome
from phylolm.models.budget import Budget, Limits
from phylolm.models.protocol import SamplingSettings, WeightedProbe
from phylolm.models.servers import prompt_modes
from phylolm.models.servers.alleletree import AlleleTree
from phylolm.models.servers.logprobs import fits, hidden_end, read_steps, with_ends
from phylolm.models.servers.model import ServerModel
from phylolm.models.spec import open_model
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.sequencing.plan import plan

GENES = ["the cat sat on", "1 + 2 =", "def area(width, hei", "日本"]
SETTINGS = SamplingSettings(max_tokens=5)
UNSEEN = Limits(examine=False)
GENOME = Genome("some", tuple(Gene(text) for text in GENES))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LogprobServer]:
    monkeypatch.delenv("PHYLOLM_API_KEY", raising=False)
    with LogprobServer() as running:
        yield running


def opened(server: FakeServer, endpoint: str = "completions") -> ServerModel:
    model = open_model(server.spec(endpoint))
    assert isinstance(model, ServerModel)
    return model


def stated(
    model: ServerModel,
    genes: list[str] = GENES,
    epsilon: float = 0.02,
    length: int = 2,
    mode: str = "auto",
) -> tuple[list[list[WeightedProbe]], list[float]]:
    settings = SamplingSettings(max_tokens=5, prompt_mode=mode)
    probes: dict[int, list[WeightedProbe]] = {}
    missing: dict[int, float] = {}
    for each in model.distributions(genes, settings, epsilon, length, UNSEEN):
        probes[each.place], missing[each.place] = each.probes, each.missing
    return [probes[i] for i in range(len(genes))], [missing[i] for i in range(len(genes))]


def seen(raw: bytes) -> str:
    return codecs.getincrementaldecoder("utf-8")("replace").decode(raw)


def every_path(server: LogprobServer, gene: str, length: int, limit: int) -> dict[Any, float]:
    """The plain loop: all paths of tokens, but for improbable ones."""
    found: dict[Any, float] = defaultdict(float)
    vocabulary = server.tiny.vocabulary

    def walk(path: tuple[int, ...], raw: bytes, chance: float) -> None:
        for token, share in enumerate(server.chances(gene, path) * chance):
            if share < 1e-4:
                continue
            text = seen(raw + vocabulary.pieces[token])
            if vocabulary.ends[token]:
                said = alleles.strip(seen(raw))[:length]
                found[said, len(said) < length] += share
            elif alleles.is_complete(text, length) or len(path) + 1 == limit:
                found[alleles.strip(text)[:length], False] += share
            else:
                walk((*path, token), raw + vocabulary.pieces[token], share)

    walk((), b"", 1.0)
    return found


def assert_same(found: list[WeightedProbe], true: dict[Any, float], missing: float) -> None:
    """Nothing that isn't there, and no more lacking than is said to be."""
    mine = {(probe.text, probe.ended): probe.probability for probe in found}
    assert abs(sum(mine.values()) + missing - 1) < 1e-6
    for allele, chance in mine.items():
        assert chance <= true.get(allele, 0.0) + 5e-3, allele
    assert sum(max(0.0, c - mine.get(a, 0.0)) for a, c in true.items()) <= missing + 5e-3


@pytest.mark.parametrize("endpoint", ["completions", "chat"])
@pytest.mark.parametrize("ways", [{}, {"form": "content"}, {"shown": 4}, {"parts": "\ufffd{}"}])
def test_stated_probabilities_add_up_to_the_distribution(
    server: LogprobServer, endpoint: str, ways: dict[str, Any]
) -> None:
    for name, value in ways.items():
        setattr(server, name, value)
    mode = "bare" if endpoint == "chat" else "auto"
    found, missing = stated(opened(server, endpoint), mode=mode)
    for gene, probes, lacking in zip(GENES, found, missing, strict=True):
        assert_same(probes, every_path(server, gene, 2, 5), lacking)
    if not {"shown", "parts"} & ways.keys():
        assert max(missing[:3]) < 0.1, missing


def test_it_is_the_distribution_of_the_same_model_run_here(server: LogprobServer) -> None:
    plain = SamplingSettings(max_tokens=5, boundary="plain")
    local = server.tiny.exact(GENES, plain, 0.001, 2)
    found, missing = stated(opened(server))
    for mine, theirs, lacking in zip(local, found, missing, strict=True):
        assert_same(theirs, {(p.text, p.ended): p.probability for p in mine}, lacking)


def test_more_is_asked_only_while_much_is_missing(server: LogprobServer) -> None:
    _, missing = stated(opened(server), GENES[:1], epsilon=0.5)
    few = len(server.requests)
    _, less = stated(opened(server), GENES[:1], epsilon=1e-6)
    assert few <= 2 and len(server.requests) - few == 8 and less[0] <= missing[0] <= 0.5


class OneAnswer(FakeServer):
    """Says "ab" and ends, which it thinks has a chance of 0.6."""

    def say(self, *_: Any) -> tuple[str, dict[str, Any]]:
        tokens = ["ab", "[fin]"]
        tops = [{"ab": 0.0}, {"[fin]": math.log(0.6), "c": math.log(0.4)}]
        listed = {"tokens": tokens, "token_logprobs": [0.0, math.log(0.6)], "top_logprobs": tops}
        return "ab", {"finish_reason": "stop", "logprobs": listed}


def test_ends_of_texts_that_no_list_knows() -> None:
    with OneAnswer() as server:
        [found] = opened(server).distributions(["x"], SETTINGS, 0.1, 3, UNSEEN)
    assert found.missing < 1e-9
    assert [(p.text, p.ended, round(p.probability, 9)) for p in found.probes] == [
        ("ab", True, 0.6),
        ("abc", False, 0.4),
    ]


def grown(mode: str, *answers: list[list[tuple[str, float]]]) -> AlleleTree:
    """A tree from answers of which each place lists names and chances, the drawn one first."""
    tree = AlleleTree("a gene", SamplingSettings(max_tokens=3, prompt_mode=mode), 2)
    for answer in answers:
        content = [
            {"token": place[0][0], "logprob": math.log(place[0][1]), "top_logprobs": [
                {"token": name, "logprob": math.log(chance)} for name, chance in place
            ]}
            for place in answer
        ]  # fmt: skip
        tree.absorb(read_steps({"content": content}))
    return tree


def alleles_of(tree: AlleleTree) -> dict[Any, float]:
    return {(p.text, p.ended): round(p.probability, 9) for p in tree.probes()}


def test_special_tokens_end_a_text() -> None:
    tree = grown("bare", [[("x", 0.5), ("</s>", 0.3)], [("</s>", 0.2), ("yz", 0.8)]])
    assert alleles_of(tree) == {("", True): 0.3, ("x", True): 0.1, ("xy", False): 0.4}
    assert abs(tree.missing - 0.2) < 1e-9


def test_tokens_that_look_alike_count_and_are_not_followed() -> None:
    twins = [("ab", 0.3), ("ab", 0.2), ("x", 0.2), ("x", 0.1)]
    assert alleles_of(grown("bare", [twins])) == {("ab", False): 0.5}
    led_on = [[twins[2], *twins[:2], twins[3]], [("y", 1.0)]]
    assert alleles_of(grown("bare", led_on)) == {("ab", False): 0.5}


def test_a_place_visited_again_adds_only_what_is_new() -> None:
    first, again = [[("ab", 0.5), ("cd", 0.3)]], [[("ef", 0.1), ("ab", 0.5), ("cd", 0.3)]]
    tree = grown("bare", first, again, first)
    assert alleles_of(tree) == {("ab", False): 0.5, ("cd", False): 0.3, ("ef", False): 0.1}


def test_what_may_be_cut_off_later_is_no_allele_yet() -> None:
    place = [[('"th', 0.6), ("my", 0.4)], [("e", 1.0)], [('"', 0.7), ("x", 0.3)]]
    assert alleles_of(grown("chat-bare", place)) == {('"t', False): 0.6, ("my", False): 0.4}
    wrapped = {("my", False): 0.4, ("th", False): 0.42, ('"t', False): 0.18}
    assert alleles_of(grown(prompt_modes.CONTINUE, place)) == wrapped


def test_an_end_that_is_not_listed_is_missing(server: LogprobServer) -> None:
    server.lists_end, server.end_name = False, "[finis]"
    found, missing = stated(opened(server))
    for gene, probes, lacking in zip(GENES, found, missing, strict=True):
        mine = sum(probe.probability for probe in probes)
        assert abs(mine + lacking - 1) < 1e-6
        assert all("[finis]" in p.text or not p.ended for p in probes), gene


def test_servers_that_refuse_many_are_asked_for_fewer(server: LogprobServer) -> None:
    server.most_top = 5
    model = opened(server)
    stated(model)
    assert model.server.top_logprobs == 5 and model.server.choices_per_call > 8
    server.most_top = 0
    with pytest.raises(BackendError, match="too many logprobs"):
        stated(opened(server))


def test_servers_without_probabilities(server: LogprobServer, monkeypatch: Any) -> None:
    server.states = False
    for limits in (UNSEEN, Limits()):
        with pytest.raises(BackendError, match=r"fake: 127.* shows no probabilities; sample it"):
            list(opened(server).distributions(GENES, SETTINGS, 0.1, 3, limits))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with pytest.raises(BackendError, match="shows no probabilities"):
        open_model("anthropic:claude").exact(GENES, SETTINGS, 0.1)


def test_tokens_that_do_not_spell_the_answer_are_refused(server: LogprobServer) -> None:
    server.blind = "a"
    with pytest.raises(BackendError, match="don't spell its answers"):
        stated(opened(server))


def test_only_temperature_1(server: LogprobServer) -> None:
    with pytest.raises(ConfigError, match="at temperature 1"):
        opened(server).exact(GENES, SamplingSettings(temperature=0.7), 0.1)


def test_the_doctor_compares_what_is_stated_with_what_is_drawn(server: LogprobServer) -> None:
    for heat, result in ((1.0, "yes"), (0.4, "no"), (3.0, "no")):
        server.heat = heat
        model = opened(server)
        diagnosis = model.server.examine(model.settle(SETTINGS), reported=True)
        [check] = [check for check in diagnosis.checks if check.name == "probabilities"]
        assert check.result == result, (heat, check)
        assert "of 128 answers" in check.note
    with pytest.raises(BackendError, match="doesn't draw by.*without --exact"):
        opened(server).exact(GENES, SETTINGS, 0.1)


def test_one_answer_a_call(server: LogprobServer) -> None:
    server.honours_n = False
    model = opened(server)
    found = model.exact(GENES[:1], SETTINGS, 0.02, 2)
    assert_same(
        found[0], every_path(server, GENES[0], 2, 5), 1 - sum(p.probability for p in found[0])
    )
    assert model.server.choices_per_call == 1


def test_from_a_server_to_a_bank(server: LogprobServer, tmp_path: Path) -> None:
    bank = Bank(tmp_path / "bank")
    options = SequencingOptions(
        exact=True, epsilon=0.05, length=2, settings=SETTINGS, limits=UNSEEN
    )
    assert sequence(bank, [server.spec()], GENOME, options) == {}
    asked = len(server.requests)
    [part] = bank.parts()
    assert part.header.kind == "exact" and part.header.provenance["served"] == ["fake-1 fp_1"]
    assert sequence(bank, [server.spec()], GENOME, options) == {}
    assert len(server.requests) == asked and not bank.damaged()
    missing = bank.missing_mass(["fake"], GENOME)
    assert missing.shape == (4,) and 0 < missing.max() < 0.6 and missing.min() >= 0


def test_a_gene_that_was_begun_is_kept_and_made_finer_later(
    server: LogprobServer, tmp_path: Path
) -> None:
    bank = Bank(tmp_path / "bank")

    def fill(calls: int | None) -> dict[str, Any]:
        limits = Limits(concurrency=1, examine=False, budget=Budget(calls))
        options = SequencingOptions(
            exact=True, epsilon=1e-4, length=2, settings=SETTINGS, limits=limits
        )
        return sequence(bank, [server.spec()], GENOME, options)

    assert isinstance(fill(11)["fake"], BudgetError)
    held = sorted((part.header.epsilon, len(part.header.genes)) for part in bank.parts())
    assert [genes for _, genes in held] == [1, 1] and held[0][0] == 1e-4 < held[1][0]
    coarse = bank.missing_mass(["fake"], GENOME)
    assert fill(None) == {}
    fine = bank.missing_mass(["fake"], GENOME)
    assert (coarse == 1).sum() == 2, "two genes weren't reached"
    assert (fine <= coarse + 1e-9).all() and fine.sum() < coarse.sum() - 1
    assert not bank.damaged()


@given(st.text("Sure, hereOK\n.\"'`~ the…text:cx", max_size=12), st.text(" \n:\"'`.sx", max_size=9))
def test_answers_that_begin_plainly_are_never_cleaned(begun: str, rest: str) -> None:
    if prompt_modes.is_final(begun, "the text", prompt_modes.CONTINUE):
        assert prompt_modes.clean(begun + rest, True, "the text", prompt_modes.CONTINUE).raw is None


def test_wrapped_answers_are_not_taken_for_alleles(server: LogprobServer) -> None:
    assert not prompt_modes.is_final('"the', "a gene", prompt_modes.CONTINUE)
    assert not prompt_modes.is_final("Sur", "a gene", prompt_modes.CONTINUE)
    assert not prompt_modes.is_final("a ge", "a gene", prompt_modes.CONTINUE)
    assert prompt_modes.is_final("The c", "a gene", prompt_modes.CONTINUE)
    assert prompt_modes.is_final('"the', "a gene", prompt_modes.CHAT_BARE)
    found, missing = stated(opened(server, "chat"), GENES[:1], mode="continue")
    assert all(probe.text[:1] not in "\"'`~.…" for probe in found[0] if len(probe.text) == 2)
    assert abs(sum(probe.probability for probe in found[0]) + missing[0] - 1) < 1e-6


@pytest.mark.parametrize(
    "said",
    [
        None, True, [], {}, {"content": 7}, {"content": [7]}, {"content": [{"token": 3}]},
        {"tokens": ["a"], "token_logprobs": [None], "top_logprobs": [None]},
        {"tokens": ["a"], "token_logprobs": [2.0], "top_logprobs": [{}]},
        {"tokens": ["a"], "token_logprobs": [float("nan")], "top_logprobs": [{}]},
        {"tokens": "a", "token_logprobs": [-1.0], "top_logprobs": [{}]},
    ],
)  # fmt: skip
def test_nonsense_states_nothing(said: object) -> None:
    assert read_steps(said) == ()


def test_what_tokens_say() -> None:
    def token(name: str, **more: object) -> Any:
        entry = {"token": name, "logprob": -1.0, "bytes": None} | more
        return read_steps({"content": [entry]})[0].chosen

    assert token("\\xe6", bytes=[230]).said == b"\xe6"
    assert token("bytes:\\xe6\\x97A").said == b"\xe6\x97A"
    assert token("bytes:nö").said is None and token("\ufffd").said is None
    assert token(" the").said == b" the" and not token("<b>").special
    for name in ("</s>", "<|im_end|>", "<eos>", "<end_of_turn>"):
        assert token(name).special
    assert token("x", logprob=-9999.0).chance == 0 and token("x", logprob=1e-6).chance == 1


def test_ends_and_spelling() -> None:
    def steps(*names: str) -> Any:
        return read_steps({"content": [{"token": name, "logprob": -1.0} for name in names]})

    assert hidden_end("the cat", steps("the", " cat", "[fin]")) == "[fin]"
    assert hidden_end("the cat", steps("the", " cat")) is None
    assert hidden_end("the cat", steps("the", " cat", "</s>")) is None
    marked = with_ends(steps("a", "[fin]"), {"[fin]"})
    assert marked[1].chosen.special and marked[1].known[0].special
    assert fits(" the cat sat", steps("the", " cat")) and fits("the cat", steps(" the", " cat\n"))
    assert not fits("the cat", steps("the", "cat"))


def test_the_command_tells_what_is_missing(
    server: LogprobServer, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    words = ["phylolm", "sequence", server.spec(), "--exact", "--genes", "2", "-l", "1"]
    monkeypatch.setattr(sys, "argv", [*words, "--bank", str(tmp_path / "b"), "--no-check"])
    with pytest.raises(SystemExit):
        main()
    missing = Bank(tmp_path / "b").missing_mass(["fake"], Genome.load("math", 2))
    said = capsys.readouterr().err
    assert f"{missing.mean():.3f} on average, {missing.max():.3f} at most" in " ".join(said.split())


def test_the_plan_of_an_exact_run(server: LogprobServer) -> None:
    options = SequencingOptions(exact=True, length=2, settings=SETTINGS, limits=UNSEEN)
    [planned] = plan(None, [server.spec()], GENOME, options)
    low, high = planned.estimate.calls
    before = len(server.requests)
    assert low == 4 and planned.estimate.tokens[1] == 4 * 64 * 5 and before == 0
    opened(server).exact(GENES, SETTINGS, 1e-9, 2)
    assert low <= len(server.requests) - before <= high + 30
