"""Pictures: coordinates that are right, names that never touch, files that repeat."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from phylolm.distance.matrix import DistanceMatrix
from phylolm.distance.ordination import Ordination, pcoa
from phylolm.errors import ConfigError, DataError
from phylolm.figures import (
    HeatmapStyle,
    MapStyle,
    TreeStyle,
    ascii_tree,
    plot_heatmap,
    plot_map,
    plot_tree,
    save,
    style,
)
from phylolm.figures import colours as palette
from phylolm.figures.ascii import columns
from phylolm.figures.layout import box, circular, depths, rectangular, segments, touching, unrooted
from phylolm.figures.style import paper, plain
from phylolm.tree.tree import Tree

Array = npt.NDArray[np.float64]

LAYOUTS = ("rectangular", "circular", "unrooted")

HOSTILE = (
    "$x_1$",
    "a_b^c",
    "\\frac{1}{2}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\N{GRINNING FACE} smile",
    "line\nbreak",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u202eturned round",
    "x" * 200,
    "\u4e2d\u6587",
    "tab\tand\x00null\ud800",
    "]]>--><!--",
    "&amp;$$",
)


def random_tree(m: int, seed: int = 0, names: tuple[str, ...] = ()) -> Tree:
    """Leaves joined at random, with supports, and three clades at the root."""
    rng = np.random.default_rng(seed)
    names = names or tuple(f"org/model-{i:03d}-chat" for i in range(m))
    parent, length = [-1] * m, list(rng.gamma(2, 0.05, m))
    free = list(range(m))
    while len(free) > 3:
        a, b = (free.pop(rng.integers(len(free))) for _ in range(2))
        parent[a] = parent[b] = len(parent)
        free.append(len(parent))
        parent.append(-1)
        length.append(float(rng.gamma(1.2, 0.05)))
    for node in free:
        parent[node] = len(parent)
    support = np.r_[np.full(m, np.nan), rng.integers(30, 101, len(parent) - m + 1)]
    return Tree.from_arrays(
        [*parent, -1], [*length, 0.0], names + ("",) * len(support[m:]), support
    )


def between(m: int, seed: int = 0) -> DistanceMatrix:
    points = np.random.default_rng(seed).standard_normal((m, 4))
    values = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return DistanceMatrix(tuple(f"org/model-{i:03d}-chat" for i in range(m)), values)


def outlines(figure: Figure, names: set[str]) -> dict[str, Array]:
    """The corners, in pixels, of each text that is one of `names`, measured by the renderer."""
    found = {}
    with paper():
        for text in figure.findobj(Text):
            assert isinstance(text, Text)
            if text.get_text() in names:
                found[text.get_text()] = _outline(text)
    return found


def _outline(text: Text) -> Array:
    """A turned text's own box: measure it straight, then turn the box about its anchor."""
    angle = np.deg2rad(text.get_rotation())
    text.set_rotation(0)
    straight = text.get_window_extent()
    text.set_rotation(np.rad2deg(angle))
    anchor = text.get_transform().transform(text.get_position())
    corners = box(
        np.array([straight.x0, (straight.y0 + straight.y1) / 2]), 0.0, straight.width,
        straight.height,
    )  # fmt: skip
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((corners - anchor) @ turn + anchor)


def assert_apart(boxes: dict[str, Array]) -> None:
    every = np.array(list(boxes.values()))
    names = list(boxes)
    for i in range(len(every) - 1):
        hits = np.flatnonzero(touching(every[i], every[i + 1 :]))
        assert not len(hits), f"{names[i]} touches {names[i + 1 + hits[0]]}"


def assert_inside(figure: Figure, boxes: dict[str, Array]) -> None:
    every = np.concatenate(list(boxes.values()))
    assert (every.min(axis=0) >= 0).all()
    assert (every.max(axis=0) <= figure.get_size_inches() * figure.dpi).all()


# Coordinates


def test_rectangular_and_circular_trees_put_nodes_at_their_depth() -> None:
    tree = random_tree(20)
    flat, round_ = rectangular(tree), circular(tree)
    np.testing.assert_allclose(flat.xy[:, 0], depths(tree))
    np.testing.assert_allclose(np.hypot(*round_.xy.T), depths(tree), atol=1e-12)
    assert sorted(-flat.xy[list(flat.leaves), 1]) == list(range(20))


def test_unrooted_branches_have_their_length_and_never_cross() -> None:
    tree = random_tree(60, seed=4)
    layout = unrooted(tree)
    edges = layout.xy[:-1] - layout.xy[tree.parent[:-1]]
    np.testing.assert_allclose(np.hypot(*edges.T), tree.length[:-1])
    flat = segments(layout.strokes)
    flat = flat + 0.01 * (flat.mean(axis=1, keepdims=True) - flat)  # ends may meet at nodes
    for i in range(len(flat) - 1):
        assert not touching(flat[i], flat[i + 1 :]).any()


def test_negative_and_missing_lengths_are_drawn_as_zero() -> None:
    tree = Tree.from_newick("((a:-1,b:2):1,c:3);")
    assert depths(tree).tolist() == [1.0, 3.0, 1.0, 3.0, 0.0]


def test_touching_tells_near_boxes_from_touching_ones() -> None:
    here = box(np.zeros(2), 0.0, 10, 4)
    others = np.array(
        [
            box(np.array([11.0, 0.0]), 0.0, 5, 4),
            box(np.array([9.0, 1.0]), 0.3, 5, 4),
            box(np.array([0.0, 12.0]), -0.8, 9, 2),
            box(np.array([-3.0, -3.0]), np.pi / 4, 20, 0.1),
        ]
    )
    assert touching(here, others).tolist() == [False, True, False, True]
    assert touching(here, others, gap=1.5).tolist() == [True, True, False, True]


# Trees


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("seed", [0, 7])
def test_names_of_160_leaves_never_touch(layout: str, seed: int) -> None:
    tree = random_tree(160, seed)
    figure = plot_tree(tree, layout)
    boxes = outlines(figure, set(tree.leaf_names))
    assert len(boxes) == 160
    assert_apart(boxes)
    assert_inside(figure, boxes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_figure_grows_for_a_thousand_leaves(layout: str) -> None:
    tree = random_tree(1000, 1)
    boxes = outlines(plot_tree(tree, layout), set(tree.leaf_names))
    assert len(boxes) == 1000
    assert_apart(boxes)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_on_small_axes_names_are_thinned_and_counted(layout: str) -> None:
    figure = Figure(figsize=(3.4, 3.4))
    tree = random_tree(127, 2)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    assert plot_tree(tree, layout, ax=axes) is figure
    boxes = outlines(figure, {plain(name, 24) for name in tree.leaf_names})
    assert 5 < len(boxes) < 127
    assert_apart(boxes)
    assert_inside(figure, boxes)
    assert f"{len(boxes)} of 127 names shown" in [t.get_text() for t in axes.texts]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("newick", ["a;", "(a:1,b:2);", "(a:0,b:0,c:0);", "((((a:1):1,b:1)));"])
def test_the_smallest_trees_can_be_drawn(layout: str, newick: str) -> None:
    tree = Tree.from_newick(newick)
    assert len(outlines(plot_tree(tree, layout), set(tree.leaf_names))) == len(tree.leaf_names)


def test_a_branch_has_its_familys_colour_only_where_all_agree() -> None:
    tree = Tree.from_newick("(((a:1,b:1):1,c:1):1,(d:1,e:1):1);")
    families = {"a": "x", "b": "x", "c": "y", "d": "x", "e": ""}
    hues = {"x": "#0072b2", "y": "#d55e00"}
    found = palette.node_colours(tree.parent, tree.names, families, hues)
    by_leaves = {
        "".join(sorted(n for n, below in zip(tree.names, row, strict=False) if n and below)): hue
        for row, hue in zip(_below(tree), found, strict=True)
    }
    grey = palette.NEUTRAL
    assert by_leaves == {
        "a": hues["x"], "b": hues["x"], "c": hues["y"], "d": hues["x"], "e": grey,
        "ab": hues["x"], "abc": grey, "de": grey, "abcde": grey,
    }  # fmt: skip


def _below(tree: Tree) -> Array:
    """(n, n): whether the column's node is the row's or lies below it."""
    below = np.eye(len(tree.names))
    for node in range(len(tree.names) - 1):
        below[tree.parent[node]] += below[node]
    return below


def test_supports_are_numbers_on_small_trees_and_dots_on_large() -> None:
    small, large = random_tree(12, 3), random_tree(60, 3)
    shown = {t.get_text() for t in plot_tree(small).axes[0].texts}
    good = {f"{s:.0f}" for s in small.support[12:-1] if s >= 50}
    inner = small.support[:-1][np.isfinite(small.support[:-1])]
    assert {f"{s:.0f}" for s in inner if s >= 50} <= shown
    assert not {f"{s:.0f}" for s in inner if s < 50} & (shown - good)
    assert "support %" in {t.get_text() for t in plot_tree(large).axes[0].texts}
    none = plot_tree(large, style=TreeStyle(supports="none"))
    assert "support %" not in {t.get_text() for t in none.axes[0].texts}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_support_numbers_cover_no_name(layout: str) -> None:
    tree = random_tree(30, 5)
    numbers = {f"{s:.0f}" for s in tree.support if s >= 50}
    figure = plot_tree(tree, layout)
    assert_apart(outlines(figure, set(tree.leaf_names) | numbers))


def test_title_unit_and_families_are_written() -> None:
    tree = random_tree(6)
    families = dict.fromkeys(tree.leaf_names, "llama $x$")
    figure = plot_tree(tree, families=families, style=TreeStyle(title="T_1^2", unit="Nei distance"))
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert "T_1^2" in texts and "llama $x$" in texts
    assert any(re.fullmatch(r"[\d.e-]+ Nei distance", t) for t in texts)


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(ConfigError, match="rectangular, circular, unrooted"):
        plot_tree(random_tree(4), "spiral")


# Text


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_hostile_names_are_drawn_as_they_are(tmp_path: Path, suffix: str) -> None:
    tree = random_tree(len(HOSTILE), 1, HOSTILE)
    families = {name: name for name in HOSTILE}
    figure = plot_tree(tree, families=families, style=TreeStyle(title=HOSTILE[0]))
    save(figure, tmp_path / f"tree{suffix}")
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)
    if suffix == ".svg":
        root = ElementTree.parse(tmp_path / "tree.svg").getroot()
        texts = {"".join(element.itertext()) for element in root.iter() if "text" in element.tag}
        assert {plain(name, 40) for name in HOSTILE} <= texts
        assert not [e for e in root.iter() if e.tag.rpartition("}")[2] in ("script", "img")]


def test_plain_text_is_one_visible_line() -> None:
    assert plain("a\nb") == "a\u21b5b"
    assert plain("a\u202eb\x00") == "a\ufffdb\ufffd"
    assert plain("abcdefghij", 7) == "abc\u2026hij" and len(plain("x" * 200, 40)) == 40


# Colours


@pytest.mark.parametrize("count", [1, 6, 7, 12, 40, 300])
def test_there_are_different_colours_for_any_number_of_families(count: int) -> None:
    found = palette.family_colours([f"f{i}" for i in range(count)])
    assert len(set(found.values())) == count


def test_ten_families_stay_apart_for_every_kind_of_eye() -> None:
    hues = list(palette.family_colours([f"f{i}" for i in range(10)]).values())
    seen = palette._views(palette._rgb(hues))
    for i in range(10):
        for j in range(i):
            assert np.linalg.norm(seen[i] - seen[j], axis=-1).min() > 0.07


def test_given_colours_win() -> None:
    found = palette.family_colours(["a", "b", "c"], {"b": "#123456", "z": "red"})
    assert found["b"] == "#123456" and len(set(found.values())) == 3 and "z" not in found


def test_inks_are_readable_and_the_ramp_is_even() -> None:
    for colour in palette.family_colours([f"f{i}" for i in range(20)]).values():
        light = palette._decode(palette._rgb([palette.ink(colour)]))[0] @ (0.2126, 0.7152, 0.0722)
        assert 1.05 / (light + 0.05) > 4.4
    steps = palette._oklab(palette._decode(palette.ramp(33)))
    walk = np.linalg.norm(np.diff(steps, axis=0), axis=1)
    assert walk.max() / walk.min() < 1.1 and (np.diff(steps[:, 0]) < 0).all()


# Heatmap


def test_rows_follow_the_tree() -> None:
    tree = random_tree(20)
    figure = plot_heatmap(between(20), tree, style=HeatmapStyle(shows="distance"))
    boxes = outlines(figure, set(tree.leaf_names))
    downwards = sorted(boxes, key=lambda name: -boxes[name][:, 1].mean())
    assert downwards == [tree.names[leaf] for leaf in rectangular(tree).leaves]
    assert_apart(boxes)


def test_without_a_tree_alike_models_stand_together() -> None:
    two = np.where(np.arange(10)[:, None] % 2 == np.arange(10) % 2, 0.1, 1.0)
    np.fill_diagonal(two, 0)
    d = DistanceMatrix(tuple("abcdefghij"), two, measure="nei1978")
    boxes = outlines(plot_heatmap(d, families={"a": "x"}), set(d.names))
    order = "".join(sorted(boxes, key=lambda name: -boxes[name][:, 1].mean()))
    assert {frozenset(order[:5]), frozenset(order[5:])} == {frozenset("acegi"), frozenset("bdfhj")}


@pytest.mark.parametrize(("m", "shown"), [(1, 1), (2, 2), (160, 160), (400, 200)])
def test_every_row_is_named_up_to_160(m: int, shown: int) -> None:
    d = between(m)
    boxes = outlines(plot_heatmap(d, random_tree(m) if m > 2 else None), set(d.names))
    assert shown - 70 < len(boxes) <= shown and (m > 160 or len(boxes) == m)
    assert_apart(boxes)


def test_unknown_distances_are_left_grey() -> None:
    d = between(5)
    d.values[0, 1] = d.values[1, 0] = np.nan
    d.values[2, 3] = d.values[3, 2] = np.inf
    plot_heatmap(d).canvas.draw()
    plot_heatmap(d, style=HeatmapStyle(shows="similarity")).canvas.draw()


def test_a_tree_of_other_models_is_refused() -> None:
    with pytest.raises(DataError, match="model-005"):
        plot_heatmap(between(5), random_tree(6))


# Map


def test_names_on_the_map_never_touch_and_the_hidden_are_counted() -> None:
    d = between(200)
    figure = plot_map(pcoa(d), {name: f"f{i % 7}" for i, name in enumerate(d.names)})
    boxes = outlines(figure, set(d.names))
    assert_apart(boxes)
    note = f"{200 - len(boxes)} of 200 names left out for lack of room"
    assert note in [t.get_text() for t in figure.axes[0].texts]


def test_the_map_has_one_scale_for_both_axes() -> None:
    square = Ordination(
        tuple("abcd"), np.array([[0.0, 0], [4, 0], [4, 1], [0, 1]]), np.array([0.8, 0.1])
    )
    figure = plot_map(square, style=MapStyle(title="A map"))
    lines = figure.axes[0].lines[:4]
    points = np.array([[line.get_xdata()[0], line.get_ydata()[0]] for line in lines])
    wide, tall = np.ptp(points, axis=0)
    assert wide / tall == pytest.approx(4)
    texts = " ".join(t.get_text() for t in figure.axes[0].texts)
    assert "PCo 1: 80.0 %" in texts and "PCo 2: 10.0 %" in texts


@pytest.mark.parametrize("m", [1, 3])
def test_a_map_of_equal_models_can_be_drawn(m: int) -> None:
    d = DistanceMatrix(tuple("abc"[:m]), np.zeros((m, m)))
    plot_map(pcoa(d)).canvas.draw()


def test_a_map_needs_its_axes() -> None:
    with pytest.raises(DataError, match="axis 3"):
        plot_map(pcoa(between(5)), style=MapStyle(axes=(0, 2)))


# Files


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_the_same_picture_is_the_same_file(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        save(plot_tree(random_tree(12)), tmp_path / f"{name}{suffix}")
    one = (tmp_path / f"one{suffix}").read_bytes()
    assert one == (tmp_path / f"two{suffix}").read_bytes()
    assert b"dc:date" not in one and b"CreationDate" not in one
    assert str(tmp_path).encode() not in one and b"site-packages" not in one


def test_other_file_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'tree.docx'; use .svg, .pdf or .png"):
        save(plot_tree(random_tree(4)), tmp_path / "tree.docx")


def test_a_failed_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    save(plot_tree(random_tree(4)), tmp_path / "tree.svg")
    before = (tmp_path / "tree.svg").read_bytes()
    monkeypatch.setattr(style, "write_figure", broken)
    with pytest.raises(DataError, match="No space left"):
        save(plot_tree(random_tree(5)), tmp_path / "tree.svg")
    assert [p.name for p in tmp_path.iterdir()] == ["tree.svg"]
    assert (tmp_path / "tree.svg").read_bytes() == before


# Terminal


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("m", [1, 2, 3, 40, 160])
def test_text_trees_fit_and_name_every_leaf(m: int, width: int) -> None:
    tree = random_tree(m, 2) if m > 3 else Tree.from_newick(f"({','.join('abc'[:m])});")
    lines = ascii_tree(tree, width).splitlines()
    assert max(map(columns, lines)) <= width
    names = [tree.names[leaf] for leaf in rectangular(tree).leaves]
    assert all(line.endswith(name[-4:]) for line, name in zip(lines, names, strict=False))


def test_a_tree_deeper_than_the_terminal_still_fits() -> None:
    newick = "n0:1"
    for i in range(1, 300):
        newick = f"({newick},n{i}:1):1"
    lines = ascii_tree(Tree.from_newick(newick + ";"), 60).splitlines()
    assert max(map(columns, lines)) <= 60 and len(lines) == 301


def test_text_trees_join_up() -> None:
    drawn = ascii_tree(Tree.from_newick("((a:1,b:2,c:1):1,(d:1,e:1):2);"), 24)
    assert drawn.splitlines()[:5] == [
        "┬──────┬────── a",
        "│      ├───────────── b",
        "│      └────── c",
        "└────────────┬─────── d",
        "             └─────── e",
    ]


def test_wide_and_unprintable_names_keep_the_columns() -> None:
    tree = random_tree(len(HOSTILE), 1, HOSTILE)
    drawn = ascii_tree(tree, 60)
    assert max(map(columns, drawn.splitlines())) <= 60
    assert len(drawn.splitlines()) == len(HOSTILE) + 1 and "\x00" not in drawn
