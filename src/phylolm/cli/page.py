"""phylolm export and phylolm serve: the page, in a file or from a server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm.cli import source
from phylolm.cli.console import bars, note
from phylolm.errors import ConfigError

if TYPE_CHECKING:
    from phylolm.page.ofatlas import ShownAtlas
    from phylolm.page.ofstudy import Shown
    from phylolm.page.sources import Wanted

SHOWN = "A study.toml, its results, a bank, an atlas or demo folder, distances (.csv), a tree."

PathArgument = Annotated[Path | None, typer.Argument(help=SHOWN, show_default=False)]
TitleOption = Annotated[str, typer.Option(help="Title of the page.")]
MetadataOption = Annotated[
    Path | None,
    typer.Option(help="Table with more about the models: a column of names, and any others."),
]
BesideOption = Annotated[
    list[Path] | None,
    typer.Option(help="A tree (.nwk, .nex, .xml) to compare with; give it again for more."),
]
ScoresOption = Annotated[
    Path | None, typer.Option(help="Benchmark scores: shown, and forecast where they lack.")
]
MethodOption = Annotated[str, typer.Option(help="nj, bionj, bme or upgma.")]
ReplicatesOption = Annotated[
    int, typer.Option("--bootstrap", min=0, help="Replicates, where the tree is made of a bank.")
]
RootOption = Annotated[str, typer.Option(help="midpoint, mad, none or outgroup:NAME.")]


@dataclass(frozen=True)
class PageSource(source.Source):
    """What a page shows, and what is known beside it."""

    title: TitleOption = ""
    metadata: MetadataOption = None
    beside: BesideOption = None
    scores: ScoresOption = None
    families: source.FamiliesOption = None
    method: MethodOption = "nj"
    replicates: ReplicatesOption = 1000
    root: RootOption = "midpoint"

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
        from phylolm.page import sources

        bank = Bank(path, create=False)
        genome = source.pick_genome(bank, self.genome) or bank.genome()
        counts = replace(self, bank=path).counts()
        with bars() as shown:
            made = sources.of_counts(
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
        beside = tuple(self.beside or ())
        return Wanted(
            self.title, self.metadata, self.scores, families, self.similarity, tree, beside
        )


def _typed(context: typer.Context) -> list[str]:
    """The options on the command line, by their long names."""
    found = []
    for each in context.command.params:
        told = context.get_parameter_source(each.name or "")
        if told is not None and told.name == "COMMANDLINE":
            found += [name for name in each.opts if name.startswith("--")][:1]
    return found


@source.takes_source
def export(
    chosen: PageSource,
    context: typer.Context,
    path: PathArgument = None,
    to: Annotated[
        str, typer.Option(help="html: one offline file. space: a static Space.")
    ] = "html",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File (page.html) or folder (space) to write."),
    ] = None,
    push: Annotated[
        str, typer.Option(metavar="OWNER/NAME", help="Upload the Space to the Hugging Face hub.")
    ] = "",
) -> None:
    """The page as one file: tree, map, matrix, graph and models, in any browser, offline."""
    from phylolm.files import write_text
    from phylolm.page import page_data
    from phylolm.page.html import page_html
    from phylolm.page.space import push_space, write_space

    if to not in ("html", "space"):
        raise ConfigError(f"can't export to {to!r}: html or space")
    if push and to != "space":
        raise ConfigError("--push uploads a Space: add --to space")
    target = output or Path("page.html" if to == "html" else "space")
    if to == "html" and target.suffix not in (".html", ".htm"):
        raise ConfigError(f"can't write a page to {target.name}: use .html")
    data = page_data(chosen.opened(path, context), chosen.title)
    if to == "space":
        write_space(data, target)
        note(f"wrote {target}: README.md, index.html")
        if push:
            note(f"uploaded to {push_space(target, push)}")
        return
    content = page_html(data)
    write_text(target, content)
    note(f"wrote {target}: {_size(len(content.encode()))}; open it in a browser")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


@source.takes_source
def serve(
    chosen: PageSource,
    context: typer.Context,
    path: PathArgument = None,
    host: Annotated[
        str, typer.Option(help="Address to listen at; others can't reach the default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
) -> None:
    """The page from a server on this machine, for atlases of any size. Ctrl-C ends it."""
    from phylolm.page.assets import asset
    from phylolm.page.server import Site, listen, run_server

    asset("page.js")  # before any work
    with listen(host, port) as socket:
        site = Site.of(chosen.opened(path, context), chosen.title)
        address = f"http://{_shown_host(host)}:{socket.getsockname()[1]}/"
        note(f"{address}  (Ctrl-C ends it)")
        run_server(site, host, socket, address if browser else "")
    note("ended")


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else {"0.0.0.0": "127.0.0.1", "": "127.0.0.1"}.get(host, host)
