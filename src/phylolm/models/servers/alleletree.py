"""The allele distribution that a server's reported log-probabilities add up to.

Here: `AlleleTree`, for one gene. Sampled answers walk through the tree of tokens. At each place
they visit, the probabilities of the likeliest next tokens are stated, and so the probability of
every path that ends one token further is known. A path whose text settles the allele adds its
probability to that allele. What lies on paths that nobody visited, or outside the likeliest
tokens, is missing: the sum says how much.
Next door: `logprobs` reads what is stated, `reported` asks until little is missing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from phylolm.genome import alleles
from phylolm.models.protocol import SamplingSettings, WeightedProbe
from phylolm.models.servers import prompt_modes
from phylolm.models.servers.logprobs import Step, TokenLogprob, visible

Path = tuple[tuple[str, bytes | None], ...]
"""Tokens by name and bytes, as far as both are known."""


class AlleleTree:
    """What is known of one gene's alleles of `length` characters."""

    def __init__(self, gene: str, settings: SamplingSettings, length: int) -> None:
        self._gene, self._mode = gene, settings.prompt_mode
        self._max_tokens, self._length = settings.max_tokens, length
        self._alleles: dict[tuple[str, bool], float] = defaultdict(float)
        self._open: dict[Path, tuple[bytes, float]] = {(): (b"", 1.0)}
        self._seen: set[Path] = set()

    @property
    def missing(self) -> float:
        """The probability that no allele has yet."""
        return max(0.0, 1.0 - sum(self._alleles.values()))

    def absorb(self, steps: Sequence[Step]) -> None:
        """Walk along one answer."""
        path: Path = ()
        for step in steps:
            if path not in self._open:
                return
            self._learn(path, step)
            path = (*path, _key(step.chosen))

    def probes(self) -> list[WeightedProbe]:
        """The alleles, best first."""
        ordered = sorted(self._alleles.items(), key=lambda item: (-item[1], item[0]))
        return [WeightedProbe(*allele, chance) for allele, chance in ordered]

    def _learn(self, path: Path, step: Step) -> None:
        """Add the children of a place that are new: servers list some tokens only when drawn."""
        raw, chance = self._open[path]
        new = [token for token in step.known if (*path, _key(token)) not in self._seen]
        times = Counter(map(_key, new))
        for token in new:
            child = (*path, _key(token))
            self._seen.add(child)
            self._place(child, raw, chance * token.chance, token, times[_key(token)] == 1)

    def _place(
        self, path: Path, raw: bytes, share: float, token: TokenLogprob, alone: bool
    ) -> None:
        """A path settles an allele, or stays open. Tokens that look alike can't be followed: which
        of them an answer drew is not known."""
        if token.special:
            self._settle(visible(raw), True, share)
            return
        if token.said is None:
            return
        grown = raw + token.said
        text = visible(grown)
        settled = alleles.is_complete(text, self._length)
        if len(path) >= self._max_tokens:
            self._settle(text, False, share)
        elif settled and prompt_modes.is_final(text, self._gene, self._mode):
            self._settle(text, False, share)
        elif alone:
            self._open[path] = (grown, share)

    def _settle(self, text: str, ended: bool, share: float) -> None:
        probe = prompt_modes.clean(text, ended, self._gene, self._mode)
        stripped = alleles.strip(probe.text)[: self._length]
        self._alleles[stripped, ended and len(stripped) < self._length] += share


def _key(token: TokenLogprob) -> tuple[str, bytes | None]:
    return token.name, token.said
