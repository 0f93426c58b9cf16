"""Declared lineage against models that were really grown and sequenced."""

import json

import pytest

from phylolm.bank.bank import Bank
from phylolm.genome.genome import Genome
from phylolm.sequencing.fill import SequencingOptions, sequence


@pytest.fixture(scope="module")
def bank(zoo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured") / "bank"
    specs = [f"{name}=hf:{zoo.path(name)}" for name in zoo.models]
    sequence(Bank(folder), specs, Genome.load("math", 32), SequencingOptions(probes=16))
    return folder


@pytest.fixture
def audit(run, bank, tmp_path):
    """Audits a catalogue of the zoo's models with these declared parents; model -> its kind."""

    def found(parents, *more):
        lines = ["id,base_model", *(f"{model},{parents[model]}" for model in parents)]
        (tmp_path / "c.csv").write_text("\n".join(lines))
        code, out, _ = run("atlas", "audit", tmp_path / "c.csv", "--bank", bank, "--json", *more)
        assert code == 0
        return {f["model"]: f["kind"] for f in json.loads(out) if f["kind"].startswith("kin")}

    return found


def test_true_false_and_missing_declarations(audit, zoo):
    """Every child in turn tells the truth, a lie, or nothing; the others tell the truth."""
    truth = dict.fromkeys(zoo.models, "")
    truth |= {edge.child: edge.parent for edge in zoo.edges}
    children = [model for model in zoo.models if truth[model]]
    family = {name: base for base, members in zoo.families.items() for name in members}
    honest = audit(truth)
    assert all(honest.get(child) == "kin agrees" for child in children)
    for child in children:
        stranger = next(m for m in zoo.models if family[m] != family[child] and not truth[m])
        assert audit({**truth, child: stranger}).get(child) == "kin contradicts"
        # Most of these few models are kin: only the nearest are clearly nearer than usual.
        assert audit({**truth, child: ""}).get(child) in (None, "kin fills a gap")
