"""The engine that needs nothing: one model after another, in this process."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from phylolm.bank.bank import Bank
from phylolm.errors import ConfigError, PhylolmError
from phylolm.genome.genome import Genome
from phylolm.sequencing.engines import Engine, Opened
from phylolm.sequencing.fill import Progress, SequencingOptions, sequence_model


def engine(options: Mapping[str, str]) -> Engine:
    """This engine; it has no options."""
    for key in options:
        raise ConfigError(f"engine local has no option {key!r}")
    return fill


def fill(
    bank: Bank,
    models: Sequence[Opened],
    genome: Genome,
    options: SequencingOptions,
    progress: Progress | None = None,
) -> dict[str, PhylolmError]:
    """Sample what the bank lacks of each model; see `engines.ModelRunner`."""
    failed: dict[str, PhylolmError] = {}
    for spec, backend in models:
        try:
            # A copy loads the weights and takes them along when it goes: one model at a time.
            sequence_model(bank, copy.copy(backend), spec, genome, options, progress)
        except PhylolmError as error:
            failed[spec.name] = error
    return failed
