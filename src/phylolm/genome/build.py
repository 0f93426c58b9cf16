"""Make a genome from documents.

Here: reading documents (text, JSONL, CSV, parquet, a Hugging Face dataset), cutting one gene
from each of randomly chosen documents. Next door: `genome` is what comes out;
`phylolm.sequencing.gene_writer` lets models write genes.

A gene is the start of a random document, 20 to 99 characters, as in the published study, but
never cut inside a word and never ending in white space: tokenizers would each treat that in
their own way, and the tree would show tokenizers instead of models.
"""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from phylolm.errors import ConfigError, DataError
from phylolm.files import read_text
from phylolm.genome.genome import Gene

SHORTEST, LONGEST = 20, 99
DATASET = "dataset:"
MAX_DOCUMENTS = 200_000
_SCRIPTS_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def read_documents(source: str, column: str = "text") -> list[str]:
    """Documents of a file or data set.

    source: a folder or .txt/.md file (documents are separated by blank lines), .jsonl, .csv or
        .parquet with a text `column`, or `dataset:NAME[:SPLIT]` for a Hugging Face data set.
    Raises ConfigError for anything else, DataError for a file that can't be read.
    """
    if source.startswith(DATASET):
        return list(islice(_dataset(source.removeprefix(DATASET), column), MAX_DOCUMENTS))
    path = Path(source)
    if path.is_dir():
        return list(islice(_text_files(path), MAX_DOCUMENTS))
    readers: dict[str, Callable[[Path, str], Iterable[str]]] = {
        ".txt": _paragraphs,
        ".md": _paragraphs,
        ".jsonl": _jsonl,
        ".csv": _csv,
        ".parquet": _parquet,
    }
    if path.suffix not in readers:
        known = ", ".join(readers)
        raise ConfigError(f"can't read documents from {source}: a folder, {known} or {DATASET}NAME")
    if not path.is_file():
        raise ConfigError(f"no file {path}")
    return list(readers[path.suffix](path, column))


def genes_from_documents(
    documents: Sequence[str],
    size: int,
    source: str = "",
    seed: int = 0,
    taken: Iterable[str] = (),
) -> list[Gene]:
    """`size` distinct genes, each the start of another random document.

    taken: texts that must not come again. Raises DataError when the documents don't suffice.
    """
    rng = random.Random(seed)
    order = list(range(len(documents)))
    rng.shuffle(order)
    seen = set(taken)
    genes: list[Gene] = []
    for index in order:
        if len(genes) == size:
            break
        document = documents[index].lstrip()
        longest = min(LONGEST, len(document) - 1)
        text = cut(document, rng.randint(SHORTEST, max(SHORTEST, longest)))
        if text is not None and text not in seen:
            seen.add(text)
            genes.append(Gene(text, source))
    if len(genes) < size:
        raise DataError(
            f"{source or 'the documents'}: {len(documents)} documents give {len(genes)} distinct "
            f"genes of {SHORTEST} to {LONGEST} characters; {size} asked for"
        )
    return genes


def cut(document: str, length: int) -> str | None:
    """The document's first `length` characters, back to the end of a whole word.

    None when less than 20 characters are left, or the document ends there itself.

    >>> cut("The rivers of the north are long.", 24)
    'The rivers of the north'
    """
    text = document.lstrip()
    if len(text) <= length:
        return None
    end = length
    while end > 0 and _inside_word(text[end - 1], text[end]):
        end -= 1
    gene = text[:end].rstrip()
    return gene if len(gene) >= SHORTEST else None


def _inside_word(before: str, after: str) -> bool:
    return _in_word(before) and _in_word(after)


def _in_word(character: str) -> bool:
    if not (character.isalnum() or unicodedata.category(character).startswith("M")):
        return False
    return not unicodedata.name(character, "").startswith(_SCRIPTS_WITHOUT_SPACES)


def _text_files(folder: Path) -> Iterator[str]:
    """The texts of a folder; files that are no text, and hidden ones, are none."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not any(
            part.startswith(".") for part in file.relative_to(folder).parts
        ):
            try:
                yield read_text(file)
            except DataError:
                continue


def _paragraphs(path: Path, _: str) -> list[str]:
    return [part for part in read_text(path).split("\n\n") if part.strip()]


def _jsonl(path: Path, column: str) -> Iterator[str]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: not JSON ({error.msg})") from None
        yield _cell(row, column, f"{path}, line {number}")


def _csv(path: Path, column: str) -> Iterator[str]:
    csv.field_size_limit(2**31 - 1)
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    for row in reader:
        yield _cell(row, column, f"{path}, line {reader.line_num}")


def _parquet(path: Path, column: str) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
        if column not in names:
            raise DataError(f"{path} has no column {column!r}; it has {', '.join(names)}")
        values = pq.read_table(path, columns=[column]).column(column).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path} is not a parquet file: {error}") from None
    return [value for value in values if isinstance(value, str)]


def _dataset(name: str, column: str) -> Iterator[str]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise ConfigError("data sets need `pip install 'phylolm[datasets]'`") from None
    path, _, split = name.partition(":")
    try:
        rows: Iterable[Any] = load_dataset(path, split=split or "train", streaming=True)
        for row in rows:
            yield _cell(row, column, f"data set {name}")
    except DataError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"can't read data set {name}: {reason}") from None


def _cell(row: Any, column: str, where: str) -> str:
    if not isinstance(row, dict) or not isinstance(row.get(column), str):
        known = ", ".join(map(str, row)) if isinstance(row, dict) else "no columns"
        raise DataError(f"{where}: no text in column {column!r} (there is {known}); see --column")
    return str(row[column])
