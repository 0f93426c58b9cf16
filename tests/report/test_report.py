"""The report: one inert, complete and accessible HTML file."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.ordination import pcoa
from phylolm.errors import DataError
from phylolm.report import KinRow, Report, Truth, nearest_kin, write_report
from phylolm.report import page as report_page
from phylolm.report.html import Cell, said, table, text
from phylolm.tree.tree import Tree
from tests.figures.test_figures import HOSTILE, random_tree

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Every element with its attributes, and the text inside it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self._open[-1] if self._open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def inside(self, *tags: str) -> str:
        return "\n".join(data for tag, data in self.texts if tag in tags)


def study(names: tuple[str, ...] = ()) -> Report:
    """A report of models with any names, with everything in it."""
    m = len(names) or 12
    tree = random_tree(m, 1, names)
    rng = np.random.default_rng(0)
    points = rng.standard_normal((m, 3))
    values = np.linalg.norm(points[:, None] - points[None], axis=-1)
    d = DistanceMatrix(
        tree.leaf_names,
        values,
        np.full((m, m), 128, np.int32),
        np.full((m, m), 0.05),
        measure="nei1978",
    )
    some = list(d.names)
    return Report(
        title=names[3] if names else "Twelve models",
        tree=tree,
        distances=d,
        ordination=pcoa(d),
        families={name: name[:6] for name in d.names[:-2]},
        parameters={"probes": 32, "rate": 0.123456789, some[0]: {"x": some[1]}},
        sections=[("Notes", f"First.\n\nSecond: {some[2]}")],
        warnings=[f"Few genes: {some[4]}", "Second warning"],
        truth=Truth({"RF": "2 of 9"}, tree, {some[0]: some[1], some[2]: some[3]}),
    )


@cache
def pages() -> tuple[str, str]:
    """An ordinary report, and one in which every name is an attack."""
    return report_page.render(study()), report_page.render(study(HOSTILE))


@pytest.fixture(params=["ordinary", "hostile"])
def source(request: pytest.FixtureRequest) -> str:
    return pages()[request.param == "hostile"]


def test_names_are_text_and_nothing_else(source: str) -> None:
    page = Page(source)
    assert len(page.all("script")) == 1 and not page.all("img")
    assert not [a for _, attributes in page.elements for a in attributes if a.startswith("on")]
    assert {tag for tag, _ in page.elements} <= SAFE
    assert page.inside("script") == report_page._template("page.js")


SAFE = set(
    "html head meta title style script body a header p h1 h2 h3 nav ul li main section aside dl "
    "div dt dd small figure figcaption svg g path defs clippath rect use text image input label "
    "table caption span thead tbody tr th td textarea button b footer".split()
)


def test_hostile_names_are_all_there_to_read() -> None:
    page = Page(pages()[1])
    cells = page.inside("th", "td")
    for name in HOSTILE:
        shown = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in name)
        assert shown in cells
    assert page.inside("h1") == HOSTILE[3]


def test_nothing_is_loaded_from_anywhere(source: str) -> None:
    page = Page(source)
    links = [a[key] for _, a in page.elements for key in ("href", "src", "xlink:href") if key in a]
    assert links and all(link.startswith(("#", "data:")) for link in links)
    style = page.inside("style")
    assert "@import" not in style and "url(" not in style and "http" not in style
    assert not {"link", "iframe", "object", "base", "form"} & {tag for tag, _ in page.elements}


def test_the_policy_lets_only_our_script_run(source: str) -> None:
    page = Page(source)
    policy = page.all("meta")[1]["content"]
    digest = base64.b64encode(hashlib.sha256(page.inside("script").encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ") and f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-eval" not in policy and policy.count("unsafe-inline") == 1


def test_ids_are_unique_and_references_lead_somewhere(source: str) -> None:
    page = Page(source)
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = {a[k] for _, a in page.elements for k in ("aria-labelledby", "for") if k in a}
    wanted |= {a["href"][1:] for _, a in page.elements if a.get("href", "").startswith("#")}
    wanted |= set(re.findall(r"url\(#([^)]*)\)", source))
    assert wanted <= set(ids)


def test_the_page_can_be_used_without_eyes(source: str) -> None:
    page = Page(source)
    assert len(page.all("h1")) == 1 and page.all("html")[0]["lang"] == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.all(landmark)) == 1
    pictures = page.all("svg")
    assert len(pictures) == 6
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in pictures)
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(a.get("scope") for a in page.all("th"))
    boxes = [a for a in page.all("div") if a.get("class") in ("scroll", "table")]
    assert all(a["tabindex"] == "0" and a["role"] == "region" and a["aria-label"] for a in boxes)


def test_dark_print_and_phone_are_provided_for() -> None:
    style = Page(pages()[0]).inside("style")
    for query in ("prefers-color-scheme:dark", "media print", "max-width:40rem", "focus-visible"):
        assert query in style


def test_text_in_pictures_is_text_and_no_style_leaks_out() -> None:
    page = Page(pages()[0])
    assert len(page.all("style")) == 1
    drawn = page.inside("text")
    assert drawn.count("org/model-003-chat") >= 5
    assert "DejaVu" not in pages()[0].split("</style>")[1]


def test_the_newick_on_the_page_is_the_tree() -> None:
    page = Page(pages()[1])
    tree = Tree.from_newick(page.inside("textarea").strip().replace("?", "\ud800"))
    assert set(tree.leaf_names) == set(HOSTILE)


def test_caveats_of_the_study_and_in_general() -> None:
    page = Page(pages()[0])
    said_there = page.inside("li", "b", "p")
    assert "Few genes" in said_there and "Second warning" in said_there
    for caution in (
        "Bootstrap support reflects resampling of genes only",
        "Ancestors are sampled as tips",
        "0.05",
    ):
        assert caution in said_there


def test_reports_of_little_can_be_written(tmp_path: Path) -> None:
    two = DistanceMatrix(("a", "b"), np.array([[0, 0.5], [0.5, 0]]))
    report = Report("Two", Tree.from_newick("(a:0.2,b:0.3);"), two, pcoa(two))
    write_report(tmp_path / "two.html", report)
    page = Page((tmp_path / "two.html").read_text(encoding="utf-8"))
    assert "Sampling noise is unknown here" in page.inside("b")
    assert "No parameters were recorded." in page.inside("p")
    assert not [a for a in page.all("section") if a["id"] == "truth"]


def test_the_same_report_is_the_same_file_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(tmp_path / "report.html", study())
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == pages()[0]

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(DataError, match="No space left"):
        write_report(tmp_path / "report.html", replace(study(), title="Other"))
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_many_models_make_no_large_file() -> None:
    names = tuple(f"org/model-{i}" for i in range(127))
    assert len(report_page.render(replace(study(names), truth=None))) < 500_000


# Nearest kin


def test_nearest_kin_and_close_calls() -> None:
    values = np.array([[0, 1.0, 1.05, 3], [1.0, 0, 2, 3], [1.05, 2, 0, np.inf], [3, 3, np.inf, 0]])
    d = DistanceMatrix(tuple("abcd"), values, std_error=np.full((4, 4), 0.1))
    rows = nearest_kin(d)
    assert rows[0] == KinRow("a", "b", 1.0, 0.1, "c", 1.05) and rows[0].close_call
    assert rows[1] == KinRow("b", "a", 1.0, 0.1, "c", 2.0) and not rows[1].close_call
    assert [row.kin for row in rows] == ["b", "a", "a", "a"]


def test_kin_without_errors_or_runner_up_is_never_a_close_call() -> None:
    one = nearest_kin(DistanceMatrix(("a", "b"), np.array([[0, 1.0], [1.0, 0]])))
    assert one[0] == KinRow("a", "b", 1.0) and not one[0].close_call
    assert nearest_kin(DistanceMatrix(("a",), np.zeros((1, 1)))) == []


# HTML


def test_text_is_escaped_and_visible() -> None:
    assert text('<a href="x">\'&') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;"
    assert text("a\u202eb\x00") == "a\ufffdb\ufffd"


def test_settings_are_said_as_people_write_them() -> None:
    assert [said(v) for v in (0.1 + 0.2, None, "x", 3, {"a": [1]}, True)] == [
        "0.3", "\u2013", "x", "3", '{"a": [1]}', "True",
    ]  # fmt: skip


def test_tables_leave_empty_columns_out_and_sort_by_exact_numbers() -> None:
    rows = [[Cell("a", head=True), Cell(0.12345), Cell(None)], [Cell("b"), Cell(None), Cell("")]]
    made = Page(table("Caption", ("Name", "Number", "Empty"), rows, numeric=(1,)))
    assert len(made.all("th")) == 3 and made.all("td")[0]["data-value"] == "0.12345"
    assert "Empty" not in made.inside("th")
