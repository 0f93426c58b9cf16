"""Where commands take their distances from: a bank, or a file of distances.

Here: the options shared by the commands downstream of the bank, and loading what they name. A
command whose first parameter is a `BankSource` or `Source` gets its options by `takes_source`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from phylolm.cli.console import warn
from phylolm.errors import ConfigError, DataError, some
from phylolm.files import read_text

if TYPE_CHECKING:
    from phylolm.bank.bank import Bank
    from phylolm.distance.counts import AlleleCounts
    from phylolm.distance.matrix import DistanceMatrix
    from phylolm.genome.genome import Genome

BankOption = Annotated[Path | None, typer.Option("--bank", "-b", help="Bank of probes (folder).")]
GenomeOption = Annotated[
    str | None, typer.Option("--genome", "-g", help="Genome: its id's start, a name or a file.")
]
LengthOption = Annotated[
    str,
    typer.Option(
        "--allele-length", "-l", help="Characters of an allele, 1-8; 1-4 sums over lengths."
    ),
]
MeasureOption = Annotated[
    str,
    typer.Option(
        "--measure",
        help="nei1978 (unbiased), nei1972 (as published), bhattacharyya, chord, jensen-shannon.",
    ),
]
ProbesOption = Annotated[
    int | None, typer.Option("--probes", "-n", min=1, help="Use only the first N probes a gene.")
]
SettingsOption = Annotated[
    str | None, typer.Option("--settings", help="Id of the sampling settings to use.")
]
MixOption = Annotated[
    bool, typer.Option("--mix-settings", help="Compare probes of different settings all the same.")
]
AnsweredOption = Annotated[
    float,
    typer.Option(
        "--min-answered", min=0.0, max=1.0, help="Leave out models that answer fewer of the genes."
    ),
]
DistancesOption = Annotated[
    Path | None, typer.Option("--distances", "-d", help="Distances from a file instead of a bank.")
]
SimilarityOption = Annotated[
    bool, typer.Option("--similarity", help="The file holds similarities; take -ln of them.")
]
FamiliesOption = Annotated[
    Path | None,
    typer.Option("--families", help="CSV with columns model, family: colours in pictures."),
]

DEFAULT_LENGTH = "1-4"
DEFAULT_MEASURE = "nei1978"
DEFAULT_MIN_ANSWERED = 0.5


@dataclass(frozen=True)
class BankSource:
    """A bank, and what to take from it."""

    bank: BankOption = None
    genome: GenomeOption = None
    allele_length: LengthOption = DEFAULT_LENGTH
    measure: MeasureOption = DEFAULT_MEASURE
    probes: ProbesOption = None
    settings: SettingsOption = None
    mix_settings: MixOption = False
    min_answered: AnsweredOption = DEFAULT_MIN_ANSWERED

    def counts(self, *needed: str) -> AlleleCounts:
        """Allele counts from the bank; silent models are left out and named.

        Raises DataError when one of the `needed` models is among them.
        """
        from phylolm.bank.bank import Bank
        from phylolm.distance.counts import parse_lengths, without_silent

        if self.bank is None:
            raise ConfigError("say where the probes are: --bank DIR")
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
            warn(f"left out {len(silent)} models that answer {share}: {some(silent, 5)}")
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


def takes_source(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of its first parameter, a kind of `BankSource`."""
    hints = get_type_hints(command, include_extras=True)
    first, *own = inspect.signature(command).parameters.values()
    kind = hints[first.name]
    shared = {field.name: field.default for field in fields(kind)}
    kinds = get_type_hints(kind, include_extras=True)

    def run(**given: Any) -> None:
        command(kind(**{name: given.pop(name) for name in shared}), **given)

    keyword = inspect.Parameter.KEYWORD_ONLY
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(p.name, keyword, default=p.default, annotation=hints[p.name])
            for p in own
        ]
        + [inspect.Parameter(n, keyword, default=d, annotation=kinds[n]) for n, d in shared.items()]
    )
    run.__annotations__ = {p.name: hints[p.name] for p in own} | {n: kinds[n] for n in shared}
    run.__name__, run.__doc__, run.__module__ = (
        command.__name__,
        command.__doc__,
        command.__module__,
    )
    return run


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
