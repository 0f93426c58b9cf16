"""Calls that are tried again: jitter, Retry-After, and everybody waiting when one is told to.

Here: `Caller`. Next door: `openai_api` and its like make one call, `failures` says what failed.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from threading import Event, Lock

from phylolm.errors import BackendError, PhylolmError
from phylolm.models.budget import FREE, Budget, Price
from phylolm.models.servers.failures import HiccupError
from phylolm.models.servers.openai_api import Line, Reply, Request


@dataclass(frozen=True)
class Patience:
    """attempts: at one call. first, longest: seconds before the second attempt, which double from
    there, and at most. told: the longest wait that a server may ask for."""

    attempts: int = 7
    first: float = 1.0
    longest: float = 60.0
    told: float = 600.0


def tokens_of(text: str) -> int:
    """About how many tokens a text has, rather too many: three bytes a token, and the words that
    servers put around messages."""
    return len(text.encode("utf-8", "replace")) // 3 + 10


def cost_of(request: Request, price: Price) -> float:
    """What a call costs at most, or nearly so."""
    texts = [request.prompt] if isinstance(request.prompt, str) else list(request.prompt)
    answers = request.choices * len(texts)
    begun = tokens_of(request.begun) if request.begun else 0
    return price.of(begun + sum(map(tokens_of, texts)), answers * request.max_tokens)


class StoppedError(Exception):
    """The run ends; calls not sent yet are not sent."""


class Caller:
    """Asks one endpoint, and asks again; used by several threads."""

    def __init__(self, wire: Line, patience: Patience | None = None) -> None:
        self.wire, self.patience = wire, patience or Patience()
        self.calls = 0
        self.budget = Budget()
        self.price = FREE
        self._answered = False
        self._lock = Lock()
        self._not_before = 0.0
        self._pause = 60 / wire.endpoint.rate if wire.endpoint.rate else 0.0
        self._next = 0.0
        self._stopped = Event()

    def ask(self, request: Request) -> Reply:
        """An answer. Raises BackendError when there is none after all attempts, BudgetError when
        the next would cost too much."""
        for attempt in range(self.patience.attempts):
            self._wait_turn()
            self._wait()
            try:
                reply = self._attempt(request)
            except HiccupError as hiccup:
                last = hiccup
                if hiccup.unreached and not self._answered:
                    break
                self._hold(hiccup, attempt)
            else:
                self._answered = True
                return reply
        raise BackendError(str(last)) from None

    def stop(self) -> None:
        """Send nothing more; who waits stops waiting."""
        self._stopped.set()

    def go(self) -> None:
        """After `stop`: calls are sent again."""
        self._stopped.clear()

    def _attempt(self, request: Request) -> Reply:
        """One call, paid for from the budget. What may have been billed counts as billed."""
        expected = cost_of(request, self.price)
        self.budget.reserve(expected)
        with self._lock:
            self.calls += 1
        try:
            reply = self.wire.ask(request)
        except PhylolmError as error:
            if not (isinstance(error, HiccupError) and error.billed):
                self.budget.correct(-expected)
            raise
        if reply.tokens is not None:
            self.budget.correct(self.price.of(*reply.tokens) - expected)
        return reply

    def _wait_turn(self) -> None:
        """Calls go out evenly, so that no minute has more than are allowed."""
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + self._pause
        while (pause := turn - time.monotonic()) > 0:
            if self._stopped.wait(pause):
                raise StoppedError

    def _wait(self) -> None:
        while (pause := self._not_before - time.monotonic()) > 0:
            if self._stopped.wait(random.uniform(pause, 1.1 * pause)):
                break
        if self._stopped.is_set():
            raise StoppedError

    def _hold(self, hiccup: HiccupError, attempt: int) -> None:
        """Wait after a failure: alone with jitter; all together when the server says how long."""
        patience = self.patience
        if hiccup.wait is None:
            most = min(patience.longest, patience.first * 2**attempt)
            self._stopped.wait(random.uniform(most / 2, most))
            return
        if hiccup.wait > patience.told:
            raise BackendError(f"{hiccup} (asks to wait {hiccup.wait:,.0f} seconds)") from None
        until = time.monotonic() + hiccup.wait
        with self._lock:
            self._not_before = max(self._not_before, until)
