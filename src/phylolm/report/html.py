"""Pieces of HTML for the report: escaped text, sections and tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Cell:
    """A table cell; `mark` adds a tick or a cross, `head` makes it the row's header."""

    value: str | float | None
    head: bool = False
    mark: bool | None = None


def text(value: str, one_line: bool = True) -> str:
    """Text made safe for HTML, in elements and in quoted attributes.

    Characters that can't be seen, among them those that turn the direction of writing, become
    the replacement character.
    """
    if one_line:
        value = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in value)
    return escape(value, quote=True)


def said(value: object) -> str:
    """A setting as a person would write it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str) or value is None:
        return value or "\u2013"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def block(key: str, title: str, content: str) -> str:
    """A section with its heading."""
    return (
        f'<section id="{key}" aria-labelledby="{key}-title">'
        f'<h2 id="{key}-title">{text(title)}</h2>{content}</section>'
    )


def table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    numeric: Sequence[int] = (),
    sortable: bool = False,
) -> str:
    """A table in a box of its own, which scrolls where the page is too narrow.

    Columns without any value are left out.
    """
    shown = [
        i
        for i in range(len(heads))
        if not rows or any(row[i].value not in ("", None) for row in rows)
    ]
    number = set(numeric)
    head = "".join(f"<th scope='col'{_kind(i in number)}>{text(heads[i])}</th>" for i in shown)
    body = "".join(
        "<tr>" + "".join(_cell(row[i], i in number) for i in shown) + "</tr>" for row in rows
    )
    kind = ' class="sortable"' if sortable else ""
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{text(caption)}">'
        f"<table{kind}><caption><span>{text(caption)}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _kind(number: bool) -> str:
    return ' class="n"' if number else ""


def _cell(cell: Cell, number: bool) -> str:
    if cell.head:
        return f'<th scope="row">{text(str(cell.value))}</th>'
    if number:
        value = float("inf") if cell.value is None else float(cell.value)
        shown = "" if cell.value is None else f"{value:.3f}"
        return f'<td class="n" data-value="{value!r}">{shown}</td>'
    marked = ""
    if cell.mark is not None:
        name, sign, said_as = ("yes", "\u2713", "same") if cell.mark else ("no", "\u2717", "other")
        marked = f' <span class="{name}" role="img" aria-label="{said_as}">{sign}</span>'
    return f"<td>{text(str(cell.value or ''))}{marked}</td>"
