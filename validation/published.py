"""The published study: 127 real models, its tree and its figures, from its similarity matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from phylolm import figures
from phylolm.ancestry.recovery import auc
from phylolm.distance.matrix import read_distances
from phylolm.tree.build import build_tree
from phylolm.tree.compare import quartet_distance, robinson_foulds
from phylolm.tree.files import read_tree
from validation.common import RESULTS, reference, table, write


def main() -> None:
    matrix = read_distances(reference("phylolm/similarity_math_completion.csv"), similarity=True)
    published = read_tree(reference("phylolm/nj_tree_math_completion.nwk"))
    models = pd.read_csv(reference("phylolm/models.csv"), keep_default_na=False)
    family = dict(zip(models["engine"], models["family"], strict=True))
    pairs = pd.read_csv(reference("phylolm/known_parent_child_pairs.csv"))
    tree = build_tree(matrix, "nj")
    splits, quartets = robinson_foulds(tree, published), quartet_distance(tree, published)
    labels = np.array([family[name] for name in matrix.names])
    same = labels[:, None] == labels[None, :]
    upper = np.triu_indices(len(labels), 1)
    far = matrix.values + np.diag(np.full(len(labels), np.inf))
    nearest = int((labels[far.argmin(axis=1)] == labels).sum())
    rows = [
        ["Robinson-Foulds to the published tree", splits.rf, "0 (its own tree)"],
        ["quartets that differ", quartets.differing, "0"],
        ["nearest model of the same family", f"{nearest} of 127", "124 of 127"],
        [
            "AUC same family",
            auc(matrix.values[upper][same[upper]], matrix.values[upper][~same[upper]]),
            ".912",
        ],
        ["fine-tunes whose nearest base is their own", _own_base(matrix, pairs), "31 of 35"],
    ]
    drawn = figures.plot_tree(tree.root_midpoint().ladderize(), "circular", families=family)
    figures.save(drawn, RESULTS / "published-tree.svg")
    write(
        "published",
        "The published study, 127 models",
        table(["what", "here", "published or recovered"], rows),
        "![The tree of 127 models](published-tree.svg)",
    )


def _own_base(matrix: object, pairs: pd.DataFrame) -> str:
    bases = sorted(set(pairs["parent"]))
    right = 0
    for parent, child in zip(pairs["parent"], pairs["child"], strict=True):
        others = [base for base in bases if base != child]
        nearest = min(others, key=lambda base: matrix[base, child])  # type: ignore[index]
        right += nearest == parent
    return f"{right} of {len(pairs)}, among {len(bases)} bases"
