"""Key and value caches of transformers: choose rows, stack, take columns back.

Here: what `forward_passes` does to a DynamicCache beyond what its own methods do.
"""

from __future__ import annotations

import copy
from typing import Any

import torch


def select(cache: Any, index: torch.Tensor) -> Any:
    """A cache of the given rows; the original stays usable for other branches."""
    chosen = copy.copy(cache)
    chosen.layers = [_own_state(layer) for layer in cache.layers]
    chosen.reorder_cache(index)
    return chosen


def stacked(caches: list[Any], width: int) -> Any:
    """Plain caches on top of each other, the narrower ones with columns no one sees."""
    joined = copy.copy(caches[0])
    joined.layers = [copy.copy(layer) for layer in joined.layers]
    pad = torch.nn.functional.pad
    for i, layer in enumerate(joined.layers):
        layers = [cache.layers[i] for cache in caches]
        layer.keys = torch.cat([pad(x.keys, (0, 0, 0, width - x.keys.shape[2])) for x in layers])
        layer.values = torch.cat(
            [pad(x.values, (0, 0, 0, width - x.values.shape[2])) for x in layers]
        )
    return joined


def trim(cache: Any, columns: int) -> None:
    """Take back the columns that a pass added to a plain cache."""
    for layer in cache.layers:
        layer.keys = layer.keys[..., :columns, :]
        layer.values = layer.values[..., :columns, :]


def is_plain(cache: Any) -> bool:
    """Whether every layer keeps all keys and values, in columns: no window, no recurrent state."""
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in cache.layers)


def _own_state(layer: Any) -> Any:
    """A layer whose lists and flags are its own; the tensors are replaced on selection."""
    twin = copy.copy(layer)
    for name, value in vars(twin).items():
        if isinstance(value, list | dict):
            setattr(twin, name, copy.copy(value))
    return twin
