import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_cases import names_of, random_tree, splits_of, support_of_splits

from phylolm.errors import DataError
from phylolm.tree import rooting
from phylolm.tree.tree import NULL, Tree

FIVE = "((a:1,b:2)95:1,(c:1,d:3)80:0.5,e:2);"


def paths(tree):
    names, lengths = tree.path_lengths()
    pairs = itertools.combinations(range(len(names)), 2)
    return {frozenset((names[i], names[j])): lengths[i, j] for i, j in pairs}


def same_paths(first, second):
    ours, theirs = paths(first), paths(second)
    return ours.keys() == theirs.keys() and all(
        theirs[k] == pytest.approx(v) for k, v in ours.items()
    )


def test_shape_of_a_tree():
    tree = Tree.from_newick(FIVE)
    assert tree.leaf_names == ("a", "b", "c", "d", "e")
    assert tree.n_leaves == 5 and not tree.is_rooted
    assert tree.children[tree.root] == (2, 5, 6)
    assert tree.leafsets()[2].tolist() == [True, True, False, False, False]
    nodes, sides = tree.splits()
    assert nodes.tolist() == [2, 5] and not sides[:, 0].any()
    assert tree.depth.tolist() == [2, 3, 1, 1.5, 3.5, 0.5, 2, 0]
    with pytest.raises(ValueError, match="read-only"):
        tree.length[0] = 3


def test_path_lengths_by_hand():
    names, lengths = Tree.from_newick(FIVE).path_lengths()
    assert names == ("a", "b", "c", "d", "e")
    assert lengths[0].tolist() == [0, 3, 3.5, 5.5, 4]
    assert (lengths == lengths.T).all()


def test_one_and_two_leaves():
    one = Tree.from_newick("a;")
    assert one.to_newick() == "a;" and one.root_midpoint() is one and one.root_mad() is one
    two = Tree.from_newick("(a:1,b:3);")
    assert two.root_midpoint().to_newick() == "(b:2.0,a:2.0);"
    assert two.root_mad().to_newick() == two.root_midpoint().to_newick()
    assert two.unroot().to_newick() == two.to_newick()
    assert two.subset(["b"]).to_newick() == "b;"


def test_from_arrays_puts_nodes_in_order():
    tree = Tree.from_arrays([NULL, 0, 0, 0], [9, 1, 2, 3], ["", "a", "b", "c"])
    assert tree.to_newick() == "(a:1.0,b:2.0,c:3.0);"


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        (([], [], []), "at least one leaf"),
        (([1, NULL], [1, 0], ["a"]), "one size"),
        (([1, 0], [1, 1], ["a", "b"]), "one root"),
        (([NULL, 2, 1], [0, 1, 1], ["a", "b", "c"]), "circle"),
        (([2, 2, NULL], [1, np.nan, 0], ["a", "b", ""]), "branch 1 of the tree has no length"),
        (([2, 2, NULL], [1, 1, 0], ["a", "a", ""]), "'a' occurs twice"),
        (([2, 2, NULL], [1, 1, 0], ["a", "", ""]), "no name"),
        (([2, 2, NULL], [1, 1, 0], ["a", "b", ""], [0, 0, 101]), "between 0 and 100"),
    ],
)
def test_arrays_that_are_no_tree(arrays, problem):
    with pytest.raises(DataError, match=problem):
        Tree.from_arrays(*arrays)


@given(st.integers(2, 14), st.integers(0, 10**6), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_rerooting_keeps_paths_and_supports_of_splits(n, seed, polytomies, rooted):
    rng = np.random.default_rng(seed)
    tree = random_tree(names_of(n), rng, polytomies, rooted).unroot()
    node = int(rng.integers(tree.root))
    moved = tree.reroot(node, float(rng.random() * tree.length[node]))
    assert moved.is_rooted and len(moved.children[moved.root]) == 2
    assert same_paths(tree, moved)
    assert support_of_splits(moved) == support_of_splits(tree)
    assert support_of_splits(moved.unroot()) == support_of_splits(tree)
    assert same_paths(tree, moved.unroot()) and moved.unroot().is_rooted == (n < 3)


def test_supports_move_with_their_branches():
    tree = Tree.from_newick(FIVE)
    assert tree.root_outgroup("a").to_newick() == (
        "(a:0.5,(b:2.0,((c:1.0,d:3.0)80:0.5,e:2.0)95:1.0):0.5);"
    )


def test_reroot_off_the_branch():
    tree = Tree.from_newick(FIVE)
    with pytest.raises(DataError, match="branch is 1.0 long"):
        tree.reroot(0, 1.5)
    with pytest.raises(DataError, match="no branch"):
        tree.reroot(tree.root)


def test_midpoint_halves_the_longest_path():
    tree = Tree.from_newick(FIVE).root_midpoint()
    tips = dict(zip(tree.leaf_names, tree.depth[tree.leaves], strict=True))
    assert tips["b"] == tips["d"] == 3.25 == max(tips.values())


@given(st.integers(3, 9), st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_midpoint_is_the_least_greatest_depth(n, seed):
    tree = random_tree(names_of(n), np.random.default_rng(seed))
    longest = tree.path_lengths()[1].max()
    assert tree.root_midpoint().depth.max() == pytest.approx(longest / 2)


def deviation(tree):
    """Root mean square ancestor deviation of the root as it stands, pair by pair."""
    below = tree.leafsets()
    squares = []
    for i, j in itertools.combinations(range(tree.n_leaves), 2):
        ancestor = next(v for v in range(tree.root + 1) if below[v, i] and below[v, j])
        to_i, to_j = tree.depth[tree.leaves[[i, j]]] - tree.depth[ancestor]
        squares.append((2 * to_i / (to_i + to_j) - 1) ** 2)
    return np.sqrt(np.mean(squares))


@given(st.integers(3, 8), st.integers(0, 10**6), st.booleans())
@settings(max_examples=10, deadline=None)
def test_mad_is_the_best_of_all_roots(n, seed, polytomies):
    tree = random_tree(names_of(n), np.random.default_rng(seed), polytomies)
    position = rooting.minimal_ancestor_deviation(tree.parent, tree.length)
    best = deviation(tree.root_mad())
    assert position.score == pytest.approx(best)
    steps = np.linspace(0, 1, 6)
    for node in range(tree.root):
        for above in steps * tree.length[node]:
            assert deviation(tree.reroot(node, float(above))) >= best - 1e-9


def test_mad_by_hand():
    # On the branch to c at x from it, the pairs deviate by a,b: 1/3; a,c: (x-1-(4-x))/5 and
    # b,c: (x-2-(4-x))/6 (in size). Least squares: x = (5/25 + 6/36) / (2/25 + 2/36) = 2.70...
    tree = Tree.from_newick("(a:1,b:2,c:4);")
    position = rooting.minimal_ancestor_deviation(tree.parent, tree.length)
    x = (5 / 25 + 6 / 36) / (2 / 25 + 2 / 36)
    pairs = [1 / 3, (2 * x - 5) / 5, (2 * x - 6) / 6]
    assert position.node == 2 and position.above == pytest.approx(x)
    assert position.score == pytest.approx(np.sqrt(np.mean(np.square(pairs))))
    assert position.ambiguity < 1


def test_mad_finds_the_root_of_an_ultrametric_tree():
    clock = Tree.from_newick("(((a:1,b:1):1,c:2):2,(d:3,e:3):1);")
    rooted = clock.root_mad()
    assert rooted.depth[rooted.leaves] == pytest.approx([4] * 5)
    position = rooting.minimal_ancestor_deviation(*clock.unroot()._arrays[:2])
    assert position.score == pytest.approx(0, abs=1e-7)


def test_mad_counts_identical_leaves_once():
    single = Tree.from_newick("((a:1,b:2):1,c:4,d:1);").root_mad()
    double = Tree.from_newick("((a:1,b:2):1,(c:0,(c2:0,c3:0):0):4,d:1);").root_mad()
    assert same_paths(single, double.subset(list("abcd")))
    assert splits_of(double.subset(list("abcd"))) == splits_of(single)
    assert double.depth.max() == pytest.approx(single.depth.max())
    assert Tree.from_newick("(a,b,c);").root_mad().n_leaves == 3


def test_outgroup_across_the_old_root_and_errors():
    tree = Tree.from_newick("((a:1,b:1)70:1,((c:1,d:1)90:1,e:2)60:1);")
    rooted = tree.root_outgroup(["c", "d"])
    assert {frozenset("cd")} <= {frozenset(x) for x in _clades(rooted)}
    crossing = tree.root_outgroup(["a", "b", "e"])
    assert frozenset("abe") in _clades(crossing)
    assert support_of_splits(crossing) == support_of_splits(tree.unroot())
    with pytest.raises(DataError, match="no clade.*'b' would fall inside"):
        tree.root_outgroup(["a", "e"])
    with pytest.raises(DataError, match="'x' not in the tree; its 5 leaves include 'a', 'b'"):
        tree.root_outgroup("x")
    with pytest.raises(DataError, match="every leaf"):
        tree.root_outgroup(list("abcde"))
    with pytest.raises(DataError, match="no model named"):
        tree.root_outgroup([])


def _clades(tree):
    names = np.array(tree.leaf_names)
    return {frozenset(names[row]) for row in tree.leafsets()}


@given(st.integers(3, 14), st.integers(0, 10**6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_subset_keeps_paths(n, seed, rooted):
    rng = np.random.default_rng(seed)
    tree = random_tree(names_of(n), rng, polytomies=True, rooted=rooted)
    kept = sorted(rng.choice(tree.leaf_names, rng.integers(1, n + 1), replace=False))
    part = tree.subset(kept)
    every = paths(tree)
    assert sorted(part.leaf_names) == kept
    assert all(every[k] == pytest.approx(v) for k, v in paths(part).items())
    assert all(len(children) != 1 for children in part.children)
    if tree.is_rooted:
        assert _clades(part) == {side & set(kept) for side in _clades(tree)} - {frozenset()}
    elif len(kept) > 2:
        assert not part.is_rooted
    with pytest.raises(DataError, match="'zz' not in the tree"):
        tree.subset(["zz"])


def test_collapse_keeps_tips_where_they_are():
    tree = Tree.from_newick("(((a:1,b:1)40:1,c:2)90:1,d:3,e:1);")
    assert tree.collapse(50).to_newick() == "((a:2.0,b:2.0,c:2.0)90:1.0,d:3.0,e:1.0);"
    assert tree.collapse(101).to_newick() == "(a:3.0,b:3.0,c:3.0,d:3.0,e:1.0);"
    assert tree.collapse(30).to_newick() == tree.to_newick()
    unsupported = Tree.from_newick("((a:1,b:1):0,c:2,d:1);")
    assert unsupported.collapse(100).to_newick() == unsupported.to_newick()
    assert unsupported.collapse(max_length=0).to_newick() == "(a:1.0,b:1.0,c:2.0,d:1.0);"


def test_ladderize_and_rename():
    tree = Tree.from_newick("(((a:1,b:1)9:1,c:2)8:1,d:3,(e:1,f:1)7:1);")
    assert tree.ladderize().leaf_names == ("d", "e", "f", "c", "a", "b")
    assert tree.ladderize(descending=True).leaf_names == ("a", "b", "c", "e", "f", "d")
    assert support_of_splits(tree.ladderize()) == support_of_splits(tree)
    assert tree.rename({"a": "z"}).leaf_names == ("z", "b", "c", "d", "e", "f")
    assert tree.rename(str.upper).leaf_names == tuple("ABCDEF")
    with pytest.raises(DataError, match="'b' occurs twice"):
        tree.rename({"a": "b"})


def test_shows_itself():
    tree = Tree.from_newick("((a:1,'<b>':2)95:1,(c:1,d:3)80:0.5,e:2);")
    assert repr(tree) == "<Tree of 5 leaves, unrooted: 'a', '<b>', 'c' and 2 more>"
    assert tree.ascii().splitlines()[:3] == ["┐", "├─ (95)", "│  ├─ a"]
    assert "&lt;b&gt;" in tree._repr_html_()
    assert tree.ascii(max_lines=4).endswith("… and 3 more leaves")


def test_to_skbio():
    node = Tree.from_newick(FIVE).to_skbio()
    assert [tip.name for tip in node.tips()] == list("abcde")
    assert node.find("a").parent.support == 95
    assert node.find("a").distance(node.find("d")) == 5.5


def test_a_caterpillar_of_20000_leaves():
    n = 20_000
    text = "(" * (n - 1) + "a:1" + "".join(f",b{i}:1)50:1" for i in range(n - 1)) + ";"
    tree = Tree.from_newick(text)
    assert Tree.from_newick(tree.to_newick()).to_newick() == tree.to_newick()
    rooted = tree.root_midpoint().ladderize()
    assert rooted.n_leaves == n and rooted.depth.max() == pytest.approx(n / 2, abs=1)
    assert rooted.collapse(60).unroot().children[-1][-1] == n - 1
    assert tree.subset(tree.leaf_names[: n // 2]).n_leaves == n // 2
    assert tree.root_outgroup("b7").n_leaves == n
    assert len(tree.ascii().splitlines()) == 401


def test_import_is_light():
    code = (
        "import sys, phylolm.tree.tree, phylolm.tree.files;"
        "print([m for m in ('numba', 'scipy', 'skbio', 'pandas') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
