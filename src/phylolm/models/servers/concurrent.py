"""Work done a few jobs at a time, its answers given as they come.

Here: `Flow`, which knows nothing of servers. Next door: `sampled` and `reported` run calls in it.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread, current_thread, main_thread
from typing import Generic, TypeVar

Job = TypeVar("Job")
Answer = TypeVar("Answer")


class Flow(Generic[Job, Answer]):
    """Runs jobs in threads, no more than `width` at once; jobs may be added while it runs.

    A job that raises ends the iteration with its error, and Ctrl-C ends it between two answers;
    what the others answer is in `rest`.
    """

    def __init__(self, jobs: deque[Job], run: Callable[[Job], Answer], width: int) -> None:
        self._jobs, self._run, self._width = jobs, run, width
        self._asked: SimpleQueue[Job | None] = SimpleQueue()
        self._given: SimpleQueue[Answer | _Failure | _Wake] = SimpleQueue()
        self._threads = 0
        self._under_way = 0
        self._interrupted = False

    def __iter__(self) -> Iterator[Answer]:
        with postponed(self._interrupt):
            try:
                while (self._jobs or self._under_way) and not self._interrupted:
                    while self._jobs and self._under_way < self._width:
                        self._start(self._jobs.popleft())
                    answer = self._given.get()
                    if isinstance(answer, _Wake):
                        continue
                    self._under_way -= 1
                    if isinstance(answer, _Failure):
                        raise answer.error
                    yield answer
            finally:
                self._dismiss()
        if self._interrupted:
            raise KeyboardInterrupt

    def rest(self, patience: float) -> Iterator[Answer]:
        """The answers of the jobs under way; none is waited for longer than `patience` seconds."""
        self._jobs.clear()
        while self._under_way:
            try:
                answer = self._given.get(timeout=patience)
            except Empty:
                return
            if isinstance(answer, _Wake):
                continue
            self._under_way -= 1
            if not isinstance(answer, _Failure):
                yield answer

    def _start(self, job: Job) -> None:
        if self._threads <= self._under_way:
            self._threads += 1
            Thread(target=self._work, daemon=True).start()
        self._under_way += 1
        self._asked.put(job)

    def _interrupt(self) -> None:
        self._interrupted = True
        self._given.put(_Wake())

    def _dismiss(self) -> None:
        for _ in range(self._threads):
            self._asked.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (job := self._asked.get()) is not None:
            try:
                self._given.put(self._run(job))
            except BaseException as error:
                self._given.put(_Failure(error))


@contextmanager
def postponed(tell: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `tell`, and a second one stops the program where it stands.

    Stopped anywhere, an answer that has just come could be dropped before it is counted.
    """
    heard = signal.getsignal(signal.SIGINT)
    if current_thread() is not main_thread() or heard is not signal.default_int_handler:
        yield
        return

    def first(*_: object) -> None:
        signal.signal(signal.SIGINT, heard)
        tell()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error


class _Wake:
    """No answer: who waits for one looks up."""
