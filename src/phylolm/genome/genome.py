"""Genes and genomes: the prompts a model is sequenced with.

Here: the types, the file format (JSONL), the bundled genomes. Next door: `build` makes
a genome from documents or from models; `bank` stores what models answered.

A gene is known by its content: its id is a hash of its text. Two genomes that share a gene
share its probes, so a genome can grow without sequencing the old genes again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

from phylolm.errors import ConfigError, DataError
from phylolm.files import read_text, write_text

BUNDLED = ("math", "code", "prose", "dialogue", "multilingual")
DEFAULT_SIZE = 128
MAX_LENGTH = 20_000


def gene_id(text: str) -> str:
    """16 hex digits of the SHA-256 of a gene's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Gene:
    """One prompt. source: where its text comes from, in a few words."""

    text: str
    source: str = ""

    @cached_property
    def id(self) -> str:
        return gene_id(self.text)


@dataclass(frozen=True)
class Genome:
    """An ordered set of genes."""

    name: str
    genes: tuple[Gene, ...]

    @classmethod
    def of(cls, name: str, genes: Iterable[Gene]) -> Genome:
        """A checked genome. Raises DataError for an empty one, and for an empty, huge or
        repeated gene."""
        genome = cls(name, tuple(genes))
        if not genome.genes:
            raise DataError(f"genome {name} has no genes")
        _check_genes(name, genome.genes)
        return genome

    @classmethod
    def load(cls, source: str | Path, size: int | None = None) -> Genome:
        """A bundled genome by name, or a JSONL file; the first `size` genes.

        A bundled genome gives its first 128 genes unless told otherwise, a file gives all.
        """
        if str(source) in BUNDLED:
            return _bundled(str(source)).first(size or DEFAULT_SIZE)
        genome = read_genome(Path(source))
        return genome.first(size) if size else genome

    @staticmethod
    def bundled_size(name: str) -> int:
        """How many genes a bundled genome has in all."""
        return len(_bundled(name))

    @cached_property
    def id(self) -> str:
        """SHA-256 of the genes' ids in order."""
        return hashlib.sha256("\n".join(gene.id for gene in self.genes).encode()).hexdigest()

    @property
    def gene_ids(self) -> list[str]:
        return [gene.id for gene in self.genes]

    def __len__(self) -> int:
        return len(self.genes)

    def first(self, size: int) -> Genome:
        """The genome's first `size` genes. Raises ConfigError when there are fewer."""
        if not 1 <= size <= len(self.genes):
            raise ConfigError(f"genome {self.name} has {len(self.genes)} genes; asked for {size}")
        return Genome(self.name, self.genes[:size])

    def grown(self, more: Sequence[Gene]) -> Genome:
        """This genome with more genes behind its own; the old genes keep their probes."""
        return Genome.of(self.name, (*self.genes, *more))

    def to_jsonl(self) -> str:
        rows = ({"gene": gene.id, "text": gene.text, "source": gene.source} for gene in self.genes)
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    def save(self, path: Path) -> None:
        write_text(path, self.to_jsonl())


def _bundled(name: str) -> Genome:
    path = resources.files("phylolm.genome") / "bundled" / f"{name}.jsonl"
    return parse_genome(name, path.read_text(encoding="utf-8"), name)


def read_genome(path: Path) -> Genome:
    """A genome from a JSONL file. Raises DataError naming the line that is wrong."""
    if not path.is_file():
        known = ", ".join(BUNDLED)
        raise ConfigError(f"no genome {path}: neither a bundled one ({known}) nor a file")
    return parse_genome(path.stem, read_text(path), str(path))


def parse_genome(name: str, jsonl: str, where: str) -> Genome:
    """A genome from JSONL text; `where` names the file in error messages."""
    genes = [
        _parse_gene(line, f"{where}, line {number}")
        for number, line in enumerate(jsonl.split("\n"), start=1)
        if line.strip()
    ]
    if not genes:
        raise DataError(f"{where} has no genes: expected one JSON object a line with a text")
    return Genome.of(name, genes)


def _parse_gene(line: str, where: str) -> Gene:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: not JSON ({error.msg})") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise DataError(f'{where}: a gene is {{"text": "…"}}, with "gene" and "source" if wanted')
    gene = Gene(row["text"], str(row.get("source", "")))
    if "gene" in row and row["gene"] != gene.id:
        raise DataError(
            f"{where}: gene {row['gene']!r} is not the id of its text ({gene.id}): "
            'the text was changed; remove "gene" to take it as a new one'
        )
    return gene


def _check_genes(name: str, genes: Sequence[Gene]) -> None:
    seen: dict[str, int] = {}
    for number, gene in enumerate(genes, start=1):
        if not gene.text.strip():
            raise DataError(f"genome {name}, gene {number} is empty")
        if len(gene.text) > MAX_LENGTH:
            raise DataError(
                f"genome {name}, gene {number} has {len(gene.text):,} characters; "
                f"the most is {MAX_LENGTH:,}"
            )
        if any(0xD800 <= ord(character) <= 0xDFFF for character in gene.text):
            raise DataError(f"genome {name}, gene {number} holds half of a character (a surrogate)")
        if gene.text in seen:
            raise DataError(f"genome {name}: genes {seen[gene.text]} and {number} are the same")
        seen[gene.text] = number
