"""The demo: grow a zoo of small models, read their family tree, say how near the truth it is.

Here: `run_demo` and what it found. Next door: `zoo` grows the models, `sequencing` samples
them, `analysis` makes the tree, `publish` writes the files, `recovery` scores them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phylolm.ancestry.recovery import KinRecovery, kin_recovery
from phylolm.bank.bank import Bank
from phylolm.distance.counts import AlleleCounts
from phylolm.genome.genome import Genome
from phylolm.report import Truth
from phylolm.sequencing.fill import SequencingOptions, sequence
from phylolm.study.publish import Findings, write_results
from phylolm.tree.analysis import Analysis, TreeOptions, analyse
from phylolm.tree.compare import SplitComparison, robinson_foulds
from phylolm.tree.tree import Tree
from phylolm.zoo import Zoo, grow

GENOME = "math"
OPTIONS = SequencingOptions(probes=32)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DemoResult:
    """What the demo made and how near the truth it came."""

    folder: Path
    zoo: Zoo
    analysis: Analysis
    recovery: KinRecovery
    splits: SplitComparison
    report: Path


def grow_zoo(folder: Path, progress: Progress, tier: str = "demo", seed: int = 0) -> Zoo:
    """The demo's zoo in a folder: grown, or read where it is there."""
    return grow(folder / f"zoo-{seed}", tier, seed, progress=progress)


def sequence_zoo(zoo: Zoo, folder: Path, progress: Progress, genome: Genome) -> Bank:
    """Sequence every model of a zoo through the transformers backend."""
    bank = Bank(folder / f"bank-{zoo.seed}")
    specs = [f"{name}=hf:{zoo.path(name)}" for name in zoo.models]
    failed = sequence(bank, specs, genome, OPTIONS, progress)
    for error in failed.values():
        raise error
    return bank


def analyse_zoo(
    zoo: Zoo, counts: AlleleCounts, folder: Path, progress: Callable[[int], None]
) -> DemoResult:
    """Tree, pictures and report of a sequenced zoo, and their distance to the truth."""
    options = TreeOptions()
    done = analyse(counts, options, progress)
    splits = compare_with_truth(done.tree, zoo)
    result = DemoResult(
        folder,
        zoo,
        done,
        kin_recovery(done.distances, family_of(zoo), edges_of(zoo)),
        splits,
        folder / "report.html",
    )
    _write_files(result, counts, options)
    return result


def family_of(zoo: Zoo) -> dict[str, str]:
    """Model -> name of its base."""
    return {name: family for family, members in zoo.families.items() for name in members}


def edges_of(zoo: Zoo) -> list[tuple[str, str]]:
    """(parent, child) of every relation, merges with both parents."""
    return [(edge.parent, edge.child) for edge in zoo.edges]


def compare_with_truth(tree: Tree, zoo: Zoo) -> SplitComparison:
    """Splits of the tree against the true tree, over the models that sit on it."""
    truth = Tree.from_newick(zoo.newick)
    return robinson_foulds(tree.subset(truth.leaf_names), truth)


def _write_files(result: DemoResult, counts: AlleleCounts, options: TreeOptions) -> None:
    found = Findings(
        "The demo zoo",
        counts,
        result.analysis,
        options,
        family_of(result.zoo),
        truth=_truth(result),
    )
    write_results(found, result.folder)


def _truth(result: DemoResult) -> Truth:
    splits = result.splits
    measures = {
        "nearest is parent, child or sibling": f"{result.recovery.kin:.0%}",
        "nearest is of the same family": f"{result.recovery.family:.0%}",
        "same-family pair nearer than another (AUC)": f"{result.recovery.auc:.3f}",
        "true splits found": f"{splits.shared} of {splits.shared + splits.false_negatives}",
        "splits the truth contradicts or leaves open": splits.false_positives,
    }
    parents = {edge.child: edge.parent for edge in result.zoo.edges}
    return Truth(measures, Tree.from_newick(result.zoo.newick), parents)
