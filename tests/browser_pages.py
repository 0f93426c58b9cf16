"""Pages for browser tests: a simulated study, with names that mean harm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from populations import distributions, probe_table, words

from phylolm.distance.counts import AlleleCounts
from phylolm.page import source_bank
from phylolm.page.html import page_html
from phylolm.page.metadata import Field
from phylolm.page.ofstudy import Score, Shown, study_bundle
from phylolm.tree.analysis import TreeOptions

HARM = [
    "<script>window.harmed = 1</script>",
    '"><img src=x onerror="window.harmed = 2">',
    "javascript:window.harmed=3",
    "\u202egnirts desrever\u202c",
    "nul\x00inside",
    "long/" + "x" * 10_000,
    "emoji/🦙🔥",
    "</script><script>window.harmed = 4</script>",
    "' onmouseover='window.harmed=5",
    "[[prototype]]/__proto__",
]
FAMILIES = ["alpha", "beta", "gamma"]


def simulated(names: list[str], genes: int = 24, seed: int = 0) -> Shown:
    """A study of so many models, in three families that are kin."""
    rng = np.random.default_rng(seed)
    truth = distributions(rng, len(FAMILIES), genes, spread=0.9)
    own = distributions(rng, len(names), genes, spread=1.0)
    mixed = np.stack([0.7 * truth[k % 3] + 0.3 * own[k] for k in range(len(names))])
    table = probe_table(rng, mixed, 16, words(genes, mixed.shape[2]))
    table["model"] = [names[int(name[1:])] for name in table["model"]]
    counts = AlleleCounts.from_probes(table)
    shown = source_bank.of_counts(counts, None, "A simulated study", TreeOptions(replicates=50))
    order = {name: k for k, name in enumerate(names)}
    places = [order[name] for name in shown.names]
    texts = {gene: f"{HARM[0]} {gene}" for gene in counts.genes}
    upgma = source_bank.of_counts(counts, None, "", TreeOptions(method="upgma", replicates=0)).tree
    return replace(
        shown,
        genes=texts,
        families={name: FAMILIES[order[name] % 3] for name in names},
        others=[("upgma", upgma)],
        fields=[
            Field("likes", "likes", "number", np.array([float(k * k) for k in places]), log=True),
            Field("downloads", "downloads", "number", np.array([10.0 * k + 3 for k in places])),
            Field("note", "note", "text", [HARM[place % len(HARM)] for place in places]),
        ],
        scores=[Score("arc", name, 0.5, 0.4, 0.6) for name in names[:4]],
        notes=[HARM[1]],
    )


def study_html(names: list[str]) -> str:
    return page_html(study_bundle(simulated(names)))
