"""Padding, the cache, and what is done without them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import transformers

from phylolm.errors import BackendError
from phylolm.models.local import model_runner as engines
from phylolm.models.local.draws import uniforms
from phylolm.models.local.forward_passes import CopiedPasses, SharedPasses, WholePasses
from phylolm.models.local.hf import HfModel
from phylolm.models.local.rows import parts_that_fit
from phylolm.models.local.trie import columns, inverse_cdf
from phylolm.models.protocol import SamplingSettings
from tests import tiny_models
from tests.models.local.test_trie import GENES, HEALED, naive_probe, opened

torch.set_num_threads(1)

SIZE = len(tiny_models.byte_tokenizer())
COMMON: dict[str, Any] = {
    "vocab_size": SIZE,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}
OTHERS: dict[str, tuple[Any, type]] = {
    "alibi": (
        transformers.BloomConfig(vocab_size=SIZE, hidden_size=32, n_layer=2, n_head=4),
        CopiedPasses,
    ),
    "sliding window": (transformers.MistralConfig(**COMMON, sliding_window=4), CopiedPasses),
    "hybrid": (
        transformers.Gemma3TextConfig(
            **COMMON,
            head_dim=8,
            sliding_window=4,
            layer_types=["sliding_attention", "full_attention"],
        ),
        CopiedPasses,
    ),
    "convolutions": (transformers.Lfm2Config(**COMMON, full_attn_idxs=[1]), CopiedPasses),
    "recurrent": (
        transformers.MambaConfig(
            vocab_size=SIZE, hidden_size=32, num_hidden_layers=2, state_size=8
        ),
        WholePasses,
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_architectures_sample_as_a_plain_loop_does(kind: str) -> None:
    config, passes = OTHERS[kind]
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config)
    backend = HfModel(kind, "0", tiny_models.sharpened(model, 9.0), tiny_models.byte_tokenizer())
    settings = SamplingSettings(boundary="plain", max_tokens=3)
    found = backend.sample(GENES, range(6), settings, seed=0)
    assert type(backend.engine.passes) is passes
    for gene, probes in zip(GENES, found, strict=True):
        rows = uniforms(f"{kind}@0", gene, range(6), 0, columns(settings))
        assert probes == [naive_probe(backend, gene, row, settings) for row in rows]


def test_ordinary_models_share_their_cache() -> None:
    for kind in ("llama", "gpt2"):
        model = opened(kind)
        model.sample(GENES, range(2), HEALED, 0)
        assert type(model.engine.passes) is SharedPasses


@pytest.mark.parametrize("fallback", ["copied", "unpadded", "whole"])
def test_fallbacks_give_the_same_probabilities(fallback: str) -> None:
    model, fallen = opened("llama"), opened("llama")
    fallen.engine._checked_length = 10**6
    fallen.engine.passes = {
        "copied": CopiedPasses(fallen.engine.model),
        "unpadded": CopiedPasses(fallen.engine.model, padded=False),
        "whole": WholePasses(fallen.engine.model, fallen.engine.vocabulary_size),
    }[fallback]
    assert model.sample(GENES, range(12), HEALED, 0) == fallen.sample(GENES, range(12), HEALED, 0)
    found = [backend.exact(GENES, HEALED, 0.2, length=1) for backend in (model, fallen)]
    pairs = zip(*found, strict=True)
    for one, other in pairs:
        others = {(p.text, p.ended): p.probability for p in other}
        assert sum(abs(others.get((p.text, p.ended), 0) - p.probability) for p in one) < 1e-3


def test_padding_that_changes_answers_is_noticed() -> None:
    model = opened("llama")
    forward = model.engine.model.forward

    def careless(attention_mask: Any = None, **options: Any) -> Any:
        return forward(**options)  # takes padding for text

    careless.__signature__ = None  # type: ignore[attr-defined]
    model.engine.model.forward = careless
    found = model.sample(GENES, range(6), HEALED, 0)
    assert not model.engine.padded
    assert found == opened("llama").sample(GENES, range(6), HEALED, 0)


class Starved:
    """A model whose device has room for so many tokens in one pass."""

    def __init__(self, backend: HfModel, most: int) -> None:
        self.forward, self.most, self.refused = backend.engine.model.forward, most, 0
        backend.engine.model.forward = self

    def __call__(self, input_ids: torch.Tensor, **options: Any) -> Any:
        if input_ids.numel() > self.most:
            self.refused += 1
            raise torch.OutOfMemoryError("out of memory")
        return self.forward(input_ids=input_ids, **options)


def test_batches_shrink_until_they_fit() -> None:
    model = opened("llama")
    whole = model.sample(GENES, range(30), HEALED, 0)
    starved = Starved(model, most=16)
    assert model.sample(GENES, range(30), HEALED, 0) == whole
    assert starved.refused


def test_no_room_for_one_row_is_one_line() -> None:
    model = opened("llama")
    model.sample(GENES[:1], range(1), HEALED, 0)
    Starved(model, most=0)
    with pytest.raises(BackendError, match="out of memory with a single row"):
        model.sample(GENES, range(3), HEALED, 0)


def test_logits_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(BackendError, match="dtype=float32"):
        inverse_cdf(torch.full((1, 5), torch.nan), np.array([0]), np.array([0.5]), 1.0)


def test_inverse_cdf_at_its_ends() -> None:
    logits = torch.tensor([[-torch.inf, 0.0, 0.0, -torch.inf]] * 3000)
    rows = np.repeat(np.arange(3000), 2)
    numbers = np.tile([0.0, np.nextafter(1.0, 0.0)], 3000)
    assert inverse_cdf(logits, rows, numbers, 1.0).tolist() == [1, 2] * 3000


def test_row_limit_leaves_room_for_large_vocabularies() -> None:
    cpu = torch.device("cpu")
    assert engines._rows_for_memory(cpu, 250_000) < engines._rows_for_memory(cpu, 5_000)
    assert engines._rows_for_memory(cpu, 5_000, held=1 << 30) == 1


def test_parts_cover_all_branches_and_fit() -> None:
    generator = np.random.default_rng(0)
    for limit in (1, 7, 64, 1000):
        home = np.sort(generator.integers(0, 20, size=150))
        parts = parts_that_fit(home, limit)
        assert sorted(np.concatenate(parts).tolist()) == list(range(150))
        for part in parts:
            rows, counts = np.unique(home[part], return_counts=True)
            assert len(rows) * counts.max() <= limit
            [again] = parts_that_fit(home[part], limit)
            assert len(again) == len(part)


def test_longer_prompts_are_checked_again() -> None:
    """A window that only longer prompts reach must not go unnoticed."""
    model = opened("llama")
    model.sample(["1 + 2 ="], range(2), HEALED, 0)
    first = model.engine.passes
    model.sample(["1 ="], range(2), HEALED, 0)
    assert model.engine.passes is first
    model.sample(["1 + 2 = 3; 10 + 20 = 30;"], range(2), HEALED, 0)
    assert model.engine.passes is not first
