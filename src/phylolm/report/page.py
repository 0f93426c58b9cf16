"""The report's page: sections, tables, and the file.

Whatever comes from outside (names, parameters, sections) is escaped; the page's content security
policy lets nothing load and no script run but its own. Next door: `pictures` and `caveats` are
the larger sections, `html` the pieces, page.html, page.css and page.js the template.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from string import Template
from urllib.parse import quote

import numpy as np

from phylolm.distance.matrix import DistanceMatrix
from phylolm.report import pictures
from phylolm.report.caveats import caveats
from phylolm.report.content import KinRow, Report, Truth, nearest_kin
from phylolm.report.html import Cell, block, said, table, text
from phylolm.tree.tree import Tree

_FIRST_WARNINGS = 4


def render(report: Report) -> str:
    """The report as HTML."""
    kin = report.kin if report.kin is not None else nearest_kin(report.distances)
    parts = [
        ("summary", "At a glance", _summary(report, kin)),
        ("tree", "Tree", pictures.trees(report)),
        ("kin", "Nearest kin", _kin(report, kin)),
        ("heatmap", "All pairs", pictures.heatmap(report)),
        ("map", "Map", pictures.map(report)),
        *([("truth", "Against the truth", _truth(report.truth, kin))] if report.truth else []),
        ("caveats", "Caveats", caveats(report)),
        *((f"more-{i}", title, _prose(body)) for i, (title, body) in enumerate(report.sections)),
        ("parameters", "How it was made", _parameters(report)),
        ("newick", "The tree as text", _newick(report.tree)),
    ]  # fmt: skip
    body = [_callout(report.warnings)]
    body += [block(key, title, content) for key, title, content in parts]
    script = _template("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = Template(_template("page.html")).substitute(
        title=text(report.title), lead=_lead(report), css=_template("page.css"), script=script,
        script_hash=f"sha256-{digest}", body="\n".join(body),
        links="".join(f'<li><a href="#{key}">{text(title)}</a></li>' for key, title, _ in parts),
    )  # fmt: skip
    # A lone surrogate in a name can't be written as UTF-8.
    return page.encode("utf-8", "replace").decode("utf-8")


def _template(name: str) -> str:
    return (files("phylolm.report") / name).read_text(encoding="utf-8")


def _lead(report: Report) -> str:
    return (
        f"A family tree of {len(report.distances.names):,} language models, from how alike "
        "they continue the same texts."
    )


def _callout(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    items = "".join(f"<p>{text(line)}</p>" for line in warnings[:_FIRST_WARNINGS])
    if len(warnings) > _FIRST_WARNINGS:
        more = len(warnings) - _FIRST_WARNINGS
        items += f'<p><a href="#caveats">{more} more below</a></p>'
    return f'<aside class="note" aria-label="Warnings">{items}</aside>'


def _summary(report: Report, kin: Sequence[KinRow]) -> str:
    """The numbers that say at once what kind of study this is, as (name, value, note)."""
    facts = [("Models", f"{len(report.distances.names):,}", "")]
    facts += _family_facts(report, kin)
    facts += _gene_fact(report.distances)
    support = report.tree.support[np.isfinite(report.tree.support)]
    if len(support):
        sure = f"{np.mean(support >= 95):.0%} of branches at 95 or more"
        facts.append(("Median support", f"{np.median(support):.0f}", sure))
    close = sum(row.close_call for row in kin)
    if close:
        facts.append(("Close calls", str(close), "nearest kin hardly nearer than the runner-up"))
    items = (
        f"<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>"
        for name, value, note in facts
    )
    return f'<dl class="facts">{"".join(items)}</dl>'


def _family_facts(report: Report, kin: Sequence[KinRow]) -> list[tuple[str, str, str]]:
    named = report.families or {}
    families = {named.get(name, "") for name in report.distances.names} - {""}
    if not families:
        return []
    known = [row for row in kin if named.get(row.model)]
    same = sum(named[row.model] == named.get(row.kin) for row in known)
    return [
        ("Families", str(len(families)), "as named by their makers"),
        ("Nearest kin in own family", f"{same} of {len(known)}", ""),
    ]


def _gene_fact(d: DistanceMatrix) -> list[tuple[str, str, str]]:
    pairs = None if d.genes is None else d.genes[np.triu_indices(len(d.names), 1)]
    if pairs is None or not len(pairs):
        return []
    note = "" if pairs.min() == pairs.max() else f"{pairs.min():,} for the pair with the fewest"
    return [("Genes per pair", f"{np.median(pairs):,.0f}", note)]


def _kin(report: Report, kin: Sequence[KinRow]) -> str:
    families = report.families or {}
    heads = ("Model", "Nearest kin", "Distance", "\u00b1 s.e.", "Runner-up", "Its distance",
             "Family", "Kin's family", "Clear?")  # fmt: skip
    rows = []
    for row in kin:
        own, other = families.get(row.model, ""), families.get(row.kin, "")
        judged = row.next_distance is not None and row.std_error is not None
        rows.append(
            [
                Cell(row.model, head=True), Cell(row.kin), Cell(row.distance), Cell(row.std_error),
                Cell(row.next_kin), Cell(row.next_distance), Cell(own),
                Cell(other, mark=None if not own or not other else own == other),
                Cell(("close call" if row.close_call else "clear") if judged else ""),
            ]
        )  # fmt: skip
    caption = (
        "Each model with the model nearest to it. Close call: the runner-up is within two "
        "standard errors. Nearest doesn't mean parent: siblings may be nearer."
    )
    return table(caption, heads, rows, numeric=(2, 3, 5), sortable=True)


def _truth(truth: Truth | None, kin: Sequence[KinRow]) -> str:
    assert truth is not None
    parts = []
    if truth.measures:
        rows = [
            [Cell(name, head=True), Cell(said(value))] for name, value in truth.measures.items()
        ]
        parts.append(table("Agreement with the known ancestry", ("Measure", "Value"), rows))
    if truth.parents:
        found = {row.model: row.kin for row in kin}
        rows = [
            [Cell(child, head=True), Cell(parent), Cell(found.get(child, ""),
             mark=found.get(child) == parent)]
            for child, parent in truth.parents.items()
        ]  # fmt: skip
        heads = ("Model", "True parent", "Nearest kin found")
        parts.append(table("True parents beside the nearest kin", heads, rows, sortable=True))
    if truth.tree is not None:
        parts.append(pictures.true_tree(truth.tree))
    return "\n".join(parts)


def _prose(body: str) -> str:
    return "".join(f"<p>{text(part.strip())}</p>" for part in body.split("\n\n") if part.strip())


def _parameters(report: Report) -> str:
    if not report.parameters:
        return "<p>No parameters were recorded.</p>"
    rows = [[Cell(name, head=True), Cell(said(value))] for name, value in report.parameters.items()]
    return table("Settings and provenance", ("Setting", "Value"), rows)


def _newick(tree: Tree) -> str:
    newick = tree.to_newick()
    link = quote(newick.encode("utf-8", "replace"), safe="(),:;'_.-")
    return (
        '<p><label for="newick-text">Newick, with supports as inner labels; any tree viewer reads '
        f"it.</label></p>"
        f'<textarea id="newick-text" readonly '
        f'spellcheck="false">\n{text(newick, one_line=False)}</textarea>'
        f'<p><a class="act" download="tree.nwk" href="data:text/plain;charset=utf-8,{text(link)}">'
        'Download tree.nwk</a><button class="act" id="copy" type="button" hidden>Copy</button></p>'
    )
