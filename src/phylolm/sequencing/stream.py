"""Keeping the answers of a remote model as they come: nothing paid for is lost.

Here: `AnswerBuffer`, which holds what came and hands over whole genes, a few at a time. Next door:
`fill` fills it and writes what it hands over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from phylolm.errors import DataError
from phylolm.genome.genome import Gene
from phylolm.models.protocol import Piece, Probe

GENES_PER_WRITE = 8
"""Whole genes written as one part; `kill -9` loses fewer."""

LONGEST = 30.0
"""Seconds after which fewer are written too."""

Answers = Sequence[Sequence[Probe]]
Keep = Callable[[Sequence[Gene], range, Answers, set[str]], None]
"""Called with genes, their draws, their probes, and what the server said it ran."""


class AnswerBuffer:
    """Collects probes of some genes, all for one draw range."""

    def __init__(self, genes: Sequence[Gene], draws: range, keep: Keep) -> None:
        self._genes, self._draws, self._keep = genes, draws, keep
        self._probes: dict[int, list[Probe]] = {}
        self._served: dict[int, set[str]] = {}
        self._emptied = time.monotonic()

    def take(self, piece: Piece) -> int:
        """Keep a piece. Returns how many genes it completes: 1 or 0."""
        complete = self.add(piece)
        whole = self._with(len(self._draws))
        late = time.monotonic() - self._emptied > LONGEST
        if len(whole) >= GENES_PER_WRITE or (whole and late):
            self._hand_over(whole)
        return complete

    def add(self, piece: Piece) -> int:
        """The same, but nothing is handed over."""
        probes = self._probes.setdefault(piece.place, [])
        probes.extend(piece.probes)
        self._served.setdefault(piece.place, set()).add(piece.served)
        return int(len(probes) >= len(self._draws))

    def empty(self) -> None:
        """Hand over everything: genes with fewer probes too, as fewer draws.

        Raises DataError saying how many answers could not be written.
        """
        problem = None
        for count in sorted({len(probes) for probes in self._probes.values()}):
            try:
                self._hand_over(self._with(count))
            except DataError as error:
                problem = error
        if problem is not None:
            lost = sum(map(len, self._probes.values()))
            raise DataError(
                f"{problem}; {lost:,} answers that had come are lost: make room, then run again"
            ) from None

    def _with(self, count: int) -> list[int]:
        return sorted(place for place, probes in self._probes.items() if len(probes) == count)

    def _hand_over(self, places: list[int]) -> None:
        count = len(self._probes[places[0]]) if places else 0
        if not count:
            return
        draws = range(self._draws.start, self._draws.start + count)
        genes = [self._genes[place] for place in places]
        served = set().union(*(self._served[place] for place in places))
        self._keep(genes, draws, [self._probes[place] for place in places], served)
        for place in places:
            del self._probes[place], self._served[place]
        self._emptied = time.monotonic()
