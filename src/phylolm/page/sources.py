"""From what people have to what a page shows: studies, banks, the demo, distances, trees.

Here: `open_source`. Next door: `source_kinds` tells the kind of a path by what is there, `ofstudy`
and `ofatlas` make bundles of what is opened here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from phylolm import defaults
from phylolm.atlas.atlas_folder import Atlas, open_atlas
from phylolm.bank.bank import Bank
from phylolm.distance.counts import AlleleCounts, without_silent
from phylolm.distance.matrix import DistanceMatrix, read_distances
from phylolm.distance.measures import distances
from phylolm.errors import ConfigError, DataError
from phylolm.files import read_text
from phylolm.genome.genome import Genome
from phylolm.page.metadata import NUMBER, Field, families_by_name, read_fields
from phylolm.page.ofatlas import ShownAtlas
from phylolm.page.ofstudy import Score, Shown, in_fractions
from phylolm.page.source_kinds import ATLAS, BANK, DEMO, DISTANCES, RESULTS, TREE, kind_of
from phylolm.predict.forecast import Forecast, forecast, join_scores
from phylolm.predict.scores import ScoreTable, read_scores
from phylolm.study.config import Study, read_study
from phylolm.study.demo import GENOME, OPTIONS, family_of
from phylolm.study.forecasts import FORECASTS
from phylolm.study.publish import Findings, parameters
from phylolm.study.study import last_findings
from phylolm.tree import analysis
from phylolm.tree.analysis import Analysis, TreeOptions, analyse
from phylolm.tree.build import build_tree
from phylolm.tree.files import read_tree
from phylolm.tree.tree import Tree
from phylolm.version import __version__
from phylolm.zoo import Zoo


@dataclass(frozen=True)
class Wanted:
    """How a source is to be shown; what doesn't concern its kind is left unused (see `kinds`).

    metadata: table of facts about the models. scores: benchmark scores. similarity: the matrix
    holds similarities. tree: options of the tree, where one has to be made. beside: trees to
    compare it with.
    """

    title: str = ""
    metadata: Path | None = None
    scores: Path | None = None
    families: Mapping[str, str] = field(default_factory=dict)
    similarity: bool = False
    tree: TreeOptions = field(default_factory=TreeOptions)
    beside: Sequence[Path] = ()


def open_source(
    path: Path, wanted: Wanted | None = None, progress: Callable[[int], None] | None = None
) -> Shown | ShownAtlas:
    """What a page shows of a path. progress: called with bootstrap replicates done.

    Raises ConfigError or DataError where there is nothing that a page can show.
    """
    wanted, kind = wanted or Wanted(), kind_of(path)
    if kind == ATLAS:
        return finished_atlas(open_atlas(path), wanted)
    if kind == BANK:
        return finished(of_bank(Bank(path, create=False), wanted.tree, progress), wanted)
    return finished(_opened(path, kind, wanted), wanted)


def _opened(path: Path, kind: str, wanted: Wanted) -> Shown:
    if kind == DISTANCES:
        return _of_matrix(path, wanted)
    if kind == TREE:
        return of_tree(read_tree(path), path.stem)
    if kind == DEMO:
        return _of_demo(path)
    if kind == RESULTS:
        return _of_results(path)
    return of_study(read_study(path / "study.toml" if path.is_dir() else path))


def finished_atlas(atlas: Atlas, wanted: Wanted) -> ShownAtlas:
    """With the columns that were asked for."""
    if wanted.metadata is None:
        return ShownAtlas(atlas)
    return ShownAtlas(atlas, read_fields(wanted.metadata, list(atlas.models["id"])))


def finished(shown: Shown, wanted: Wanted) -> Shown:
    """With the title, columns, scores and trees that were asked for.

    Where nobody says what families there are, names do; where no tree is to be compared, the
    average-linkage tree of the same distances is.
    """
    fields, scores = list(shown.fields), list(shown.scores)
    if wanted.metadata is not None:
        fields += read_fields(wanted.metadata, shown.names)
    if wanted.scores is not None:
        table = read_scores(wanted.scores)
        fields += score_fields(table, shown.names)
        if shown.distances is not None:
            scores = scores_of(table, forecast(join_scores(shown.distances, table)))
    families = wanted.families or shown.families
    if not families and all(each.name != "family" for each in fields):
        by_name = families_by_name(shown.names)
        fields = [by_name, *fields] if by_name else fields
    return replace(
        shown,
        title=wanted.title or shown.title,
        families=families,
        fields=_once(fields),
        scores=scores,
        others=_others(shown, wanted),
    )


def _others(shown: Shown, wanted: Wanted) -> list[tuple[str, Tree]]:
    """The trees to compare the shown one with."""
    found = [*shown.others, *((path.stem, read_tree(path)) for path in wanted.beside)]
    if not found and shown.distances is not None and wanted.tree.method != "upgma":
        found.append(("average linkage", build_tree(shown.distances, "upgma").ladderize()))
    return found


def _once(fields: Sequence[Field]) -> list[Field]:
    """Fields of distinct names: the first of each name."""
    return list({each.name: each for each in reversed(fields)}.values())[::-1]


def of_findings(found: Findings, genome: Genome | None = None) -> Shown:
    """A finished analysis."""
    return Shown(
        found.title,
        found.analysis.tree,
        found.analysis.distances,
        found.counts,
        {gene.id: gene.text for gene in genome.genes} if genome else {},
        found.families or {},
        found.colours or {},
        made=parameters(found.counts, found.options),
        notes=[f"{name}: {note}" for name, note in found.sections],
    )


def of_bank(
    bank: Bank, options: TreeOptions | None = None, progress: Callable[[int], None] | None = None
) -> Shown:
    """A bank, analysed as `phylolm report` does."""
    genome = bank.genome()
    counts, silent = without_silent(
        bank.counts(genome, defaults.ALLELE_LENGTHS), defaults.MIN_ANSWERED
    )
    shown = of_counts(counts, genome, bank.path.resolve().name, options, progress)
    left_out = f"Left out, for they answer too little: {', '.join(silent)}."
    return replace(shown, notes=[left_out]) if silent else shown


def of_counts(
    counts: AlleleCounts,
    genome: Genome | None = None,
    title: str = "Family tree",
    options: TreeOptions | None = None,
    progress: Callable[[int], None] | None = None,
) -> Shown:
    """Allele counts, analysed. genome: for the genes' texts."""
    options = options or TreeOptions()
    done = analyse(counts, options, progress)
    return of_findings(Findings(title, counts, done, options), genome)


def of_distances(matrix: DistanceMatrix, title: str, options: TreeOptions | None = None) -> Shown:
    """Distances alone: the tree is made of them."""
    options = options or TreeOptions()
    made = {"models": len(matrix), "measure": matrix.measure, "tree method": options.method,
            "root": options.root, "phylolm": __version__}  # fmt: skip
    return Shown(
        title, analysis.finished(build_tree(matrix, options.method), options), matrix, made=made
    )


def of_tree(tree: Tree, title: str) -> Shown:
    """A tree alone."""
    return Shown(title, tree, made={"models": tree.n_leaves, "phylolm": __version__})


def _of_matrix(path: Path, wanted: Wanted) -> Shown:
    return of_distances(read_distances(path, wanted.similarity), path.stem, wanted.tree)


def of_study(study: Study) -> Shown:
    """A study as its last run left it."""
    shown = of_findings(last_findings(study), study.genome())
    path = study.out / FORECASTS
    if study.scores is None or not path.is_file():
        return shown
    table = read_scores(study.scores)
    fields = score_fields(table, shown.names)
    return replace(shown, fields=fields, scores=[*known_scores(table), *_read_forecasts(path)])


def _of_results(folder: Path) -> Shown:
    """A study's results: the study itself where it is beside them, else their files."""
    for path in sorted(folder.resolve().parent.glob("*.toml")):
        study = _study_of(path, folder)
        if study is not None:
            return of_study(study)
    tree, matrix = read_tree(folder / "tree.nwk"), read_distances(folder / "distances.csv")
    shown = Shown(folder.resolve().name, tree, matrix, made={"phylolm": __version__})
    path = folder / FORECASTS
    return replace(shown, scores=_read_forecasts(path)) if path.is_file() else shown


def _study_of(path: Path, folder: Path) -> Study | None:
    """The study in a file, if its results are in the folder."""
    try:
        study = read_study(path)
    except (ConfigError, DataError):
        return None  # another file's faults are no business of these results
    return study if study.out.resolve() == folder.resolve() else None


def _of_demo(folder: Path) -> Shown:
    """The demo's zoo, as it was measured, with the tree that is true."""
    zoo = Zoo.load(sorted(folder.glob("zoo-*"))[0])
    bank = Bank(folder / f"bank-{zoo.seed}", create=False)
    genome = Genome.load(GENOME)
    counts = bank.counts(genome, defaults.ALLELE_LENGTHS, models=zoo.models, probes=OPTIONS.probes)
    options = TreeOptions()
    if not (folder / "tree.nwk").is_file():
        raise ConfigError(f"{folder} is not finished: run `phylolm demo --out {folder}` again")
    done = Analysis(distances(counts, options.measure), read_tree(folder / "tree.nwk"))
    found = Findings("The demo zoo", counts, done, options, family_of(zoo))
    truth = [("the true tree", Tree.from_newick(zoo.newick))]
    parents: dict[str, list[str]] = {}
    for edge in zoo.edges:
        parents.setdefault(edge.child, []).append(edge.parent)
    told = [", ".join(parents.get(name, [])) for name in counts.models]
    fields = [Field("parent", "true parent", "text", told)]
    return replace(of_findings(found, genome), others=truth, fields=fields)


def score_fields(table: ScoreTable, names: Sequence[str]) -> list[Field]:
    """Known scores as columns, and the models' sizes where the table says them."""
    row = {model: place for place, model in enumerate(table.models)}
    rows = np.array([row.get(name, -1) for name in names])
    known = {name: table.values[:, place] for place, name in enumerate(table.benchmarks)}
    columns = [("parameters", "parameters (billions)", table.parameters), *(
        (f"score {name}", in_fractions(name), values) for name, values in known.items()
    )]  # fmt: skip
    found = []
    for name, label, values in columns:
        here = np.where(rows >= 0, values[rows], np.nan)
        if np.isfinite(here).any():
            found.append(Field(name, label, NUMBER, here, log=name == "parameters"))
    return found


def known_scores(table: ScoreTable) -> list[Score]:
    """Every score of a table, with bounds that are the score itself."""
    return [
        Score(benchmark, model, float(value), float(value), float(value), known=True)
        for column, benchmark in enumerate(table.benchmarks)
        for model, value in zip(table.models, table.values[:, column], strict=True)
        if np.isfinite(value)
    ]


def scores_of(table: ScoreTable, forecasts: Sequence[Forecast]) -> list[Score]:
    """Known and forecast scores."""
    told = [
        Score(each.benchmark, each.model, each.value, each.low, each.high) for each in forecasts
    ]
    return [*known_scores(table), *told]


def _read_forecasts(path: Path) -> list[Score]:
    """A study's forecasts.csv. Raises DataError naming the line that is wrong."""
    found = []
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
    for number, row in enumerate(rows, start=2):
        try:
            value, low, high = (float(row[key] or "nan") for key in ("value", "low", "high"))
            found.append(Score(row["benchmark"], row["model"], value, low, high))
        except (KeyError, TypeError, ValueError):
            raise DataError(f"{path}, line {number}: no forecast; run the study again") from None
    return found
