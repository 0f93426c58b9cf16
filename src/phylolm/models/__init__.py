"""Models: what can be sampled, in this process or behind a server.

Inside: `protocol` (what a backend is), `spec` (model specs, the table of backends), `local/`,
`servers/`, `replay` (recorded completions), `fake` (for tests), `budget` (limits, prices),
`table_files` (tables of completions).

The names below are the extension point: a backend of another package is written with them and
declared under the entry point group `phylolm.backends` (docs/backends.md).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phylolm.models.protocol import (
        AlleleDistribution,
        Backend,
        Estimate,
        ModelSpec,
        Piece,
        Probe,
        Remote,
        ReportsDistributions,
        ResolvesSettings,
        SamplingSettings,
        WeightedProbe,
    )
    from phylolm.models.spec import open_model, parse

_HOME = {
    "AlleleDistribution": "protocol",
    "Backend": "protocol",
    "Estimate": "protocol",
    "ModelSpec": "protocol",
    "Piece": "protocol",
    "Probe": "protocol",
    "Remote": "protocol",
    "ReportsDistributions": "protocol",
    "ResolvesSettings": "protocol",
    "SamplingSettings": "protocol",
    "WeightedProbe": "protocol",
    "open_model": "spec",
    "parse": "spec",
}

__all__ = [
    "AlleleDistribution",
    "Backend",
    "Estimate",
    "ModelSpec",
    "Piece",
    "Probe",
    "Remote",
    "ReportsDistributions",
    "ResolvesSettings",
    "SamplingSettings",
    "WeightedProbe",
    "open_model",
    "parse",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'phylolm.models' has no attribute {name!r}")
    return getattr(importlib.import_module(f"phylolm.models.{_HOME[name]}"), name)
