"""Allele distributions from the log-probabilities that a server reports.

Here: `ReportedDistributions`, which asks about some genes until little of each distribution is
missing. Next door: `alleletree` adds up what comes, `model` is the backend, `doctor` compares
what is reported with what is sampled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from phylolm.errors import BackendError
from phylolm.models.budget import Limits
from phylolm.models.protocol import AlleleDistribution, SamplingSettings
from phylolm.models.servers.alleletree import AlleleTree
from phylolm.models.servers.concurrent import Flow
from phylolm.models.servers.failures import BadRequestError
from phylolm.models.servers.logprobs import fits, hidden_end, with_ends, words
from phylolm.models.servers.openai_api import Reply
from phylolm.models.servers.server import TOP_LOGPROBS, Server

MOST_ANSWERS = 64
"""For one gene, twice the probes of a sampled one. What they don't visit is missing."""

ANSWERS_A_CALL = 8
"""Few, as the first ones show most of a distribution."""


@dataclass
class _Gene:
    tree: AlleleTree
    answers: int = 0
    served: set[str] = field(default_factory=set)


class ReportedDistributions:
    """The calls for some genes, and the distributions they give.

    Iterating gives each gene's when it is found; `rest`, after a failure or Ctrl-C, what is known
    of genes that were begun.
    """

    def __init__(
        self,
        server: Server,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int,
        limits: Limits,
    ) -> None:
        self._server, self._prompts, self._settings = server, prompts, settings
        self._epsilon, self._length, self._limits = epsilon, length, limits
        self._begun: dict[int, _Gene] = {}
        self._ends: set[str] = set()
        self._jobs: deque[int] = deque()
        self._flow = Flow(self._jobs, self._call, limits.concurrency)

    def __iter__(self) -> Iterator[AlleleDistribution]:
        if self._prompts and self._limits.examine:
            self._server.check_logprobs(self._settings)
        self._jobs += range(len(self._prompts))
        for place, reply in self._flow:
            gene = self._absorb(place, reply)
            if gene.tree.missing > self._epsilon and gene.answers < MOST_ANSWERS:
                self._jobs.appendleft(place)  # one gene after another: few are begun at a time
            else:
                yield self._found(place)

    def rest(self) -> Iterator[AlleleDistribution]:
        """Genes of which something is known but too little; answers under way are waited for."""
        caller = self._server.caller
        caller.stop()
        try:
            for place, reply in self._flow.rest(caller.wire.seconds):
                with suppress(BackendError):  # the failure that ended the run is the one to tell
                    self._absorb(place, reply)
        finally:
            caller.go()
        for place in sorted(self._begun):
            if (found := self._found(place)).probes:
                yield found

    def _found(self, place: int) -> AlleleDistribution:
        gene = self._begun.pop(place)
        return AlleleDistribution(place, gene.tree.probes(), gene.tree.missing, sorted(gene.served))

    def _call(self, place: int) -> tuple[int, Reply]:
        server = self._server
        count, top = min(ANSWERS_A_CALL, server.choices_per_call), server.top_logprobs
        request = server.request(self._prompts[place], count, self._settings)
        asked = words(server.endpoint.chat, top)
        try:
            reply = server.caller.ask(request.with_extra(asked))
        except BadRequestError:
            if fewer := [each for each in TOP_LOGPROBS if each < top]:
                server.top_logprobs = min(server.top_logprobs, fewer[0])
            elif count > 1:
                server.choices_per_call = min(server.choices_per_call, count // 2)
            else:
                raise
            return self._call(place)
        server.learn(count, reply)
        return place, reply

    def _absorb(self, place: int, reply: Reply) -> _Gene:
        """Raises BackendError if no probabilities came, or those of other answers."""
        gene = self._begun.get(place)
        if gene is None:
            gene = _Gene(AlleleTree(self._prompts[place], self._settings, self._length))
        host = self._server.endpoint.host
        if not any(choice.steps for choice in reply.choices):
            raise BackendError(
                f"{self._server.name}: {host} shows no probabilities; sample it, without --exact"
            )
        for choice in reply.choices:
            if choice.ended and (end := hidden_end(choice.text, choice.steps)):
                self._ends.add(end)
        for choice in reply.choices:
            steps = with_ends(choice.steps, self._ends)
            if not fits(choice.text, steps):
                raise BackendError(
                    f"{self._server.name}: the tokens that {host} lists don't spell its answers, "
                    "so that their probabilities can't be used; sample it, without --exact"
                )
            gene.tree.absorb(steps)
        gene.answers += len(reply.choices)
        gene.served.add(reply.served)
        self._begun[place] = gene
        return gene
