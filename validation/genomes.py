"""What each bundled genome recovers on a grown zoo: the figure a proposed genome is judged by.

`python -m validation genomes`; a genome of your own: set PHYLOLM_GENOME to its file.
"""

from __future__ import annotations

import os

from phylolm.genome.genome import BUNDLED
from validation.common import table, write
from validation.zoo import BEST, DEFAULT, HEADER, REPORTED_ON, _row, grown


def main() -> None:
    zoo = grown(REPORTED_ON)
    own = os.environ.get("PHYLOLM_GENOME")
    blocks = []
    for setting in (DEFAULT, BEST):
        rows = [
            [genome, *_row(zoo, genome, *setting)[2:]]
            for genome in (*BUNDLED, *filter(None, [own]))
        ]
        blocks += [
            f"## {setting[0]}, allele length {setting[1]}",
            table(["genome", *HEADER[2:]], rows),
        ]
    write("genomes", f"Genomes on zoo {REPORTED_ON}: 128 genes, 32 probes", *blocks)
