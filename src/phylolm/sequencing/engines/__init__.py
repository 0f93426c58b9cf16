"""Engines: where the sampling of many models runs.

Here: what an engine is, the table of them, `find_engine`. Inside: `local`, one model after another
in this process; `jobs`, the work cut into pieces for the others; `on_submitit`, processes or Slurm;
`on_ray`, a Ray cluster.

An engine fills a bank and nothing else. The bank alone knows what is done, so any engine may do
any work again, and one may finish what another began.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, cast

from phylolm.bank.bank import Bank
from phylolm.errors import ConfigError, PhylolmError
from phylolm.genome.genome import Genome
from phylolm.models.protocol import Backend, ModelSpec
from phylolm.sequencing.fill import Progress, SequencingOptions

ENGINES: Mapping[str, tuple[str, str, str]] = {
    "local": ("phylolm.sequencing.engines.local", "", ""),
    "submitit": ("phylolm.sequencing.engines.on_submitit", "submitit", "slurm"),
    "ray": ("phylolm.sequencing.engines.on_ray", "ray", "ray"),
}
"""Name -> module with a function `engine`, the package it needs, the extra that installs it."""


class Opened(NamedTuple):
    """A model that is known by name and revision; its weights need not be loaded."""

    spec: ModelSpec
    backend: Backend


class Engine(Protocol):
    """Samples what a bank lacks of some models."""

    def __call__(
        self,
        bank: Bank,
        models: Sequence[Opened],
        genome: Genome,
        options: SequencingOptions,
        progress: Progress | None = None,
    ) -> dict[str, PhylolmError]:
        """Fill the bank. Returns the models that failed, with why; none stops the others."""


def find_engine(text: str) -> Engine:
    """An engine by name, with its options: `local`, `submitit:timeout_min=60,at_once=4`, `ray`.

    Raises ConfigError for one that is not there or not installed.
    """
    name, _, rest = text.partition(":")
    if name not in ENGINES:
        raise ConfigError(f"unknown engine {name!r} (known: {', '.join(ENGINES)})")
    module, package, extra = ENGINES[name]
    options = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"engine {text!r}: write options as NAME=VALUE, not {pair!r}")
        options[key.strip()] = value.strip()
    try:
        return cast(Engine, importlib.import_module(module).engine(options))
    except ModuleNotFoundError as error:
        if not package or (error.name or "").partition(".")[0] != package:
            raise
        raise ConfigError(
            f"engine {name} needs the package {package}: pip install 'phylolm[{extra}]'"
        ) from None
