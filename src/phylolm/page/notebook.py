"""The page in a notebook.

Here: `show`. What it gives draws itself in a frame with page and data inside: it stays in the
notebook when that is exported, and needs no kernel. With `live=True` it is a widget, and kernel and
page share one selection. Next door: `sources` opens what is shown.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from phylolm.atlas.atlas_folder import Atlas
from phylolm.bank.bank import Bank
from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError
from phylolm.files import write_text
from phylolm.page import page_data
from phylolm.page.assets import asset
from phylolm.page.bundle import unpack
from phylolm.page.html import page_html
from phylolm.page.ofatlas import ShownAtlas
from phylolm.page.ofstudy import Shown
from phylolm.page.source_bank import of_bank, of_counts
from phylolm.page.source_files import of_distances, of_tree
from phylolm.page.source_kinds import refuse_others
from phylolm.page.source_study import of_study
from phylolm.page.sources import Wanted, finished, finished_atlas, open_source
from phylolm.study.config import Study
from phylolm.tree.analysis import Analysis
from phylolm.tree.tree import Tree

if TYPE_CHECKING:
    import anywidget

Thing = str | Path | Study | Bank | AlleleCounts | Analysis | DistanceMatrix | Tree | Shown | Atlas

HEIGHT = 640

_FRAME = (
    '<iframe title="phylolm" sandbox="allow-scripts allow-downloads allow-popups" '
    'style="width: 100%; height: {height}px; border: 1px solid #8884; border-radius: 6px" '
    'srcdoc="{page}"></iframe>'
)


@dataclass(frozen=True)
class NotebookPage:
    """A page that a notebook draws. html: the whole page as one file."""

    html: str
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        return _FRAME.format(height=self.height, page=html.escape(self.html, quote=True))

    def __repr__(self) -> str:
        return f"<a page of {len(self.html) / 1e3:,.0f} kB; .save('page.html') writes it>"

    def save(self, path: Path | str) -> None:
        """Write the page as one HTML file that works offline."""
        write_text(Path(path), self.html)


def show(
    thing: Thing,
    *,
    title: str = "",
    families: Mapping[str, str] | None = None,
    metadata: Path | str | None = None,
    scores: Path | str | None = None,
    similarity: bool = False,
    height: int = HEIGHT,
    live: bool = False,
) -> NotebookPage | anywidget.AnyWidget:
    """The page of a study, bank, analysis, distances, tree or atlas, in a notebook.

    thing: one of those, or a path that `phylolm export` takes. families: model -> family.
    metadata: table with more about the models. scores: benchmark scores. similarity: a file holds
    similarities. height: in pixels. live: a widget whose `selected` (places of models) and
    `selected_names` are what is selected in the page; it needs the extra `notebook`.

    Raises ConfigError or DataError where there is nothing to show, or where it doesn't take what
    is given with it.
    """
    wanted = Wanted(title, _path(metadata), _path(scores), families or {}, similarity)
    data = page_data(_opened(thing, wanted), title)
    page = page_html(data)
    if not live:
        return NotebookPage(page, height)
    return _widget(page, unpack(data)[0]["models"]["names"] or [])


def _path(path: Path | str | None) -> Path | None:
    return None if path is None else Path(path)


def _opened(thing: Thing, wanted: Wanted) -> Shown | ShownAtlas:
    given = [name for name in ("scores", "families", "similarity") if getattr(wanted, name)]
    if isinstance(thing, str | Path):
        refuse_others(Path(thing), [f"--{name}" for name in given])
        return open_source(Path(thing), wanted)
    if isinstance(thing, Atlas):
        if given:
            raise ConfigError(f"an atlas takes no {', '.join(given)}: leave that out")
        return finished_atlas(thing, wanted)
    return finished(_shown(thing), wanted)


def _shown(thing: Study | Bank | AlleleCounts | Analysis | DistanceMatrix | Tree | Shown) -> Shown:
    if isinstance(thing, Study):
        return of_study(thing)
    if isinstance(thing, Bank):
        return of_bank(thing)
    if isinstance(thing, AlleleCounts):
        return of_counts(thing)
    if isinstance(thing, Analysis):
        return Shown("Family tree", thing.tree, thing.distances)
    if isinstance(thing, DistanceMatrix):
        return of_distances(thing, "Family tree")
    if isinstance(thing, Tree):
        return of_tree(thing, "Family tree")
    if isinstance(thing, Shown):
        return thing
    raise ConfigError(f"a page can't show a {type(thing).__name__}")


def _widget(page: str, names: list[str]) -> anywidget.AnyWidget:
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise ConfigError("a live page needs anywidget: pip install 'phylolm[notebook]'") from None

    class LivePage(anywidget.AnyWidget):  # type: ignore[misc,unused-ignore]
        """A page whose selection the kernel sees and sets."""

        _esm = asset("widget.js")
        page = traitlets.Unicode().tag(sync=True)
        selected = traitlets.List(traitlets.Int()).tag(sync=True)

        @property
        def selected_names(self) -> list[str]:
            """The names of the selected models."""
            return [names[place] for place in self.selected]

    return LivePage(page=page)
