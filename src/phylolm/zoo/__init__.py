"""Families of real small language models whose family tree is known.

    from phylolm.zoo import grow
    zoo = grow("zoo", tier="demo", seed=0)
    zoo.path("alder")        # a folder any transformers loader takes
    zoo.newick, zoo.edges    # the truth

Map: `recipes` (every model as a row) · `corpora` (the text: `installed`, `grammar`, `languages`,
`arithmetic`) · `vocabulary` (tokenizers, token streams) · `train` (one row followed) · `work` (one
job, in a process) · `grow` (all jobs) · `truth` (`Zoo`: edges, families, Newick).
On disk: `models/NAME/` plain checkpoints, `zoo.json` and `truth.nwk` the truth; `.grown/` and
`.text/` let a broken-off growth go on. Importing this package imports no torch.
"""

from phylolm.zoo.grow import grow
from phylolm.zoo.recipes import TIERS
from phylolm.zoo.truth import Edge, Zoo

__all__ = ["TIERS", "Edge", "Zoo", "grow"]
