"""Catalogues as they are found: recognised, typed, or refused in one line."""

import gzip
import json

import pandas as pd
import pytest

from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.columns import count_of
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


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("13.6M", 13.6e6), ("1,200", 1200), ("", None), ("nan", None), ("7", 7), ("2e3", 2000),
        ("1.5b", 1.5e9), ("abc", None), ("9e400", None), ("-3", None),
    ],
)  # fmt: skip
def test_counts(text, count):
    assert count_of(text) == count


def test_a_bad_cell_is_left_empty_and_told(tmp_path):
    text = "id,likes,created_at,downloads\na,many,2024-01-01,1\nb,2,yesterday,9e400\nc,few,,3\n"
    found = read_catalogue(write(tmp_path, "c.csv", text))
    assert found.models["likes"].fillna(-1).tolist() == [-1, 2, -1]
    assert found.models["downloads"].fillna(-1).tolist() == [1, -1, 3]
    assert found.models["created"].isna().tolist() == [False, True, True]
    assert [(c.row, c.column, c.text) for c in found.unread] == [
        (2, "downloads", "9e400"), (1, "likes", "many"), (3, "likes", "few"),
        (2, "created_at", "yesterday"),
    ]  # fmt: skip
    assert len(found.notes) == 3 and all("left empty" in note for note in found.notes)
    assert "row 1, column likes: 'many' is no number; so are 1 more" in found.notes[1]


def test_bad_cells_stop_no_command_and_are_listed_by_show(run, tmp_path):
    path = write(tmp_path, "c.csv", "id,likes\na/llama,many\nb/bert,2\nc/gpt2,f\x1bew\n")
    code, out, err = run("atlas", "search", path, "bert")
    assert code == 0 and "b/bert" in out and err.count("is no number") == 1
    code, out, _ = run("atlas", "show", path)
    assert code == 0 and "cells left empty: 2" in out and "many" in out and "\x1b" not in out


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
