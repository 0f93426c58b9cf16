"""Caveats: in this study, and in every study of this kind."""

from __future__ import annotations

import numpy as np

from phylolm.distance.matrix import DistanceMatrix
from phylolm.report.content import Report
from phylolm.report.html import text
from phylolm.tree.tree import Tree


def caveats(report: Report) -> str:
    """The caveats of this study, then those of every study, as HTML."""
    own = "".join(f"<li>{text(line)}</li>" for line in report.warnings)
    specific = f"<h3>In this study</h3><ul>{own}</ul>" if own else ""
    lines = [*_measured(report.distances, report.tree), *_CAVEATS]
    general = "".join(f"<li>{line}</li>" for line in lines)
    return f"{specific}<h3>In every study of this kind</h3><ul>{general}</ul>"


def plain_caveats(d: DistanceMatrix, tree: Tree) -> list[str]:
    """Caveats in every study, without markup."""
    lines = [*_measured(d, tree), *_CAVEATS]
    return [line.replace("<b>", "").replace("</b>", "") for line in lines]


def _measured(d: DistanceMatrix, tree: Tree) -> list[str]:
    lines = []
    if d.std_error is not None and len(d.names) > 1:
        errors = d.std_error[np.triu_indices(len(d.names), 1)]
        typical = float(np.nanmedian(errors)) if np.isfinite(errors).any() else np.nan
        lines.append(
            f"<b>Sampling noise.</b> The median standard error of a distance is {typical:.2g}. "
            "Differences below two standard errors are within noise. More probes a gene and more "
            "genes lower it."
        )
    else:
        lines.append(
            "<b>Sampling noise is unknown here</b>, as the distances came without standard "
            "errors. With few probes a gene or few genes, small differences are chance."
        )
    negative = int((tree.length < 0).sum())
    if negative:
        lines.append(
            f"<b>{negative} branches came out negative</b> and are drawn with length zero: "
            "noise, or distances that no tree fits."
        )
    return lines


_CAVEATS = (
    "<b>Bootstrap support reflects resampling of genes only.</b> A support of 95 says that the "
    "branch hardly depends on which genes were drawn. It doesn't say that the models share "
    "weights: training on the same text, or learning from the same teacher, also makes models "
    "alike, and with high support.",
    "<b>Ancestors are sampled as tips.</b> The models of a family exist at the same time, so a "
    "base model is drawn as a leaf beside its fine-tunes, on a short branch, not at the node "
    "above them.",
    "<b>A tree has one parent for each model.</b> A merge of two models is drawn in one of the "
    "two places, or between them.",
    "<b>The root is a convention</b> unless an outgroup was given; which way time runs along a "
    "branch isn't measured.",
    "<b>The genome decides what is seen.</b> Models that differ only in what these genes don't "
    "touch look the same. Another genome can give another tree.",
    "<b>Completion and chat models aren't alike to begin with.</b> An answer in a chat format, "
    "a refusal or a system prompt is an allele too.",
    "<b>Family names are the makers' claims</b>, used for colour only; no distance depends on "
    "them.",
)
