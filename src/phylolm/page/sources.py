"""From what people have to what a page shows: studies, banks, the demo, distances, trees.

Here: `open_source`. Next door: `source_kinds` tells the kind of a path by what is there, one file
a kind opens it (`source_bank`, `source_study`, `source_demo`, `source_files`), `source_scores` adds
scores; `ofstudy` and `ofatlas` make bundles of what is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from phylolm.atlas.atlas_folder import Atlas, open_atlas
from phylolm.bank.bank import Bank
from phylolm.distance.matrix import read_distances
from phylolm.page.metadata import Field, families_by_name, read_fields
from phylolm.page.ofatlas import ShownAtlas
from phylolm.page.ofstudy import Shown
from phylolm.page.source_bank import of_bank
from phylolm.page.source_demo import of_demo
from phylolm.page.source_files import of_distances, of_tree
from phylolm.page.source_kinds import ATLAS, BANK, DEMO, DISTANCES, RESULTS, TREE, kind_of
from phylolm.page.source_scores import score_fields, scores_of
from phylolm.page.source_study import of_results, of_study
from phylolm.predict.forecast import forecast, join_scores
from phylolm.predict.scores import read_scores
from phylolm.study.config import read_study
from phylolm.tree.analysis import TreeOptions
from phylolm.tree.build import build_tree
from phylolm.tree.files import read_tree
from phylolm.tree.tree import Tree


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
        return of_distances(read_distances(path, wanted.similarity), path.stem, wanted.tree)
    if kind == TREE:
        return of_tree(read_tree(path), path.stem)
    if kind == DEMO:
        return of_demo(path)
    if kind == RESULTS:
        return of_results(path)
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
