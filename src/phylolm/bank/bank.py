"""The bank: every probe ever sampled, kept raw, in a folder anyone can open with pandas.

    bank/bank.toml              format version
    bank/genomes/ID.jsonl       genomes the probes answer
    bank/parts/MODEL/KEY-DIGEST.parquet

Here: opening a bank, what it holds, counting its alleles, checking it. Next door: `parts` is one
file of it, `sequencing` fills it from models, `imported` from recorded completions.

The parts are the only state. A run that dies leaves whole parts or none; running it again
finds what is there and adds what is missing. Several processes may write at once.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from phylolm import defaults
from phylolm.bank import parts
from phylolm.bank.parts import Part, PartHeader
from phylolm.distance.counts import AlleleCounts, unknown_model
from phylolm.errors import BankError, ConfigError, DataError
from phylolm.files import write_text
from phylolm.genome.genome import Genome, read_genome
from phylolm.showable import Showable

VERSION = 1
MARKER = "bank.toml"


@dataclass(frozen=True)
class Holding:
    """What a bank holds of one model under one setting."""

    model: str
    revision: str
    spec: str
    kind: str
    settings_id: str
    genes: int
    probes: int


class Version(NamedTuple):
    """Which of a model's probes: of what revision, under what settings."""

    revision: str
    settings_id: str


class Bank(Showable):
    """A folder of probes. Opening makes it when it isn't there yet.

    Raises BankError for a folder that is something else, or from a newer version.
    """

    def __init__(self, path: str | Path, create: bool = True) -> None:
        self.path = Path(path)
        marker = self.path / MARKER
        if marker.is_file():
            _check_version(marker)
        elif not create:
            raise ConfigError(f"no bank at {self.path}; `phylolm sequence` or `import` makes one")
        else:
            _create(self.path, marker)

    def parts(self) -> list[Part]:
        """Every part, in a fixed order. Raises BankError naming a part that can't be read."""
        return _read_headers(self.path / "parts", "*/*.parquet")

    def parts_of(self, model: str) -> list[Part]:
        """The parts of one model."""
        return _read_headers(self.folder_of(model), "*.parquet")

    def add_part(self, header: PartHeader, columns: Mapping[str, Sequence[Any]]) -> Part:
        """Write one part; work that is there already is left as it is."""
        return parts.write_part(self.folder_of(header.model), header, columns)

    def folder_of(self, model: str) -> Path:
        """The folder of a model's parts, whatever characters its name holds."""
        slug = re.sub(r"[^A-Za-z0-9.-]+", "_", model)[-40:].strip("._") or "model"
        digest = hashlib.sha256(model.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return self.path / "parts" / f"{slug}-{digest}"

    def add_genome(self, genome: Genome) -> None:
        """Keep a genome beside the probes that answer it."""
        path = self.path / "genomes" / f"{genome.id}.jsonl"
        if not path.exists():
            genome.save(path)

    def genomes(self) -> list[Genome]:
        """The bank's genomes, largest first."""
        found = [_read_stored_genome(file) for file in _files(self.path / "genomes", "*.jsonl")]
        return sorted(found, key=lambda genome: (-len(genome), genome.id))

    def genome(self, wanted: str | None = None) -> Genome:
        """The genome whose id starts with `wanted`, or the one that holds all others.

        Raises ConfigError listing the choices when it isn't clear which.
        """
        genomes = self.genomes()
        if wanted is not None:
            genomes = [genome for genome in genomes if genome.id.startswith(wanted)]
            if len(genomes) == 1:
                return genomes[0]
            raise ConfigError(f"no genome {wanted} in {self.path}: {_list_genomes(self.genomes())}")
        if not genomes:
            raise ConfigError(f"{self.path} is empty: `phylolm sequence` or `import` fills it")
        every = {gene for genome in genomes for gene in genome.gene_ids}
        if every == set(genomes[0].gene_ids):
            return genomes[0]
        raise ConfigError(
            f"{self.path} holds several genomes, choose one with --genome: {_list_genomes(genomes)}"
        )

    def holdings(self) -> list[Holding]:
        """What is there, one entry a (model, revision, settings), in the models' order."""
        found = []
        for group in _group(self.parts()).values():
            header = group[0].header
            found.append(
                Holding(
                    header.model,
                    header.revision,
                    header.spec,
                    header.kind,
                    header.settings_id,
                    len({gene for part in group for gene in part.header.genes}),
                    _probes_held(group) if header.kind != parts.EXACT else 0,
                )
            )
        return found

    def probes(
        self,
        models: Iterable[str] | None = None,
        genes: Sequence[str] | None = None,
        settings: str | None = None,
        mix_settings: bool = False,
        probes: int | None = None,
        versions: Mapping[str, Version] | None = None,
    ) -> pd.DataFrame:
        """Probes as a table: model, gene, draw, text, ended, probability.

        settings: id of the settings to take; needed when the bank holds several, unless
        `mix_settings`. probes: take the first so many draws of each gene. versions: of models of
        which not everything is wanted.
        """
        chosen = answering(self.parts(), genes, versions)
        chosen = _choose_settings(chosen, models, settings, mix_settings)
        labels = _labels(chosen)
        tables = [
            _read_model(labels[key], group, genes, probes)
            for key, group in _group(chosen, by_kind=False).items()
        ]
        if not tables:
            raise ConfigError(f"{self.path} holds no probes of these models")
        return pd.concat(tables, ignore_index=True)

    def missing_mass(self, models: Sequence[str], genome: Genome) -> npt.NDArray[np.float64]:
        """What exact distributions of these models lack of 1, for each model and gene."""
        table = self.probes(models, genome.gene_ids, mix_settings=True)
        exact = table[table["probability"].notna()]
        held = exact.groupby(["model", "gene"])["probability"].sum()
        every = pd.MultiIndex.from_product([exact["model"].unique(), genome.gene_ids])
        lacking = 1 - held.reindex(every, fill_value=0.0).to_numpy(dtype=np.float64)
        return lacking.clip(0.0, 1.0)

    def counts(
        self,
        genome: Genome | None = None,
        allele_length: int | Iterable[int] = defaults.ALLELE_LENGTHS,
        models: Iterable[str] | None = None,
        settings: str | None = None,
        mix_settings: bool = False,
        probes: int | None = None,
        versions: Mapping[str, Version] | None = None,
    ) -> AlleleCounts:
        """Allele counts at a genome's genes (by default the bank's own genome)."""
        genes = (genome or self.genome()).gene_ids
        table = self.probes(models, genes, settings, mix_settings, probes, versions)
        if table.empty:
            raise BankError(f"{self.path} holds no probes of this genome; see `phylolm bank ls`")
        _check_exact_lengths(table, allele_length)
        names = list(dict.fromkeys(table["model"]))
        return AlleleCounts.from_probes(table, names, genes, allele_length)

    def damaged(self) -> list[str]:
        """Parts and genomes whose content is not what they are named by, relative paths."""
        files = _files(self.path / "parts", "*/*.parquet")
        bad = [file for file in files if not parts.is_intact(file)]
        for file in _files(self.path / "genomes", "*.jsonl"):
            try:
                _read_stored_genome(file)
            except BankError:
                bad.append(file)
        return [str(file.relative_to(self.path)) for file in bad]

    def __repr__(self) -> str:
        return f"Bank({str(self.path)!r})"


def recorded_rows_held(bank: Bank, model: str, rows: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which rows the bank has already. Raises DataError when it has other answers there."""
    recorded = [part for part in bank.parts_of(model) if part.header.kind == parts.RECORDED]
    if not recorded:
        return np.zeros(len(rows), dtype=bool)
    tables = [parts.read_table(part.path).to_pandas() for part in recorded]
    known = {(g, d): t for x in tables for g, d, t in zip(x.gene, x.draw, x.text, strict=True)}
    answers = list(zip(rows["gene"], rows["probe"], rows["response"], strict=True))
    clashes = sum(known.get((gene, draw), text) != text for gene, draw, text in answers)
    if clashes:
        raise DataError(
            f"{bank.path} has other recorded answers of {model} at {clashes} places of this file: "
            "import it into a bank of its own"
        )
    return np.array([(gene, draw) in known for gene, draw, _ in answers], dtype=bool)


def _read_headers(folder: Path, pattern: str) -> list[Part]:
    return [Part(file, parts.read_header(file)) for file in _files(folder, pattern)]


def _files(folder: Path, pattern: str) -> list[Path]:
    """Whole files in a fixed order; what a killed run was writing starts with a dot."""
    return sorted(file for file in folder.glob(pattern) if not file.name.startswith("."))


def _create(path: Path, marker: Path) -> None:
    if path.exists() and (not path.is_dir() or _files(path, "*")):
        raise ConfigError(f"{path} is there and is no bank: choose another folder")
    write_text(marker, f'format = "phylolm bank"\nversion = {VERSION}\n')


def _check_version(marker: Path) -> None:
    try:
        version = tomllib.loads(marker.read_text(encoding="utf-8")).get("version")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BankError(f"{marker} can't be read: {error}") from None
    if not isinstance(version, int) or version > VERSION:
        raise BankError(
            f"bank {marker.parent} has format {version}, this version reads up to {VERSION}: "
            "upgrade phylolm"
        )


def _read_stored_genome(file: Path) -> Genome:
    try:
        genome = read_genome(file)
    except Exception as error:
        raise BankError(f"genome {file.name} is damaged: {error}") from None
    if genome.id != file.stem:
        raise BankError(f"genome {file.name} is damaged: its genes are not those it is named by")
    return genome


def _list_genomes(genomes: Sequence[Genome]) -> str:
    return ", ".join(f"{genome.id[:8]} ({len(genome)} genes)" for genome in genomes)


def _probes_held(group: Sequence[Part]) -> int:
    """How many draws the parts hold; a draw that several hold counts once."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    for part in group:
        for gene in part.header.genes:
            ranges.setdefault(gene, []).append((part.header.first, part.header.stop))
    return sum(_length(each) for each in ranges.values())


def _length(ranges: Sequence[tuple[int, int]]) -> int:
    total = reached = 0
    for first, stop in sorted(ranges):
        total += max(stop - max(first, reached), 0)
        reached = max(reached, stop)
    return total


Key = tuple[str, str, str, str]


def _group(all_parts: Sequence[Part], by_kind: bool = True) -> dict[Key, list[Part]]:
    """Parts by (model, revision, settings, kind), in the order they come."""
    groups: dict[Key, list[Part]] = {}
    for part in all_parts:
        header = part.header
        kind = header.kind if by_kind else ""
        key = (header.model, header.revision, header.settings_id, kind)
        groups.setdefault(key, []).append(part)
    return groups


def _choose_settings(
    all_parts: Sequence[Part],
    models: Iterable[str] | None,
    settings: str | None,
    mix_settings: bool,
) -> list[Part]:
    chosen = _of_models(all_parts, models)
    ids = {part.header.settings_id: part.header.settings for part in chosen}
    listed = "; ".join(f"{key} = {_describe(value)}" for key, value in sorted(ids.items()))
    if settings is not None:
        if settings not in ids:
            raise ConfigError(f"no settings {settings!r} in this bank; there are {listed}")
        return [part for part in chosen if part.header.settings_id == settings]
    if len(ids) > 1 and not mix_settings:
        raise ConfigError(
            "probes sampled under different settings don't mix: choose --settings, "
            f"or --mix-settings to compare them all the same ({listed})"
        )
    return chosen


def _describe(settings: dict[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(settings.items()))


def answering(
    all_parts: Sequence[Part],
    genes: Sequence[str] | None,
    versions: Mapping[str, Version] | None = None,
) -> list[Part]:
    """The parts that answer some of the genes, only the wanted version of each model."""
    wanted, versions = set(genes or ()), versions or {}
    found = []
    for part in all_parts:
        header = part.header
        version = Version(header.revision, header.settings_id)
        asked = genes is None or not wanted.isdisjoint(header.genes)
        if asked and versions.get(header.model, version) == version:
            found.append(part)
    return found


def _of_models(all_parts: Sequence[Part], models: Iterable[str] | None) -> list[Part]:
    if models is None:
        return list(all_parts)
    wanted = dict.fromkeys(models)
    known = list(dict.fromkeys(part.header.model for part in all_parts))
    for model in wanted:
        if model not in known:
            raise ConfigError(unknown_model(model, known))
    return [part for model in wanted for part in all_parts if part.header.model == model]


def _labels(chosen: Sequence[Part]) -> dict[Key, str]:
    """The name each (model, revision, settings) goes by: as short as tells them apart."""
    keys = list(_group(chosen, by_kind=False))
    labels = {}
    for key in keys:
        model, revision, settings_id, _ = key
        label = model
        if len({other[1] for other in keys if other[0] == model}) > 1:
            commit, plus, dtype = revision.partition("+")
            label += f"@{commit[:8]}{plus}{dtype}"
        if len({other[2] for other in keys if other[:2] == key[:2]}) > 1:
            label += f"?{settings_id}"
        labels[key] = label
    return labels


def _read_model(
    label: str, group: Sequence[Part], genes: Sequence[str] | None, probes: int | None
) -> pd.DataFrame:
    """One model's probes; a draw that several parts hold counts once."""
    tables = []
    for part in sorted(group, key=_by_worth):
        table = parts.read_table(part.path).to_pandas()
        table["gene"] = table["gene"].astype(object)
        table["source"] = part.path.name
        table["exact_length"] = part.header.length or 0
        tables.append(table)
    table = pd.concat([each for each in tables if len(each)] or tables, ignore_index=True)
    if genes is not None:
        table = table[table["gene"].isin(genes)]
    table = _once(table)
    if probes is not None:
        table = table[(table["draw"] < probes) | table["probability"].notna()]
    table.insert(0, "model", label)
    return table.drop(columns="source")


def _by_worth(part: Part) -> tuple[int, float, str]:
    return (-(part.header.length or 0), part.header.epsilon or 0.0, part.path.name)


def _once(table: pd.DataFrame) -> pd.DataFrame:
    """Each draw from the first part that holds it; each exact gene from its best part."""
    exact = table["probability"].notna()
    sampled = table[~exact].drop_duplicates(["gene", "draw"])
    known = table[exact]
    best = known.groupby("gene")["source"].transform("first")
    return pd.concat(
        [each for each in (sampled, known[known["source"] == best]) if len(each)] or [sampled]
    )


def _check_exact_lengths(table: pd.DataFrame, allele_length: int | Iterable[int]) -> None:
    longest = allele_length if isinstance(allele_length, int) else max(allele_length)
    exact = table.loc[table["probability"].notna(), "exact_length"]
    if len(exact) and int(np.min(exact)) < longest:
        raise ConfigError(
            f"exact distributions here have alleles of {int(np.min(exact))} characters, "
            f"{longest} asked for: sequence again with --exact --allele-length {longest}"
        )
