"""Where commands take their distances from: a bank, or a file of distances.

Here: the options shared by the commands downstream of the bank, and loading what they name. A
command takes them by `options.with_options(BankSource)` or `with_options(Source)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phylolm import defaults
from phylolm.cli.console import warn
from phylolm.errors import ConfigError, DataError, listed
from phylolm.files import read_text

if TYPE_CHECKING:
    from phylolm.bank.bank import Bank
    from phylolm.distance.counts import AlleleCounts
    from phylolm.distance.matrix import DistanceMatrix
    from phylolm.genome.genome import Genome

INPUT = "Input"
"""Heading of these options in help."""

BankOption = Annotated[
    Path | None, typer.Option("--bank", "-b", help="Bank folder.", rich_help_panel=INPUT)
]
GenomeOption = Annotated[
    str | None,
    typer.Option(
        "--genome",
        "-g",
        help="Genome to use: a bundled name, a file, or how its id begins.",
        rich_help_panel=INPUT,
    ),
]
LengthOption = Annotated[
    str,
    typer.Option(
        "--allele-length",
        "-l",
        help="Characters of an allele, 1 to 8; 1-4 sums over lengths.",
        rich_help_panel=INPUT,
    ),
]
MeasureOption = Annotated[
    str,
    typer.Option(
        "--measure",
        help="Distance: nei1978 (unbiased), nei1972, bhattacharyya, chord, jensen-shannon.",
        rich_help_panel=INPUT,
    ),
]
ProbesOption = Annotated[
    int | None,
    typer.Option(
        "--probes", min=1, help="Use only the first N probes of each gene.", rich_help_panel=INPUT
    ),
]
SettingsOption = Annotated[
    str | None,
    typer.Option(
        "--settings",
        help="Id of the sampling settings to use (see `bank ls`).",
        rich_help_panel=INPUT,
    ),
]
MixOption = Annotated[
    bool,
    typer.Option("--mix-settings", help="Allow mixing sampling settings.", rich_help_panel=INPUT),
]
AnsweredOption = Annotated[
    float,
    typer.Option(
        "--min-answered",
        min=0.0,
        max=1.0,
        help="Minimum fraction of genes with a non-empty completion; models below it are left out.",
        rich_help_panel=INPUT,
    ),
]
DistancesOption = Annotated[
    Path | None,
    typer.Option(
        "--distances",
        "-d",
        help="File of distances, used instead of a bank.",
        rich_help_panel=INPUT,
    ),
]
SimilarityOption = Annotated[
    bool,
    typer.Option(
        "--similarity",
        help="The file holds similarities; the distance is -ln of each.",
        rich_help_panel=INPUT,
    ),
]
FamiliesOption = Annotated[
    Path | None,
    typer.Option("--families", help="CSV with columns model, family; colours the pictures."),
]


@dataclass(frozen=True)
class BankSource:
    """A bank, and what to take from it."""

    bank: BankOption = None
    genome: GenomeOption = None
    allele_length: LengthOption = defaults.ALLELE_LENGTH_TEXT
    measure: MeasureOption = defaults.MEASURE
    probes: ProbesOption = None
    settings: SettingsOption = None
    mix_settings: MixOption = False
    min_answered: AnsweredOption = defaults.MIN_ANSWERED

    def counts(self, *needed: str) -> AlleleCounts:
        """Allele counts from the bank; silent models are left out and named.

        Raises DataError when one of the `needed` models is among them.
        """
        from phylolm.bank.bank import Bank
        from phylolm.distance.counts import parse_lengths, without_silent

        if self.bank is None:
            raise ConfigError("name the bank: --bank FOLDER")
        bank = Bank(self.bank, create=False)
        counts = bank.counts(
            pick_genome(bank, self.genome),
            parse_lengths(self.allele_length),
            settings=self.settings,
            mix_settings=self.mix_settings,
            probes=self.probes,
        )
        counts, silent = without_silent(counts, self.min_answered)
        if silent:
            share = f"fewer than {self.min_answered:.0%} of the genes"
            for name in {*needed} & {*silent}:
                raise DataError(f"{name} answers {share}: nothing to compare (see --min-answered)")
            warn(f"left out {len(silent)} models that answer {share}: {listed(silent, 5)}")
        return counts

    def matrix(self) -> DistanceMatrix:
        """Distances computed from the bank; what they need said is said."""
        from phylolm.distance.measures import distances

        matrix = distances(self.counts(), self.measure)
        for text in matrix.notes:
            warn(text)
        return matrix


@dataclass(frozen=True)
class Source(BankSource):
    """A bank, or a file of distances."""

    distances: DistancesOption = None
    similarity: SimilarityOption = False

    def matrix(self) -> DistanceMatrix:
        """Distances from the file, or computed from the bank."""
        if self.distances is None:
            return super().matrix()
        if self.bank is not None:
            raise ConfigError("--bank and --distances exclude each other")
        from phylolm.distance.matrix import read_distances

        return read_distances(self.distances, self.similarity)


def pick_genome(bank: Bank, wanted: str | None) -> Genome | None:
    """The genome meant by --genome: one of the bank's by id, a bundled one, or a file."""
    from phylolm.genome.genome import BUNDLED, Genome

    if wanted is None:
        return None
    if wanted in BUNDLED or Path(wanted).is_file():
        return Genome.load(wanted)
    return bank.genome(wanted)


def read_families(path: Path | None) -> dict[str, str] | None:
    """Model -> family from a CSV file."""
    if path is None:
        return None
    import csv
    import io

    if not path.is_file():
        raise ConfigError(f"no file {path}")
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    missing = {"model", "family"} - set(reader.fieldnames or ())
    if missing:
        raise ConfigError(f"{path} lacks column {' and '.join(sorted(missing))}")
    return {row["model"]: row["family"] or "" for row in reader}
