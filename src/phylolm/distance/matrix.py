"""DistanceMatrix: pairwise distances between models, and the files they live in.

Here: the type, and CSV, parquet and PHYLIP in and out. Next door: `measures` computes one
from allele counts, `build` makes trees of it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from phylolm.errors import ConfigError, DataError
from phylolm.files import read_text, whole_file, write_text
from phylolm.showable import Showable

SYMMETRY_TOLERANCE = 1e-6
SIMILARITY_FLOOR = 1e-10
"""Least similarity a logarithm is taken of, as in the published code."""


@dataclass(frozen=True, eq=False)
class DistanceMatrix(Showable):
    """Pairwise distances between `m` models.

    names: m distinct strings.
    values: float64 (m, m), symmetric, zero diagonal. Unbiased estimates (nei1978) scatter about
        the truth, so models that hardly differ may lie a little below 0; files show 0 there.
    genes: int32 (m, m), the number of genes each pair rests on, or None when unknown.
    std_error: float64 (m, m), block-jackknife standard errors over genes, or None.
    measure: what `values` are, for axis labels and reports.
    notes: what a reader must know about how they were made, one line each.
    """

    names: tuple[str, ...]
    values: npt.NDArray[np.float64]
    genes: npt.NDArray[np.int32] | None = None
    std_error: npt.NDArray[np.float64] | None = None
    measure: str = "distance"
    notes: tuple[str, ...] = ()

    @classmethod
    def checked(
        cls, names: Sequence[str], values: npt.ArrayLike, where: str = "distance matrix"
    ) -> DistanceMatrix:
        """A matrix from outside. Raises DataError when it is not square, has duplicate names,
        holds NaN or negative values, is not symmetric, or has a non-zero diagonal."""
        matrix = np.array(values, dtype=np.float64)
        _check_names(names, matrix, where)
        _check_values(names, matrix, where)
        matrix = (matrix + matrix.T) / 2
        np.fill_diagonal(matrix, 0.0)
        return cls(tuple(names), matrix)

    @classmethod
    def from_similarity(
        cls, names: Sequence[str], values: npt.ArrayLike, where: str = "similarity matrix"
    ) -> DistanceMatrix:
        """-ln of similarities in 0..1, floored at 1e-10 as in the published code."""
        similarity = np.array(values, dtype=np.float64)
        _check_names(names, similarity, where)
        if not np.isnan(similarity).any() and (similarity.max() > 1 + 1e-9 or similarity.min() < 0):
            raise DataError(f"{where}: similarities must lie between 0 and 1")
        distance = -np.log(np.clip(similarity, SIMILARITY_FLOOR, 1.0))
        return replace(cls.checked(names, distance, where), measure="-ln similarity")

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, pair: tuple[str, str]) -> float:
        """The distance between two models by name."""
        first, second = (self.index(name) for name in pair)
        return float(self.values[first, second])

    def index(self, name: str) -> int:
        """Raises ConfigError when the model isn't here."""
        if name not in self.names:
            raise ConfigError(f"no model {name!r} among {len(self)} in this distance matrix")
        return self.names.index(name)

    def select(self, names: Sequence[str]) -> DistanceMatrix:
        """The distances between some of the models, in the order given."""
        rows = np.array([self.index(name) for name in names], dtype=np.intp)
        cells = np.ix_(rows, rows)
        return replace(
            self,
            names=tuple(names),
            values=self.values[cells],
            genes=None if self.genes is None else self.genes[cells],
            std_error=None if self.std_error is None else self.std_error[cells],
        )

    @property
    def shown(self) -> npt.NDArray[np.float64]:
        """The values as people and other tools want them: none below 0."""
        return np.maximum(self.values, 0.0)

    def to_pandas(self) -> Any:
        """A square DataFrame of `shown`, models on both axes."""
        import pandas as pd

        return pd.DataFrame(self.shown, index=list(self.names), columns=list(self.names))

    def to_skbio(self) -> Any:
        """A scikit-bio DistanceMatrix of `shown`."""
        from skbio import DistanceMatrix as SkbioMatrix

        return SkbioMatrix(self.shown, self.names)

    def pairs(self) -> Any:
        """One row a pair, nearest first: model_a, model_b, distance, std_error, genes."""
        import pandas as pd

        rows, columns = np.triu_indices(len(self), 1)
        names = np.array(self.names, dtype=object)
        table = pd.DataFrame(
            {
                "model_a": names[rows],
                "model_b": names[columns],
                "distance": self.shown[rows, columns],
            }
        )
        if self.std_error is not None:
            table["std_error"] = self.std_error[rows, columns]
        if self.genes is not None:
            table["genes"] = self.genes[rows, columns]
        return table.sort_values(["distance", "model_a", "model_b"], ignore_index=True)

    def save(self, path: Path) -> None:
        """Write a square .csv, .parquet or .phy (PHYLIP) of `shown`; see `pairs` for the rest."""
        writers = {".csv": _write_csv, ".parquet": _write_parquet, ".phy": _write_phylip}
        if path.suffix not in writers:
            raise ConfigError(f"can't write distances to {path.name}: use .csv, .parquet or .phy")
        writers[path.suffix](self, path)

    def __repr__(self) -> str:
        return f"DistanceMatrix({len(self)} models, {self.measure})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>" + str(self.to_pandas()._repr_html_())


def read_distances(path: Path, similarity: bool = False) -> DistanceMatrix:
    """A square matrix from .csv, .parquet or .phy; `similarity` takes -ln of its cells.

    Raises DataError naming the row that is wrong, ConfigError for another kind of file.
    """
    readers = {".csv": _read_csv, ".parquet": _read_parquet, ".phy": _read_phylip}
    if path.suffix not in readers:
        raise ConfigError(f"can't read distances from {path.name}: use .csv, .parquet or .phy")
    if not path.is_file():
        raise ConfigError(f"no file {path}")
    names, values = readers[path.suffix](path)
    make = DistanceMatrix.from_similarity if similarity else DistanceMatrix.checked
    return make(names, values, str(path))


def _check_names(names: Sequence[str], matrix: npt.NDArray[np.float64], where: str) -> None:
    if matrix.ndim != 2 or matrix.shape != (len(names), len(names)):
        shape = " x ".join(str(side) for side in matrix.shape)
        raise DataError(f"{where} is not square: {len(names)} names, {shape} cells")
    if len(names) == 0:
        raise DataError(f"{where} is empty")
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    if repeated:
        raise DataError(f"{where} has duplicate names: {', '.join(repeated[:5])}")


def _check_values(names: Sequence[str], matrix: npt.NDArray[np.float64], where: str) -> None:
    def cell(bad: npt.NDArray[np.bool_]) -> str:
        row, column = np.argwhere(bad)[0]
        return f"{names[row]} and {names[column]}"

    unknown = ~np.isfinite(matrix)
    if unknown.any():
        raise DataError(f"{where}: no number between {cell(unknown)} ({unknown.sum()} such cells)")
    if (negative := matrix < -SYMMETRY_TOLERANCE).any():
        raise DataError(f"{where}: a negative distance between {cell(negative)}")
    scale = max(1.0, float(np.abs(matrix).max()))
    if (uneven := np.abs(matrix - matrix.T) > SYMMETRY_TOLERANCE * scale).any():
        raise DataError(f"{where} is not symmetric: see {cell(uneven)}")
    diagonal = np.abs(np.diag(matrix)) > SYMMETRY_TOLERANCE * scale
    if diagonal.any():
        name = names[int(np.argmax(diagonal))]
        raise DataError(
            f"{where}: {name} is not at distance 0 from itself; are these similarities? "
            "then say --similarity"
        )


def _write_csv(matrix: DistanceMatrix, path: Path) -> None:
    write_text(path, matrix.to_pandas().to_csv(float_format="%.8g"))


def _write_parquet(matrix: DistanceMatrix, path: Path) -> None:
    table = matrix.to_pandas()
    with whole_file(path) as temporary:
        table.to_parquet(temporary)


def _write_phylip(matrix: DistanceMatrix, path: Path) -> None:
    lines = [str(len(matrix))]
    labels = ["_".join(name.split()) or "_" for name in matrix.names]
    if len(set(labels)) < len(labels):
        raise DataError(f"can't write {path}: PHYLIP has no blanks, names would coincide; use .csv")
    for label, row in zip(labels, matrix.shown, strict=True):
        lines.append(f"{label}  " + " ".join(f"{value:.8g}" for value in row))
    write_text(path, "\n".join(lines) + "\n")


def _read_csv(path: Path) -> tuple[list[str], npt.NDArray[np.float64]]:
    import csv

    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a CSV file: {error}") from None
    if len(rows) < 2:
        what = "has a header but no row" if rows else "is empty"
        raise DataError(f"{path} {what}: expected a header of names and one row a model")
    header = rows[0][1:]
    names = [row[0] for row in rows[1:]]
    if any(len(row) != len(rows[0]) for row in rows) or len(header) != len(names):
        raise DataError(f"{path} is not square: {len(names)} rows, {len(header)} columns")
    if header != names:
        raise DataError(f"{path}: the names of rows and columns differ in order or spelling")
    return names, _numbers([row[1:] for row in rows[1:]], names, str(path))


def _read_parquet(path: Path) -> tuple[list[str], npt.NDArray[np.float64]]:
    import pandas as pd

    try:
        table = pd.read_parquet(path)
    except Exception as error:
        raise DataError(f"{path} is not a parquet file: {error}") from None
    if list(table.index) != list(table.columns):
        raise DataError(f"{path}: not a square matrix with the models on both axes")
    try:
        return [str(name) for name in table.columns], table.to_numpy(dtype=np.float64)
    except (ValueError, TypeError):
        raise DataError(f"{path}: cells that are no numbers") from None


def _read_phylip(path: Path) -> tuple[list[str], npt.NDArray[np.float64]]:
    lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
    if not lines or len(lines[0]) != 1 or not lines[0][0].isdigit():
        raise DataError(f"{path}: a PHYLIP matrix starts with the number of models")
    rows = lines[1:]
    count = int(lines[0][0])
    if len(rows) != count or any(len(row) != count + 1 for row in rows):
        raise DataError(f"{path} is not square: says {count} models, has {len(rows)} rows")
    names = [row[0] for row in rows]
    return names, _numbers([row[1:] for row in rows], names, str(path))


def _numbers(
    rows: Sequence[Sequence[str]], names: Sequence[str], where: str
) -> npt.NDArray[np.float64]:
    values = np.full((len(rows), len(rows)), np.nan)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            if not text.strip():
                continue
            try:
                values[number, column] = float(text)
            except ValueError:
                raise DataError(
                    f"{where}: {text!r} between {names[number]} and {names[column]} is no number"
                ) from None
    return values
