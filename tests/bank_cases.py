"""A genome, and banks filled from fake models."""

from phylolm.genome.genome import Gene, Genome
from phylolm.models.fake import FakeModel
from phylolm.models.protocol import ModelSpec
from phylolm.sequencing.fill import SequencingOptions, sequence_model

GENOME = Genome.of("test", [Gene(f"gene number {i} of the test") for i in range(150)])
OPTIONS = SequencingOptions(probes=4)


def spec(name):
    return ModelSpec("fake", name, None, {}, name, f"fake:{name}")


def fill(bank, name="one", genome=GENOME, options=OPTIONS, model=None):
    sequence_model(bank, model or FakeModel(name, seed=1), spec(name), genome, options)
    bank.add_genome(genome)


def content(bank, **chosen):
    table = bank.probes(**chosen)
    keys = ["model", "gene", "draw"]
    return table[[*keys, "text", "ended"]].sort_values(keys).reset_index(drop=True)
