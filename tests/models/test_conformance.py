"""What every backend must do, run over all of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from phylolm.errors import BackendError
from phylolm.genome import alleles
from phylolm.models.fake import FakeModel
from phylolm.models.protocol import Backend, Probe, SamplingSettings

GENES = ["the cat sat on", "1 + 2 =", "def area(width, hei"]
SETTINGS = SamplingSettings(max_tokens=6)


def hf_model(_: Path) -> Backend:
    import torch

    from phylolm.models.local.hf import HfModel
    from tests import tiny_models

    torch.set_num_threads(1)
    tokenizer = tiny_models.byte_tokenizer()
    return HfModel("tiny", "0", tiny_models.llama(len(tokenizer), sharpness=12.0), tokenizer)


def fake_model(_: Path) -> Backend:
    return FakeModel(distributions={GENES[0]: {"": 0.2, "yes": 0.3, "certainly": 0.5}})


def replay_model(folder: Path) -> Backend:
    from phylolm.models.spec import open_model

    fake = fake_model(folder)
    rows = [
        ("tiny", gene, probe.text)
        for gene, probes in zip(
            GENES, fake.sample(GENES, range(2000), SETTINGS, seed=0), strict=True
        )
        for probe in probes
    ]
    path = folder / "a.parquet"
    pd.DataFrame(rows, columns=["model", "prompt", "response"]).to_parquet(path)
    return open_model(f"replay:{path}#tiny")


@pytest.fixture(params=[hf_model, fake_model, replay_model])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    opened: Backend = request.param(tmp_path)
    return opened


class TestEveryBackend:
    def test_has_a_name_and_a_revision(self, backend: Backend) -> None:
        assert backend.name and backend.revision

    def test_gives_all_probes_in_the_order_of_the_genes(self, backend: Backend) -> None:
        found = backend.sample(GENES, range(9), SETTINGS, seed=0)
        assert [len(probes) for probes in found] == [9, 9, 9]
        assert all(isinstance(probe, Probe) for probes in found for probe in probes)
        assert backend.sample(GENES[::-1], range(9), SETTINGS, seed=0) == found[::-1]

    def test_may_be_asked_for_nothing(self, backend: Backend) -> None:
        assert backend.sample([], range(4), SETTINGS, seed=0) == []
        assert backend.sample(GENES, range(0), SETTINGS, seed=0) == [[], [], []]

    def test_splits_change_nothing(self, backend: Backend) -> None:
        found = backend.sample(GENES, range(4, 20), SETTINGS, seed=3)
        apart = [backend.sample([gene], range(4, 20), SETTINGS, seed=3)[0] for gene in GENES]
        fewer = backend.sample(GENES, range(4, 8), SETTINGS, seed=3)
        assert found == apart
        assert fewer == [probes[:4] for probes in found]

    def test_reports_progress_for_every_gene(self, backend: Backend) -> None:
        steps: list[int] = []
        backend.sample(GENES, range(2), SETTINGS, seed=0, progress=steps.append)
        assert sum(steps) == len(GENES)

    def test_short_texts_ended_or_met_the_limit(self, backend: Backend) -> None:
        settings = SamplingSettings(max_tokens=64)
        for probes in backend.sample(GENES, range(40), settings, seed=0):
            assert all(probe.ended or alleles.is_complete(probe.text) for probe in probes)

    def test_exact_agrees_with_samples(self, backend: Backend) -> None:
        try:
            weighted = backend.exact(GENES, SETTINGS, epsilon=0.05, length=1)
        except BackendError as error:
            assert "probabilities" in str(error)
            return
        sampled = backend.sample(GENES, range(2000), SETTINGS, seed=0)
        for shares, probes in zip(weighted, sampled, strict=True):
            counts = Counter(alleles.allele(p.text, p.ended, 1) for p in probes)
            assert 0.95 - 1e-6 <= sum(share.probability for share in shares) <= 1 + 1e-6
            seen = Counter[str]()
            for share in shares:
                seen[alleles.allele(share.text, share.ended, 1)] += share.probability
            # The uncovered part may belong to any allele; five standard errors for the samples.
            assert all(-0.06 < p - counts[a] / 2000 < 0.06 for a, p in seen.items())


def test_fake_distributions_are_what_is_drawn() -> None:
    fake = fake_model(Path())
    [probes] = fake.sample(GENES[:1], range(4000), SETTINGS, seed=0)
    counts = Counter(probes)
    assert set(counts) == {Probe("", True), Probe("yes", True), Probe("certainly", False)}
    assert abs(counts[Probe("", True)] / 4000 - 0.2) < 0.03
    made_up = FakeModel(seed=1).distribution("anything")
    assert len(made_up) == 8 and abs(sum(made_up.values()) - 1) < 1e-9
    assert made_up != FakeModel(seed=2).distribution("anything")
