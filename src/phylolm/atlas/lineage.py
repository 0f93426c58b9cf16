"""Declared lineage: who says to descend from whom, and how.

Here: `Lineage`, made from a catalogue's base models or from a file of edges, with renamed ids
resolved by a table of aliases. Next door: `audit` doubts it, `cli.atlas` prints families.

Some ids are the same model under another name (organisations rename their repositories). The
bundled aliases are renames that the hub itself forwards; a user's own table adds to them and wins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from phylolm.atlas.columns import RELATIONS, SEPARATOR
from phylolm.errors import ConfigError, DataError
from phylolm.files import read_text

ALIASES: Mapping[str, str] = {
    "gpt2": "openai-community/gpt2",
    "gpt2-medium": "openai-community/gpt2-medium",
    "gpt2-large": "openai-community/gpt2-large",
    "gpt2-xl": "openai-community/gpt2-xl",
    "openai-gpt": "openai-community/openai-gpt",
    "distilgpt2": "distilbert/distilgpt2",
    "distilbert-base-uncased": "distilbert/distilbert-base-uncased",
    "distilbert-base-cased": "distilbert/distilbert-base-cased",
    "distilbert-base-multilingual-cased": "distilbert/distilbert-base-multilingual-cased",
    "distilroberta-base": "distilbert/distilroberta-base",
    "bert-base-uncased": "google-bert/bert-base-uncased",
    "bert-base-cased": "google-bert/bert-base-cased",
    "bert-large-uncased": "google-bert/bert-large-uncased",
    "bert-large-cased": "google-bert/bert-large-cased",
    "bert-base-multilingual-cased": "google-bert/bert-base-multilingual-cased",
    "bert-base-multilingual-uncased": "google-bert/bert-base-multilingual-uncased",
    "bert-base-chinese": "google-bert/bert-base-chinese",
    "bert-base-german-cased": "google-bert/bert-base-german-cased",
    "roberta-base": "FacebookAI/roberta-base",
    "roberta-large": "FacebookAI/roberta-large",
    "xlm-roberta-base": "FacebookAI/xlm-roberta-base",
    "xlm-roberta-large": "FacebookAI/xlm-roberta-large",
    "albert-base-v2": "albert/albert-base-v2",
    "xlnet-base-cased": "xlnet/xlnet-base-cased",
    "camembert-base": "almanach/camembert-base",
    "t5-small": "google-t5/t5-small",
    "t5-base": "google-t5/t5-base",
    "t5-large": "google-t5/t5-large",
    "t5-3b": "google-t5/t5-3b",
    "t5-11b": "google-t5/t5-11b",
    "ctrl": "Salesforce/ctrl",
    "meta-llama/Meta-Llama-3.1-8B": "meta-llama/Llama-3.1-8B",
    "meta-llama/Meta-Llama-3.1-70B": "meta-llama/Llama-3.1-70B",
    "meta-llama/Meta-Llama-3.1-405B": "meta-llama/Llama-3.1-405B",
    "meta-llama/Meta-Llama-3.1-8B-Instruct": "meta-llama/Llama-3.1-8B-Instruct",
    "meta-llama/Meta-Llama-3.1-70B-Instruct": "meta-llama/Llama-3.1-70B-Instruct",
    "meta-llama/Meta-Llama-3.1-405B-Instruct": "meta-llama/Llama-3.1-405B-Instruct",
}
"""Old id -> the id it goes by now."""


@dataclass(frozen=True)
class DeclaredEdge:
    """A declaration: `child` was made from `parent` by `relation`."""

    child: str
    parent: str
    relation: str = "unknown"


@dataclass(frozen=True)
class Lineage:
    """Declared edges between models, without doubles, self-edges and unknown relations.

    edges: child, parent, relation, in order. selfs: models that declare themselves.
    cycles: rings of models that descend from each other, each from its smallest name on.
    aliases: old id -> present id, as applied.
    """

    edges: tuple[DeclaredEdge, ...]
    selfs: tuple[str, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    up: Mapping[str, tuple[DeclaredEdge, ...]] = field(default_factory=dict, repr=False)
    down: Mapping[str, tuple[DeclaredEdge, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, edges: Iterable[DeclaredEdge], aliases: Mapping[str, str] | None = None) -> Lineage:
        """The lineage of declarations; ids are resolved first. aliases add to `ALIASES`."""
        known = {**ALIASES, **(aliases or {})}
        best: dict[tuple[str, str], str] = {}
        selfs: dict[str, None] = {}
        for edge in edges:
            child, parent = resolve(edge.child, known), resolve(edge.parent, known)
            if child == parent:
                selfs[child] = None
            elif best.get((child, parent), "unknown") == "unknown":
                best[child, parent] = edge.relation if edge.relation in RELATIONS else "unknown"
        kept = tuple(DeclaredEdge(*ends, relation) for ends, relation in best.items())
        up, down = _grouped(kept, "child"), _grouped(kept, "parent")
        return cls(kept, tuple(selfs), _cycles(up), known, up, down)

    @property
    def models(self) -> list[str]:
        """Every model of an edge, children and parents."""
        return list(dict.fromkeys([end for e in self.edges for end in (e.child, e.parent)]))

    def name(self, model: str) -> str:
        """The id a model goes by here."""
        return resolve(model, self.aliases)

    def ancestors(self, model: str) -> dict[str, int]:
        """Ancestor -> generations above, nearest first."""
        return self._walk(model, self.up, "parent")

    def descendants(self, model: str) -> dict[str, int]:
        """Descendant -> generations below, nearest first."""
        return self._walk(model, self.down, "child")

    def _walk(
        self, model: str, edges: Mapping[str, tuple[DeclaredEdge, ...]], end: str
    ) -> dict[str, int]:
        start = self.name(model)
        found, waiting = {start: 0}, deque([start])
        while waiting:
            at = waiting.popleft()
            for edge in edges.get(at, ()):
                other = getattr(edge, end)
                if other not in found:
                    found[other] = found[at] + 1
                    waiting.append(other)
        del found[start]
        return found

    def roots(self, model: str) -> list[str]:
        """The ancestors that declare no parent; the model itself when it declares none."""
        above = [self.name(model), *self.ancestors(model)]
        return [each for each in above if each not in self.up]

    def table(self) -> pd.DataFrame:
        """One row a model: model, parents, children, depth (the longest known line above, in
        generations), root (the first), descendants."""
        rows = []
        for model in self.models:
            above = self.ancestors(model)
            roots = [each for each in (model, *above) if each not in self.up]
            rows.append({
                "model": model, "parents": len(self.up.get(model, ())),
                "children": len(self.down.get(model, ())),
                "depth": max(above.values(), default=0),
                "root": roots[0] if roots else "", "descendants": len(self.descendants(model)),
            })  # fmt: skip
        columns = ["model", "parents", "children", "depth", "root", "descendants"]
        return pd.DataFrame(rows, columns=columns)  # the columns too where there is no model


def resolve(model: str, aliases: Mapping[str, str]) -> str:
    """The id a model goes by now; chains of aliases are followed, rings left."""
    seen = {model}
    while model in aliases and aliases[model] not in seen:
        model = aliases[model]
        seen.add(model)
    return model


def declared_edges(models: pd.DataFrame) -> Iterator[DeclaredEdge]:
    """The edges a catalogue declares: columns id, base_models, base_relations."""
    declared = models[models["base_models"] != ""]
    for child, parents, relations in zip(
        declared["id"], declared["base_models"], declared["base_relations"], strict=True
    ):
        bases = parents.split(SEPARATOR)
        kinds = relations.split(SEPARATOR)
        if len(kinds) != len(bases):
            kinds = [kinds[0] if len(set(kinds)) == 1 else "unknown"] * len(bases)
        for parent, kind in zip(bases, kinds, strict=True):
            if parent:
                yield DeclaredEdge(child, parent, kind or "unknown")


def read_edges(path: Path) -> list[DeclaredEdge]:
    """Edges from a CSV file (.gz too) with columns child, parent and, if there, relation.

    Raises:
        DataError: no such file, or no such columns.
    """
    table = _table(path, ("child", "parent"))
    relations = table["relation"] if "relation" in table else ["unknown"] * len(table)
    return [
        DeclaredEdge(child, parent, relation)
        for child, parent, relation in zip(table["child"], table["parent"], relations, strict=True)
        if child and parent
    ]


def read_aliases(path: Path) -> dict[str, str]:
    """Aliases from a CSV file with columns old and new.

    Raises:
        DataError: no such file, or no such columns.
    """
    table = _table(path, ("old", "new"))
    return dict(zip(table["old"], table["new"], strict=True))


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    from io import StringIO

    if path.suffix == ".gz":
        import gzip

        try:
            text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise DataError(f"can't read {path}: {error}") from None
    else:
        text = read_text(path)
    try:
        table = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    except ValueError as error:
        raise DataError(f"{path.name}: {str(error).splitlines()[0]}") from None
    missing = [column for column in columns if column not in table]
    if missing:
        raise ConfigError(f"{path.name} lacks column {' and '.join(missing)}")
    return table


def _grouped(edges: Iterable[DeclaredEdge], end: str) -> dict[str, tuple[DeclaredEdge, ...]]:
    groups: dict[str, list[DeclaredEdge]] = {}
    for edge in edges:
        groups.setdefault(getattr(edge, end), []).append(edge)
    return {model: tuple(each) for model, each in groups.items()}


def _cycles(up: Mapping[str, tuple[DeclaredEdge, ...]]) -> tuple[tuple[str, ...], ...]:
    """One ring for each group of models that are their own ancestors (Tarjan by scipy)."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = list(dict.fromkeys(e for m in up for e in (m, *(x.parent for x in up[m]))))
    if not names:
        return ()
    place = {name: row for row, name in enumerate(names)}
    ends = np.array([(place[m], place[e.parent]) for m in up for e in up[m]]).T
    graph = coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(len(names),) * 2)
    labels = connected_components(graph, directed=True, connection="strong")[1]
    groups: dict[int, list[str]] = {}
    for name, label in zip(names, labels, strict=True):
        groups.setdefault(int(label), []).append(name)
    return tuple(_ring(set(group), up) for group in groups.values() if len(group) > 1)


def _ring(group: set[str], up: Mapping[str, tuple[DeclaredEdge, ...]]) -> tuple[str, ...]:
    """The shortest way from the smallest name of a group back to itself."""
    start = min(group)
    came: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        for edge in up.get(at, ()):
            if edge.parent == start:
                way = [at]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if edge.parent in group and edge.parent not in came:
                came[edge.parent] = at
                waiting.append(edge.parent)
    return (start,)
