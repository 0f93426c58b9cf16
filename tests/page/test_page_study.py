"""What a page shows of measured models, whatever it is made from."""

import numpy as np
import pandas as pd
import pytest

from phylolm.distance.counts import AlleleCounts
from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import ConfigError, DataError
from phylolm.page import source_files, sources
from phylolm.page.bundle import unpack
from phylolm.page.ofstudy import Score, Shown, study_bundle
from phylolm.page.source_bank import of_counts
from phylolm.page.source_files import of_distances
from phylolm.page.sources import Wanted, open_source
from phylolm.tree.tree import Tree
from tests.page_cases import checked, matrix
from tests.populations import distributions, probe_table, words

NAMES = tuple("abcdefg")


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(1)
    truth = distributions(rng, models=5, genes=20)
    table = probe_table(rng, truth, 16, words(20, 6))
    return AlleleCounts.from_probes(table, length=range(1, 4))


def test_distances_give_tree_map_matrix_and_kin():
    d = matrix(NAMES)
    content, read = checked(study_bundle(of_distances(d, "mine")))
    assert content["title"] == "mine" and content["models"]["names"] == list(NAMES)
    leaves = [m for m in read(content["trees"][0]["model"]) if m >= 0]
    assert sorted(leaves) == list(range(7))
    pairs = content["matrices"][0]
    assert read(pairs["order"]).tolist() == leaves
    values = read(pairs["values"])[1] / 254 * (pairs["high"] - pairs["low"]) + pairs["low"]
    assert values == pytest.approx(d["a", "b"], abs=0.02)
    kin = content["kin"]
    assert kin["most"] == 6
    nearest = read(kin["model"]).reshape(7, 6)
    assert nearest[0, 0] == np.argsort(d.values[0])[1]
    assert (np.diff(read(kin["distance"]).reshape(7, 6), axis=1) >= 0).all()
    assert np.isnan(read(kin["low"])).all()  # no errors, no intervals
    assert any("noise is unknown" in note for note in content["notes"])
    assert not any("<b>" in note for note in content["notes"])


def test_counts_give_alleles_and_intervals(counts):
    shown = of_counts(counts)
    content, read = checked(study_bundle(shown))
    kin = content["kin"]
    low, mid, high = (read(kin[name]) for name in ("low", "distance", "high"))
    assert (low <= mid).all() and (mid <= high).all() and (high > low).any()
    said = content["alleles"]
    start, allele, share = (read(said[name]) for name in ("start", "allele", "share"))
    assert len(start) == 5 * 20 + 1 and start[-1] == len(allele) == len(share)
    table = counts.to_pandas()
    table = table[(table["model"] == "m2") & (table["gene"] == counts.genes[3])]
    table = table[table["allele"].str.len() == 3].sort_values("count", ascending=False)
    here = slice(start[2 * 20 + 3], start[2 * 20 + 4])
    assert share[here] == pytest.approx(table["frequency"].to_numpy()[:6], abs=1e-4)
    assert said["texts"][allele[here][0]] == table["allele"].iloc[0]
    assert content["made"]["genes"] == "20"


def test_a_model_that_is_only_in_the_tree_and_one_only_in_the_matrix():
    shown = Shown("t", Tree.from_newick("((a:1,b:1):1,x:2);"), matrix(("a", "b", "c")))
    content, read = checked(study_bundle(shown))
    assert sorted(read(content["trees"][0]["model"])) == [-1, -1, -1, 0, 1]
    assert sorted(read(content["matrices"][0]["order"])) == [0, 1, 2]


def test_two_models_and_scores():
    scores = [Score("mmlu", "b", 0.5, 0.5, 0.5, known=True), Score("mmlu", "a", 0.4, 0.3, 0.6)]
    shown = Shown("t", Tree.from_newick("(a:1,b:1);"), matrix(("a", "b")), scores=scores)
    content, read = checked(study_bundle(shown))
    assert content["maps"] == [] and content["kin"]["most"] == 1
    forecast = content["forecasts"][0]
    assert read(forecast["model"]).tolist() == [0, 1]
    assert read(forecast["low"]) == pytest.approx([0.3, 0.5])


def test_a_forecast_without_width_is_not_known():
    scores = [Score("arc", "a", 0.5, 0.5, 0.5), Score("arc", "b", 0.5, 0.5, 0.5, known=True)]
    shown = Shown("t", Tree.from_newick("(a:1,b:1);"), scores=scores)
    content, read = checked(study_bundle(shown))
    assert read(content["forecasts"][0]["known"]).tolist() == [0, 1]


def test_scores_in_percent_say_that_they_are_shown_as_fractions(tmp_path):
    (tmp_path / "s.csv").write_text("model,ARC\na,31.8\nb,50\n")
    (tmp_path / "t.nwk").write_text("((a:1,b:1):1,c:2);")
    shown = open_source(tmp_path / "t.nwk", Wanted(scores=tmp_path / "s.csv"))
    content, read = checked(study_bundle(shown))
    arc = content["models"]["columns"][-1]
    assert (arc["name"], arc["label"]) == ("score ARC", "ARC (fraction)")
    assert read(arc["values"])[0] == pytest.approx(0.318)
    shown = Shown("t", shown.tree, scores=[Score("ARC", "a", 0.318, 0.2, 0.4)])
    content, _ = checked(study_bundle(shown))
    assert content["forecasts"][0]["benchmark"] == "ARC (fraction)"


def test_a_tree_file_alone(tmp_path):
    (tmp_path / "mine.nwk").write_text("((a:1,b:1)80:1,c:2);")
    content, _ = checked(study_bundle(open_source(tmp_path / "mine.nwk")))
    assert (content["kind"], content["title"], content["matrices"]) == ("tree", "mine", [])


def test_similarities_with_metadata_and_scores(tmp_path):
    table = np.exp(-pd.DataFrame(matrix(NAMES).values, NAMES, NAMES))
    table.to_csv(tmp_path / "s.csv")
    rows = [f"{n},{'xy'[i % 2]},{0.3 + i / 20 if i < 5 else ''}" for i, n in enumerate(NAMES)]
    (tmp_path / "m.csv").write_text("\n".join(["model,maker,mmlu", *rows]))
    wanted = Wanted("Titled", tmp_path / "m.csv", tmp_path / "m.csv", similarity=True)
    content, read = checked(study_bundle(open_source(tmp_path / "s.csv", wanted)))
    assert content["title"] == "Titled" and content["matrices"][0]["name"] == "similarity"
    assert [c["name"] for c in content["models"]["columns"]] == ["maker", "mmlu", "score mmlu"]
    forecast = content["forecasts"][0]
    known = read(forecast["known"])
    assert len(known) == 7 and known.sum() == 5


def test_a_study_and_its_results(tmp_path, fake_models):
    from phylolm.study.config import read_study
    from phylolm.study.study import run_study

    lines = ['title = "Fakes"', "genes = 12", "probes = 8", "[tree]", "replicates = 10"]
    for name, family in (("a", "one"), ("b", "one"), ("c", "two"), ("d", "two")):
        lines += ["[[models]]", f'spec = "fake:{name}"', f'family = "{family}"']
    path = tmp_path / "study.toml"
    path.write_text("\n".join(lines))
    with pytest.raises(ConfigError, match="no results yet"):
        open_source(path)
    import datetime

    run_study(read_study(path), datetime.date(2026, 1, 1))
    asked = dict(fake_models)
    for source in (path, tmp_path, tmp_path / "results"):
        content, _ = checked(study_bundle(open_source(source)))
        assert content["title"] == "Fakes" and len(content["alleles"]["genes"]) == 12
        assert " " in content["alleles"]["genes"][0]  # the text, not the id
        assert content["models"]["columns"][0]["categories"] == ["one", "two"]
    assert fake_models == asked  # nothing was sampled
    (tmp_path / "study.toml").unlink()
    content, _ = checked(study_bundle(open_source(tmp_path / "results")))
    assert "alleles" not in content and len(content["models"]["names"]) == 4
    content, _ = checked(study_bundle(open_source(tmp_path / "bank")))
    assert content["title"] == "bank" and content["trees"][0]["support"]


@pytest.mark.parametrize("name", ["none.csv", "empty", "odd.txt"])
def test_what_a_page_cannot_show_is_said_with_what_it_can(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd.txt").write_text("?")
    with pytest.raises(ConfigError, match="a study.toml"):
        open_source(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "said"), [(",a,b\n", "d.csv has a header but no row"), ("", "d.csv is empty")]
)
def test_distances_without_rows_are_told_from_an_empty_file(tmp_path, text, said):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        open_source(tmp_path / "d.csv")


def test_damaged_forecasts_are_named(tmp_path):
    from phylolm.page.source_study import read_forecasts

    (tmp_path / "forecasts.csv").write_text("model,benchmark,value,low,high\na,b,x,,\n")
    with pytest.raises(DataError, match=r"forecasts.csv, line 2"):
        read_forecasts(tmp_path / "forecasts.csv")


def test_families_come_from_names_where_nobody_says_them():
    names = ["openai/gpt2", "x/gpt2-tuned", "y/llama-2-7b", "z/llama-7b-chat"]
    rng = np.random.default_rng(0)
    d = rng.uniform(0.2, 1.0, (4, 4))
    d = (d + d.T) / 2
    np.fill_diagonal(d, 0)
    shown = sources.finished(
        source_files.of_distances(DistanceMatrix(tuple(names), d, "nei1972"), "t"), sources.Wanted()
    )
    family = next(each for each in shown.fields if each.name == "family")
    told = dict(zip(shown.names, family.values, strict=True))
    assert told["x/gpt2-tuned"] == told["openai/gpt2"] != told["y/llama-2-7b"]
    assert [name for name, _ in shown.others] == ["average linkage"], "a tree to compare with"
    given = sources.finished(shown, sources.Wanted(families=dict.fromkeys(names, "mine")))
    assert given.families["openai/gpt2"] == "mine"


def test_a_tree_given_beside_is_compared_with(tmp_path):
    shown = source_files.of_tree(Tree.from_newick("((a:1,b:1):1,c:2);"), "t")
    (tmp_path / "other.nwk").write_text("((a:1,c:1):1,b:2);")
    wanted = sources.Wanted(beside=(tmp_path / "other.nwk",))
    found = sources.finished(shown, wanted)
    assert [name for name, _ in found.others] == ["other"]
    content, _ = unpack(study_bundle(found))
    assert [tree["name"] for tree in content["trees"]] == ["tree", "other"]
