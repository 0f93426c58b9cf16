"""An atlas opened from its folder."""

import json

import numpy as np
import pandas as pd
import pytest

from phylolm.atlas.atlas_folder import open_atlas
from phylolm.atlas.build import BuildOptions, build
from phylolm.atlas.catalogue import read_catalogue
from phylolm.errors import DataError

FAMILIES = ("llama-7b", "bert-base", "gpt2-medium", "2023")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("o") / "c.csv"
    rows = ["id,downloads,license,pipeline_tag,created_at,base_model,base_model_relation"]
    rows += [f"o{i % 11}/{FAMILIES[i % 4]}-v{i},{i or ''},mit,fill-mask,2024-01-{i % 28 + 1:02},"
             f"base/{FAMILIES[i % 4]},finetune" for i in range(60)]  # fmt: skip
    rows += ["nan,3,,,,,", "early/gpt2-medium-v2,3,mit,,2023-01-01,o0/llama-7b-v0,finetune"]
    path.write_text("\n".join(rows))
    build(read_catalogue(path), path.parent / "atlas", BuildOptions(pictures=False))
    return path.parent / "atlas"


def test_all_that_was_found_is_there(folder):
    atlas = open_atlas(folder)
    assert list(atlas.models) == [
        "id", "licence", "task", "created", "downloads", "likes", "owner", "family", "size",
        "parameters", "kind", "cluster", "community", "x", "y",
    ]  # fmt: skip
    row = atlas.models.iloc[4]
    assert row["id"] == "o4/llama-7b-v4" and row["family"] == "llama" and row["size"] == "3B-10B"
    assert row["task"] == "fill-mask" and row["created"] == pd.Timestamp("2024-01-05")
    assert atlas.models["id"].iloc[60] == "nan" and atlas.models["downloads"].isna().sum() == 1
    assert atlas.models["likes"].isna().all()
    assert np.isfinite(atlas.models[["x", "y"]].to_numpy()).all()
    assert (atlas.near["first"] < atlas.near["second"]).all() and len(atlas.near) > 60
    assert (
        atlas.near["second"].max() < len(atlas.models) and atlas.near["cosine"].between(0, 1).all()
    )
    assert len(atlas.declared) == 61 and set(atlas.declared["relation"]) == {"finetune"}
    assert atlas.families.set_index("model").loc["base/llama-7b", "descendants"] == 16
    assert set(atlas.tree().leaf_names) == set(atlas.models["id"])
    assert set(atlas.findings["kind"]) >= {"older than parent"}
    assert atlas.statistics["models"] == atlas.about["models"] == 62


def test_groups_have_sizes_names_and_telling_terms(folder):
    atlas = open_atlas(folder)
    for group, table in (("cluster", atlas.clusters), ("community", atlas.communities)):
        sizes = atlas.models[group].value_counts().sort_index()
        assert table["models"].tolist() == sizes.tolist() and (table["name"] != "").all()
    llama = atlas.models["cluster"].iloc[0]
    terms = atlas.terms[atlas.terms["cluster"] == llama]
    assert terms["term"].iloc[0] in atlas.clusters["name"][llama]
    assert terms["telling"].is_monotonic_decreasing and terms["share"].between(0, 1).all()
    assert "2023" in set(atlas.terms["term"])


def test_what_is_no_atlas_is_said_in_one_line(folder, tmp_path):
    with pytest.raises(DataError, match="atlas.json: make an atlas"):
        open_atlas(tmp_path)
    (tmp_path / "atlas.json").write_text(json.dumps({"models": 3}))
    with pytest.raises(DataError, match="another version: build it again"):
        open_atlas(tmp_path)
    (tmp_path / "atlas.json").write_text("{")
    with pytest.raises(DataError, match=r"atlas.json, line 1"):
        open_atlas(tmp_path)


@pytest.mark.parametrize("name", ["models.parquet", "near.parquet", "findings.csv", "terms.csv"])
def test_a_damaged_file_is_named(folder, tmp_path, name):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(b"" if path.name == name else path.read_bytes())
    with pytest.raises(DataError, match=f"{name}.*build the atlas again"):
        open_atlas(tmp_path)


def test_an_atlas_without_declared_parents_opens(tmp_path):
    (tmp_path / "c.csv").write_text("id\n" + "\n".join(f"o{i % 3}/gpt2-v{i}" for i in range(9)))
    build(read_catalogue(tmp_path / "c.csv"), tmp_path / "a", BuildOptions(pictures=False))
    atlas = open_atlas(tmp_path / "a")
    assert not len(atlas.declared) and not len(atlas.families)
    assert list(atlas.families)[0] == "model"
