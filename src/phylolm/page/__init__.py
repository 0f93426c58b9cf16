"""The page: tree, map, matrix and graph in a browser, in one file, in a notebook.

    study, bank, distances, tree ─► Shown ─► bundle ─► HTML file, Space, notebook, server
    atlas folder ─────────────────────────┘

Here: `page_data`, from what people have to a bundle. Inside: `sources` opens files, `ofstudy` and
`ofatlas` choose what is shown, `bundle_sections` makes the parts, `bundle` packs them (its form is
in bundle.schema.json); `html`, `space`, `notebook`, `server` bring it to a browser. The browser's
side is TypeScript, in web/.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phylolm.atlas.atlas_folder import Atlas
    from phylolm.page.ofatlas import ShownAtlas
    from phylolm.page.ofstudy import Shown
    from phylolm.page.sources import Wanted


def page_data(shown: Shown | ShownAtlas | Atlas, title: str = "") -> bytes:
    """The bundle of what was opened. title: of an atlas; a `Shown` has its own."""
    from phylolm.atlas.atlas_folder import Atlas
    from phylolm.page.ofatlas import ShownAtlas, atlas_bundle
    from phylolm.page.ofstudy import study_bundle

    if isinstance(shown, Atlas):
        return atlas_bundle(shown, title)
    if isinstance(shown, ShownAtlas):
        return atlas_bundle(shown.atlas, title, given=shown.given)
    return study_bundle(shown)


def page_of(
    path: Path, wanted: Wanted | None = None, progress: Callable[[int], None] | None = None
) -> bytes:
    """The bundle of a study, bank, atlas, tree or file of distances; see `sources.open_source`."""
    from phylolm.page.sources import open_source

    return page_data(open_source(path, wanted, progress), wanted.title if wanted else "")
