"""Following one row: random weights, training, low-rank updates, rounding, averaging, teaching.

Imported only in a process that grows models: this is where torch and transformers come in.
Next door: `recipes` has the rows, `work` decides where the result goes, `vocabulary` draws batches.
One thread a process: at this size two threads are slower than one, and one repeats exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import Tensor, nn
from torch.nn.utils import parametrize

from phylolm.zoo.muon import Raising, Tuning
from phylolm.zoo.recipes import Mix, Recipe
from phylolm.zoo.vocabulary import BatchSampler, Streams, encoded

Report = Callable[[int, int], None]
Loss = Callable[[Any, Tensor], Tensor]

# A gene of 99 characters may be 400 tokens where a script was never seen: one a byte.
_POSITIONS = 512
_HEADS = 4
_WARM_UP = 0.1
_TEACHER_ROWS = 128
_TEACHER_BATCHES = 3
_TEACHER_LENGTH = 128


@dataclass(frozen=True)
class Order:
    """One model to make: its row, its sizes, and where its parents and its text are."""

    recipe: Recipe
    diet: Mix
    seed: int
    width: int
    layers: int
    rows: int
    length: int
    text: Path
    parents: tuple[Path, ...]
    teacher: Path | None


@dataclass(frozen=True)
class Made:
    """A model, its tokenizer, and its loss on held-out text (None where it did not train)."""

    model: Any
    tokenizer: Any
    loss: float | None


@contextmanager
def alone() -> Iterator[None]:
    """One thread, our own random stream, no bars or chatter; all put back afterwards."""
    threads = torch.get_num_threads()
    level = transformers.logging.get_verbosity()
    bars = transformers.logging.is_progress_bar_enabled()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)
        transformers.logging.set_verbosity(level)
        if bars:
            transformers.logging.enable_progress_bar()


def make(order: Order, report: Report) -> Made:
    """Follow the row. The same order gives the same weights on one machine."""
    torch.manual_seed(order.seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(order.text / "tokenizer")
    model, loss = _MAKERS[order.recipe.relation](order, tokenizer, report)
    return Made(model.eval(), tokenizer, loss)


def _load(folder: Path) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def _newborn(order: Order, tokenizer: Any) -> Any:
    special = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "vocab_size": len(tokenizer),
    }
    if order.recipe.arch == "gpt2":
        return transformers.GPT2LMHeadModel(_gpt2(order, special))
    return transformers.LlamaForCausalLM(_llama(order, special))


def _gpt2(order: Order, special: dict[str, int]) -> Any:
    return transformers.GPT2Config(
        n_positions=_POSITIONS,
        n_embd=order.width,
        n_layer=order.layers,
        n_head=_HEADS,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        **special,
    )


def _llama(order: Order, special: dict[str, int]) -> Any:
    return transformers.LlamaConfig(
        hidden_size=order.width,
        intermediate_size=order.width * 8 // 3 // 16 * 16,
        num_hidden_layers=order.layers,
        num_attention_heads=_HEADS,
        num_key_value_heads=_HEADS,
        max_position_embeddings=_POSITIONS,
        tie_word_embeddings=True,
        **special,
    )


def _next_token_loss(model: Any, batch: Tensor) -> Tensor:
    logits = model(input_ids=batch, use_cache=False).logits[:, :-1]
    return nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())


def _batch(sampler: BatchSampler, order: Order) -> Tensor:
    return torch.from_numpy(sampler.draw(order.rows, order.length))


def _rate(step: int, steps: int) -> float:
    """Linear up over the first tenth, then a cosine down to a twentieth."""
    warm = max(1, round(steps * _WARM_UP))
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.475 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _train(model: Any, sampler: BatchSampler, order: Order, report: Report, loss_of: Loss) -> None:
    recipe = order.recipe
    optimizer = Tuning(model) if recipe.parents else Raising(model)
    model.train()
    for step in range(recipe.steps):
        model.zero_grad()
        loss_of(model, _batch(sampler, order)).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(recipe.lr * _rate(step, recipe.steps))
        report(step + 1, recipe.steps)


def _held_out(model: Any, order: Order) -> float:
    sampler = Streams(order.text).sampler(order.diet, "held", 0)
    model.eval()
    with torch.inference_mode():
        losses = [float(_next_token_loss(model, _batch(sampler, order))) for _ in range(6)]
    return round(float(np.mean(losses)), 4)


def _taught_on_text(
    model: Any, order: Order, report: Report, loss_of: Loss = _next_token_loss
) -> tuple[Any, float]:
    sampler = Streams(order.text).sampler(order.diet, "train", order.seed)
    _train(model, sampler, order, report, loss_of)
    return model, _held_out(model, order)


def _base(order: Order, tokenizer: Any, report: Report) -> tuple[Any, float | None]:
    return _taught_on_text(_newborn(order, tokenizer), order, report)


def _finetune(order: Order, tokenizer: Any, report: Report) -> tuple[Any, float | None]:
    return _taught_on_text(_load(order.parents[0]), order, report)


class _LowRank(nn.Module):
    """Adds a product of two thin matrices to a weight; it starts as no change at all."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns) / math.sqrt(columns))
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.up @ self.down


def _lora(order: Order, tokenizer: Any, report: Report) -> tuple[Any, float | None]:
    model = _load(order.parents[0])
    layers = [layer for _, layer in _matrices(model) if not isinstance(layer, nn.Embedding)]
    # The head is the embedding once more: both stay as they are.
    layers = [layer for layer in layers if layer is not model.get_output_embeddings()]
    model.requires_grad_(False)
    for layer in layers:
        parametrize.register_parametrization(
            layer, "weight", _LowRank(layer.weight, order.recipe.rank)
        )
    model, loss = _taught_on_text(model, order, report)
    for layer in layers:
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
    return model, loss


def _matrices(model: Any) -> list[tuple[str, Any]]:
    return [
        (name, layer)
        for name, layer in model.named_modules()
        if getattr(getattr(layer, "weight", None), "ndim", 0) == 2
    ]


def _int8(order: Order, tokenizer: Any, report: Report) -> tuple[Any, float | None]:
    """Round every matrix to 127 steps either way, the steps set by each output's largest."""
    model = _load(order.parents[0])
    tied = set()
    for _, layer in _matrices(model):
        if layer.weight.data_ptr() in tied:
            continue
        tied.add(layer.weight.data_ptr())
        # GPT-2 keeps its layers as (inputs, outputs), all others as (outputs, inputs).
        inputs = 0 if type(layer).__name__ == "Conv1D" else 1
        weight = layer.weight.data
        step = weight.abs().amax(dim=inputs, keepdim=True).clamp(min=1e-12) / 127
        weight.copy_((weight / step).round() * step)
    return model, None


def _merge(order: Order, tokenizer: Any, report: Report) -> tuple[Any, float | None]:
    model, *others = [_load(folder) for folder in order.parents]
    rest = [dict(other.named_parameters()) for other in others]
    for name, weight in model.named_parameters():
        same = torch.stack([weight.data, *(other[name].data for other in rest)])
        weight.data.copy_(same.mean(dim=0))
    return model, None


def _distilled(order: Order, tokenizer: Any, report: Report) -> tuple[Any, float | None]:
    """With no parent, learn the teacher's next-token odds; with one, learn from its samples."""
    assert order.teacher is not None
    teacher = _load(order.teacher).eval()
    if not order.parents:
        odds = _odds_of(teacher)
        return _taught_on_text(_newborn(order, tokenizer), order, report, odds)
    texts = _said_by(teacher, transformers.AutoTokenizer.from_pretrained(order.teacher))
    stream = encoded(tokenizer, texts)
    model = _load(order.parents[0])
    sampler = BatchSampler([stream], np.ones(1), order.seed)
    _train(model, sampler, order, report, _next_token_loss)
    return model, None


def _odds_of(teacher: Any) -> Loss:
    def loss(model: Any, batch: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = teacher(input_ids=batch, use_cache=False).logits.log_softmax(-1)
        given = model(input_ids=batch, use_cache=False).logits.log_softmax(-1)
        return nn.functional.kl_div(
            given.flatten(0, 1), wanted.flatten(0, 1), reduction="batchmean", log_target=True
        )

    return loss


def _said_by(teacher: Any, tokenizer: Any) -> list[str]:
    """What the teacher writes with nothing but a start before it."""
    start = torch.full((_TEACHER_ROWS, 1), tokenizer.bos_token_id)
    texts: list[str] = []
    for _ in range(_TEACHER_BATCHES):
        with torch.inference_mode():
            said = teacher.generate(
                start,
                attention_mask=torch.ones_like(start),
                do_sample=True,
                max_length=_TEACHER_LENGTH,
                pad_token_id=tokenizer.pad_token_id,
            )
        texts += tokenizer.batch_decode(said, skip_special_tokens=True)
    return [text for text in texts if text.strip()]


_MAKERS: dict[str, Callable[[Order, Any, Report], tuple[Any, float | None]]] = {
    "base": _base,
    "finetune": _finetune,
    "lora": _lora,
    "int8": _int8,
    "merge": _merge,
    "distilled": _distilled,
}
