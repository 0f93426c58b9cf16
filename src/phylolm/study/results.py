"""The results of a study: what they are made of, which are out of date, and making them.

Here: `Results`, one object for study, bank, genome and the models' versions; `last_findings`.
Next door: `tree.analysis` makes the tree, `publish` writes the files, `manifest` knows which are
still good, `changes` says what new models changed.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from phylolm.bank.bank import Bank, Version, answering
from phylolm.bank.parts import Part, canonical_hash
from phylolm.distance.counts import AlleleCounts, parse_lengths, without_silent
from phylolm.distance.measures import distances
from phylolm.errors import ConfigError
from phylolm.genome.genome import Genome
from phylolm.study.changes import write_changes
from phylolm.study.config import Study
from phylolm.study.forecasts import FORECASTS, content_hash, write_forecasts
from phylolm.study.manifest import Manifest, read_manifest, stale, write_manifest
from phylolm.study.publish import RESULTS, Findings, write_results
from phylolm.tree.analysis import Analysis, analyse
from phylolm.tree.files import read_tree
from phylolm.tree.tree import Tree
from phylolm.version import __version__

TREE = "tree.nwk"


class Made(NamedTuple):
    """What `Results.publish` did; see `study.Outcome`."""

    models: tuple[str, ...]
    silent: Sequence[str] = ()
    written: Sequence[str] = ()
    changes: Path | None = None


@dataclass(frozen=True)
class Results:
    """The results of a study, made of a bank.

    versions: of each model that could be opened or was in the last results, in the study's order;
    the bank need not hold all of them.
    """

    study: Study
    bank: Bank
    genome: Genome
    versions: Mapping[str, Version]

    def _parts(self) -> list[Part]:
        wanted = [part for name in self.versions for part in self.bank.parts_of(name)]
        return answering(wanted, self.genome.gene_ids, self.versions)

    def held(self) -> dict[str, Version]:
        """The versions of which the bank holds answers, in the study's order."""
        return self._answered(self._parts())

    def _answered(self, parts: Sequence[Part]) -> dict[str, Version]:
        there = {part.header.model for part in parts}
        return {name: version for name, version in self.versions.items() if name in there}

    def inputs(self) -> dict[str, str]:
        """For each result the hash of what goes into it."""
        study, parts = self.study, self._parts()
        measured = canonical_hash(
            {
                "phylolm": __version__,
                "parts": sorted(part.path.name for part in parts),
                "models": list(self._answered(parts)),
                "genome": self.genome.id,
                "probes": study.plan.probes,
                "tree": asdict(study.tree),
            }
        )
        seen = canonical_hash([measured, study.families(), study.colours()])
        told = canonical_hash([seen, study.plan.title, study.notes()])
        named = {"tree.svg": seen, "heatmap.svg": seen, "map.svg": seen, "report.html": told}
        inputs = {name: named.get(name, measured) for name in RESULTS}
        if study.scores is not None:
            inputs[FORECASTS] = canonical_hash([measured, content_hash(study.scores)])
        return inputs

    def counts(self) -> tuple[AlleleCounts, list[str]]:
        """Allele counts, and the models left out because they answer too little."""
        study, versions = self.study, self.held()
        counts = self.bank.counts(
            self.genome,
            parse_lengths(study.tree.allele_length),
            models=versions,
            mix_settings=study.plan.mix_settings,
            probes=study.plan.probes,
            versions=versions,
        )
        return without_silent(counts, study.tree.min_answered)

    def publish(
        self,
        known: Manifest,
        today: datetime.date,
        replicates: Callable[[int], None] | None,
    ) -> Made:
        """Make the results that are missing or out of date."""
        study, inputs, versions = self.study, self.inputs(), self.held()
        old = stale(known, study.out, inputs)
        if not old:
            return Made(tuple(versions))
        counts, silent = self.counts()
        analysis = _analysis(study, counts, TREE in old, replicates)
        changes = _changes(study, analysis, known, today)
        write_results(
            _findings(study, counts, analysis), study.out, [n for n in old if n in RESULTS]
        )
        made = {name: inputs[name] for name in RESULTS}
        # Stands if the scores are no good.
        write_manifest(study.out, versions, self.genome.id, made)
        if study.scores is not None:
            if FORECASTS in old:
                write_forecasts(analysis.distances, study.scores, study.out / FORECASTS)
            write_manifest(study.out, versions, self.genome.id, inputs)
        return Made(counts.models, silent, old, changes)


def last_findings(study: Study) -> Findings:
    """What the last run found, read from the bank and the results; nothing is sampled or written.

    Raises ConfigError for a study that was never run.
    """
    known = read_manifest(study.out)
    if not known.models or not (study.out / TREE).is_file():
        raise ConfigError(f"{study.path} has no results yet: `phylolm run {study.path}` first")
    versions = {name: Version(*version) for name, version in known.models.items()}
    bank = Bank(study.bank, create=False)
    counts, _ = Results(study, bank, study.genome(), versions).counts()
    return _findings(study, counts, _analysis(study, counts, False, None))


def _findings(study: Study, counts: AlleleCounts, analysis: Analysis) -> Findings:
    return Findings(
        study.plan.title,
        counts,
        analysis,
        study.tree,
        study.families(),
        study.colours(),
        study.notes(),
    )


def _analysis(
    study: Study, counts: AlleleCounts, anew: bool, replicates: Callable[[int], None] | None
) -> Analysis:
    """Distances and tree; a tree that is still good is read, not made."""
    if anew:
        return analyse(counts, study.tree, replicates)
    return Analysis(distances(counts, study.tree.measure), read_tree(study.out / TREE))


def _changes(
    study: Study, analysis: Analysis, known: Manifest, today: datetime.date
) -> Path | None:
    """The page about models that joined since the last results, if some did."""
    before = _tree_before(study, known)
    if before is None or set(analysis.tree.leaf_names) <= set(before.leaf_names):
        return None
    return write_changes(study.out, today, before, analysis.tree, analysis.distances)


def _tree_before(study: Study, known: Manifest) -> Tree | None:
    path = study.out / TREE
    made = known.files.get(TREE, {}).get("from", "")
    return read_tree(path) if known.is_fresh(study.out, TREE, made) else None
