import datetime

import numpy as np

from phylolm.distance.matrix import DistanceMatrix
from phylolm.study.changes import branch_changes, describe, write_changes
from phylolm.tree.tree import Tree

OLD = Tree.from_newick("((a:1,b:1)90:1,((c:1,d:1)80:1,e:1)40:1);")
NEW = Tree.from_newick("((a:1,b:1)60:1,((c:1,(d:1,x:1)30:1)95:1,e:1)75:1);")


def matrix(tree):
    names, lengths = tree.path_lengths()
    return DistanceMatrix(names, lengths, std_error=np.full_like(lengths, 0.01))


def test_branches_between_shared_models_are_compared():
    """The root's two branches are one split, and the better of their supports counts."""
    changes = branch_changes(OLD, Tree.from_newick("((a:1,c:1)90:1,((b:1,d:1)20:1,x:1)80:1,e:1);"))
    assert [(c.side, c.before, c.after) for c in changes] == [
        (("b", "d"), None, 80.0),
        (("c", "d"), 80.0, None),
        (("b", "d", "e"), None, 90.0),
        (("c", "d", "e"), 90.0, None),
    ]
    assert branch_changes(OLD, OLD) == []


def test_a_branch_keeps_its_place_when_a_model_joins_beside_it():
    assert [c.side for c in branch_changes(OLD, NEW)] == []


def test_the_page(tmp_path):
    page = describe(OLD, NEW, matrix(NEW))
    assert "5 → 6 models" in page and "| x | d | 2.000 | 0.010 |" in page
    assert "No branch" in page and "Left the study" not in page
    shrunk = OLD.subset(["a", "b", "c", "d"])
    assert "Left the study: c, d, e." in describe(
        OLD, Tree.from_newick("(a:1,b:1,x:1);"), matrix(Tree.from_newick("(a:1,b:1,x:1);"))
    )
    day = datetime.date(2025, 1, 2)
    path = write_changes(tmp_path, day, shrunk, OLD, matrix(OLD))
    write_changes(tmp_path, day, OLD, NEW, matrix(NEW))
    first = path.read_text()
    write_changes(tmp_path, day, OLD, NEW, matrix(NEW))
    assert path.name == "changes-2025-01-02.md" and path.read_text() == first
    assert first.count("## ") == 2


def test_names_are_no_markup():
    old = Tree.from_newick("(a:1,b:1,c:1);")
    new = Tree.from_newick("(a:1,b:1,c:1,'x|y<b>':1);")
    assert "x\\|y\\<b\\>" in describe(old, new, matrix(new))
