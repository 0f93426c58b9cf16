"""The optimizer that trains base models: Muon for matrices, AdamW for the rest.

Next door: `train` trains base models with it and tunes their children with plain AdamW. At this
size Muon reaches in 300 steps a loss that AdamW is far from, and a zoo must grow while a person
waits. Method: Jordan and others (2024), "Muon: an optimizer for hidden layers in neural
networks"; torch's own appears in 2.9 only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# Coefficients of the quintic Newton-Schulz iteration, from the reference above.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5
_MOMENTUM = 0.95
# A step of Muon moves a weight by about its rate; AdamW's best rate is a few times smaller.
_FASTER = 4.0


def orthogonal(matrix: Tensor) -> Tensor:
    """The nearest matrix with singular values of about 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    wide: Tensor = matrix.T if tall else matrix
    wide = wide / (wide.norm() + 1e-7)
    a, b, c = _QUINTIC
    for _ in range(_ROUNDS):
        square = wide @ wide.T
        wide = a * wide + (b * square + c * square @ square) @ wide
    return wide.T if tall else wide


class Raising:
    """Muon on the matrices inside a model, AdamW on embeddings and vectors, at one rate."""

    def __init__(self, model: Any) -> None:
        embeddings = {id(weight) for weight in _embeddings(model)}
        weights = list(model.parameters())
        self.matrices = [w for w in weights if w.ndim == 2 and id(w) not in embeddings]
        inside = {id(weight) for weight in self.matrices}
        rest = [weight for weight in weights if id(weight) not in inside]
        self.moments = [torch.zeros_like(weight) for weight in self.matrices]
        self.adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0.01, fused=True)

    def step(self, rate: float) -> None:
        _set_rate(self.adam, rate)
        self.adam.step()
        with torch.no_grad():
            for weight, moment in zip(self.matrices, self.moments, strict=True):
                self._move(weight, moment, rate)

    def _move(self, weight: Tensor, moment: Tensor, rate: float) -> None:
        assert weight.grad is not None
        moment.lerp_(weight.grad, 1 - _MOMENTUM)
        direction = orthogonal(weight.grad.lerp(moment, _MOMENTUM))
        tall = max(1.0, weight.shape[0] / weight.shape[1])
        weight.add_(direction, alpha=-_FASTER * rate * tall**0.5)


class Tuning:
    """Plain AdamW on whatever is not frozen."""

    def __init__(self, model: Any) -> None:
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.adam = torch.optim.AdamW(weights, betas=(0.9, 0.98), weight_decay=0.01, fused=True)

    def step(self, rate: float) -> None:
        _set_rate(self.adam, rate)
        self.adam.step()


def _embeddings(model: Any) -> list[Tensor]:
    return [layer.weight for layer in model.modules() if isinstance(layer, torch.nn.Embedding)]


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
