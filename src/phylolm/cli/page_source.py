"""What `export` and `serve` show: a study, a bank, an atlas, distances or a tree.

Here: their shared options, and opening what they name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm import defaults
from phylolm.cli import source
from phylolm.cli.console import bars
from phylolm.cli.options import MethodOption, ReplicatesOption, RootOption
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.page.ofatlas import ShownAtlas
    from phylolm.page.ofstudy import Shown
    from phylolm.page.sources import Wanted

PathArgument = Annotated[
    Path | None,
    typer.Argument(
        help="A study.toml, its results, an atlas folder, the demo's folder, distances (.csv), a "
        "tree or a bank.",
        show_default=False,
    ),
]
TitleOption = Annotated[str, typer.Option("--title", help="Title of the page.")]
MetadataOption = Annotated[
    Path | None,
    typer.Option("--metadata", help="Table about the models: a column of names, and any others."),
]
AgainstOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--against", help="Tree (.nwk .nex .xml) to compare with in a tanglegram (repeatable)."
    ),
]
ScoresOption = Annotated[
    Path | None,
    typer.Option("--scores", "-s", help="Benchmark scores to show; missing ones are forecast."),
]


@dataclass(frozen=True)
class PageSource(source.Source):
    """What a page shows, and what else is known of it."""

    title: TitleOption = ""
    metadata: MetadataOption = None
    against: AgainstOption = None
    scores: ScoresOption = None
    families: source.FamiliesOption = None
    method: MethodOption = defaults.TREE_METHOD
    replicates: ReplicatesOption = defaults.REPLICATES
    root: RootOption = defaults.ROOT

    def opened(self, path: Path | None, context: typer.Context) -> Shown | ShownAtlas:
        """What the path, --bank or --distances names.

        Raises ConfigError where options were typed that can't apply to it.
        """
        from phylolm.page import source_kinds, sources

        given = [each for each in (path, self.bank, self.distances) if each is not None]
        if len(given) != 1:
            raise ConfigError(f"say once what to show: {source_kinds.SHOWN}")
        source_kinds.refuse_others(given[0], _typed(context))
        wanted = self._wanted()
        if source_kinds.kind_of(given[0]) == source_kinds.BANK:
            return self._of_bank(given[0], wanted)
        return sources.open_source(given[0], wanted)

    def _of_bank(self, path: Path, wanted: Wanted) -> Shown:
        from phylolm.bank.bank import Bank
        from phylolm.page import source_bank, sources

        bank = Bank(path, create=False)
        genome = source.pick_genome(bank, self.genome) or bank.genome()
        counts = replace(self, bank=path).counts()
        with bars() as shown:
            made = source_bank.of_counts(
                counts,
                genome,
                path.resolve().name,
                wanted.tree,
                lambda done: shown("bootstrap replicates", done, self.replicates),
            )
        return sources.finished(made, wanted)

    def _wanted(self) -> Wanted:
        from phylolm.page.sources import Wanted
        from phylolm.tree.analysis import TreeOptions

        tree = TreeOptions(self.method, self.measure, self.replicates, root=self.root)
        families = source.read_families(self.families) or {}
        against = tuple(self.against or ())
        return Wanted(
            self.title, self.metadata, self.scores, families, self.similarity, tree, against
        )


def _typed(context: typer.Context) -> list[str]:
    """The options on the command line, by their long names."""
    found = []
    for each in context.command.params:
        told = context.get_parameter_source(each.name or "")
        if told is not None and told.name == "COMMANDLINE":
            found += [name for name in each.opts if name.startswith("--")][:1]
    return found
