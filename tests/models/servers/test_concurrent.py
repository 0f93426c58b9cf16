"""Jobs in threads: no answer is lost, whenever Ctrl-C comes."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any

import pytest

from phylolm.models.servers.concurrent import Flow, postponed


@pytest.fixture(autouse=True)
def hears_ctrl_c() -> Iterator[None]:
    """As in a terminal, though the tests may run in a background job that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupting:
    """A queue that gets Ctrl-C at the moment when it hands over its nth item."""

    def __init__(self, nth: int) -> None:
        self.queue: SimpleQueue[Any] = SimpleQueue()
        self.put = self.queue.put
        self.left = nth

    def get(self, timeout: float | None = None) -> Any:
        item = self.queue.get(timeout=timeout)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return item


def slowly(job: int) -> int:
    time.sleep(0.001)
    return job


@pytest.mark.parametrize("nth", [1, 2, 7, 20])
def test_an_answer_that_comes_with_ctrl_c_is_kept(nth: int) -> None:
    started: list[int] = []

    def run(job: int) -> int:
        started.append(job)
        return slowly(job)

    flow: Flow[int, int] = Flow(deque(range(20)), run, 4)
    flow._given = Interrupting(nth)  # type: ignore[assignment]
    kept: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        kept.extend(flow)  # extend keeps what came before the error
    kept.extend(flow.rest(patience=5.0))
    assert sorted(kept) == sorted(started)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_wakes_who_waits_for_an_answer() -> None:
    flow: Flow[int, int] = Flow(deque([1]), lambda job: time.sleep(30) or job, 1)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(flow)
    assert time.monotonic() - started < 10


def test_a_second_ctrl_c_stops_at_once() -> None:
    told: list[str] = []
    with postponed(lambda: told.append("once")), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        assert told == ["once"]
        os.kill(os.getpid(), signal.SIGINT)
    assert told == ["once"]


def test_a_failing_job_ends_the_flow_and_the_others_are_kept() -> None:
    def run(job: int) -> int:
        if job == 3:
            raise ValueError("the third")
        return slowly(job)

    flow: Flow[int, int] = Flow(deque(range(10)), run, 4)
    kept: list[int] = []
    with pytest.raises(ValueError, match="the third"):
        kept.extend(flow)
    kept.extend(flow.rest(patience=5.0))
    assert 3 not in kept and set(kept) >= {0, 1, 2}
