"""Benchmark scores as people have them: what is read, what is said of it, what is refused."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phylolm.errors import ConfigError, DataError
from phylolm.predict.scores import ScoreTable, read_scores

V2_ROW = {
    "eval_name": "org_a_bfloat16",
    "Precision": "bfloat16",
    "T": "🔶",
    "Model": '<a target="_blank" href="https://huggingface.co/org/a">org/a</a>  <a href="x">📑</a>',
    "fullname": "org/a",
    "Model sha": "12345",
    "Average ⬆️": 20.0,
    "Hub ❤️": 3,
    "#Params (B)": 7.2,
    "IFEval Raw": 0.4,
    "IFEval": 40.0,
    "MATH Lvl 5 Raw": 0.005,
    "MATH Lvl 5": 0.5,
    "Submission Date": "2024-06-12",
    "Base Model": "org/base (Merge)",
}
V1 = (
    "T,Model,Average,ARC,HellaSwag,MMLU,TruthfulQA,Winogrande,GSM8K,Precision,#Params (B),"
    "Model sha,date\n"
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def sheet(folder: Path, text: str) -> Path:
    return write(folder / "s.csv", text)


def results(path: Path, model: str | None, tasks: Any, **more: Any) -> Path:
    named = {} if model is None else {"model_name": model}
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, json.dumps({"results": tasks, **named, **more}))


def said(table: ScoreTable, *words: str) -> bool:
    """Whether one note has all the words."""
    return any(all(word in note for word in words) for note in table.notes)


def assert_same(one: ScoreTable, other: ScoreTable) -> None:
    assert (one.models, one.benchmarks) == (other.models, other.benchmarks)
    assert (one.families, one.parents) == (other.families, other.parents)
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.parameters, other.parameters)


# Plain tables


def test_a_plain_table_with_facts_and_gaps(tmp_path: Path) -> None:
    text = (
        "Family,Name,MMLU,Params,arc,Base_Model,license\n"
        'llama," org/a ",65.5,7,0.25,,mit\n'
        "llama,org/b,,13000000000,0.5,org/a,\n"
        "-,org/c,N/A,0,NONE,org/c,apache\n\n"
        "nan,nan, 20 ,,1,None,\n"
    )
    table = read_scores(sheet(tmp_path, text))
    assert table.models == ("org/a", "org/b", "org/c", "nan")
    assert table.benchmarks == ("MMLU", "arc")
    nan = np.nan
    np.testing.assert_array_equal(table.values, [[0.655, 0.25], [nan, 0.5], [nan, nan], [0.2, 1.0]])
    np.testing.assert_array_equal(table.parameters, [7, 13, nan, nan])
    assert table.families == ("llama", "llama", "", "")
    assert table.parents == ("", "org/a", "", "")
    assert said(table, "MMLU", "read as percent") and said(table, "arc", "fraction", "percent")
    assert said(table, "license", "left out")
    assert said(table, "Params", "1 of 4", "divided by 1e9") and said(table, "1 of 4", "unknown")


@pytest.mark.parametrize("column", ["model", "Model", "NAME", "id", "model_id", "fullname"])
def test_the_model_column_is_found_anywhere(tmp_path: Path, column: str) -> None:
    table = read_scores(sheet(tmp_path, f"x,{column},y\n0.1,m,0.2\n"))
    assert (table.models, table.benchmarks) == (("m",), ("x", "y"))


def test_without_one_the_first_column_names_the_models(tmp_path: Path) -> None:
    table = read_scores(sheet(tmp_path, ",ARC\nm,0.2\n"))
    assert (table.models, table.benchmarks) == (("m",), ("ARC",))
    with pytest.raises(DataError, match="'ARC', holds numbers: name a column 'model'"):
        read_scores(sheet(tmp_path, "ARC,MMLU\n0.1,0.2\n"))


def test_row_numbers_and_second_names_are_no_benchmarks(tmp_path: Path) -> None:
    table = read_scores(
        sheet(tmp_path, ",id,model,params,size,ARC\n0,1,a,7,8,0.5\n1,2,b,7,8,0.6\n")
    )
    assert (table.models, table.benchmarks) == (("a", "b"), ("ARC",))
    assert table.parameters.tolist() == [7, 7]
    for name in ("id", "size", "column 1 (without a name)"):
        assert said(table, name, "left out")


def test_a_sum_of_the_others_is_taken_only_by_name(tmp_path: Path) -> None:
    path = sheet(tmp_path, "model,Average ⬆️,ARC\na,30,20\nb,31,22\n")
    table = read_scores(path)
    assert table.benchmarks == ("ARC",) and said(table, "Average ⬆️", "left out")
    picked = read_scores(path, ["Average ⬆️", "ARC", "ARC"])
    assert picked.benchmarks == ("Average ⬆️", "ARC")
    assert picked.values.tolist() == [[0.3, 0.2], [0.31, 0.22]]


def test_picking_looks_at_no_other_column(tmp_path: Path) -> None:
    path = sheet(tmp_path, "model,elo,ARC,MMLU\na,1200,0.5,0.1\nb,oops,0.6,0.2\n")
    assert read_scores(path, ["MMLU"]).values.tolist() == [[0.1], [0.2]]
    with pytest.raises(ConfigError, match=r"no benchmark 'BBH' \(it has: elo, ARC, MMLU\)"):
        read_scores(path, ["BBH"])
    with pytest.raises(ConfigError, match="no benchmark is picked"):
        read_scores(path, [])


def test_percent_and_fraction(tmp_path: Path) -> None:
    path = sheet(tmp_path, "model,ARC,GSM\na,50,0.5\nb,60,1\n")
    auto = read_scores(path)
    assert auto.values.tolist() == [[0.5, 0.5], [0.6, 1.0]]
    assert said(auto, "ARC read as percent")
    assert said(auto, "GSM taken as fraction", "--scale percent")
    percent = read_scores(path, scale="percent")
    assert percent.values.tolist() == [[0.5, 0.005], [0.6, 0.01]] and not percent.notes
    with pytest.raises(DataError, match=r"row 2, column 'ARC' \(model a\): 50 is no score in 0..1"):
        read_scores(path, scale="fraction")
    with pytest.raises(ConfigError, match="no scale 'elo'"):
        read_scores(path, scale="elo")
    fractions = read_scores(sheet(tmp_path, "model,ARC\na,0.5\nb,1.0000000000001\n"))
    assert fractions.values.tolist() == [[0.5], [1.0]] and not fractions.notes


def test_one_wrong_cell_that_makes_a_column_percent_is_pointed_at(tmp_path: Path) -> None:
    table = read_scores(sheet(tmp_path, "model,ARC,B\na,0.5,2\nb,6.1,30\nc,0.6,40\nd,0.7,50\n"))
    assert said(table, "ARC: percent, yet many values are below 1")
    assert not said(table, "B: percent")


def test_the_same_model_twice(tmp_path: Path) -> None:
    text = "model,ARC,MMLU\na,0.5,\nb,0.1,0.2\na,0.50,nan\n"
    table = read_scores(sheet(tmp_path, text))
    assert table.models == ("a", "b") and said(table, "a (rows 2 and 4)")
    with pytest.raises(DataError, match=r"different scores: a \(rows 2 and 4\); keep one row"):
        read_scores(sheet(tmp_path, text.replace("0.50", "0.51")))
    with pytest.raises(DataError, match=r"a \(rows 2 and 4\)"):
        read_scores(sheet(tmp_path, text.replace("nan", "0.3")))


def test_a_benchmark_the_same_for_all_is_said(tmp_path: Path) -> None:
    table = read_scores(sheet(tmp_path, "model,ARC,MMLU\na,0.5,0.1\nb,,0.2\nc,0.5,0.3\n"))
    assert table.benchmarks == ("ARC", "MMLU")
    assert said(table, "ARC: the same for all") and not said(table, "MMLU: the same")


BAD = {
    "": "is empty: expected a header",
    " \n,,\n": "is empty: expected a header",
    "model,ARC\n": "has a header but no row",
    "model,license\na,mit\n": "no benchmark: beside 'model' no column holds scores",
    "model,ARC\na,-\n": "no benchmark: beside 'model'",
    "model\na\n": "no benchmark: beside 'model'",
    "model,ARC\na,0.5\n ,0.6\n": "row 3, column 'model': no model is named",
    "model,ARC\na,0.5\n\nb,high\n": r"row 4, column 'ARC' \(model b\): 'high' is no number; leave",
    "model,ARC\na,0.5\nb,72%\n": r"row 3, column 'ARC' \(model b\): '72%' is no number",
    "model,ARC\na,0.5\nb,1_0\n": r"row 3, column 'ARC' \(model b\): '1_0' is no number",
    "model,ARC\na,0.5\nb,inf\n": r"row 3, column 'ARC' \(model b\): 'inf' is no number",
    "model,Elo\na,1203\nb,7\n": r"row 2, column 'Elo' \(model a\): 1203 is no score in 0..100; r",
    "model,ARC\na,50\nb,-1\n": r"row 3, column 'ARC' \(model b\): -1 is no score in 0..100",
    "model,ARC,size\na,0.1,7\nb,0.2,7B\n": r"row 3, column 'size' \(model b\): '7B' is no number",
    "model,ARC,ARC\na,1,2\n": "two columns are named ARC",
    "model,ARC\na,0.5\nb,0.5,9\n": "row 3 has 3 cells, the header 2",
    "model,ARC\na,0.5\nb\n": "row 3 has 1 cells, the header 2",
    "model;ARC\na;0.5\n": "separated by ';'; save it with commas",
    'model,ARC\n"a"b,0.5\n': "row 2: not CSV",
    '"two\nlines",ARC\nx,"\n"\n"y\nz",0.1\nw,no\n': r"row 7, column 'ARC' \(model w\): 'no'",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_tables_are_refused_in_one_line(tmp_path: Path, text: str) -> None:
    path = sheet(tmp_path, text)
    with pytest.raises(DataError, match=BAD[text]) as caught:
        read_scores(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file .*none.csv"):
        read_scores(tmp_path / "none.csv")
    packed = gzip.compress(b"".join(b"%d\n" % i for i in range(9999)))
    for content, error in [
        (b"model,ARC\n\xff,1\n", r"not UTF-8 text \(byte 10\)"),
        (packed[:999], "damaged or cut short"),
        (b"PAR1 and nothing", "can't be read as parquet"),
        (b'{"a": ', "broken JSON, line 1"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a": 1}', "neither a list of rows nor results"),
        (b'[{"model": "a"}, 7]', "row 2 is no JSON object"),
        (b"[]", "has a header but no row"),
        (b"[{}]", "has a header but no row"),
        (b'[{"model": "\\ud83d", "ARC": 0.5}]', "row 1, column 'model': .* half a character"),
        (b'[{"model": "a", "ARC": 1}, {"model": "b", "ARC": [2]}]', r"row 2.*\[2\] is no number"),
        (b'[{"model": "a", "ARC": 1}, {"model": "b", "ARC": true}]', "row 2.*True is no number"),
    ]:
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(DataError, match=error):
            read_scores(tmp_path / "x")


def test_the_kind_of_file_is_told_by_its_content(tmp_path: Path) -> None:
    text = "ARC,model,family\n0.5,a,x\n,b,\n"
    plain = read_scores(sheet(tmp_path, "\ufeff" + text))
    (tmp_path / "packed.dat").write_bytes(gzip.compress(text.encode()))
    frame = pd.DataFrame({"ARC": [0.5, np.nan], "family": ["x", None]}, index=["a", "b"])
    frame.to_parquet(tmp_path / "p.csv")
    rows = [{"model": "a", "ARC": 0.5, "family": "x"}, {"model": "b", "ARC": None}]
    write(tmp_path / "rows.json", json.dumps(rows))
    write(tmp_path / "hub.json", json.dumps({"rows": [{"row_idx": 0, "row": r} for r in rows]}))
    for name in ("packed.dat", "p.csv", "rows.json", "hub.json"):
        assert_same(read_scores(tmp_path / name), plain)


def test_selecting_models(tmp_path: Path) -> None:
    text = "model,ARC,params,family,parent\na,0.5,1,f,\nb,0.6,2,g,a\nc,0.7,3,h,b\n"
    table = read_scores(sheet(tmp_path, text))
    some = table.select(["c", "a"])
    assert (some.models, some.families, some.parents) == (("c", "a"), ("h", "f"), ("b", ""))
    assert some.values.tolist() == [[0.7], [0.5]] and some.parameters.tolist() == [3, 1]
    with pytest.raises(DataError, match="no scores of d, e among 3 models"):
        table.select(["a", "d", "e"])


def test_to_pandas_has_the_facts_that_are_known(tmp_path: Path) -> None:
    bare = read_scores(sheet(tmp_path, "model,ARC,parent\na,0.5,\n")).to_pandas()
    assert bare.index.tolist() == ["a"] and bare.index.name == "model"
    assert bare.columns.tolist() == ["ARC"]
    full = read_scores(sheet(tmp_path, "model,ARC,parent,size,family\na,0.5,b,,f\n")).to_pandas()
    assert full.columns.tolist() == ["ARC", "family", "parent"]


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6)
SCORES = st.none() | st.floats(0, 1)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), models=st.lists(NAMES, min_size=1, max_size=5, unique=True))
def test_a_table_survives_csv(tmp_path_factory: Any, data: st.DataObject, models: Any) -> None:
    folder = tmp_path_factory.mktemp("round")
    row = st.tuples(SCORES, st.floats(0, 1), st.sampled_from(["", "f, g", '"h"']))
    lines = [data.draw(row) for _ in models]
    frame = pd.DataFrame(lines, columns=["A,B", "c", "family"], index=models)
    frame.rename_axis("model").to_csv(folder / "first.csv")
    table = read_scores(folder / "first.csv")
    assert table.models == tuple(models)
    np.testing.assert_array_equal(table.values[:, -1], frame["c"])
    if "A,B" in table.benchmarks:
        np.testing.assert_array_equal(table.values[:, 0], frame["A,B"].astype(float))
    else:
        assert frame["A,B"].isna().all()
    table.to_pandas().to_csv(folder / "second.csv")
    assert_same(read_scores(folder / "second.csv"), table)


# The Open LLM Leaderboard


def test_leaderboard_v1(tmp_path: Path) -> None:
    rows = [
        "x,org/a,50,10,20,30,40,50,0.5,float16,7,abc,2024-05-01T00:00:00Z",
        "x,org/b,50,11,21,31,41,51,0,4bit,0,123,",
        "x,org/a,50,12,22,32,42,52,0.2,bfloat16,7,abc,2024-01-01T00:00:00Z",
        "x,org/a,50,13,23,33,43,53,0.3,bfloat16,8,abc,2024-02-01T00:00:00Z",
        "x,org/a,50,14,24,34,44,54,0.4,GPTQ,9,abc,2024-09-01T00:00:00Z",
        "x,org/b,50,15,25,35,45,55,,8bit,-1,123,",
    ]
    table = read_scores(sheet(tmp_path, V1 + "\n".join(rows)))
    assert table.models == ("org/a", "org/b")
    assert table.benchmarks == ("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K")
    assert table.values[0].tolist() == pytest.approx([0.13, 0.23, 0.33, 0.43, 0.53, 0.003])
    assert table.values[1, 0] == 0.15 and np.isnan(table.values[1, 5])
    np.testing.assert_array_equal(table.parameters, [8, np.nan])
    assert said(table, "4 rows of models that are there several times")
    assert not said(table, "fraction")
    bad = V1 + "x,org/a,50,10,20,high,40,50,0.5,float16,7,abc,\nx,b,1,1,1,1,1,1,1,8bit,7,d,"
    with pytest.raises(DataError, match=r"row 2, column 'MMLU' \(model org/a\): 'high'"):
        read_scores(sheet(tmp_path, bad))


def test_leaderboard_v2(tmp_path: Path) -> None:
    other = V2_ROW | {"fullname": "org/b", "Base Model": "org/b", "#Params (B)": -1, "IFEval": 9.0}
    best = V2_ROW | {"Precision": "torch.bfloat16"}
    early = V2_ROW | {"Submission Date": "2024-06-11", "IFEval": 1.0}
    coarse = V2_ROW | {"Precision": "float16", "Submission Date": "2025-01-01"}
    table = read_scores(write(tmp_path / "v2.json", json.dumps([early, best, coarse, other])))
    assert table.models == ("org/a", "org/b")
    assert table.benchmarks == ("IFEval", "MATH Lvl 5")
    # 0.5 is half a percent: the other benchmarks of the leaderboard say so.
    assert table.values.tolist() == [[0.4, 0.005], [0.09, 0.005]]
    np.testing.assert_array_equal(table.parameters, [7.2, np.nan])
    assert table.parents == ("org/base", "")
    frame = pd.DataFrame([V2_ROW, other])
    frame.to_parquet(tmp_path / "v2.parquet")
    frame.drop(columns="fullname").assign(Model=frame["Model"].str.replace("org/a", "c")).iloc[
        :1
    ].to_csv(tmp_path / "v2.csv", index=False)
    assert_same(read_scores(tmp_path / "v2.parquet"), table)
    assert read_scores(tmp_path / "v2.csv").models == ("c",)
    raw = read_scores(tmp_path / "v2.json", ["IFEval Raw", "IFEval"])
    assert raw.values[0].tolist() == [0.4, 0.4]


@pytest.mark.reference
def test_the_real_leaderboard(reference: Path) -> None:
    path = reference / "hub" / "open_llm_leaderboard_v1_final.csv.gz"
    table = read_scores(path)
    assert table.values.shape == (6811, 6) and len(set(table.models)) == 6811
    assert table.benchmarks == ("ARC", "HellaSwag", "MMLU", "TruthfulQA", "Winogrande", "GSM8K")
    assert not np.isnan(table.values).any()
    assert said(table, "358 rows")
    # bfloat16 goes before float16, whichever came first.
    frame = pd.read_csv(path)
    frame = frame[(frame["Model"] == "01-ai/Yi-34B-Chat") & (frame["Precision"] == "bfloat16")]
    chosen = table.select(["01-ai/Yi-34B-Chat"])
    assert chosen.values[0, 0] == pytest.approx(frame["ARC"].item() / 100)
    assert np.nanmin(table.parameters) > 0 and np.nanmax(table.parameters) == 238
