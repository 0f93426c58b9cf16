"""Probes sampled from a server, several calls at once.

Here: `SampledProbes`, the calls for some genes and their answers. Next door: `reported` asks for
distributions instead, `concurrent` runs the calls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from phylolm.models.budget import Limits
from phylolm.models.protocol import Piece, SamplingSettings
from phylolm.models.servers import prompt_modes
from phylolm.models.servers.concurrent import Flow
from phylolm.models.servers.failures import BadRequestError
from phylolm.models.servers.server import Server


@dataclass(frozen=True)
class Call:
    """One call: so many probes of one prompt."""

    place: int
    count: int


class SampledProbes:
    """The calls for some prompts, and their answers; see `phylolm.models.protocol.Pieces`."""

    def __init__(
        self,
        server: Server,
        prompts: Sequence[str],
        draws: int,
        settings: SamplingSettings,
        limits: Limits,
    ) -> None:
        self._server, self._prompts, self._settings = server, prompts, settings
        self._draws, self._limits = draws, limits
        self._calls: deque[Call] = deque()
        self._flow = Flow(self._calls, self._call, limits.concurrency)

    def __iter__(self) -> Iterator[Piece]:
        places = range(len(self._prompts)) if self._draws else range(0)
        if places and self._limits.examine:
            self._server.check(self._settings)
        for place in places:
            self._calls += self._split(place, self._draws)
        for call, piece in self._flow:
            missing = call.count - len(piece.probes)
            self._calls.extendleft(self._split(call.place, missing))
            yield piece

    def rest(self) -> Iterator[Piece]:
        """The answers still on their way; they are paid for."""
        caller = self._server.caller
        caller.stop()
        try:
            for _, piece in self._flow.rest(caller.wire.seconds):
                yield piece
        finally:
            caller.go()

    def _split(self, place: int, count: int) -> list[Call]:
        """Calls for no more than the server gives at once."""
        most = self._server.choices_per_call
        whole, left = divmod(count, most)
        return [Call(place, most)] * whole + [Call(place, left)] * bool(left)

    def _call(self, call: Call) -> tuple[Call, Piece]:
        server, gene, settings = self._server, self._prompts[call.place], self._settings
        count = min(call.count, server.choices_per_call)
        try:
            reply = server.caller.ask(server.request(gene, count, settings))
        except BadRequestError:
            if count == 1:
                raise
            # Perhaps too many at once.
            server.choices_per_call = min(server.choices_per_call, count // 2)
            return self._call(call)
        server.learn(count, reply)
        probes = [
            prompt_modes.clean(choice.text, choice.ended, gene, settings.prompt_mode)
            for choice in reply.choices[:count]
        ]
        return call, Piece(call.place, probes, reply.served)
