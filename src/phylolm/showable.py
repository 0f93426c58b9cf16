"""`Showable`: what can be looked at in a notebook.

Here: one mixin, for studies, banks, analyses, distances, trees and atlases. The page itself is in
`phylolm.page`; it is looked up when asked for, so that none of these loads it.
"""

from __future__ import annotations

from typing import Any, cast


class Showable:
    """A class whose objects have a page."""

    def show(self, **options: Any) -> Any:
        """The page of this object, in a notebook; options as of `phylolm.show`."""
        import phylolm

        return phylolm.show(cast(Any, self), **options)
