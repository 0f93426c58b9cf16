"""The published setting beside ours on grown zoos: one to choose on, one to report on."""

from __future__ import annotations

from phylolm.ancestry.recovery import kin_recovery
from phylolm.distance.counts import AlleleCounts, parse_lengths
from phylolm.genome.genome import Genome
from phylolm.study.demo import compare_with_truth, edges_of, family_of
from phylolm.tree.analysis import TreeOptions, analyse
from phylolm.zoo import Zoo
from validation.common import bank_of, grown, table, write

CHOSEN_ON, REPORTED_ON = 0, 1
PROBES = 32
GENOMES = ("math", "code", "prose")
PUBLISHED = ("nei1972", "4")
DEFAULT = ("nei1978", "1-4")
BEST = ("bhattacharyya", "1-4")
SETTINGS = [
    ("nei1972", "4"), ("nei1978", "4"), ("nei1978", "1"), ("nei1978", "2"), ("nei1978", "3"),
    ("nei1978", "1-2"), ("nei1978", "1-3"), ("nei1978", "1-4"), ("nei1978", "1-8"),
    ("nei1972", "1-4"), ("bhattacharyya", "1"), ("bhattacharyya", "2"), ("bhattacharyya", "4"),
    ("bhattacharyya", "1-4"), ("chord", "1-4"), ("jensen-shannon", "1-4"),
]  # fmt: skip
METHODS = ("nj", "bionj", "bme", "upgma")
HEADER = ["measure", "allele length", "kin@1", "family@1", "AUC", "splits found", "false splits"]


def main() -> None:
    blocks = [_summary()]
    for seed, role in ((CHOSEN_ON, "settings were compared here"), (REPORTED_ON, "report")):
        zoo = grown(seed)
        blocks.append(f"## Zoo {seed}: {role}")
        for genome in GENOMES:
            rows = [_row(zoo, genome, *setting) for setting in SETTINGS]
            blocks += [f"### {genome}, G 128, N {PROBES}", table(HEADER, rows)]
        rows = [[m, *_row(zoo, "math", *DEFAULT, m)[2:]] for m in METHODS]
        blocks += [
            "### Tree methods (math, default distances)",
            table(["method", *HEADER[2:]], rows),
        ]
    write("zoo", "Grown zoos: the published setting beside ours", *blocks)


def _summary() -> str:
    """The zoo that nothing was chosen on, averaged over genomes."""
    zoo = grown(REPORTED_ON)
    rows = []
    for name, setting in (("published", PUBLISHED), ("default", DEFAULT), ("best of zoo 0", BEST)):
        every = [_row(zoo, genome, *setting) for genome in GENOMES]
        mean = [sum(float(row[k]) for row in every) / len(every) for k in (2, 3, 4)]
        found = " ".join(str(row[5]) for row in every)
        rows.append([name, *setting, *mean, found])
    header = ["setting", "measure", "allele length", "kin@1", "family@1", "AUC", "splits found"]
    shown = (
        f"{len(zoo.models)} models, mean over the genomes {', '.join(GENOMES)}, neighbour joining."
    )
    ties = "Models that are equally near share the point of kin@1 and family@1."
    return f"Zoo {REPORTED_ON} ({shown}) {ties}\n\n" + table(header, rows)


def _row(zoo: Zoo, genome: str, measure: str, lengths: str, method: str = "nj") -> list[object]:
    counts = _counts(zoo, genome, lengths)
    done = analyse(counts, TreeOptions(method=method, measure=measure, replicates=0))
    kin = kin_recovery(done.distances, family_of(zoo), edges_of(zoo))
    splits = compare_with_truth(done.tree, zoo)
    found = f"{splits.shared}/{splits.shared + splits.false_negatives}"
    return [measure, lengths, kin.kin, kin.family, kin.auc, found, splits.false_positives]


def _counts(zoo: Zoo, genome: str, lengths: str) -> AlleleCounts:
    loaded = Genome.load(genome)
    bank = bank_of(zoo, loaded, PROBES)
    return bank.counts(loaded, parse_lengths(lengths), models=zoo.models, probes=PROBES)
