"""Counts, correlations, phrases, and their pictures."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from phylolm.atlas import statistics as st
from phylolm.atlas.catalogue import Catalogue, read_catalogue
from phylolm.atlas.clusters import cluster_names
from phylolm.atlas.names import names_table
from phylolm.atlas.neighbours import similar_names
from phylolm.atlas.pictures import clouds_picture, counts_picture, likes_picture, tree_picture
from phylolm.cli import main
from phylolm.figures import save


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    rng = np.random.default_rng(0)
    families = ["llama-7b", "bert-base-uncased", "qwen2.5-0.5b", "$x^2$_"]
    rows = [
        f"o{i % 9}/{families[i % 4]}-{'gguf' if i % 7 == 0 else 'chat'}-{i},"
        f"{int(rng.pareto(1) * 20)},{int(rng.pareto(1) * 2)},mit,2024-0{1 + i % 9}-01"
        for i in range(200)
    ]
    path = tmp_path_factory.mktemp("c") / "c.csv"
    path.write_text("id,downloads,likes,license,created_at\n" + "\n".join(rows))
    return read_catalogue(path)


def test_correlations_are_those_of_scipy(catalogue):
    found = {c.scale: c for c in st.likes_and_downloads(catalogue.models)}
    x, y = (catalogue.models[c].to_numpy(float) for c in ("likes", "downloads"))
    assert found["Pearson, raw"].value == pytest.approx(pearsonr(x, y)[0])
    assert found["Spearman"].value == pytest.approx(spearmanr(x, y)[0])
    assert all(c.low <= c.value <= c.high and c.models == 200 for c in found.values())


def test_dates_are_never_mixed():
    models = pd.DataFrame({
        "likes": [1, 2, 3, 4, 9], "downloads": [1, 2, 3, 4, 0],
        "likes_as_of": ["a"] * 4 + ["b"], "downloads_as_of": ["a"] * 5,
    })  # fmt: skip
    rows, date = st.same_date(models)
    assert len(rows) == 4 and date == "a"
    assert st.likes_and_downloads(models.iloc[:2]) == []


def test_counts(catalogue):
    features = st.features_of(catalogue.models, names_table(catalogue.ids))
    families = st.count_by(features, "family").set_index("value")["models"]
    assert families["llama"] == 50 and families["(not known)"] == 50 and families.sum() == 200
    sizes = st.count_by(features, "size")
    assert list(sizes["value"])[:-1] == list(st.SIZE_NAMES)
    assert st.count_by(features, "month")["value"].is_monotonic_increasing
    assert set(features["kind"]) == {"quantized", "finetune"}


def test_the_catalogues_count_outranks_the_name_unless_packed():
    models = pd.DataFrame({"parameters": pd.array([6.7e9, 1.1e9, 1.1e9, None], dtype="Float64")})
    names = names_table(["a/x-7b", "a/x-7b-4bit", "a/x-7b", "a/x-7b"])
    assert st.parameters(models, names).tolist() == [6.7e9, 7e9, 1.1e9, 7e9]


def test_phrases(catalogue):
    found = st.common_phrases(["a/llama-7b-x", "b/llama-7b-llama-7b", "c/y"], 2)
    assert found.iloc[0].tolist() == ["llama 7b", 2]


def test_pictures(catalogue, tmp_path):
    names = names_table(catalogue.ids)
    similar = similar_names(catalogue.ids)
    found = cluster_names(similar)
    for number, drawn in enumerate([
        likes_picture(catalogue, names), counts_picture(catalogue, names),
        clouds_picture(found, similar.names),
        tree_picture(found, catalogue, names, "circular", 40),
    ]):  # fmt: skip
        save(drawn, tmp_path / f"{number}.svg")
        assert (tmp_path / f"{number}.svg").stat().st_size > 5000
    nothing = catalogue.models.assign(likes=pd.NA, downloads=pd.NA)
    save(likes_picture(Catalogue(nothing), names), tmp_path / "none.svg")


@pytest.mark.reference
def test_the_atlas_of_2023(reference, monkeypatch, capsys):
    path = reference / "hub" / "constellation_2023-07_textgen.csv.gz"
    monkeypatch.setattr(sys, "argv", ["phylolm", "atlas", "stats", str(path), "--json"])
    with pytest.raises(SystemExit):
        main()
    found = json.loads(capsys.readouterr().out)
    assert found["models"] == 15_821
    values = [each["value"] for each in found["likes_and_downloads"]]
    assert values == pytest.approx([0.242, 0.739, 0.581], abs=0.0006)
