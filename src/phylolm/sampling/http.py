"""The backend of servers: completions and chats.

Here: `open_model`, for OpenAI's protocol, and `HttpModel`, for all. Next door: `providers` knows
addresses and keys, `forms` puts genes to chat models, `wire` and its like make calls, `caller`
tries again, `flow` runs several at once. Nothing is asked before the first probe.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from phylolm import alleles
from phylolm.errors import BackendError, ConfigError
from phylolm.sampling import doctor, forms
from phylolm.sampling.caller import Caller, tokens_of
from phylolm.sampling.faults import BadRequestError
from phylolm.sampling.flow import Flow
from phylolm.sampling.limits import FREE, Limits, Price
from phylolm.sampling.protocol import (
    AUTO,
    BARE,
    PLAIN,
    Estimate,
    Piece,
    Probe,
    Progress,
    SamplingSettings,
    WeightedProbe,
)
from phylolm.sampling.providers import endpoint_of
from phylolm.sampling.spec import ModelSpec
from phylolm.sampling.stating import ANSWERS_A_CALL, MOST_ANSWERS, TOPS, Stating
from phylolm.sampling.wire import Line, Reply, Request, Wire

_log = logging.getLogger(__name__)


def open_model(spec: ModelSpec) -> HttpModel:
    """The model of a server."""
    return model_on(Wire(endpoint_of(spec)), spec)


def model_on(line: Line, spec: ModelSpec) -> HttpModel:
    """The model that a spec names, at the end of this line."""
    return HttpModel(spec.name, Caller(line), f"{spec.backend}:{spec.target}")


@dataclass(frozen=True)
class Job:
    """One call: so many probes of one prompt."""

    place: int
    count: int


class HttpModel:
    """Asks a server; see `phylolm.sampling.protocol.Remote`. The randomness is the server's.

    goods: what the model is called in tables of prices.
    """

    def __init__(self, name: str, caller: Caller, goods: str = "") -> None:
        self.name = name
        self.goods = goods
        self.caller = caller
        self.endpoint = caller.wire.endpoint
        self.revision = self.endpoint.revision
        self.together = self.endpoint.most_choices
        self.top = TOPS[0]
        self.trusted = self.trusted_stated = False
        self._lock = Lock()
        self._served: list[str] = []

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
        mode = forms.chat_mode(wanted)
        if mode == forms.PREFILL and "prefill" in self.endpoint.lacks:
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
        for stated in self.state(prompts, settings, epsilon, length, Limits()):
            found[stated.place] = stated.probes
            if progress is not None:
                progress(1)
        return found

    def price(self, limits: Limits) -> Price | None:
        """What its tokens cost, if that is known."""
        return limits.prices.table.get(self.goods, FREE if self.endpoint.local else None)

    def estimate(
        self, prompts: Sequence[str], draws: int, settings: SamplingSettings, limits: Limits
    ) -> Estimate:
        """What `stream` will take, the examination too."""
        mode = self.settle(settings).prompt_mode
        fewest = -(-draws // self.endpoint.most_choices)
        most = fewest if self.endpoint.sure else draws
        looks = doctor.CALLS if limits.examine and prompts and draws else 0
        said = [tokens_of(forms.put(p, mode) + forms.begin(p, mode)) for p in prompts]
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
        """What `state` will take: at least one call a gene, at most all the answers."""
        least = self.estimate(prompts, min(ANSWERS_A_CALL, self.together), settings, limits)
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
                f"{self.name}: no price is known for {self.goods}: give one with --prices, or "
                "limit the calls with --max-calls"
            )
        self.caller.budget, self.caller.price = limits.budget, price or FREE

    def stream(
        self, prompts: Sequence[str], draws: int, settings: SamplingSettings, limits: Limits
    ) -> Asking:
        """Probes as they come."""
        self.charge(limits)
        return Asking(self, prompts, draws, self.settle(settings), limits)

    def state(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int,
        limits: Limits,
    ) -> Stating:
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
        return Stating(self, prompts, self.settle(settings), epsilon, length, limits)

    def examine(self, settings: SamplingSettings, stated: bool = False) -> doctor.Diagnosis:
        """Look at what the server does with what it is asked; see `doctor`."""
        self.endpoint.check_key(self.name)
        diagnosis = doctor.examine(self.name, self.caller, settings.prompt_mode, stated)
        self.together = diagnosis.together
        return diagnosis

    def trust(self, settings: SamplingSettings) -> None:
        """Examine the server once. Raises BackendError if it can't be trusted."""
        if self.trusted:
            return
        diagnosis = self.examine(settings)
        doctor.refuse(diagnosis)
        for caution in diagnosis.cautions:
            _log.warning("%s: %s", self.name, caution)
        self.trusted = True

    def trust_stated(self, settings: SamplingSettings) -> None:
        """Examine the server and the probabilities it states, once. Raises BackendError if they
        can't be trusted."""
        self.trust(settings)
        if not self.trusted_stated:
            doctor.check_stated(self.name, self.caller, settings.prompt_mode, self.together)
        self.trusted_stated = True

    def request(self, prompt: str, count: int, settings: SamplingSettings) -> Request:
        """The call that asks for `count` completions of a gene."""
        asked, begun = (f(prompt, settings.prompt_mode) for f in (forms.put, forms.begin))
        return Request(asked, count, settings.max_tokens, settings.temperature, begun=begun)

    def learn(self, asked: int, reply: Reply) -> None:
        """Fewer answers than asked for: ask for one at a time from now on. A server that says
        it is another one: say so."""
        with self._lock:
            if len(reply.choices) < asked:
                self.together = max(1, min(self.together, len(reply.choices)))
            new = reply.served not in self._served
            before = self._served[-1:] if new else []
            if new:
                self._served.append(reply.served)
        if before:
            _log.warning(
                "%s: the server says it is now %r (before: %r); these probes may be of two models",
                self.name,
                reply.served,
                before[0],
            )


class Asking:
    """The calls for some prompts, and their answers; see `phylolm.sampling.protocol.Pieces`."""

    def __init__(
        self,
        model: HttpModel,
        prompts: Sequence[str],
        draws: int,
        settings: SamplingSettings,
        limits: Limits,
    ) -> None:
        self._model, self._prompts, self._settings = model, prompts, settings
        self._draws, self._limits = draws, limits
        self._jobs: deque[Job] = deque()
        self._flow = Flow(self._jobs, self._call, limits.at_a_time)

    def __iter__(self) -> Iterator[Piece]:
        places = range(len(self._prompts)) if self._draws else range(0)
        if places and self._limits.examine:
            self._model.trust(self._settings)
        for place in places:
            self._jobs += self._split(place, self._draws)
        for job, piece in self._flow:
            missing = job.count - len(piece.probes)
            self._jobs.extendleft(self._split(job.place, missing))
            yield piece

    def rest(self) -> Iterator[Piece]:
        """The answers still on their way; they are paid for."""
        caller = self._model.caller
        caller.stop()
        try:
            for _, piece in self._flow.rest(caller.wire.seconds):
                yield piece
        finally:
            caller.go()

    def _split(self, place: int, count: int) -> list[Job]:
        """Calls for no more than the server gives at once."""
        most = self._model.together
        whole, left = divmod(count, most)
        return [Job(place, most)] * whole + [Job(place, left)] * bool(left)

    def _call(self, job: Job) -> tuple[Job, Piece]:
        model, gene, settings = self._model, self._prompts[job.place], self._settings
        count = min(job.count, model.together)
        try:
            reply = model.caller.ask(model.request(gene, count, settings))
        except BadRequestError:
            if count == 1:
                raise
            model.together = min(model.together, count // 2)  # perhaps too many at once
            return self._call(job)
        model.learn(count, reply)
        probes = [
            forms.clean(choice.text, choice.ended, gene, settings.prompt_mode)
            for choice in reply.choices[:count]
        ]
        return job, Piece(job.place, probes, reply.served)
