"""The defaults that library, commands, study.toml and page share.

Here: one value each. docs/architecture.md says why each is what it is.
"""

from __future__ import annotations

GENOME = "math"
PROBES = 32
"""Completions of each gene."""

ALLELE_LENGTHS = (1, 2, 3, 4)
"""Characters of an allele; several are summed over (the multi-length form)."""

ALLELE_LENGTH_TEXT = f"{ALLELE_LENGTHS[0]}-{ALLELE_LENGTHS[-1]}"
"""The same, as commands and study.toml write it."""

MIN_ANSWERED = 0.5
"""Models that answer a smaller part of the genes are left out."""

EPSILON = 0.01
"""Probability of an exact distribution that may be left unenumerated."""

MEASURE = "nei1978"
TREE_METHOD = "nj"
REPLICATES = 1000
"""Of the bootstrap over genes."""

SUPPORT = "felsenstein"
ROOT = "midpoint"
