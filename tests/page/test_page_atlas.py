"""What a page shows of an atlas."""

import math

import pytest

from phylolm.atlas.atlas_folder import Atlas, open_atlas
from phylolm.atlas.audit import missing_parents, parent_index, to_table
from phylolm.atlas.build import BuildOptions, build
from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.lineage import Lineage
from phylolm.page import page_data
from phylolm.page.ofatlas import atlas_bundle
from phylolm.page.sources import Wanted, open_source
from tests.page_cases import checked

FAMILIES = ("llama-7b", "bert-base", "gpt2-medium", "opt-1.3b")


def build_atlas(folder):
    rows = ["id,downloads,likes,license,pipeline_tag,created_at,base_model,base_model_relation"]
    rows += [f"o{i % 11}/{FAMILIES[i % 4]}-v{i},{i * 10},{i},mit,fill-mask,2024-01-{i % 28 + 1:02},"
             f"{'' if i < 4 else f'o{i % 4}/{FAMILIES[i % 4]}-v{i % 4}'},finetune"
             for i in range(60)]  # fmt: skip
    rows += ["x/<script>alert(1)</script>-llama,3,1,mit,,2023-01-01,o0/llama-7b-v0,finetune"]
    (folder / "c.csv").write_text("\n".join(rows))
    build(read_catalogue(folder / "c.csv"), folder / "atlas", BuildOptions(pictures=False))
    return open_atlas(folder / "atlas")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return build_atlas(tmp_path_factory.mktemp("atlas"))


def test_an_atlas_is_shown_whole(atlas):
    content, read = checked(atlas_bundle(atlas))
    ids = content["models"]["names"]
    assert content["kind"] == "atlas" and content["title"] == "c.csv"
    assert ids == list(atlas.models["id"]) and content["models"]["link"].endswith("huggingface.co/")
    columns = {column["name"]: column for column in content["models"]["columns"]}
    assert {"owner", "family", "cluster", "community", "downloads", "created"} <= set(columns)
    assert {each["name"] for each in content["clusters"]} == set(columns["cluster"]["categories"])
    assert read(columns["created"]["values"])[0] == 19723  # 2024-01-01
    leaves = read(content["trees"][0]["model"])
    assert sorted(leaves[leaves >= 0]) == list(range(61))
    near, declared = content["graphs"]
    assert not near["directed"] and len(read(near["source"])) == len(atlas.near)
    pairs = list(zip(read(declared["source"]), read(declared["target"]), strict=True))
    assert declared["relations"] == ["finetune"] and len(pairs) == 57
    assert all(ids[child] == "o4/llama-7b-v4" for parent, child in pairs if child == 4)
    assert ("o0/llama-7b-v0", "o4/llama-7b-v4") in {(ids[p], ids[c]) for p, c in pairs}
    words = content["ngrams"]["texts"]
    place = words.index("bert base")
    assert read(content["ngrams"]["models"])[place] == 15
    assert read(content["ngrams"]["likes"])[place] == sum(range(1, 60, 4))
    assert {each["title"] for each in content["statistics"]} >= {"models by family"}
    found = content["findings"]
    assert found and all(0 <= each["model"] < 61 for each in found)


def test_of_too_many_models_only_places_and_counts_are_sent(atlas):
    content, _ = checked(atlas_bundle(atlas, "Big", most_named=60))
    assert content["models"]["names"] is None and content["models"]["count"] == 61
    assert not content["trees"] and not content["graphs"] and content["maps"]
    assert not any(column["kind"] == "text" for column in content["models"]["columns"])
    assert "server" not in content["title"] and any("names" in note for note in content["notes"])


def test_clusters_of_one_name_stay_apart(atlas):
    table = atlas.clusters.assign(name="same")
    content, _ = checked(atlas_bundle(Atlas(**{**vars(atlas), "clusters": table})))
    names = [each["name"] for each in content["clusters"]]
    assert len(set(names)) == len(table) and names[:2] == ["same", "same (2)"]


def test_an_atlas_of_nothing_known_but_names(tmp_path):
    (tmp_path / "c.csv").write_text("id\n" + "\n".join(f"gpt2-v{i}" for i in range(9)))
    build(read_catalogue(tmp_path / "c.csv"), tmp_path / "a", BuildOptions(pictures=False))
    atlas = open_atlas(tmp_path / "a")
    content, _ = checked(atlas_bundle(atlas))
    assert content["models"]["link"] is None and len(content["graphs"]) == 1
    assert "created" not in {column["name"] for column in content["models"]["columns"]}


def with_findings(atlas, table):
    return Atlas(**{**vars(atlas), "findings": table})


def test_that_too_few_edges_are_declared_is_said_once(atlas):
    lineage = Lineage.of([])
    table = to_table(missing_parents(parent_index(atlas.models, lineage), lineage, least=0.0))
    table = table.assign(probability=math.nan)  # as it is read back
    whys = [*table["why"]]
    assert len(whys) > 1 and all("can't tell how surely" in why for why in whys)
    content, _ = checked(atlas_bundle(with_findings(atlas, table)))
    texts = [each["text"] for each in content["findings"]]
    assert len(texts) == len(whys) and all(why.startswith(f"{text}: can't tell how surely")
        for why, text in zip(whys, texts, strict=True))  # fmt: skip
    told = [note for note in content["notes"] if "only 0 edges are declared here" in note]
    assert len(told) == 1
    sure = with_findings(atlas, table.assign(why="it may descend from a/b: probability 0.90"))
    content, _ = checked(atlas_bundle(sure))
    assert content["findings"][0]["text"].endswith("probability 0.90")
    assert not any("can't tell" in note for note in content["notes"])


@pytest.fixture
def metadata(atlas, tmp_path):
    ids = list(atlas.models["id"])
    rows = [f"{name},{'ab'[i % 2]},{'xy'[i % 2]},{i}.5,note {i},2024-02-01"
            for i, name in enumerate(ids) if i]  # fmt: skip
    (tmp_path / "m.csv").write_text("\n".join(["id,family,cluster,arc,remark,tested", *rows]))
    return tmp_path / "m.csv"


def test_metadata_of_an_atlas_are_columns_of_its_page(atlas, metadata):
    shown = open_source(atlas.folder, Wanted(metadata=metadata))
    content, read = checked(page_data(shown))
    names = [column["name"] for column in content["models"]["columns"]]
    columns = dict(zip(names, content["models"]["columns"], strict=True))
    assert len(columns) == len(names) and {"owner", "arc", "remark", "given cluster"} <= {*names}
    assert read(columns["arc"]["values"])[:2].tolist() == pytest.approx(
        [math.nan, 1.5], nan_ok=True
    )
    assert sorted(columns["family"]["categories"]) == ["a", "b"]  # not the families by name
    assert {each["name"] for each in content["clusters"]} == {*columns["cluster"]["categories"]}


def test_of_too_many_models_columns_of_text_are_left_out_and_named(atlas, metadata):
    given = open_source(atlas.folder, Wanted(metadata=metadata)).given
    content, _ = checked(atlas_bundle(atlas, most_named=60, given=given))
    names = {column["name"] for column in content["models"]["columns"]}
    assert "arc" in names and "remark" not in names
    assert any(note.endswith("left out: remark.") for note in content["notes"])
