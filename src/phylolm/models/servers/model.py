"""The backend of servers: completions and chats.

Here: `open_model`, for OpenAI's protocol, and `ServerModel`, for all. Next door: `server` is
what one server is and was found to do, `sampled` and `reported` are its answers on their way.
Nothing is asked before the first probe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from phylolm.errors import BackendError, ConfigError
from phylolm.genome import alleles
from phylolm.models.budget import FREE, Limits, Price
from phylolm.models.protocol import (
    AUTO,
    BARE,
    PLAIN,
    Estimate,
    ModelSpec,
    Probe,
    Progress,
    SamplingSettings,
    WeightedProbe,
)
from phylolm.models.servers import doctor, prompt_modes
from phylolm.models.servers.openai_api import Line, Wire
from phylolm.models.servers.providers import endpoint_of
from phylolm.models.servers.reported import ANSWERS_A_CALL, MOST_ANSWERS, ReportedDistributions
from phylolm.models.servers.retry import Caller, tokens_of
from phylolm.models.servers.sampled import SampledProbes
from phylolm.models.servers.server import Server


def open_model(spec: ModelSpec) -> ServerModel:
    """The model of a server."""
    return model_on(Wire(endpoint_of(spec)), spec)


def model_on(line: Line, spec: ModelSpec) -> ServerModel:
    """The model that a spec names, at the end of this line."""
    return ServerModel(spec.name, Caller(line), f"{spec.backend}:{spec.target}")


class ServerModel:
    """Asks a server; see `phylolm.models.protocol.Remote`. The randomness is the server's.

    price_id: what the model is called in tables of prices.
    """

    def __init__(self, name: str, caller: Caller, price_id: str = "") -> None:
        self.name = name
        self.price_id = price_id
        self.server = Server(name, caller)
        self.endpoint = self.server.endpoint
        self.revision = self.endpoint.revision

    def settle(self, wanted: SamplingSettings) -> SamplingSettings:
        """Genes are sent as they are: no server can heal a word's end.

        Raises ConfigError for a boundary or prompt mode it doesn't have.
        """
        settled = wanted.settled(AUTO if self.endpoint.chat else BARE, PLAIN)
        if settled.boundary != PLAIN:
            raise ConfigError(
                f"{self.name}: a server can't complete half words; sample all models with "
                "--boundary plain to compare them"
            )
        if self.endpoint.chat:
            return replace(settled, prompt_mode=self._chat_mode(settled.prompt_mode))
        if settled.prompt_mode != BARE:
            raise ConfigError(
                f"{self.name}: text completions have no prompt mode {settled.prompt_mode!r}; "
                "use bare, or add ?endpoint=chat to the model"
            )
        return settled

    def _chat_mode(self, wanted: str) -> str:
        mode = prompt_modes.chat_mode(wanted)
        if mode == prompt_modes.PREFILL and "prefill" in self.endpoint.lacks:
            raise ConfigError(
                f"{self.name}: {self.endpoint.host} takes no beginning of an answer; use the "
                "prompt mode continue or bare"
            )
        return mode

    def sample(
        self,
        prompts: Sequence[str],
        draws: range,
        settings: SamplingSettings,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Probe]]:
        """`len(draws)` independent probes for each prompt; the seed is the server's.

        Raises BackendError if the server can't be reached, or refuses.
        """
        found: list[list[Probe]] = [[] for _ in prompts]
        for piece in self.stream(prompts, len(draws), settings, Limits()):
            found[piece.place] += piece.probes
            if progress is not None and len(found[piece.place]) == len(draws):
                progress(1)
        return found

    def exact(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int = alleles.DEFAULT_LENGTH,
        progress: Progress | None = None,
    ) -> list[list[WeightedProbe]]:
        """Each prompt's alleles, from the probabilities that the server states.

        Raises BackendError if it states none, or others than it draws by.
        """
        found: list[list[WeightedProbe]] = [[] for _ in prompts]
        for each in self.distributions(prompts, settings, epsilon, length, Limits()):
            found[each.place] = each.probes
            if progress is not None:
                progress(1)
        return found

    def price(self, limits: Limits) -> Price | None:
        """What its tokens cost, if that is known."""
        return limits.prices.table.get(self.price_id, FREE if self.endpoint.local else None)

    def estimate(
        self, prompts: Sequence[str], draws: int, settings: SamplingSettings, limits: Limits
    ) -> Estimate:
        """What `stream` will take, the examination too."""
        mode = self.settle(settings).prompt_mode
        fewest = -(-draws // self.endpoint.most_choices)
        most = fewest if self.endpoint.sure else draws
        looks = doctor.CALLS if limits.examine and prompts and draws else 0
        said = [tokens_of(prompt_modes.put(p, mode) + prompt_modes.begin(p, mode)) for p in prompts]
        looked = looks * (max(said, default=0) + 1)
        tokens = (
            most * sum(said) + looked,
            draws * len(prompts) * settings.max_tokens + looks * doctor.TOKENS,
        )
        price = self.price(limits)
        calls = (fewest * len(prompts) + looks, most * len(prompts) + looks)
        return Estimate(calls, tokens, None if price is None else price.of(*tokens))

    def estimate_exact(
        self, prompts: Sequence[str], settings: SamplingSettings, limits: Limits
    ) -> Estimate:
        """What `distributions` will take: at least one call a gene, at most all the answers."""
        least = self.estimate(
            prompts, min(ANSWERS_A_CALL, self.server.choices_per_call), settings, limits
        )
        most = self.estimate(prompts, MOST_ANSWERS, settings, limits)
        calls = most.calls[1] + (MOST_ANSWERS // ANSWERS_A_CALL) * len(prompts)
        return replace(most, calls=(least.calls[0], calls))

    def charge(self, limits: Limits) -> None:
        """From now on calls are paid for from this budget.

        Raises BackendError if the key it needs is not set, ConfigError if money is limited and
        the price isn't known.
        """
        self.endpoint.check_key(self.name)
        price = self.price(limits)
        if price is None and limits.budget.max_cost is not None:
            raise ConfigError(
                f"{self.name}: no price is known for {self.price_id}: give one with --prices, or "
                "limit the calls with --max-calls"
            )
        self.server.caller.budget, self.server.caller.price = limits.budget, price or FREE

    def stream(
        self, prompts: Sequence[str], draws: int, settings: SamplingSettings, limits: Limits
    ) -> SampledProbes:
        """Probes as they come."""
        self.charge(limits)
        return SampledProbes(self.server, prompts, draws, self.settle(settings), limits)

    def distributions(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int,
        limits: Limits,
    ) -> ReportedDistributions:
        """Allele distributions as they are found.

        Raises ConfigError for another temperature than 1: what servers state is the model's own.
        """
        if settings.temperature != 1:
            raise ConfigError(
                f"{self.name}: servers state the probabilities at temperature 1; leave out "
                "--temperature, or --exact"
            )
        if "logprobs" in self.endpoint.lacks:
            raise BackendError(
                f"{self.name}: {self.endpoint.host} shows no probabilities; sample it, without "
                "--exact"
            )
        self.charge(limits)
        return ReportedDistributions(
            self.server, prompts, self.settle(settings), epsilon, length, limits
        )
