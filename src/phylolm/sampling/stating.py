"""Allele distributions from the probabilities that a server states.

Here: `Stating`, which asks about some genes until little of each distribution is missing. Next
door: `alleletree` adds up what comes, `http` is the backend, `doctor` compares what is stated with
what is drawn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phylolm.errors import BackendError
from phylolm.sampling.alleletree import AlleleTree
from phylolm.sampling.faults import BadRequestError
from phylolm.sampling.flow import Flow
from phylolm.sampling.limits import Limits
from phylolm.sampling.logprobs import fits, hidden_end, with_ends, words
from phylolm.sampling.protocol import SamplingSettings, Stated
from phylolm.sampling.wire import Reply

if TYPE_CHECKING:
    from phylolm.sampling.http import HttpModel

MOST_ANSWERS = 64
"""For one gene, twice the probes of a sampled one. What they don't visit is missing."""

ANSWERS_A_CALL = 8
"""Few, as the first ones show most of a distribution."""

TOPS = (20, 5)
"""Probabilities asked for at each place; fewer where a server refuses."""


@dataclass
class _Gene:
    tree: AlleleTree
    answers: int = 0
    served: set[str] = field(default_factory=set)


class Stating:
    """The calls for some genes, and the distributions they give.

    Iterating gives each gene's when it is found; `rest`, after a failure or Ctrl-C, what is known
    of genes that were begun.
    """

    def __init__(
        self,
        model: HttpModel,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int,
        limits: Limits,
    ) -> None:
        self._model, self._prompts, self._settings = model, prompts, settings
        self._epsilon, self._length, self._limits = epsilon, length, limits
        self._begun: dict[int, _Gene] = {}
        self._ends: set[str] = set()
        self._jobs: deque[int] = deque()
        self._flow = Flow(self._jobs, self._call, limits.at_a_time)

    def __iter__(self) -> Iterator[Stated]:
        if self._prompts and self._limits.examine:
            self._model.trust_stated(self._settings)
        self._jobs += range(len(self._prompts))
        for place, reply in self._flow:
            gene = self._absorb(place, reply)
            if gene.tree.missing > self._epsilon and gene.answers < MOST_ANSWERS:
                self._jobs.appendleft(place)  # one gene after another: few are begun at a time
            else:
                yield self._stated(place)

    def rest(self) -> Iterator[Stated]:
        """Genes of which something is known but too little; answers under way are waited for."""
        caller = self._model.caller
        caller.stop()
        try:
            for place, reply in self._flow.rest(caller.wire.seconds):
                with suppress(BackendError):  # the failure that ended the run is the one to tell
                    self._absorb(place, reply)
        finally:
            caller.go()
        for place in sorted(self._begun):
            if (stated := self._stated(place)).probes:
                yield stated

    def _stated(self, place: int) -> Stated:
        gene = self._begun.pop(place)
        return Stated(place, gene.tree.probes(), gene.tree.missing, sorted(gene.served))

    def _call(self, place: int) -> tuple[int, Reply]:
        model = self._model
        count, top = min(ANSWERS_A_CALL, model.together), model.top
        request = model.request(self._prompts[place], count, self._settings)
        asked = words(model.endpoint.chat, top)
        try:
            reply = model.caller.ask(request.with_extra(asked))
        except BadRequestError:
            if fewer := [each for each in TOPS if each < top]:
                model.top = min(model.top, fewer[0])
            elif count > 1:
                model.together = min(model.together, count // 2)
            else:
                raise
            return self._call(place)
        model.learn(count, reply)
        return place, reply

    def _absorb(self, place: int, reply: Reply) -> _Gene:
        """Raises BackendError if no probabilities came, or those of other answers."""
        gene = self._begun.get(place)
        if gene is None:
            gene = _Gene(AlleleTree(self._prompts[place], self._settings, self._length))
        host = self._model.endpoint.host
        if not any(choice.steps for choice in reply.choices):
            raise BackendError(
                f"{self._model.name}: {host} shows no probabilities; sample it, without --exact"
            )
        for choice in reply.choices:
            if choice.ended and (end := hidden_end(choice.text, choice.steps)):
                self._ends.add(end)
        for choice in reply.choices:
            steps = with_ends(choice.steps, self._ends)
            if not fits(choice.text, steps):
                raise BackendError(
                    f"{self._model.name}: the tokens that {host} lists don't spell its answers, so "
                    "that their probabilities can't be used; sample it, without --exact"
                )
            gene.tree.absorb(steps)
        gene.answers += len(reply.choices)
        gene.served.add(reply.served)
        self._begun[place] = gene
        return gene
