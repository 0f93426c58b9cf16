"""What every backend offers: a model that completes prompts.

Here: the settings that shape a distribution, the records a backend returns, and the protocols:
`Backend` for every model, `Remote` for those behind a network. Next door: `spec` reads model specs
and opens backends, `local` runs models in this process, `servers` asks those behind a network,
`replay` reads recorded completions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, runtime_checkable

from phylolm.errors import ConfigError
from phylolm.genome import alleles
from phylolm.models.budget import Limits

Progress = Callable[[int], None]
"""Called with the number of genes just finished."""


@dataclass(frozen=True)
class ModelSpec:
    """A parsed model spec. `name` is what people read; `text` is the spec as it was written."""

    backend: str
    target: str
    revision: str | None
    options: Mapping[str, str]
    name: str
    text: str


class Probe(NamedTuple):
    """One sampled completion: its text, and whether the model ended it itself.

    raw: the answer as it came, where it was more than the completion (quotes, "Sure, here is").
    """

    text: str
    ended: bool
    raw: str | None = None


class WeightedProbe(NamedTuple):
    """One completion of an exact distribution, with its probability."""

    text: str
    ended: bool
    probability: float


AUTO = "auto"
"""What the backend does best: see `ResolvesSettings.settle`; elsewhere `bare` and `healed`."""

BARE = "bare"
HEALED = "healed"
PLAIN = "plain"


@dataclass(frozen=True)
class SamplingSettings:
    """What shapes the distribution a probe is drawn from. Part of every bank key.

    temperature: of the softmax; 1 is the model's own distribution.
    max_tokens: a completion whose allele is not complete by then is cut there.
    prompt_mode: how a gene becomes a prompt; "bare" sends the gene's text and nothing else.
        `servers.prompt_modes` has the ways to put a gene to a chat model.
    boundary: what is done where a gene ends in a word. Tokenizers cut an unfinished word each in
        its own way; "healed" takes the model's distribution of *texts* that begin with the gene,
        however the last word is cut into tokens; "plain" sends the gene tokenized as it is, as an
        API server would.

    "auto" leaves the last two to the backend. A bank holds what was done, never "auto".

    Raises ConfigError for a temperature that is not above 0, no tokens, or an unknown boundary.
    """

    temperature: float = 1.0
    max_tokens: int = 16
    prompt_mode: str = AUTO
    boundary: str = AUTO

    def __post_init__(self) -> None:
        if not (self.temperature > 0 and math.isfinite(self.temperature)):
            raise ConfigError(
                f"temperature {self.temperature} is not above 0: a probe is a random draw"
            )
        if self.max_tokens < 1:
            raise ConfigError(f"max_tokens {self.max_tokens}: at least 1 is needed")
        if self.boundary not in (AUTO, HEALED, PLAIN):
            raise ConfigError(f"boundary {self.boundary!r} is unknown; use {HEALED} or {PLAIN}")

    def settled(self, prompt_mode: str = BARE, boundary: str = HEALED) -> SamplingSettings:
        """These settings with something definite in place of every "auto"."""
        return replace(
            self,
            prompt_mode=prompt_mode if self.prompt_mode == AUTO else self.prompt_mode,
            boundary=boundary if self.boundary == AUTO else self.boundary,
        )


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
        numbers that another model uses, so that models are sampled independently. Only a `Remote`
        model's randomness is its server's own.
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


class Piece(NamedTuple):
    """Some probes of one prompt, as one call brought them.

    place: of the prompt among those asked. served: what the server says it ran.
    """

    place: int
    probes: list[Probe]
    served: str


class AlleleDistribution(NamedTuple):
    """What a server's reported log-probabilities add up to for one prompt.

    place: of the prompt among those asked. missing: the mass that is not in `probes`. served: what
    the server says it ran.
    """

    place: int
    probes: list[WeightedProbe]
    missing: float
    served: Sequence[str]


@dataclass(frozen=True)
class Estimate:
    """What some probes will take. calls: at least, at most. tokens: in and out, at most. cost: US
    dollars at most, None if no price is known."""

    calls: tuple[int, int] = (0, 0)
    tokens: tuple[int, int] = (0, 0)
    cost: float | None = 0.0


class Pieces(Protocol):
    """Answers in the order they come."""

    def __iter__(self) -> Iterator[Piece]:
        """Goes on until every prompt has its probes; raises what went wrong for good."""

    def rest(self) -> Iterator[Piece]:
        """After a failure or Ctrl-C: the answers still on their way, and no new calls."""


@runtime_checkable
class ResolvesSettings(Protocol):
    """A backend with settings of its own."""

    def settle(self, wanted: SamplingSettings) -> SamplingSettings:
        """The settings it samples under when asked for `wanted`.

        Raises ConfigError for what it can't do.
        """


@runtime_checkable
class Remote(Backend, ResolvesSettings, Protocol):
    """A model behind a network. Its answers cost something, so each is kept as it comes."""

    def estimate(
        self, prompts: Sequence[str], draws: int, settings: SamplingSettings, limits: Limits
    ) -> Estimate:
        """What `stream` will take. Asks nothing of anyone."""

    def stream(
        self, prompts: Sequence[str], draws: int, settings: SamplingSettings, limits: Limits
    ) -> Pieces:
        """`draws` independent probes for each prompt, some at a time."""


class Distributions(Protocol):
    """Distributions in the order they are found."""

    def __iter__(self) -> Iterator[AlleleDistribution]:
        """Goes on until every prompt has its own; raises what went wrong for good."""

    def rest(self) -> Iterator[AlleleDistribution]:
        """After a failure or Ctrl-C: what is known of prompts that are not finished."""


@runtime_checkable
class ReportsDistributions(Remote, Protocol):
    """A model behind a network that may show probabilities."""

    def estimate_exact(
        self, prompts: Sequence[str], settings: SamplingSettings, limits: Limits
    ) -> Estimate:
        """What `state` will take. Asks nothing of anyone."""

    def distributions(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int,
        limits: Limits,
    ) -> Distributions:
        """For each prompt its alleles of `length` characters, up to `epsilon` of their mass as far
        as the server shows it."""


def settle(backend: Backend, wanted: SamplingSettings) -> SamplingSettings:
    """The settings a backend samples under when asked for `wanted`."""
    return backend.settle(wanted) if isinstance(backend, ResolvesSettings) else wanted.settled()
