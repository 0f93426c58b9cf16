"""The known tree of a grown zoo: `Zoo`, its edges, and their Newick.

Here: from recipe rows to edges, families and Newick, and the `Zoo` a caller holds. Next door:
`recipes` has the rows; `grow` writes what is made here to `zoo.json` and `truth.nwk`.

What is on the tree. Unrelated bases meet in one multifurcating root. A model with descendants
is a leaf of length zero beneath its own node. A branch is as long as its training: steps times
learning rate. Copies and int8 roundings descend from their original at distance zero, so they
hang beside it. A merge has two parents, and a distilled student owes its manner to a model it
may not descend from: neither is on the tree, both are listed (`merges`, `students`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from phylolm.errors import ConfigError
from phylolm.zoo.recipes import Recipe, family

FORMAT = "phylolm-zoo/1"

# Relations whose child says what its parent says.
_TWINS = ("copy", "int8")


@dataclass(frozen=True)
class Edge:
    """One model made from another. `descent` is false where the tree can't show it."""

    parent: str
    child: str
    relation: str
    steps: int
    lr: float
    length: float
    descent: bool


@dataclass(frozen=True)
class Zoo:
    """A grown zoo: where it is, who is in it, and who descends from whom."""

    folder: Path
    tier: str
    seed: int
    models: tuple[str, ...]
    families: dict[str, tuple[str, ...]]
    edges: tuple[Edge, ...]
    newick: str
    merges: tuple[str, ...]
    students: tuple[str, ...]

    def path(self, name: str) -> Path:
        """The folder that `from_pretrained` loads."""
        return self.folder / "models" / name

    def family_of(self, name: str) -> str:
        return next(key for key, members in self.families.items() if name in members)

    def kin(self, name: str) -> frozenset[str]:
        """Parents, children, siblings, teachers and students; twins share one kin."""
        original = {edge.child: edge.parent for edge in self.edges if edge.relation in _TWINS}
        same = [model for model in self.models if _first(model, original) == _first(name, original)]
        above = {edge.parent for edge in self.edges if edge.child in same}
        below = {edge.child for edge in self.edges if edge.parent in same}
        beside = {edge.child for edge in self.edges if edge.parent in above - set(same)}
        near = above | below | beside | set(same)
        twins = {model for model in self.models if _first(model, original) in near}
        return frozenset((near | twins) - {name})

    @classmethod
    def load(cls, folder: Path | str) -> Zoo:
        """Read a zoo that `grow` has finished."""
        path = Path(folder) / "zoo.json"
        if not path.is_file():
            raise ConfigError(f"no zoo in {folder}: zoo.json is missing; grow one first")
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored.get("format") != FORMAT:
            raise ConfigError(f"{path} is not of format {FORMAT}: grow the zoo again")
        return cls(
            folder=Path(folder),
            tier=stored["tier"],
            seed=stored["seed"],
            models=tuple(row["name"] for row in stored["models"]),
            families={name: tuple(members) for name, members in stored["families"].items()},
            edges=tuple(Edge(**edge) for edge in stored["edges"]),
            newick=stored["newick"],
            merges=tuple(stored["merges"]),
            students=tuple(stored["students"]),
        )


def _first(name: str, original: dict[str, str]) -> str:
    while name in original:
        name = original[name]
    return name


def describe(recipes: Sequence[Recipe]) -> dict[str, Any]:
    """The part of `zoo.json` that follows from the rows alone."""
    by_name = {recipe.name: recipe for recipe in recipes}
    families: dict[str, list[str]] = {}
    for recipe in recipes:
        families.setdefault(family(recipe, by_name), []).append(recipe.name)
    edges = [edge for recipe in recipes for edge in _edges(recipe)]
    return {
        "families": families,
        "edges": [asdict(edge) for edge in edges],
        "merges": [recipe.name for recipe in recipes if recipe.relation == "merge"],
        "students": [recipe.name for recipe in recipes if recipe.relation == "distilled"],
        "branch_length": "training steps times learning rate",
        "newick": newick(recipes, edges),
    }


def _edges(recipe: Recipe) -> list[Edge]:
    length = round(recipe.steps * recipe.lr, 6)
    on_tree = recipe.relation not in ("merge", "distilled")
    relation = "finetune" if recipe.relation == "distilled" else recipe.relation
    made = [
        Edge(parent, recipe.name, relation, recipe.steps, recipe.lr, length, on_tree)
        for parent in recipe.parents
    ]
    if recipe.teacher:
        made.append(
            Edge(recipe.teacher, recipe.name, "distilled", recipe.steps, recipe.lr, length, False)
        )
    return made


def newick(recipes: Sequence[Recipe], edges: Sequence[Edge]) -> str:
    """The tree of descent; leaves are all models that have one line of descent."""
    below: dict[str, list[Edge]] = {}
    for edge in edges:
        if edge.descent:
            below.setdefault(edge.parent, []).append(edge)

    def node(name: str, length: float) -> str:
        if name not in below:
            return f"{name}:{length:g}"
        inside = [f"{name}:0", *(node(edge.child, edge.length) for edge in below[name])]
        return f"({','.join(inside)}):{length:g}"

    bases = [recipe for recipe in recipes if recipe.relation == "base"]
    return f"({','.join(node(base.name, base.steps * base.lr) for base in bases)});"
