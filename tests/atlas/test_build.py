"""The whole atlas in one folder."""

import json

import networkx as nx
import pandas as pd
import pytest

from phylolm.tree.files import read_tree


@pytest.fixture
def run(run):
    return lambda *arguments: run("atlas", *arguments)


@pytest.fixture
def catalogue(tmp_path):
    families = ("llama-7b", "bert-base", "gpt2-medium", "pythia-70m")
    rows = ["id,downloads,likes,base_model,base_model_relation"]
    rows += [f"o{i % 11}/{families[i % 4]}-v{i},{i},{i % 7},base/{families[i % 4]},finetune"
             for i in range(120)]  # fmt: skip
    rows += ['evil/<script>$x^2$,3,1,,', '"evil/a\nb[red]",2,0,ring/b,', "ring/b,1,1,ring/c,",
             "ring/c,1,1,ring/b,"]  # fmt: skip
    path = tmp_path / "c.csv"
    path.write_text("\n".join(rows))
    return path


def test_everything_is_there_and_can_be_read(run, catalogue, tmp_path):
    folder = tmp_path / "atlas"
    code, out, err = run("build", catalogue, "-o", folder, "--gexf")
    assert code == 0 and "124 models" in out and "ring/b < ring/c" in err
    summary = json.loads((folder / "atlas.json").read_text())
    assert summary["models"] == 124 and summary["modularity"] > 0.3
    assert summary["declared_edges"] == 123
    ids = set(pd.read_parquet(folder / "catalogue.parquet")["id"])
    assert set(read_tree(folder / "tree.nwk").leaf_names) == ids
    assert set(nx.read_graphml(folder / "graph.graphml")) == {
        model.replace("\n", "\ufffd") for model in ids
    }
    models = pd.read_parquet(folder / "models.parquet")
    clusters = pd.read_csv(folder / "clusters.csv")
    assert models["cluster"].value_counts().sort_index().tolist() == clusters["models"].tolist()
    assert {"x", "y", "community", "family", "parameters"} <= set(models)
    assert len(pd.read_csv(folder / "lineage.csv", keep_default_na=False)) == 123
    for name in ("graph.png", "clouds.png", "likes.png", "counts.svg", "tree-circular.svg"):
        assert (folder / name).stat().st_size > 3000
    assert json.loads((folder / "statistics.json").read_text())["counts"]["family"]


def test_an_atlas_is_a_catalogue_and_the_same_again(run, catalogue, tmp_path):
    assert run("build", catalogue, "-o", tmp_path / "a", "--no-pictures")[0] == 0
    assert run("build", tmp_path / "a", "-o", tmp_path / "b", "--no-pictures")[0] == 0
    for name in ("tree.nwk", "clusters.csv", "graph.graphml", "lineage.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    code, out, _ = run("search", tmp_path / "a", "pythia 70m", "--json", "-n", 1)
    assert code == 0 and "pythia" in json.loads(out)[0]["id"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["build", "none.csv", "-o", "x"], 1, "no file"),
        (["build", "c.csv", "-o", "x", "--linkage", "ward"], 2, "unknown linkage"),
        (["build", "c.csv", "-o", "x", "--min-downloads", "9999"], 1, "no model has 9,999"),
        (["build", "c.csv", "-o", "x", "--column", "downloads"], 2, "FIELD=COLUMN"),
        (["clusters", "c.csv", "-o", "c.txt"], 2, ".csv"),
        (["graph", "c.csv", "-o", "g.dot"], 2, ".graphml"),
        (["stats", "c.csv", "--by", "colour"], 2, "can't count by"),
    ],
)
def test_mistakes_get_one_plain_line(run, catalogue, monkeypatch, arguments, code, message):
    monkeypatch.chdir(catalogue.parent)
    got, _, err = run(*arguments)
    assert got == code and message in err and len(err.strip().splitlines()) == 1


def test_the_other_commands_print_tables(run, catalogue, tmp_path):
    assert "124 models in" in run("clusters", catalogue)[1]
    assert "120" in run("show", catalogue, "-o", tmp_path / "t.parquet")[1]
    code, out, err = run("stats", catalogue, "--words", 2, "-o", tmp_path / "l.svg")
    assert code == 0 and "Spearman" in out and (tmp_path / "l.svg").is_file()
    code, out, _ = run("graph", catalogue, "-o", tmp_path / "g.gexf", "-o", tmp_path / "g.svg")
    assert code == 0 and "modularity" in out


@pytest.mark.parametrize(
    "models",
    [
        [
            f"o{k}/llama-7b{end}"
            for k, end in enumerate(("", "-hf", "-v2", "-chat", "-x", "-y", "-z"))
        ],
        ["a/one", "b/one"],
        ["a/quite", "b/different", "c/names"],
    ],
)
def test_a_handful_of_models_is_an_atlas_too(run, tmp_path, models):
    (tmp_path / "few.csv").write_text("\n".join(["id", *models]))
    code, _, err = run("build", tmp_path / "few.csv", "-o", tmp_path / "atlas")
    assert code == 0, err
    assert len(pd.read_parquet(tmp_path / "atlas" / "models.parquet")) == len(models)


def test_one_model_is_no_atlas(run, tmp_path):
    (tmp_path / "one.csv").write_text("id\na/one")
    code, _, err = run("build", tmp_path / "one.csv", "-o", tmp_path / "atlas")
    assert (
        code == 1 and "needs two models" in err and not (tmp_path / "atlas" / "tree.nwk").exists()
    )
