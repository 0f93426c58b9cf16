"""Declared lineage: resolved, walked, doubted, shown."""

import json

import pandas as pd
import pytest

from phylolm.atlas.family import family
from phylolm.atlas.lineage import DeclaredEdge, Lineage, declared_edges, read_aliases, read_edges
from phylolm.errors import ConfigError, DataError

EDGES = [
    DeclaredEdge("b/tuned", "a/base", "finetune"),
    DeclaredEdge("c/quant", "b/tuned", "quantized"),
    DeclaredEdge("d/merge", "b/tuned", "merge"),
    DeclaredEdge("d/merge", "e/other", "merge"),
    DeclaredEdge("b/tuned", "a/base", "unknown"),
    DeclaredEdge("f/self", "f/self"),
]


def test_walks():
    lineage = Lineage.of(EDGES)
    assert len(lineage.edges) == 4 and lineage.selfs == ("f/self",) and not lineage.cycles
    assert lineage.ancestors("d/merge") == {"b/tuned": 1, "e/other": 1, "a/base": 2}
    assert lineage.descendants("a/base") == {"b/tuned": 1, "c/quant": 2, "d/merge": 2}
    assert lineage.roots("d/merge") == ["e/other", "a/base"] and lineage.roots("a/base") == [
        "a/base"
    ]
    table = lineage.table().set_index("model")
    assert table.loc["c/quant", "depth"] == 2 and table.loc["c/quant", "root"] == "a/base"


def test_aliases_join_renamed_models():
    edges = [DeclaredEdge("x/t", "meta-llama/Meta-Llama-3.1-8B"), DeclaredEdge("y/t", "old/name")]
    lineage = Lineage.of(edges, {"old/name": "new/name", "new/name": "meta-llama/Llama-3.1-8B"})
    assert set(lineage.descendants("meta-llama/Llama-3.1-8B")) == {"x/t", "y/t"}
    assert lineage.name("old/name") == "meta-llama/Llama-3.1-8B"
    assert Lineage.of([DeclaredEdge("a", "b")], {"a": "b", "b": "a"}).edges == (
        DeclaredEdge("b", "a"),
    )


def test_rings_are_reported_and_walked_once():
    ring = [
        DeclaredEdge("a", "b"),
        DeclaredEdge("b", "c"),
        DeclaredEdge("c", "a"),
        DeclaredEdge("d", "a"),
    ]
    lineage = Lineage.of(ring)
    assert lineage.cycles == (("a", "b", "c"),)
    assert set(lineage.ancestors("d")) == {"a", "b", "c"} and lineage.roots("d") == []
    shown = json.dumps(family(lineage, "a").to_dict())
    assert shown.count('"b"') == 2


def test_declarations_of_a_catalogue():
    models = pd.DataFrame({
        "id": ["m", "n", "o"], "base_models": ["a;b", "", "c;d"],
        "base_relations": ["merge;merge", "", "finetune"],
    })  # fmt: skip
    assert list(declared_edges(models)) == [
        DeclaredEdge("m", "a", "merge"), DeclaredEdge("m", "b", "merge"),
        DeclaredEdge("o", "c", "finetune"), DeclaredEdge("o", "d", "finetune"),
    ]  # fmt: skip


def test_families_are_cut_short_and_say_so():
    lineage = Lineage.of([DeclaredEdge(f"x/{i:03}", "a") for i in range(30)])
    found = family(lineage, "a", {"x/029": 9.0}, most=5)
    assert found.descendants.below[0].model == "x/029" and found.descendants.hidden == 25
    with pytest.raises(ConfigError, match=r"no model y/029 here; did you mean x/029"):
        family(lineage, "y/029")
    with pytest.raises(ConfigError, match=r"no model zzzz here$"):
        family(lineage, "zzzz", known=["a/b"])
    with pytest.raises(DataError, match=r"a/b has no declared parent or child$"):
        family(lineage, "a/b", known=["a/b"])


def test_files(tmp_path):
    (tmp_path / "e.csv").write_text("child,parent\nnan,null\n")
    assert read_edges(tmp_path / "e.csv") == [DeclaredEdge("nan", "null", "unknown")]
    (tmp_path / "a.csv").write_text("old,new\nx,y\n")
    assert read_aliases(tmp_path / "a.csv") == {"x": "y"}
    with pytest.raises(ConfigError, match="lacks column child and parent"):
        read_edges(tmp_path / "a.csv")
    with pytest.raises(DataError):
        read_edges(tmp_path / "none.csv")


def test_family_in_the_terminal(run, tmp_path):
    (tmp_path / "c.csv").write_text(
        "id,downloads,base_model,base_model_relation\n[red]m,5,a/base,finetune\nb/q,9,[red]m,quantized\n"
    )
    code, out, _ = run("atlas", "family", tmp_path / "c.csv", "[red]m")
    assert code == 0 and "[red]m" in out and "b/q  quantized" in out and "a/base  finetune" in out
    code, out, _ = run("atlas", "family", tmp_path / "c.csv", "a/base", "--json")
    assert json.loads(out)["descendants"][0]["below"][0]["model"] == "b/q"
    code, _, err = run("atlas", "family", tmp_path / "c.csv", "a/bose")
    assert code == 2 and "no model a/bose here; did you mean a/base" in err


def test_a_ring_has_no_root_and_says_so(run, tmp_path):
    (tmp_path / "c.csv").write_text("id,base_model\na/x,b/y\nb/y,a/x\nlone/z,\n")
    code, out, _ = run("atlas", "family", tmp_path / "c.csv", "a/x")
    assert code == 0 and "roots: none, its ancestors descend from each other" in out
    code, _, err = run("atlas", "family", tmp_path / "c.csv", "lone/z")
    assert code == 1 and "lone/z has no declared parent or child" in err


@pytest.mark.reference
def test_real_edges(reference):
    lineage = Lineage.of(read_edges(reference / "hub" / "lineage_edges.csv.gz"))
    assert len(lineage.edges) > 44_000
    assert len(lineage.descendants("meta-llama/Meta-Llama-3.1-8B")) > 500
