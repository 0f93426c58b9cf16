"""One model's family, ready to be shown: the lines above it and the tree below.

Next door: `lineage` has the edges; `cli.atlas` prints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phylolm.atlas.lineage import DeclaredEdge, Lineage
from phylolm.errors import ConfigError, DataError


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
    known: Sequence[str] = (),
) -> Family:
    """The family of a model; of the children of one model the `most` downloaded are listed.

    known: ids of the catalogue.

    Raises:
        ConfigError: the model is neither among them nor in a declared edge; names near ones.
        DataError: it is known, but declares no parent and nobody declares it.
    """
    name = lineage.name(model)
    if name not in lineage.up and name not in lineage.down:
        if model in known or name in known:
            raise DataError(f"{model} has no declared parent or child")
        raise ConfigError(f"no model {model} here{_near(name, [*known, *lineage.models])}")
    below = lineage.descendants(name)
    return Family(
        name,
        tuple(lineage.roots(name)),
        _members(lineage.up, "parent", name, "", downloads or {}, (99, 99), {name}),
        _members(lineage.down, "child", name, "", downloads or {}, (depth, most), {name}),
        len(below),
    )


def _members(
    edges: Mapping[str, tuple[DeclaredEdge, ...]],
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


def _near(model: str, known: Sequence[str]) -> str:
    """The three ids most alike, the short name weighing most: owners change more often."""
    from rapidfuzz import fuzz, process

    ids = list(dict.fromkeys(known))
    whole = process.cdist([model.lower()], [each.lower() for each in ids], scorer=fuzz.ratio)[0]
    short = [each.rpartition("/")[2].lower() for each in ids]
    name = process.cdist([model.rpartition("/")[2].lower()], short, scorer=fuzz.ratio)[0]
    score = whole + 2 * name
    best = [int(row) for row in (-score).argsort(kind="stable")[:3] if score[row] >= 3 * 60]
    return f"; did you mean {', '.join(ids[row] for row in best)}?" if best else ""
