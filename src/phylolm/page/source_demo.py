"""A page of the demo: its zoo as it was measured, beside the tree that is true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from phylolm.bank.bank import Bank
from phylolm.distance.measures import distances
from phylolm.errors import ConfigError
from phylolm.genome.genome import Genome
from phylolm.page.metadata import Field
from phylolm.page.ofstudy import Shown
from phylolm.page.source_bank import of_findings
from phylolm.study.demo import GENOME, OPTIONS, family_of
from phylolm.study.publish import Findings
from phylolm.tree.analysis import Analysis, TreeOptions
from phylolm.tree.files import read_tree
from phylolm.tree.tree import Tree
from phylolm.zoo import Zoo


def of_demo(folder: Path) -> Shown:
    """The demo's zoo, as it was measured, with the tree that is true."""
    zoo = Zoo.load(sorted(folder.glob("zoo-*"))[0])
    bank = Bank(folder / f"bank-{zoo.seed}", create=False)
    genome = Genome.load(GENOME)
    counts = bank.counts(genome, models=zoo.models, probes=OPTIONS.probes)
    options = TreeOptions()
    if not (folder / "tree.nwk").is_file():
        raise ConfigError(f"{folder} is not finished: run `phylolm demo -o {folder}` again")
    done = Analysis(distances(counts, options.measure), read_tree(folder / "tree.nwk"))
    found = Findings("The demo zoo", counts, done, options, family_of(zoo))
    truth = [("the true tree", Tree.from_newick(zoo.newick))]
    parents: dict[str, list[str]] = {}
    for edge in zoo.edges:
        parents.setdefault(edge.child, []).append(edge.parent)
    told = [", ".join(parents.get(name, [])) for name in counts.models]
    fields = [Field("parent", "true parent", "text", told)]
    return replace(of_findings(found, genome), others=truth, fields=fields)
