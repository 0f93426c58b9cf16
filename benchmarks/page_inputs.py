"""Made-up data for bench_page.py: as bundles of our page, and as what its peers read."""

from __future__ import annotations

import json

import numpy as np
from bench_trees import yule

from phylolm.distance.matrix import DistanceMatrix
from phylolm.page import bundle_sections
from phylolm.page.bundle import Packer, manifest, pack
from phylolm.page.metadata import CATEGORY, Field
from phylolm.page.ofstudy import Shown, study_bundle

GROUPS = 40
_WORDS = ("llama", "mistral", "qwen", "gemma", "falcon", "instruct", "chat", "code", "math", "base")


def random_tree(count: int) -> bytes:
    """A bundle of a tree of so many leaves."""
    return study_bundle(Shown(f"{count:,} leaves", yule(count, np.random.default_rng(0))))


def matrix(count: int) -> bytes:
    """A bundle of all pairs of so many models, and their tree."""
    tree = yule(count, np.random.default_rng(0))
    names, values = tree.path_lengths()
    return study_bundle(Shown(f"{count:,} models", tree, DistanceMatrix(names, values)))


class Points:
    """Models in groups, a normal cloud each. xy: (count, 2), within -1..1."""

    def __init__(self, count: int) -> None:
        rng = np.random.default_rng(0)
        self.group = rng.integers(0, GROUPS, count)
        spread = rng.gamma(2.0, 0.3, GROUPS)[self.group, None]
        places = rng.normal(size=(GROUPS, 2))[self.group] * 3 + rng.normal(size=(count, 2)) * spread
        self.xy = places / np.abs(places).max()

    def __len__(self) -> int:
        return len(self.group)

    def bundle(self, named: bool = False) -> bytes:
        """A bundle of a map. named: the models have names, and so can be searched."""
        packer = Packer()
        names = [self._name(k) for k in range(len(self))] if named else None
        listed = bundle_sections.models(names, len(self), None, [self._column(packer)])
        shown = bundle_sections.model_map(packer, "made", "made", ("", ""), *self.xy.T)
        return pack(manifest(f"{len(self):,} points", "atlas", listed, maps=[shown]), packer)

    def _column(self, packer: Packer) -> bundle_sections.Section:
        groups = [f"group {group}" for group in self.group]
        return bundle_sections.column(packer, Field("group", "group", CATEGORY, groups))

    def _name(self, k: int) -> str:
        first, second = _WORDS[self.group[k] % 5], _WORDS[5 + k % 5]
        return f"owner-{k % 9973}/{first}-{k % 83}b-{second}-v{k}"

    def floats(self) -> bytes:
        """x, y, group of each point, float32, as regl-scatterplot's page reads them."""
        return np.column_stack([self.xy, self.group]).astype("<f4").tobytes()


class Graph(Points):
    """Models in groups, linked at random: nine edges in ten stay within the group."""

    def __init__(self, count: int, edges: int) -> None:
        super().__init__(count)
        rng = np.random.default_rng(1)
        order = np.argsort(self.group, kind="stable")
        ends = np.searchsorted(self.group[order], np.arange(GROUPS + 1))
        self.source = rng.integers(0, count, edges)
        group = self.group[self.source]
        inside = order[rng.integers(ends[group], ends[group + 1])]
        self.target = np.where(rng.random(edges) < 0.9, inside, rng.integers(0, count, edges))

    def bundle(self, named: bool = True) -> bytes:
        packer = Packer()
        names = [self._name(k) for k in range(len(self))] if named else None
        listed = bundle_sections.models(names, len(self), None, [self._column(packer)])
        x, y = self.xy.T
        shown = bundle_sections.graph(packer, "made", "made", (x, y), (self.source, self.target))
        return pack(manifest("A graph", "atlas", listed, graphs=[shown]), packer)

    def json(self) -> bytes:
        """Nodes and edges, as sigma's page reads them."""
        edges = np.column_stack([self.source, self.target]).tolist()
        nodes = np.column_stack([self.xy.round(4), self.group]).tolist()
        return json.dumps({"nodes": nodes, "edges": edges}).encode()
