"""The trie's distribution is that of independent sampling: against a plain loop, against
`generate`, and against the probabilities themselves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from phylolm.genome import alleles
from phylolm.models.local import exact
from phylolm.models.local.draws import uniforms
from phylolm.models.local.exact import expand
from phylolm.models.local.hf import HfModel
from phylolm.models.local.token_healing import Prompt, split_prompt, word_start
from phylolm.models.local.trie import TrieSampler, columns
from phylolm.models.local.vocabulary import visible_text
from phylolm.models.protocol import Probe, SamplingSettings
from tests import tiny_models

torch.set_num_threads(1)

PLAIN = SamplingSettings(boundary="plain", max_tokens=8)
HEALED = SamplingSettings(max_tokens=8)
GENES = ["the cat sat on", "def area(width, hei", "1 + 2 =", "héllo wörld ça", "日本"]


def opened(kind: str, seed: int = 0, sharpness: float = 9.0) -> HfModel:
    tokenizer: Any = {
        "llama": tiny_models.byte_tokenizer,
        "gpt2": tiny_models.piece_tokenizer,
    }[kind]()
    make = {"llama": tiny_models.llama, "gpt2": tiny_models.gpt2}[kind]
    return HfModel(kind, "0", make(len(tokenizer), seed, sharpness), tokenizer)


@pytest.fixture(params=["llama", "gpt2"])
def model(request: pytest.FixtureRequest) -> HfModel:
    return opened(request.param)


def only_ascii(model: HfModel) -> HfModel:
    """The model as if all other tokens ended a text, so that few texts make up the whole."""
    for token, piece in enumerate(model.vocabulary.pieces):
        if not piece.decode(errors="replace").isascii():
            model.vocabulary.ends[token] = True
            model.vocabulary.pieces[token] = b""
    return model


def next_chances(model: HfModel, ids: list[int], temperature: float = 1.0) -> np.ndarray:
    with torch.inference_mode():
        logits = model.engine.model(input_ids=torch.tensor([ids])).logits[0, -1]
    return (logits.float() / temperature).softmax(-1).double().numpy()


def naive_probe(model: HfModel, text: str, numbers: np.ndarray, settings: Any) -> Probe:
    """One probe, sampled alone with full passes: the definition of a probe."""
    vocabulary = model.vocabulary
    ids, raw = vocabulary.encode(text), b""
    for step in range(settings.max_tokens):
        sums = next_chances(model, ids, settings.temperature).cumsum()
        token = int(np.searchsorted(sums, numbers[step + 1] * sums[-1], side="right"))
        if vocabulary.ends[token]:
            return Probe(visible_text(raw), True)
        raw += vocabulary.pieces[token]
        ids = [*ids, token]
        if alleles.is_complete(visible_text(raw)):
            break
    return Probe(visible_text(raw), False)


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_trie_is_independent_sampling_probe_by_probe(model: HfModel, temperature: float) -> None:
    settings = SamplingSettings(boundary="plain", max_tokens=5, temperature=temperature)
    found = model.sample(GENES[:3], range(7, 27), settings, seed=3)
    for gene, probes in zip(GENES, found, strict=False):
        name = f"{model.name}@{model.revision}"
        rows = uniforms(name, gene, range(7, 27), 3, columns(settings))
        assert probes == [naive_probe(model, gene, row, settings) for row in rows]


def draw(model: HfModel, prompts: list[Prompt], count: int, settings: Any, seed: int = 0) -> Any:
    width = columns(settings)
    numbers = [uniforms("", str(i), range(count), seed, width) for i in range(len(prompts))]
    return TrieSampler(model.engine, model.vocabulary, prompts, numbers, settings).run()


def tally(probes: Iterable[Probe], length: int = 2) -> Counter[str]:
    return Counter(alleles.allele(probe.text, probe.ended, length) for probe in probes)


def generated(model: HfModel, prompt: Prompt, count: int, settings: Any, seed: int) -> list[Probe]:
    """Probes from `generate`; with required bytes, those of its texts that begin with them."""
    torch.manual_seed(seed)
    ids = torch.tensor([prompt.ids])
    end = int(np.flatnonzero(model.vocabulary.ends)[0])
    rows = model.engine.model.generate(
        ids, attention_mask=torch.ones_like(ids), num_return_sequences=count, do_sample=True,
        top_k=0, top_p=1.0, temperature=settings.temperature, pad_token_id=end,
        max_new_tokens=settings.max_tokens,
        eos_token_id=np.flatnonzero(model.vocabulary.ends).tolist(),
    )[:, len(prompt.ids) :]  # fmt: skip
    probes = []
    for row in rows.tolist():
        stop = next((i for i, token in enumerate(row) if model.vocabulary.ends[token]), len(row))
        raw = b"".join(model.vocabulary.pieces[token] for token in row[:stop])
        if raw.startswith(prompt.required):
            rest = visible_text(raw[len(prompt.required) :])
            probes.append(Probe(rest, stop < len(row)))
    return probes


def same_distribution(a: Counter[str], b: Counter[str]) -> float:
    """p-value of a two-sample chi-square test; rare alleles pooled."""
    common = [key for key in a.keys() | b.keys() if a[key] + b[key] >= 16]
    table = np.array([[c[key] for key in common] for c in (a, b)])
    rest = np.array([[a.total()], [b.total()]]) - table.sum(1, keepdims=True)
    table = np.hstack([table, rest]) if rest.sum() else table
    assert table.shape[1] >= 4, "a test with so few alleles would be void"
    return float(stats.chi2_contingency(table).pvalue)


@pytest.mark.parametrize("gene", ["the cat sat on", "1 + 2 ="])
def test_trie_against_generate_plain(model: HfModel, gene: str) -> None:
    prompt = Prompt(tuple(model.vocabulary.encode(gene)))
    settings = SamplingSettings(boundary="plain", max_tokens=4, temperature=1.2)
    [probes] = draw(model, [prompt], 3000, settings)
    others = generated(model, prompt, 3000, settings, seed=1)
    assert same_distribution(tally(probes), tally(others)) > 1e-3


def frequent_beginning(model: HfModel, prompt: Prompt, settings: Any) -> bytes:
    """A first letter that many texts of the model share, with varied continuations."""
    texts = [probe.text for probe in generated(model, prompt, 2000, settings, seed=9)]
    follow: dict[str, Counter[str]] = {}
    for text in texts:
        if len(text) > 2 and text[0].isascii():
            follow.setdefault(text[0], Counter())[text[1:3]] += 1
    return max(follow, key=lambda c: follow[c].total() - max(follow[c].values())).encode()


def test_healed_against_rejection_of_generated_texts(model: HfModel) -> None:
    """Texts of the shortened prompt that happen to begin with the required bytes are, by
    definition, what a healed prompt draws from."""
    start = Prompt(tuple(model.vocabulary.encode("the cat sat")))
    settings = SamplingSettings(max_tokens=6, temperature=1.5)
    required = frequent_beginning(model, start, settings)
    prompt = Prompt(start.ids, required)
    [probes] = draw(model, [prompt], 3000, settings)
    others = generated(model, prompt, 20000, settings, seed=2)
    assert len(others) > 300
    assert same_distribution(tally(probes), tally(others)) > 1e-3


def naive_alleles(model: HfModel, prompt: Prompt, length: int, settings: Any) -> Counter[str]:
    """Allele probabilities by plain recursion over all texts; branches below 1e-13 are dropped."""
    vocabulary, found = model.vocabulary, Counter[str]()

    def visit(ids: list[int], raw: bytes, probability: float, steps: int) -> None:
        chances = probability * next_chances(model, ids, settings.temperature)
        for token in np.flatnonzero(chances > 1e-13).tolist():
            share = float(chances[token])
            if vocabulary.ends[token]:
                if raw.startswith(prompt.required):
                    text = visible_text(raw[len(prompt.required) :])
                    found[alleles.allele(text, True, length)] += share
                continue
            grown = raw + vocabulary.pieces[token]
            if not grown.startswith(prompt.required) and not prompt.required.startswith(grown):
                continue
            text = visible_text(grown[len(prompt.required) :])
            spent = steps + (len(grown) > len(prompt.required))
            if alleles.is_complete(text, length) or spent == settings.max_tokens:
                found[alleles.allele(text, False, length)] += share
            else:
                visit([*ids, token], grown, share, spent)

    visit(list(prompt.ids), b"", 1.0, 0)
    total = found.total()
    return Counter({key: value / total for key, value in found.items()})


@pytest.mark.parametrize("required", [b"", b"c", b"cat", b" t"])
def test_exact_and_sampled_against_recursion(model: HfModel, required: bytes) -> None:
    only_ascii(model)
    prompt = Prompt(tuple(model.vocabulary.encode("the cat sat on")), required)
    settings = SamplingSettings(max_tokens=3, temperature=2.5)
    truth = naive_alleles(model, prompt, 1, settings)
    [probes] = draw(model, [prompt], 4000, settings)
    assert against_truth(tally(probes, 1), truth) > 1e-3
    [weighted] = expand(model.engine, model.vocabulary, [prompt], settings, 1e-4, 1)
    assert weighted is not None
    shares = Counter[str]()
    for probe in weighted:
        shares[alleles.allele(probe.text, probe.ended, 1)] += probe.probability
    assert 1 - 1e-4 <= shares.total() <= 1 + 1e-6
    assert all(abs(shares[key] - truth[key]) < 3e-4 for key in shares | truth)


def test_exact_of_a_flat_model_is_bounded() -> None:
    """What a small budget finds is what a large one finds, as far as it gets, and no more."""
    model = opened("llama", sharpness=3.0)
    prompts = [Prompt(tuple(model.vocabulary.encode(gene))) for gene in GENES[:2]]

    def explored(budget: int) -> list[dict[tuple[str, bool], float]]:
        found = expand(model.engine, model.vocabulary, prompts, PLAIN, 0.01, 4, budget)
        assert all(probes is not None for probes in found)
        return [{(p.text, p.ended): p.probability for p in probes or ()} for probes in found]

    start = time.process_time()
    few, many = explored(30), explored(300)
    assert time.process_time() - start < 10
    for small, large in zip(few, many, strict=True):
        assert 0 < sum(small.values()) < sum(large.values()) < 0.99
        assert all(share <= large.get(key, 0) + 1e-6 for key, share in small.items())


def test_exact_runs_no_more_prefixes_than_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    model = opened("llama", sharpness=3.0)
    prompts = [Prompt(tuple(model.vocabulary.encode(gene))) for gene in GENES[:2]]
    run, ran = exact._run, Counter[int]()

    def counted(engine: Any, base: Any, nodes: list[Any], temperature: float) -> Any:
        ran.update(node.gene for node in nodes)
        return run(engine, base, nodes, temperature)

    monkeypatch.setattr(exact, "_run", counted)
    expand(model.engine, model.vocabulary, prompts, PLAIN, 0.01, 4, 37)
    assert set(ran.values()) == {37}


def test_a_pass_takes_no_more_prefixes_than_the_budget_has_left() -> None:
    words = opened("llama").vocabulary
    search = exact._Search(exact._Heads(words), words, Prompt((0,)), PLAIN, 0.01, 4, 3)
    search._open = [(-0.1, (token,), exact.Node(0, (token,), b"", 0)) for token in range(5)]
    assert len(search.best()) == 3 and not search.unfinished


def against_truth(counts: Counter[str], truth: Counter[str]) -> float:
    total = counts.total()
    common = [key for key in truth if truth[key] * total >= 5]
    seen = [counts[key] for key in common]
    expected = [truth[key] * total for key in common]
    seen.append(total - sum(seen))
    expected.append(total - sum(expected))
    if expected[-1] < 1:
        seen[-2] += seen.pop()
        expected[-2] += expected.pop()
    assert len(seen) >= 3
    return float(stats.chisquare(seen, expected).pvalue)


def test_split_of_the_work_changes_nothing(model: HfModel) -> None:
    together = model.sample(GENES, range(24), HEALED, seed=1)
    apart = [model.sample([gene], range(24), HEALED, seed=1)[0] for gene in GENES]
    assert agreement(together, apart) > 0.98
    model.engine.row_limit = 3
    assert agreement(model.sample(GENES[::-1], range(24), HEALED, seed=1), together[::-1]) > 0.98


def agreement(first: list[list[Probe]], second: list[list[Probe]]) -> float:
    """Share of equal probes; rounding differs with a batch's shape and may flip one in 1000."""
    pairs = [(a, b) for x, y in zip(first, second, strict=True) for a, b in zip(x, y, strict=True)]
    return sum(a == b for a, b in pairs) / len(pairs)


def test_the_first_probes_are_a_sample_of_their_own(model: HfModel) -> None:
    many = model.sample(GENES, range(40), HEALED, seed=1)
    few = model.sample(GENES, range(10), HEALED, seed=1)
    assert few == [probes[:10] for probes in many]


def test_seed_prompt_and_first_draw_make_the_randomness(model: HfModel) -> None:
    one = model.sample(GENES[:1], range(16), HEALED, seed=1)
    assert one == model.sample(GENES[:1], range(16), HEALED, seed=1)
    assert one != model.sample(GENES[:1], range(16), HEALED, seed=2)
    assert one != model.sample(GENES[:1], range(16, 32), HEALED, seed=1)
    assert model.sample(GENES[:1] * 2, range(4), HEALED, seed=1)[0] == one[0][:4]


def test_special_tokens_never_are_text(model: HfModel) -> None:
    """Of a flat model a good part of the tokens drawn are special."""
    flat = opened(model.name, sharpness=0.1)
    flat.vocabulary.ends[5:100] = True
    probes = flat.sample(GENES, range(200), PLAIN, seed=0)
    for probe in (probe for of_gene in probes for probe in of_gene):
        assert not any(mark in probe.text for mark in ("<s>", "</s>", "<unk>", "<|", "|>"))
    assert any(probe == Probe("", True) for probe in probes[0])


def test_end_at_once_is_an_empty_ended_probe() -> None:
    model = opened("llama")
    with torch.no_grad():
        head = model.engine.model.lm_head
        head.bias = torch.nn.Parameter(torch.zeros(head.out_features))
        head.bias[0] = 1000.0
    for probes in model.sample(["the cat.", "1 + 2 ="], range(5), HEALED, seed=0):
        assert probes == [Probe("", True)] * 5


def test_characters_split_over_tokens_come_out_whole() -> None:
    """A model that repeats the bytes of one emoji, each a token of its own."""
    model = opened("llama")
    vocabulary = model.vocabulary
    ids = [int(vocabulary.equal_to(bytes([byte]))[0]) for byte in "🙂".encode()]
    forward, follows = model.engine.model.forward, dict(zip(ids, ids[1:] + ids[:1], strict=True))

    def scripted(input_ids: torch.Tensor, **options: Any) -> Any:
        output = forward(input_ids=input_ids, **options)
        output.logits.fill_(-50.0)
        for row, last in enumerate(input_ids[:, -1].tolist()):
            output.logits[row, -1, follows.get(last, ids[0])] = 50.0
        return output

    model.engine.model.forward = scripted
    settings = SamplingSettings(max_tokens=9)
    assert model.sample(["1 ="], range(2), settings, 0) == [[Probe("🙂🙂", False)] * 2]


def test_temperature_sharpens() -> None:
    model = opened("llama")
    cold = SamplingSettings(temperature=0.05, max_tokens=4)
    hot = SamplingSettings(temperature=3.0, max_tokens=4)
    [cold_probes], [hot_probes] = (model.sample(GENES[:1], range(64), s, 0) for s in (cold, hot))
    assert len(set(cold_probes)) < len(set(hot_probes)) / 2


def test_word_start() -> None:
    assert word_start("the cat") == 3
    assert word_start("the cat.") == len("the cat.")
    assert word_start("foo(bar") == len("foo(")
    assert word_start("日本") == 1
    assert word_start("x" * 40) == 40 - 24
    assert word_start("") == 0


def test_split_drops_the_word_and_requires_it(model: HfModel) -> None:
    for text in ("the cat sat on", "def area(width, hei", "un héll"):
        prompt = split_prompt(model.vocabulary, text, "healed")
        whole = split_prompt(model.vocabulary, text, "plain")
        assert whole.required == b"" and prompt.ids == whole.ids[: len(prompt.ids)]
        assert text.encode().endswith(prompt.required)
        assert prompt.required.startswith(b" ")


def test_healing_cannot_leave_nothing() -> None:
    model = opened("llama")
    prompt = split_prompt(model.vocabulary, "cat", "healed")
    assert prompt == split_prompt(model.vocabulary, "cat", "plain")
    begun = split_prompt(opened("gpt2").vocabulary, "cat", "healed")
    assert begun == Prompt((1,), b" cat")
