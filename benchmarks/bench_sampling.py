"""Sampling speed: the prefix trie against what one would write with transformers.

    python benchmarks/bench_sampling.py [--model DIR] [--genes 128] [--probes 32] [-o FILE.json]

One process, one model, one thread count:
  a  text-generation pipeline, one call a probe; timed on a few genes, extrapolated to all
  b  batched `generate`: 32 return sequences of one prompt, or 8 padded prompts x 32, whichever
     is faster; timed on a part of the genes, extrapolated
  t  phylolm's trie, on all genes, healed and plain
Goals on a zoo model: a/t >= 30, b/t >= 5.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

MAX_TOKENS = 5
PIPELINE_GENES = 2
GENERATE_GENES = 16


def main() -> None:
    options = _options()
    import torch
    import transformers

    transformers.utils.logging.set_verbosity(logging.CRITICAL)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model, tokenizer, what = _model(options.model)
    genes = _genes(options.genes)
    figures = _measure(model, tokenizer, genes, options.probes)
    figures |= {"model": what, "genes": len(genes), "probes": options.probes}
    figures |= {"threads": torch.get_num_threads(), "max_tokens": MAX_TOKENS}
    _show(figures)
    if options.output:
        options.output.write_text(json.dumps(figures, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, help="a model folder; else a random 4 x 256 Llama")
    parser.add_argument("--genes", type=int, default=128)
    parser.add_argument("--probes", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="write the figures as JSON")
    return parser.parse_args()


def _measure(model: Any, tokenizer: Any, genes: list[str], probes: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for boundary in ("plain", "healed"):
        figures[f"trie_{boundary}_s"] = _time(
            lambda mode=boundary: _trie(model, tokenizer, genes, probes, mode)
        )
    few = genes[:GENERATE_GENES]
    scale = len(genes) / len(few)
    one = _time(lambda: [_generate(model, tokenizer, [gene], probes) for gene in few])
    eights = [few[i : i + 8] for i in range(0, len(few), 8)]
    many = _time(lambda: [_generate(model, tokenizer, part, probes) for part in eights])
    figures["generate_1_prompt_s"] = one * scale
    figures["generate_8_prompts_s"] = many * scale
    scale = len(genes) / PIPELINE_GENES
    spent = _time(lambda: _pipeline(model, tokenizer, genes[:PIPELINE_GENES], probes))
    figures["pipeline_s"] = spent * scale
    best = min(figures["generate_1_prompt_s"], figures["generate_8_prompts_s"])
    for boundary in ("plain", "healed"):
        trie = figures[f"trie_{boundary}_s"]
        figures[f"pipeline_over_trie_{boundary}"] = figures["pipeline_s"] / trie
        figures[f"generate_over_trie_{boundary}"] = best / trie
    return figures


def _time(work: Callable[[], Any]) -> float:
    """CPU seconds, which don't depend on what else the machine is doing."""
    start = time.process_time()
    work()
    return time.process_time() - start


def _trie(model: Any, tokenizer: Any, genes: list[str], probes: int, boundary: str) -> None:
    """Opening the backend is part of it: the token table, the check of padding and cache."""
    from phylolm.models.local.hf import HfModel
    from phylolm.models.protocol import SamplingSettings

    settings = SamplingSettings(max_tokens=MAX_TOKENS, boundary=boundary)
    HfModel("bench", "bench", model, tokenizer).sample(genes, range(probes), settings, seed=0)


def _generate(model: Any, tokenizer: Any, genes: list[str], probes: int) -> None:
    import torch

    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    encoded = tokenizer(genes, return_tensors="pt", padding=True)
    with torch.inference_mode():
        ids = model.generate(
            input_ids=encoded["input_ids"],
            attention_mask=encoded["attention_mask"],
            num_return_sequences=probes,
            **_sampling(tokenizer),
        )
    tokenizer.batch_decode(ids[:, encoded["input_ids"].shape[1] :], skip_special_tokens=True)


def _pipeline(model: Any, tokenizer: Any, genes: list[str], probes: int) -> None:
    from transformers import pipeline

    run = pipeline("text-generation", model=model, tokenizer=tokenizer)
    for gene in genes:
        for _ in range(probes):
            run(gene, return_full_text=False, **_sampling(tokenizer))


def _sampling(tokenizer: Any) -> dict[str, Any]:
    return {
        "do_sample": True,
        "top_k": 0,
        "top_p": 1.0,
        "temperature": 1.0,
        "max_new_tokens": MAX_TOKENS,
        "pad_token_id": tokenizer.pad_token_id or tokenizer.eos_token_id,
    }


def _model(folder: Path | None) -> tuple[Any, Any, str]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    with tempfile.TemporaryDirectory() as scratch:
        path = folder or _random_llama(Path(scratch))
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForCausalLM.from_pretrained(path).float().eval()
    model.generation_config.max_length = None
    return model, tokenizer, folder.name if folder else "random Llama 4 x 256"


def _random_llama(folder: Path) -> Path:
    from tests import tiny_models

    tokenizer = tiny_models.corpus_tokenizer(2846)
    model = tiny_models.llama(len(tokenizer), hidden=256, layers=4, sharpness=9.0)
    return tiny_models.save(model, tokenizer, folder)


def _genes(count: int) -> list[str]:
    """The genes of the default genome."""
    from phylolm.genome.genome import Genome

    return [gene.text for gene in Genome.load("math").genes[:count]]


def _show(figures: dict[str, Any]) -> None:
    for name, value in figures.items():
        print(f"{name:28} {value:.2f}" if isinstance(value, float) else f"{name:28} {value}")
    print("pipeline and generate times are extrapolated from a part of the genes")


if __name__ == "__main__":
    main()
