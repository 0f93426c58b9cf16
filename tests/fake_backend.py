"""A backend for tests of whole studies: `fake:NAME` costs nothing and counts what it is asked.

Models whose names share the part before the first dash have much in common. Put into the table
of backends by the fixture `fake_models` in `conftest`.
"""

from __future__ import annotations

from phylolm.errors import BackendError
from phylolm.models.fake import FakeModel

asked: dict[str, int] = {}
"""Model -> genes times draws sampled since the test began."""

broken: set[str] = set()
"""Models that fail when they are sampled; those named `gone-…` can't be opened."""


class Counted(FakeModel):
    """A fake model that counts, fails when told to, and resembles its family."""

    def __init__(self, name, revision="fake"):
        super().__init__(name, seed=sum(map(ord, name.partition("-")[0])), revision=revision)
        self._own = FakeModel(name, seed=sum(map(ord, name)) + 1000)

    def distribution(self, prompt):
        shares = {text: 0.8 * chance for text, chance in super().distribution(prompt).items()}
        for text, chance in self._own.distribution(prompt).items():
            shares[text] = shares.get(text, 0.0) + 0.2 * chance
        return shares

    def sample(self, prompts, draws, settings, seed, progress=None):
        if self.name in broken:
            raise BackendError(f"{self.name} fell over")
        asked[self.name] = asked.get(self.name, 0) + len(prompts) * len(draws)
        return super().sample(prompts, draws, settings, seed, progress)


def open_model(spec):
    if spec.target.startswith("gone"):
        raise BackendError(f"{spec.text}: nobody knows where it is")
    return Counted(spec.name, spec.revision or "fake")


def clear():
    """Forget what was asked and mend what is broken."""
    asked.clear()
    broken.clear()
