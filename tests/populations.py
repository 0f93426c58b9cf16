"""Simulated models for tests: known allele distributions, and probes drawn from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def distributions(rng, models=4, genes=30, alleles=6, spread=0.5):
    """Allele distributions (models, genes, alleles): models vary around a shared mean."""
    base = rng.dirichlet(np.ones(alleles), size=genes)
    noise = rng.gamma(1.0, 1.0, size=(models, genes, alleles))
    mixed = (1 - spread) * base + spread * noise / noise.sum(axis=2, keepdims=True)
    return mixed / mixed.sum(axis=2, keepdims=True)


def words(genes, alleles, seed=0):
    """Distinct 8-character words for every gene: (genes, alleles)."""
    rng = np.random.default_rng(seed)
    letters = LETTERS[rng.integers(0, 26, size=(genes, alleles, 7))]
    return np.array(
        [[LETTERS[a] + "".join(word) for a, word in enumerate(gene)] for gene in letters]
    )


def probe_table(rng, truth, probes, text):
    """Probes drawn from `truth`: columns model, gene, draw, text, ended."""
    rows = []
    for model, genes in enumerate(truth):
        n = probes[model] if np.ndim(probes) else probes
        for gene, p in enumerate(genes):
            drawn = rng.choice(len(p), size=n, p=p)
            rows += [(f"m{model}", f"g{gene}", d, text[gene][a]) for d, a in enumerate(drawn)]
    return pd.DataFrame(rows, columns=["model", "gene", "draw", "text"]).assign(ended=False)


def exact_table(truth, text):
    """The distributions themselves as rows with probabilities."""
    rows = [
        (f"m{model}", f"g{gene}", text[gene][a], share)
        for model, genes in enumerate(truth)
        for gene, p in enumerate(genes)
        for a, share in enumerate(p)
    ]
    return pd.DataFrame(rows, columns=["model", "gene", "text", "probability"])
