"""The published study: 127 real models, its tree and its figures, from its similarity matrix."""

from __future__ import annotations

import pandas as pd

from phylolm import figures
from phylolm.ancestry.recovery import declared_recovery, kin_recovery
from phylolm.distance.matrix import DistanceMatrix, read_distances
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
    declared = list(zip(pairs["parent"], pairs["child"], strict=True))
    families = kin_recovery(matrix, family, declared)
    parents = declared_recovery(matrix, declared, (1, 5))
    rows: list[list[object]] = [
        ["Robinson-Foulds to the published tree", splits.rf, "0 (its own tree)"],
        ["quartets that differ", quartets.differing, "0"],
        ["nearest model of the same family", f"{families.family * len(matrix):.1f} of 127",
         "124 of 127"],
        ["AUC same family", families.auc, ".912"],
        ["fine-tunes whose nearest base is their own", _own_base(matrix, declared), "31 of 35"],
        ["parent@1: a fine-tune's nearest of all models", parents.parent_at[1], ""],
        ["parent@5", parents.parent_at[5], ""],
        ["mean rank of the parent", parents.mean_rank, ""],
    ]  # fmt: skip
    drawn = figures.plot_tree(tree.root_midpoint().ladderize(), "circular", families=family)
    figures.save(drawn, RESULTS / "published-tree.svg")
    write(
        "published",
        "The published study, 127 models",
        table(["what", "here", "published or recovered"], rows),
        "Models that are equally near share the point: each of t tied counts 1/t. A fine-tune's "
        "base is easily told from other bases; among all models other fine-tunes are often nearer.",
        "![The tree of 127 models](published-tree.svg)",
    )


def _own_base(matrix: DistanceMatrix, declared: list[tuple[str, str]]) -> str:
    """Fine-tunes whose nearest base is their own, ties shared."""
    bases = sorted({parent for parent, _ in declared})
    right = 0.0
    for parent, child in declared:
        apart = {base: matrix[base, child] for base in bases if base != child}
        nearest = [base for base, distance in apart.items() if distance == min(apart.values())]
        right += (parent in nearest) / len(nearest)
    return f"{right:.1f} of {len(declared)}, among {len(bases)} bases"
