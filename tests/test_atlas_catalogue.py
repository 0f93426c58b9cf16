"""Catalogues as they are found: recognised, typed, or refused in one line."""

import gzip
import json

import pandas as pd
import pytest

from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.columns import counts_of
from phylolm.errors import ConfigError, DataError


def write(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_csv_with_foreign_columns_and_rounded_counts(tmp_path):
    text = (
        "modelId,Downloads,likes,license,params_millions\n"
        'gpt2,13.6M,1.2k,mit,124\nnan,"1,200",,,\nnull,7,0,,\n'
    )
    for name in ("c.csv", "c.csv.gz"):
        models = read_catalogue(write(tmp_path, name, text)).models
        assert list(models["id"]) == ["gpt2", "nan", "null"]
        assert list(models["downloads"]) == [13_600_000, 1200, 7]
        assert models["likes"][0] == 1200 and pd.isna(models["likes"][1])
        assert models["parameters"][0] == 124e6 and models["licence"][0] == "mit"


def test_json_dumps_of_the_hub(tmp_path):
    rows = [
        {"modelId": "a/b", "pipeline_tag": "text-generation", "safetensors": {"total": 5},
         "cardData": {"license": "mit", "base_model": ["x/y", "x/z"]}, "downloads": 3},
        {"id": "c/d", "tags": ["license:apache-2.0", "base_model:x/y", "base_model:merge:x/y"],
         "createdAt": "2024-03-01T10:00:00.000Z"},
    ]  # fmt: skip
    models = read_catalogue(write(tmp_path, "h.json", json.dumps(rows[:1]))).models
    assert models.iloc[0][["id", "licence", "base_models"]].tolist() == ["a/b", "mit", "x/y;x/z"]
    text = "\n".join(map(json.dumps, rows[1:]))
    models = read_catalogue(write(tmp_path, "h.jsonl", text)).models
    assert models.iloc[0][["licence", "base_models", "base_relations"]].tolist() == [
        "apache-2.0", "x/y", "merge",
    ]  # fmt: skip
    assert models["created"][0] == pd.Timestamp("2024-03-01 10:00")


def test_mapping_and_date(tmp_path):
    path = write(tmp_path, "c.csv", "which,much\nh/a,5\n")
    with pytest.raises(DataError, match="no column of model ids .* which, much"):
        read_catalogue(path)
    found = read_catalogue(path, {"id": "which", "downloads": "much"}, "2023-07")
    assert found.models["downloads"][0] == 5 and found.models["downloads_as_of"][0] == "2023-07"
    with pytest.raises(ConfigError, match="no such field"):
        read_catalogue(path, {"colour": "which"})
    with pytest.raises(ConfigError, match="no column 'witch'"):
        read_catalogue(path, {"id": "witch"})


def test_double_and_missing_ids_are_said(tmp_path):
    found = read_catalogue(write(tmp_path, "c.csv", "id,likes\na,1\na,2\n,3\nb\u202e<i>,4\n"))
    assert found.ids == ["a", "b\u202e<i>"] and list(found.models["likes"]) == [1, 4]
    assert len(found.notes) == 2 and "'a'" in found.notes[1]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.csv", "", "empty"),
        ("c.csv", "id,likes\n", "no models"),
        ("c.csv", "id,likes\na,many\n", "row 1: 'many' is no number"),
        ("c.csv", "id,created_at\na,yesterday\n", "'yesterday' is no date"),
        ("c.json", "[{", "line 1"),
        ("c.json", "[3]", "an object or an id"),
        ("c.parquet", "not parquet", "c.parquet"),
        ("c.docx", "id", "not a kind"),
        ("c.csv", 'id,likes\n"a,1\n', "c.csv"),
    ],
)
def test_bad_files_get_one_line(tmp_path, name, text, message):
    with pytest.raises((DataError, ConfigError), match=message) as caught:
        read_catalogue(write(tmp_path, name, text))
    assert "\n" not in str(caught.value)


def test_truncated_gzip(tmp_path):
    whole = gzip.compress(b"id,likes\n" + b"\n".join(b"m%d,1" % i for i in range(5000)))
    (tmp_path / "c.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cut short"):
        read_catalogue(tmp_path / "c.csv.gz")
    with pytest.raises(DataError, match="no file"):
        read_catalogue(tmp_path / "none.csv")


def test_counts():
    found = counts_of(pd.Series(["13.6M", "1,200", "", "nan", "7", "2e3", "1.5b"]))
    assert found.fillna(-1).tolist() == [13.6e6, 1200, -1, -1, 7, 2000, 1.5e9]


def test_saved_and_read_again(tmp_path):
    first = read_catalogue(write(tmp_path, "c.csv", "id,likes,parameters\na,1,\nb,,7e9\n"))
    for name in ("d.parquet", "d.csv"):
        first.save(tmp_path / name)
        pd.testing.assert_frame_equal(read_catalogue(tmp_path / name).models, first.models)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("name", "rows", "field"),
    [
        ("constellation_2023-07_textgen.csv.gz", 15_821, "parameters"),
        ("hub_2026-08_radar.parquet", 15_904, "base_models"),
        ("hub_2022-02_full_metadata.parquet", 29_432, "architecture"),
        ("catalogue_union.parquet", 202_697, "created"),
    ],
)
def test_real_catalogues(reference, name, rows, field):
    found = read_catalogue(reference / "hub" / name)
    assert len(found) == rows and field in found.chosen and not found.notes
