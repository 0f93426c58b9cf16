import os
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_cases import NASTY, nasty_names, random_tree

from phylolm.errors import ConfigError, DataError
from phylolm.tree import files
from phylolm.tree.files import read_tree, write_tree
from phylolm.tree.newick import quote
from phylolm.tree.tree import Tree

FORMATS = {
    "newick": (Tree.to_newick, Tree.from_newick),
    "nexus": (files.to_nexus, files.from_nexus),
    "phyloxml": (files.to_phyloxml, files.from_phyloxml),
}
SUFFIXES = (".nwk", ".newick", ".tree", ".nex", ".nexus", ".xml", ".phyloxml")


def assert_same(first, second):
    assert first.names == second.names
    assert np.array_equal(first.parent, second.parent)
    assert np.array_equal(first.length, second.length)
    assert np.array_equal(first.support, second.support, equal_nan=True)


@pytest.mark.parametrize("form", FORMATS)
@given(nasty_names, st.integers(0, 10**6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_round_trip_of_any_name(form, names, seed, rooted):
    write, read = FORMATS[form]
    tree = random_tree(names, np.random.default_rng(seed), polytomies=True, rooted=rooted)
    if form == "phyloxml" and any(map(files._NOT_XML.search, names)):
        with pytest.raises(DataError, match="phyloXML can't hold U"):
            write(tree)
        return
    assert_same(tree, read(write(tree)))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_of_nasty_names(tmp_path, suffix):
    tree = random_tree(NASTY, np.random.default_rng(0), polytomies=True)
    write_tree(tree, tmp_path / f"t{suffix}")
    assert_same(tree, read_tree(tmp_path / f"t{suffix}"))
    assert os.listdir(tmp_path) == [f"t{suffix}"]


@pytest.mark.parametrize("form", FORMATS)
def test_inner_names_and_supports_together(form):
    write, read = FORMATS[form]
    names = ["a", "b", "my clade", "c", "d", "95", "e", "root_node"]
    parent, length = [2, 2, 7, 5, 5, 7, 7, -1], np.arange(8.0)
    tree = Tree.from_arrays(parent, length, names, [np.nan] * 2 + [99.5] + [np.nan] * 5)
    assert_same(tree, read(write(tree)))


def test_other_programs_read_the_same_names():
    from skbio import TreeNode

    # scikit-bio breaks lines in names and misreads names of nothing but quotes
    names = [name for name in NASTY if not re.search(r"[\n\r\u2028\x85]|^'+$", name)]
    tree = random_tree(names, np.random.default_rng(1))
    assert {tip.name for tip in TreeNode.read([tree.to_newick()]).tips()} == set(names)


def test_quoting():
    assert quote("gpt-4.1+x/y@z") == "gpt-4.1+x/y@z"
    assert quote("a_b") == "'a_b'" and quote("it's") == "'it''s'" and quote("é") == "'é'"


def test_newick_of_other_programs():
    tree = Tree.from_newick(
        "[&R] ( (open_chat v2 : 1e-1 , 'b c':2 )0.97:1[&!color=red],\n(c:1,d:2):.5[88],"
        "(e,f)100/99:1,(g,h):1[&&NHX:S=x:B=70],(i,j)101:-0.5) ;\n"
    )
    assert tree.leaf_names[:2] == ("open_chat v2", "b c")
    inner = [tree.children[tree.root][k] for k in range(5)]
    assert tree.support[inner[:2]].tolist() == [0.97, 88] and tree.support[inner[3]] == 70
    assert tree.names[inner[2]] == "100/99" and tree.names[inner[4]] == "101"
    assert tree.length[inner].tolist() == [1, 0.5, 1, 1, -0.5] and tree.length[7] == 0
    assert Tree.from_newick("(O'Brien:1,x)").leaf_names == ("O'Brien", "x")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no tree"),
        ("((a,b),c", "breaks off at line 1, column 9"),
        ("(a,b));", r"outside all parentheses at line 1, column 6"),
        ("(a,\nb,);", r"leaf without a name at line 2, column 3"),
        ("(a,'b);", r"unclosed or stray ' at line 1, column 4"),
        ("(a[x,b);", r"unclosed or stray \[ at line 1, column 3"),
        ("(a:1:2,b);", "second branch length"),
        ("(a:x,b);", "'x' is no branch length at line 1, column 4"),
        ("(a:nan,b);", "'nan' is no branch length"),
        ("(a:1e999,b);", "'1e999' is no branch length"),
        ("(a,b);(c,d);", "one tree is wanted at line 1, column 7"),
        ("(a,a);", "'a' occurs twice"),
        ("(a,'');", "no name"),
        ("(a'x' 'y',b);", "second label"),
        ("a(b,c);", r"\( in the wrong place"),
        ("(a,b;", "; before all"),
        ("(a,b):", "breaks off"),
    ],
)
def test_broken_newick(tmp_path, text, problem):
    path = tmp_path / "bad.nwk"
    path.write_text(text)
    with pytest.raises(DataError, match=problem) as caught:
        read_tree(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_nexus_of_other_programs():
    text = """#nexus
[a comment; with a semicolon]
begin characters; matrix 'x;y' ACGT; end;
Begin Trees;
  Translate 1 'it''s', 2 B_b,
    3 c
  ;
  TREE * best = [&U] [&lnP=-1.0] ((1:1,2:2)90:1,3:1,four:2);
End;
"""
    tree = files.from_nexus(text)
    assert tree.leaf_names == ("it's", "B_b", "c", "four")
    assert tree.support[2] == 90


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(a,b);", "no #NEXUS"),
        ("#NEXUS begin taxa; end;", "0 are in the TREES"),
        ("#NEXUS begin trees; tree a=(x,y); tree b=(x,y); end;", "2 are in the TREES"),
        ("#NEXUS begin trees; tree a=(x,y);", "breaks off"),
        ("#NEXUS begin trees;\n tree a=(x,y)); end;", "line 2, column 14"),
        ("#NEXUS begin trees; tree a (x,y); end;", "TREE without ="),
        ("#NEXUS begin trees; translate 1 a b; tree a=(x,y); end;", "pairs of key and name"),
    ],
)
def test_broken_nexus(text, problem):
    with pytest.raises(DataError, match=problem):
        files.from_nexus(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<phyloxml><phylogeny><clade>", "broken XML.*line 1"),
        ("<phyloxml></phyloxml>", "0 are in the phyloXML"),
        ("<p><phylogeny/></p>", "one tree is wanted"),
        (
            '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'
            "<phyloxml><phylogeny><clade><name>&b;</name></clade></phylogeny></phyloxml>",
            "DOCTYPE",
        ),
        (
            "<phyloxml><phylogeny><clade><name>a</name><confidence>x</confidence></clade>"
            "</phylogeny></phyloxml>",
            "'x' is no confidence",
        ),
    ],
)
def test_broken_phyloxml(text, problem):
    with pytest.raises(DataError, match=problem):
        files.from_phyloxml(text)


def test_phyloxml_of_other_programs():
    tree = files.from_phyloxml(
        """<?xml version="1.0" encoding="UTF-8"?>
        <phyloxml xmlns="http://www.phyloxml.org"><phylogeny rooted="true"><name>whole</name>
        <clade><clade branch_length="0.5"><confidence type="bootstrap">89</confidence>
        <clade><name>A</name><branch_length> 1.5 </branch_length>
        <taxonomy><scientific_name>X y</scientific_name></taxonomy></clade>
        <clade><name>B</name></clade></clade><clade><name>C</name></clade>
        <clade><name>D</name></clade></clade></phylogeny></phyloxml>"""
    )
    assert tree.to_newick() == "((A:1.5,B:0.0)89:0.5,C:0.0,D:0.0);"


def test_files_that_can_not_be(tmp_path):
    tree = Tree.from_newick("(a:1,b:1,c:1);")
    with pytest.raises(ConfigError, match=r"'\.txt'; known are \.nwk .* \.phyloxml$"):
        write_tree(tree, tmp_path / "t.txt")
    with pytest.raises(ConfigError, match="unknown tree format"):
        read_tree(tmp_path / "t")
    with pytest.raises(DataError, match="can't read .*none.nwk: No such file"):
        read_tree(tmp_path / "none.nwk")
    (tmp_path / "latin.nwk").write_bytes(b"(a,\xe9);")
    with pytest.raises(DataError, match="latin.nwk: not UTF-8 text at byte 3"):
        read_tree(tmp_path / "latin.nwk")
    (tmp_path / "bom.nwk").write_bytes(b"\xef\xbb\xbf(a,b);")
    assert read_tree(tmp_path / "bom.nwk").leaf_names == ("a", "b")
    with pytest.raises(DataError, match="no Unicode text"):
        write_tree(tree.rename({"a": "\ud800"}), tmp_path / "t.nwk")
    with pytest.raises(DataError, match=r"can't hold U\+0000 in the name 'a\\x00b'"):
        write_tree(tree.rename({"a": "a\0b"}), tmp_path / "t.xml")
    assert not (tmp_path / "t.nwk").exists() and not (tmp_path / "t.xml").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_a_caterpillar_of_20000_leaves(form):
    write, read = FORMATS[form]
    n = 20_000
    parent = np.r_[np.repeat(np.arange(n, 2 * n - 1), 2)[: 2 * n - 1], -1]
    order = np.r_[0, np.c_[np.arange(1, n), np.arange(n, 2 * n - 1)].ravel()]
    above = np.empty(2 * n - 1, dtype=int)
    above[order[:-1]] = parent[: 2 * n - 2]
    above[order[-1]] = -1
    names = [f"m{i}" if i < n else "" for i in range(2 * n - 1)]
    tree = Tree.from_arrays(above, np.ones(2 * n - 1), names)
    assert_same(tree, read(write(tree)))
