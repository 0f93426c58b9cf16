"""One model's family, ready to be shown: the lines above it and the tree below.

Next door: `lineage` has the edges; `cli.atlas` prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phylolm.atlas.lineage import Edge, Lineage
from phylolm.errors import DataError


@dataclass(frozen=True)
class Member:
    """A model of a family tree: how it is related to the one above, and those below it.

    hidden: how many more there are below that aren't listed.
    """

    model: str
    relation: str
    below: tuple[Member, ...] = ()
    hidden: int = 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "relation": self.relation,
            "below": [member.to_dict() for member in self.below],
            "hidden": self.hidden,
        }


@dataclass(frozen=True)
class Family:
    """A model, the lines of its ancestors, and the tree of its descendants.

    ancestors: as a tree too, its parents first. descendants: `model` on top.
    """

    model: str
    roots: tuple[str, ...]
    ancestors: Member
    descendants: Member
    total: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "roots": list(self.roots),
            "ancestors": [each.to_dict() for each in self.ancestors.below],
            "descendants": [each.to_dict() for each in self.descendants.below],
            "total_descendants": self.total,
        }


def family(
    lineage: Lineage,
    model: str,
    downloads: Mapping[str, float] | None = None,
    depth: int = 3,
    most: int = 10,
) -> Family:
    """The family of a model; of the children of one model the `most` downloaded are listed.

    Raises:
        DataError: the model is in no declared edge; names near ones.
    """
    name = lineage.name(model)
    if name not in lineage.up and name not in lineage.down:
        raise DataError(f"{model}: no declared parent or child{_near(lineage, name)}")
    below = lineage.descendants(name)
    return Family(
        name,
        tuple(lineage.roots(name)),
        _members(lineage.up, "parent", name, "", downloads or {}, (99, 99), {name}),
        _members(lineage.down, "child", name, "", downloads or {}, (depth, most), {name}),
        len(below),
    )


def _members(
    edges: Mapping[str, tuple[Edge, ...]],
    end: str,
    model: str,
    relation: str,
    downloads: Mapping[str, float],
    limits: tuple[int, int],
    seen: set[str],
) -> Member:
    """The tree from `model` on; every model is listed once, so rings come to an end."""
    depth, most = limits
    new = [edge for edge in edges.get(model, ()) if getattr(edge, end) not in seen]
    new.sort(key=lambda edge: (-downloads.get(getattr(edge, end), 0), getattr(edge, end)))
    shown = new[:most] if depth > 0 else []
    seen.update(getattr(edge, end) for edge in shown)
    below = [
        _members(edges, end, getattr(e, end), e.relation, downloads, (depth - 1, most), seen)
        for e in shown
    ]
    return Member(model, relation, tuple(below), len(new) - len(shown))


def _near(lineage: Lineage, model: str) -> str:
    import difflib

    short = model.rpartition("/")[2].lower()
    known = {name.rpartition("/")[2].lower(): name for name in lineage.models}
    near = difflib.get_close_matches(short, known, 3, 0.75)
    return f"; did you mean {', '.join(known[each] for each in near)}?" if near else ""
