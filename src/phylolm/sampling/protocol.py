"""What every backend offers: a model that completes prompts.

Here: the settings that shape a distribution, the records a backend returns, and the protocol.
Next door: `spec` reads model specs and opens backends, `hf` runs transformers models,
`replay` reads recorded completions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from phylolm import alleles
from phylolm.errors import ConfigError

Progress = Callable[[int], None]
"""Called with the number of genes just finished."""


class Probe(NamedTuple):
    """One sampled completion: its text, and whether the model ended it itself."""

    text: str
    ended: bool


class WeightedProbe(NamedTuple):
    """One completion of an exact distribution, with its probability."""

    text: str
    ended: bool
    probability: float


HEALED = "healed"
PLAIN = "plain"


@dataclass(frozen=True)
class SamplingSettings:
    """What shapes the distribution a probe is drawn from. Part of every bank key.

    temperature: of the softmax; 1 is the model's own distribution.
    max_tokens: a completion whose allele is not complete by then is cut there.
    prompt_mode: how a gene becomes a prompt; "bare" sends the gene's text and nothing else.
    boundary: what is done where a gene ends in a word. Tokenizers cut an unfinished word each in
        its own way; "healed" takes the model's distribution of *texts* that begin with the gene,
        however the last word is cut into tokens; "plain" sends the gene tokenized as it is, as an
        API server would.

    Raises ConfigError for a temperature that is not above 0, no tokens, or an unknown boundary.
    """

    temperature: float = 1.0
    max_tokens: int = 16
    prompt_mode: str = "bare"
    boundary: str = HEALED

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise ConfigError(
                f"temperature {self.temperature} is not above 0: a probe is a random draw"
            )
        if self.max_tokens < 1:
            raise ConfigError(f"max_tokens {self.max_tokens}: at least 1 is needed")
        if self.boundary not in (HEALED, PLAIN):
            raise ConfigError(f"boundary {self.boundary!r} is unknown; use {HEALED} or {PLAIN}")


class Backend(Protocol):
    """A model that answers prompts. Texts may run past `alleles.MAX_LENGTH`; none is shorter
    unless the model ended it or the token limit cut it."""

    @property
    def name(self) -> str:
        """The model's name, as people write it (`gpt2`, `EleutherAI/pythia-70m@step1000`)."""

    @property
    def revision(self) -> str:
        """What exactly was sampled: a commit hash, or a fingerprint of a local folder."""

    def sample(
        self,
        prompts: Sequence[str],
        draws: range,
        settings: SamplingSettings,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Probe]]:
        """`len(draws)` independent probes for each prompt.

        The randomness of a prompt depends on (seed, model, prompt, draws.start) alone, never on
        the other prompts, so that any split of the work gives the same probes, and never on
        numbers that another model uses, so that models are sampled independently.
        """

    def exact(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int = alleles.DEFAULT_LENGTH,
        progress: Progress | None = None,
    ) -> list[list[WeightedProbe]]:
        """For each prompt the completions that make up at least 1 - epsilon of the
        distribution of alleles of `length` characters. A model too flat for that gives its most
        probable ones; the rest is missing from the sum. Raises BackendError if the model's
        probabilities can't be seen."""
