"""Benchmarks for grown models: how well they continue documents they never saw."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from phylolm.predict.scores import ScoreTable
from phylolm.zoo import Zoo
from phylolm.zoo.corpora import build

CORPORA = ("math", "code", "docs", "stories", "essays", "dialogue")
DOCUMENTS = 40
CHARACTERS = 600
FLOOR = 0.05
FRESH = 90_000
"""Added to the zoo's seed: text made by the same rules that no model was raised on."""


def zoo_scores(zoo: Zoo, kept: Path) -> ScoreTable:
    """Probability per character and cloze accuracy of every model; measured once, then read.
    A benchmark that half of the models can't do at all is left out."""
    if not kept.exists():
        rows = [_measure(zoo, name) for name in zoo.models]
        kept.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows).to_csv(kept, index=False)
    read = pd.read_csv(kept)
    columns = [name for name in read.columns if name not in ("model", "parameters")]
    benchmarks = tuple(name for name in columns if read[name].median() >= FLOOR)
    return ScoreTable(
        tuple(read["model"]),
        benchmarks,
        read[list(benchmarks)].to_numpy(float),
        read["parameters"].to_numpy(float),
        tuple(zoo.family_of(name) for name in read["model"]),
        tuple("" for _ in read["model"]),
    )


def _measure(zoo: Zoo, name: str) -> dict[str, object]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(zoo.path(name))
    model = AutoModelForCausalLM.from_pretrained(zoo.path(name)).eval()
    size = sum(p.numel() for p in model.parameters()) / 1e9
    found: dict[str, object] = {"model": name, "parameters": size}
    print(name, flush=True)
    with torch.inference_mode():
        for corpus in CORPORA:
            texts = [t[:CHARACTERS].rstrip() for t in _documents(corpus, zoo.seed)]
            read = [_read(model, tokenizer, text) for text in texts]
            nats, characters, right = (sum(column) for column in zip(*read, strict=True))
            found[f"{corpus} fluency"] = math.exp(-nats / characters)
            found[f"{corpus} cloze"] = right / len(read)
    return found


@cache
def _documents(corpus: str, seed: int) -> tuple[str, ...]:
    """Held-out documents of a fresh seed where text is made by rules, of the zoo's own where it
    is read from installed files."""
    fresh = seed if corpus in ("code", "docs") else seed + FRESH
    held_out = build(corpus, fresh, 800_000).held_out
    return tuple(text for text in held_out if len(text) > 80)[:DOCUMENTS]


def _read(model: object, tokenizer: object, text: str) -> tuple[float, int, int]:
    """Nats for the second half of a text, its characters, and whether its last word is greedy."""
    import torch

    encoded = tokenizer(text, return_offsets_mapping=True, return_tensors="pt")  # type: ignore[operator]
    ids = encoded["input_ids"][0][:500]
    offsets = encoded["offset_mapping"][0][:500].numpy()
    odds = torch.log_softmax(model(ids[None]).logits[0].float(), -1)  # type: ignore[operator]
    said = odds[:-1].gather(1, ids[1:, None])[:, 0].numpy()
    greedy = (odds[:-1].argmax(-1) == ids[1:]).numpy()
    starts, ends = offsets[1:, 0], offsets[1:, 1]
    half = len(ids) // 2
    last = text[: ends[-1]].rstrip().rfind(" ")
    word = starts >= last if last > 0 else np.zeros(len(starts), bool)
    return float(-said[half:].sum()), int(ends[-1] - starts[half]), int(greedy[word].all())
