"""TOML tables read into dataclasses, with the line of whatever is wrong.

Here: `Section`, one table of a file. The keys, types and defaults are those of the dataclass.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_type_hints

from phylolm.errors import ConfigError

Record = TypeVar("Record")

_KINDS: Mapping[Any, tuple[tuple[type, ...], str]] = {
    str: ((str,), "a text in quotes"),
    str | None: ((str,), "a text in quotes"),
    int: ((int,), "a whole number"),
    int | None: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    float | None: ((int, float), "a number"),
    bool: ((bool,), "true or false"),
}


@dataclass(frozen=True)
class Section:
    """One table of a TOML file. name: "" for what stands outside any table.

    index: which one, of an array of tables.
    """

    text: str
    path: Path
    values: Mapping[str, Any]
    name: str = ""
    index: int | None = None

    def table(self, name: str) -> Section:
        """A table inside; an empty one when it isn't there."""
        values = self.values.get(name, {})
        if not isinstance(values, dict):
            self.refuse(name, f"{name} is a table: write [{name}] above its settings")
        return Section(self.text, self.path, values, name)

    def tables(self, name: str) -> list[Section]:
        """An array of tables inside."""
        array = self.values.get(name, [])
        if not isinstance(array, list) or not all(isinstance(each, dict) for each in array):
            self.refuse(name, f"{name} are tables: write [[{name}]] above each")
        return [Section(self.text, self.path, each, name, i) for i, each in enumerate(array)]

    def read(self, kind: type[Record], besides: Collection[str] = ()) -> Record:
        """The table as a dataclass. besides: keys that are read elsewhere.

        Raises ConfigError naming the line for a key that is unknown, missing or of another type.
        """
        known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
        for key in self.values:
            if key not in known and key not in besides:
                self._refuse_unknown(key, [*known, *besides])
        hints = get_type_hints(kind)
        given = {key: self._value(key, hints[key]) for key in self.values if key in known}
        for key, field in known.items():
            if key not in given and _is_required(field):
                self.refuse(None, f"{self._title()} lacks {key}")
        return self.check(None, lambda: kind(**given))

    def check(self, key: str | None, make: Callable[[], Record]) -> Record:
        """What `make` gives; what it complains about is said of this place of the file."""
        try:
            return make()
        except ConfigError as error:
            self.refuse(key or self._blamed(str(error)), str(error))

    def refuse(self, key: str | None, problem: str) -> NoReturn:
        """Raises ConfigError naming the line of a key, or of the table."""
        line = _line_of(self.text, self.name, self.index, key)
        where = f"{self.path}, line {line}" if line else str(self.path)
        raise ConfigError(f"{where}: {problem}")

    def _blamed(self, problem: str) -> str | None:
        """The key that a complaint mentions first, if any."""
        words = f" {problem} "
        found = {key: words.find(f" {key.replace('_', ' ')} ") for key in self.values}
        found |= {key: words.find(f" {key} ") for key in self.values if f" {key} " in words}
        named = [key for key, at in found.items() if at >= 0]
        return min(named, key=found.__getitem__, default=None)

    def _refuse_unknown(self, key: str, known: list[str]) -> NoReturn:
        close = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
        self.refuse(key, f"{self._title()} has no setting {key!r}; {hint}")

    def _value(self, key: str, hint: Any) -> Any:
        value = self.values[key]
        types, expected = _KINDS[hint]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            self.refuse(key, f"{key} is {expected}, not {value!r}")
        return value

    def _title(self) -> str:
        if self.index is not None:
            return f"[[{self.name}]] number {self.index + 1}"
        return f"[{self.name}]" if self.name else "a study"


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _line_of(text: str, name: str, index: int | None, key: str | None) -> int | None:
    """The line of a key, or of its table when the key can't be found."""
    place, seen, heading = "", -1, 1 if not name else None
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line)
        if header:
            place = header[1].strip("\"'")
            seen += place == name
            if place == name and index in (None, seen):
                heading = number
        elif key and place == name and index in (None, seen) and _assigns(line, key):
            return number
        if header and key == place and not name:
            return number
    return heading if name or key is None else None


def _assigns(line: str, key: str) -> bool:
    return re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line) is not None
