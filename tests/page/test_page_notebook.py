"""The page in a notebook."""

from html.parser import HTMLParser

import numpy as np
import pytest

import phylolm
from phylolm.errors import ConfigError
from phylolm.tree.analysis import Analysis
from phylolm.tree.build import build_tree
from tests.page.test_page_atlas import build_atlas
from tests.page.test_page_html import Document, built  # noqa: F401
from tests.page_cases import HOSTILE, matrix


class Frames(HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.frames, self.others = [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        (self.frames if tag == "iframe" else self.others).append(dict(attrs))


def test_a_notebook_gets_a_frame_with_the_whole_page(built):  # noqa: F811
    shown = phylolm.show(matrix(HOSTILE), title="Mine", height=300)
    drawn = Frames(shown._repr_html_())
    assert len(drawn.frames) == 1 and not drawn.others
    assert drawn.frames[0]["srcdoc"] == shown.html
    assert "allow-same-origin" not in drawn.frames[0]["sandbox"]
    assert "height: 300px" in drawn.frames[0]["style"] and "kB" in repr(shown)
    assert Document(shown.html).content["title", None] == "Mine · phylolm"


def test_what_users_hold_shows_itself(built, tmp_path):  # noqa: F811
    d = matrix("abcd")
    tree = build_tree(d)
    (tmp_path / "t.nwk").write_text(tree.to_newick())
    for thing in (d, tree, Analysis(d, tree)):
        assert thing.show(title="T").html == phylolm.show(thing, title="T").html
    assert "bundle" in phylolm.show(str(tmp_path / "t.nwk")).html
    with pytest.raises(ConfigError, match="can't show a ndarray"):
        phylolm.show(np.zeros(3))


def test_what_a_thing_does_not_take_is_refused(tmp_path):
    (tmp_path / "t.nwk").write_text("(a,(b,c));")
    with pytest.raises(ConfigError, match="is a tree: leave out --similarity"):
        phylolm.show(tmp_path / "t.nwk", similarity=True)
    with pytest.raises(ConfigError, match="an atlas takes no scores: leave that out"):
        phylolm.show(build_atlas(tmp_path), scores=tmp_path / "scores.csv")


def test_the_page_can_be_saved(built, tmp_path):  # noqa: F811
    shown = phylolm.show(matrix("abc"))
    shown.save(tmp_path / "p.html")
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == shown.html


def test_a_live_page_shares_its_selection(built):  # noqa: F811
    pytest.importorskip("anywidget")
    live = phylolm.show(matrix("abc"), live=True)
    live.selected = [2, 0]
    assert live.selected_names == ["c", "a"] and "<!doctype html>" in live.page
