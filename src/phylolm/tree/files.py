"""Tree files: Newick, NEXUS and phyloXML, chosen by suffix.

Here: `read_tree`, `write_tree` and the two larger formats as text. Next door: `newick` has the
Newick grammar; `tree` the type; `files` writes whole files or none.

Every format gives back the names it was given, byte for byte. phyloXML has no way to hold
control characters (XML 1.0), so such a name is refused there. Files come from strangers: XML
with a DOCTYPE is refused before any entity of it can expand.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from phylolm.errors import ConfigError, DataError
from phylolm.files import whole_file
from phylolm.tree.arrays import Arrays
from phylolm.tree.newick import (
    NewickToken,
    format_newick,
    number,
    parse_newick,
    place,
    quote_always,
    tokens,
)
from phylolm.tree.tree import NULL, Tree

PHYLOXML = "http://www.phyloxml.org"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_tree(tree: Tree, path: str | Path) -> None:
    """Write `tree` in the format of the suffix of `path`, as a whole file or not at all.

    Raises:
        ConfigError: an unknown suffix.
        DataError: a name the format can't hold, or the disk refuses.
    """
    path = Path(path)
    text = _format(path)[0](tree)
    try:
        content = (text + "\n").encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{path}: a name has a character that is no Unicode text") from error
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def read_tree(path: str | Path) -> Tree:
    """The one tree in a file, its format told by the suffix.

    Raises:
        ConfigError: an unknown suffix.
        DataError: no such file, or no single well-formed tree in it; names file and position.
    """
    path = Path(path)
    reader = _format(path)[1]
    try:
        return reader(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 text at byte {error.start}") from error
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror or error}") from error
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def _format(path: Path) -> tuple[Callable[[Tree], str], Callable[[str], Tree]]:
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        raise ConfigError(
            f"{path}: unknown tree format {path.suffix!r}; known are {' '.join(_FORMATS)}"
        ) from None


def to_nexus(tree: Tree) -> str:
    """NEXUS with a taxa block and a trees block that translates numbers to names."""
    leaves = tree.leaves.tolist()
    labels = list(tree.names)
    for rank, leaf in enumerate(leaves, start=1):
        labels[leaf] = str(rank)
    quoted = [quote_always(name) for name in tree.leaf_names]
    arrays = Arrays(tree.parent, tree.length, tuple(labels), tree.support)
    newick = format_newick(arrays, tree.children, _nexus_label)
    translate = ",\n".join(f"    {rank} {name}" for rank, name in enumerate(quoted, start=1))
    taxa = "\n".join(f"    {name}" for name in quoted)
    return (
        "#NEXUS\n\nBEGIN TAXA;\n"
        f"  DIMENSIONS NTAX={len(leaves)};\n  TAXLABELS\n{taxa}\n  ;\nEND;\n\n"
        f"BEGIN TREES;\n  TRANSLATE\n{translate}\n  ;\n"
        f"  TREE phylolm = [&{'R' if tree.is_rooted else 'U'}] {newick}\nEND;"
    )


def _nexus_label(name: str) -> str:
    return name if name.isascii() and name.isalnum() else quote_always(name)


def from_nexus(text: str) -> Tree:
    """The one tree in the TREES blocks of NEXUS `text`, its leaves translated.

    Raises:
        DataError: no or more than one tree, or a mistake; gives line and column.
    """
    if text[:6].upper() != "#NEXUS":
        raise DataError("no #NEXUS at the start")
    found: list[str] = []
    translation: dict[str, str] = {}
    for command in _trees_commands(text):
        keyword = command[0].value.upper()
        if keyword == "TRANSLATE":
            translation.update(_translation(text, command[1:]))
        elif keyword in ("TREE", "UTREE"):
            found.append(_tree_text(text, command))
    if len(found) != 1:
        raise DataError(f"one tree is wanted, {len(found)} are in the TREES blocks")
    tree = Tree(*parse_newick(found[0]))
    names = [
        translation.get(name, name) if leaf else name
        for name, leaf in zip(tree.names, tree.is_leaf, strict=True)
    ]
    return Tree.from_arrays(tree.parent, tree.length, names, tree.support)


def _trees_commands(text: str) -> list[list[NewickToken]]:
    """The commands (tokens without comments, up to the semicolon) within TREES blocks."""
    commands: list[list[NewickToken]] = []
    inside, command = False, list[NewickToken]()
    for token in tokens(text, start=len("#NEXUS")):
        if token.value != ";" or token.kind != "mark":
            command.extend([token] if token.kind != "comment" else [])
            continue
        words = [word.value.upper() for word in command[:2]]
        if words[:1] == ["BEGIN"]:
            inside = words[1:] == ["TREES"]
        elif words[:1] in (["END"], ["ENDBLOCK"]):
            inside = False
        elif inside and command:
            commands.append([*command, token])
        command = []
    if inside:
        raise DataError("the TREES block breaks off before its END;")
    return commands


def _translation(text: str, command: list[NewickToken]) -> dict[str, str]:
    """{key: name} from `key name, key name ;` without the keyword."""
    names: dict[str, str] = {}
    entry: list[NewickToken] = []
    for token in command:
        if token.kind != "mark":
            entry.append(token)
        elif entry:
            if len(entry) != 2 or token.value not in (",", ";"):
                where = place(text, token.start)
                raise DataError(f"TRANSLATE wants pairs of key and name, see {where}")
            names[entry[0].value] = entry[1].value
            entry = []
    return names


def _tree_text(text: str, command: list[NewickToken]) -> str:
    """The Newick part of `TREE name = [&R] (...);`, put where it was so that positions stay."""
    equals = next((token for token in command if "=" in token.value), None)
    if equals is None:
        raise DataError(f"TREE without = at {place(text, command[0].start)}")
    start = text.index("=", equals.start) + 1
    blank = re.sub(r"[^\n]", " ", text[:start])
    return blank + text[start : command[-1].end]


def to_phyloxml(tree: Tree) -> str:
    """phyloXML 1.20: names, branch lengths, supports as bootstrap confidence.

    Raises:
        DataError: a name has a character XML can't hold.
    """
    for name in tree.names:
        if bad := _NOT_XML.search(name):
            code = f"U+{ord(bad[0]):04X}"
            raise DataError(f"phyloXML can't hold {code} in the name {name!r}; write Newick")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<phyloxml xmlns="{PHYLOXML}">',
        f'<phylogeny rooted="{"true" if tree.is_rooted else "false"}">',
    ]
    stack: list[int | str] = [tree.root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            lines.append(item)
        else:
            lines.append("<clade>" + _clade_properties(tree, item))
            stack.append("</clade>")
            stack.extend(reversed(tree.children[item]))
    return "\n".join([*lines, "</phylogeny>", "</phyloxml>"])


def _clade_properties(tree: Tree, node: int) -> str:
    # A bare carriage return would be read back as a line feed.
    name = html.escape(tree.names[node], quote=False).replace("\r", "&#13;")
    parts = [f"<name>{name}</name>"] if name else []
    if node != tree.root:
        parts.append(f"<branch_length>{float(tree.length[node])!r}</branch_length>")
    if not np.isnan(tree.support[node]):
        value = f"{tree.support[node]:.6g}"
        parts.append(f'<confidence type="bootstrap">{value}</confidence>')
    return "".join(parts)


def from_phyloxml(text: str) -> Tree:
    """The one phylogeny in phyloXML `text`.

    Raises:
        DataError: a DOCTYPE, broken XML (line and column given), no or more than one tree.
    """
    reader = _CladeReader()
    parser = ElementTree.XMLParser(target=reader)
    try:
        parser.feed(text.encode("utf-8", "surrogatepass"))
        parser.close()
    except ElementTree.ParseError as error:
        raise DataError(f"broken XML: {error}") from error
    if reader.phylogenies != 1 or not reader.parent:
        raise DataError(f"one tree is wanted, {reader.phylogenies} are in the phyloXML")
    return Tree.from_arrays(reader.parent, reader.length, reader.names, reader.support)


class _CladeReader:
    """Target of an XML parser: builds no elements, so depth and size cost nothing extra."""

    def __init__(self) -> None:
        self.parent: list[int] = []
        self.length: list[float] = []
        self.names: list[str] = []
        self.support: list[float] = []
        self.phylogenies = 0
        self._clades = [NULL]
        self._path: list[str] = []
        self._text: list[str] = []

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise DataError("a DOCTYPE is not accepted in phyloXML")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2]
        self._path.append(tag)
        self._text.clear()
        if tag == "phylogeny":
            self.phylogenies += 1
        elif tag == "clade":
            self._clades.append(len(self.parent))
            self.parent.append(self._clades[-2])
            self.length.append(_decimal(attributes.get("branch_length", "0"), "branch length"))
            self.names.append("")
            self.support.append(np.nan)

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, tag: str) -> None:
        tag = self._path.pop()
        text = "".join(self._text)
        self._text.clear()
        clade = self._clades[-1]
        if tag == "clade":
            self._clades.pop()
        elif self._path[-1:] == ["clade"] and tag == "name":
            self.names[clade] = text
        elif self._path[-1:] == ["clade"] and tag == "branch_length":
            self.length[clade] = _decimal(text, "branch length")
        elif self._path[-1:] == ["clade"] and tag == "confidence":
            self.support[clade] = _decimal(text, "confidence")

    def close(self) -> None:
        return None


def _decimal(text: str, what: str) -> float:
    value = number(text.strip())
    if value is None:
        raise DataError(f"{text.strip()!r} is no {what}")
    return value


_NEWICK = (Tree.to_newick, Tree.from_newick)
_NEXUS = (to_nexus, from_nexus)
_PHYLOXML = (to_phyloxml, from_phyloxml)
_FORMATS: dict[str, tuple[Callable[[Tree], str], Callable[[str], Tree]]] = {
    ".nwk": _NEWICK,
    ".newick": _NEWICK,
    ".tree": _NEWICK,
    ".nex": _NEXUS,
    ".nexus": _NEXUS,
    ".xml": _PHYLOXML,
    ".phyloxml": _PHYLOXML,
}
