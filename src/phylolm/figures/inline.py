"""Figures as SVG inside an HTML page: small, free of clashes with the page and one another.

Here: `inline_svg`. Next door: `style.save` writes pictures as files; `phylolm.report` is the page.
"""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from phylolm.figures.style import paper, plain, write_figure

_REFERENCE = re.compile(r"#([\w.-]+)")
_DECIMALS = re.compile(r"(\d+\.\d\d)\d+")
_NEEDLESS = re.compile(r"font-family: [^;]*;\s*|text-anchor: start;\s*|rotate\(-0 [^)]*\)")


def inline_svg(figure: Figure, label: str, prefix: str) -> str:
    """An `<svg>` element to put into a page; `label` is its text alternative.

    Ids are dropped, or begin with `prefix` if something refers to them; the stylesheet goes, as
    it would reach the whole page (the page sets `stroke-linejoin: round` for its figures).
    Fonts are left to the page. Text stays text.
    """
    buffer = io.BytesIO()
    with paper():
        write_figure(figure, buffer, ".svg")
    root = ElementTree.fromstring(buffer.getvalue())
    _drop(root, ("metadata", "style"))
    used = _references(root)
    for element in root.iter():
        _tidy(element, used, prefix)
    width = 4 / 3 * 72 * figure.get_size_inches()[0]
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    root.set("aria-label", plain(label))
    root.set("style", f"min-width:{0.85 * width:.0f}px;max-width:{1.15 * width:.0f}px")
    return ElementTree.tostring(root, encoding="unicode")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _drop(root: ElementTree.Element, names: tuple[str, ...]) -> None:
    for parent in list(root.iter()):
        for child in [child for child in parent if _name(child) in names]:
            parent.remove(child)


def _references(root: ElementTree.Element) -> set[str]:
    """Ids that some attribute points at; text may hold anything and doesn't count."""
    values = (value for element in root.iter() for value in element.attrib.values())
    return {name for value in values for name in _REFERENCE.findall(value)}


def _tidy(element: ElementTree.Element, used: set[str], prefix: str) -> None:
    """Plain names without namespaces, prefixed ids, two decimals, no font family."""
    element.tag = _name(element)
    old = dict(element.attrib)
    element.attrib.clear()
    if element.text and not element.text.strip() and element.tag != "text":
        element.text = None
    element.tail = None
    for key, value in old.items():
        key = key.rpartition("}")[2]
        if key == "id":
            if value in used:
                element.set("id", prefix + value)
            continue
        if not value.startswith("data:"):
            value = _DECIMALS.sub(r"\1", re.sub(r"\s*\n\s*", " ", value.strip()))
            value = re.sub(r"url\(#|^#(?=[a-zA-Z][\w.-]*$)", lambda hit: hit[0] + prefix, value)
        value = _NEEDLESS.sub("", value) if key in ("style", "transform") else value
        if value:
            element.set(key, value)
