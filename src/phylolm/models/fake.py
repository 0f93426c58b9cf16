"""A model that costs nothing: completions from a given or a made-up distribution.

Here: `FakeModel`, a complete backend for tests of whatever stands on sampling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from phylolm.genome import alleles
from phylolm.models.local.draws import uniforms
from phylolm.models.protocol import Probe, Progress, SamplingSettings, WeightedProbe

Distribution = Mapping[str, float]
"""Completion -> probability. One shorter than an allele is one the model ended itself."""


class FakeModel:
    """Answers each prompt from its own distribution; see `phylolm.models.protocol.Backend`.

    distributions: for each prompt its completions; a prompt that is not there gets one made up
        from `seed` and its text: `variety` words, their probabilities uneven.
    """

    def __init__(
        self,
        name: str = "fake",
        distributions: Mapping[str, Distribution] | None = None,
        seed: int = 0,
        variety: int = 8,
        revision: str = "fake",
    ) -> None:
        self.name = name
        self.revision = revision
        self._given = dict(distributions or {})
        self._seed = seed
        self._variety = variety

    def distribution(self, prompt: str) -> Distribution:
        """The completions of a prompt and their probabilities, which sum to 1."""
        given = self._given.get(prompt)
        if given is not None:
            total = sum(given.values())
            return {text: chance / total for text, chance in given.items()}
        numbers = uniforms("", prompt, range(self._variety), self._seed, 9)
        weights = -np.log(numbers[:, 0])
        letters = (97 + 26 * numbers[:, 1:]).astype(np.uint8)
        words = [row.tobytes().decode() for row in letters]
        return dict(zip(words, (weights / weights.sum()).tolist(), strict=True))

    def sample(
        self,
        prompts: Sequence[str],
        draws: range,
        settings: SamplingSettings,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Probe]]:
        """`len(draws)` independent probes for each prompt."""
        return [self._sample_one(prompt, draws, seed, progress) for prompt in prompts]

    def exact(
        self,
        prompts: Sequence[str],
        settings: SamplingSettings,
        epsilon: float,
        length: int = alleles.DEFAULT_LENGTH,
        progress: Progress | None = None,
    ) -> list[list[WeightedProbe]]:
        """All completions of each prompt, cut to alleles of `length`."""
        found = []
        for prompt in prompts:
            shares: dict[Probe, float] = {}
            for text, chance in self.distribution(prompt).items():
                key = _short(text, length)
                shares[key] = shares.get(key, 0.0) + chance
            found.append(
                [WeightedProbe(probe.text, probe.ended, share) for probe, share in shares.items()]
            )
            if progress is not None:
                progress(1)
        return found

    def _sample_one(
        self, prompt: str, draws: range, seed: int, progress: Progress | None
    ) -> list[Probe]:
        distribution = self.distribution(prompt)
        texts = list(distribution)
        sums = np.cumsum(list(distribution.values()))
        numbers = uniforms(self.name, prompt, draws, seed, 1)[:, 0] * sums[-1]
        picks = np.searchsorted(sums, numbers, side="right").clip(max=len(texts) - 1)
        if progress is not None:
            progress(1)
        return [Probe(texts[i], not alleles.is_complete(texts[i])) for i in picks.tolist()]


def _short(text: str, length: int) -> Probe:
    stripped = alleles.strip(text)[:length]
    return Probe(stripped, len(stripped) < length)
