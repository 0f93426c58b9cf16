"""Recorded completions: every unusable row is counted and named; the rest is served."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from phylolm.errors import BackendError, ConfigError, DataError
from phylolm.models.protocol import Probe, SamplingSettings
from phylolm.models.replay import read_completions
from phylolm.models.spec import open_model

HEADER = "model,prompt,response\n"
BAD_PROBE = "a probe that is not a whole number from 0 to 2147483647"
CUT_SHORT = gzip.compress("".join(f'{{"{i}": {i}}}\n' for i in range(9999)).encode())[:9999]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_words_for_nothing_are_words(tmp_path: Path) -> None:
    rows = "nan,null,None\nnan,null,\nNA,NaN, x\n"
    table = read_completions(write(tmp_path / "a.csv", HEADER + rows)).table
    assert table["model"].tolist() == ["nan", "nan", "NA"]
    assert table["text"].tolist() == ["null", "null", "NaN"]
    assert table["response"].tolist() == ["None", "", " x"]
    assert table["probe"].tolist() == [0, 1, 0]


def test_bad_rows_are_counted_by_kind_and_row(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"model": "m", "prompt": 1, "response": "yes", "probe": 0},
        {"model": " ", "prompt": 1, "response": "yes", "probe": 1},
        {"model": None, "prompt": 1, "response": "yes", "probe": 1},
        {"model": "m", "prompt": 9, "response": "yes", "probe": 1},
        {"model": "m", "prompt": "1", "response": 17, "probe": 1},
        {"model": "m", "prompt": 1, "response": None, "probe": 1},
        {"model": "m", "prompt": 1.0, "response": "again", "probe": 0},
        {"model": "m", "prompt": 1, "response": "", "probe": 1},
        {"model": "m", "prompt": 1, "response": "half \ud83d", "probe": 2},
        {"model": "m", "prompt": 1, "response": "x", "probe": 1.5},
    ]
    lines = [json.dumps(row) for row in rows] + ["{broken", "[1]"]
    path = write(tmp_path / "a.jsonl", "\n".join(lines))
    prompts = write(tmp_path / "p.csv", "prompt,text\n1,What is it?\n")
    recorded = read_completions(path, prompts)
    assert recorded.table["response"].tolist() == ["yes", ""]
    assert set(recorded.table["text"]) == {"What is it?"}
    found = {problem.kind: problem.rows for problem in recorded.problems}
    assert found == {
        "no JSON object, or more fields than the header": (11, 12),
        "no model name": (2, 3),
        "a prompt id that is not in the prompts file": (4,),
        "no response (null)": (6,),
        "a response that is not text": (5, 9),
        BAD_PROBE: (10,),
        "a model, prompt and probe that came before": (7,),
    }
    assert sum(problem.count for problem in recorded.problems) + 2 == len(lines)
    assert f"{path}: 2 rows with no model name (rows 2, 3)" in recorded.report()


def test_probe_numbers_that_are_none(tmp_path: Path) -> None:
    probes = ["99999999999", "Infinity", "1e30", "-1", "1.5", "NaN", "true", "null", '"-1"', '"x"']
    probes += ['"9999999999"', f'"{"9" * 5000}"', "2147483648"]
    lines = [f'{{"model": "m", "prompt": "p", "response": "r", "probe": {p}}}' for p in probes]
    lines += [lines[-1].replace("2147483648", good) for good in ("2147483647", '" 7 "')]
    recorded = read_completions(write(tmp_path / "a.jsonl", "\n".join(lines)))
    [problem] = recorded.problems
    assert (problem.kind, problem.count) == (BAD_PROBE, len(probes))
    assert problem.rows == (1, 2, 3, 4, 5)
    assert len(recorded.table) == 2
    csv = "model,prompt,response,probe\nm,p,r,99999999999\nm,p,r,Infinity\nm,p,r,0\n"
    [problem] = read_completions(write(tmp_path / "a.csv", csv)).problems
    assert (problem.kind, problem.rows) == (BAD_PROBE, (2, 3))


def test_prompt_ids_with_one_text_are_one_prompt(tmp_path: Path) -> None:
    prompts = write(tmp_path / "p.csv", "prompt,text\n1,same\n2,same\n3,other\n")
    rows = "m,1,a\nm,2,b\nm,3,c\n"
    counted = read_completions(write(tmp_path / "a.csv", HEADER + rows), prompts)
    assert counted.table["probe"].tolist() == [0, 1, 0] and not counted.problems
    numbered = "model,prompt,response,probe\nm,1,a,0\nm,2,b,0\nm,3,c,0\n"
    recorded = read_completions(write(tmp_path / "b.csv", numbered), prompts)
    assert recorded.table["response"].tolist() == ["a", "c"]
    [problem] = recorded.problems
    assert problem.kind == "a model, prompt and probe that came before" and problem.rows == (3,)


def test_probes_are_numbered_anew(tmp_path: Path) -> None:
    """One file counts from 1, another numbers its rows; only the order is kept."""
    rows = "m,p,b,2\nm,p,a,1\nm,q,c,200000000\no,p,d,7\nm,q,e,3\n"
    path = write(tmp_path / "a.csv", "model,prompt,response,probe\n" + rows)
    table = read_completions(path).table
    assert table["response"].tolist() == ["b", "a", "c", "d", "e"]
    assert table["probe"].tolist() == [1, 0, 1, 0, 0]
    found = open_model(f"replay:{path}#m").sample(["p", "q"], range(2), SamplingSettings(), 0)
    assert [[probe.text for probe in probes] for probes in found] == [["a", "b"], ["e", "c"]]


def test_csv_rows_are_counted_with_the_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + "m,p,a\n,p,b\n" + "m,,c\n" * 7)
    [nameless, promptless] = read_completions(path).problems
    assert nameless.rows == (3,)
    assert (promptless.count, promptless.rows) == (7, (4, 5, 6, 7, 8))
    assert str(promptless) == "7 rows with no prompt text (rows 4, 5, 6, 7, 8, …)"


def test_short_csv_rows_lack_a_response(tmp_path: Path) -> None:
    recorded = read_completions(write(tmp_path / "a.csv", HEADER + "m,p,a\nm,q\n"))
    assert [problem.kind for problem in recorded.problems] == ["no response (null)"]


def test_csv_rows_are_named_by_their_line(tmp_path: Path) -> None:
    text = HEADER + 'm,"a\nb",r\n,p,r\n\nm,p,r,s\nm,p\n'
    found = read_completions(write(tmp_path / "a.csv", text)).problems
    assert [problem.rows for problem in found] == [(6,), (4,), (7,)]


def test_all_formats_say_the_same(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "model": ["a/b", "a/b", "c"],
            "prompt": ["x\ny", "z", "z"],
            "response": ["é🙂", "", '"q",'],
        }
    )
    frame["gene"] = ["g1", "g2", "g2"]
    frame.to_csv(tmp_path / "f.csv", index=False)
    frame.to_csv(tmp_path / "f.csv.gz", index=False)
    lines = "".join(json.dumps(row) + "\n" for row in frame.to_dict("records"))
    write(tmp_path / "f.jsonl", "\ufeff" + lines)
    (tmp_path / "f.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    columns = {name: pa.array(frame[name].tolist()) for name in frame}
    columns["model"] = columns["model"].dictionary_encode()
    pq.write_table(pa.table(columns), tmp_path / "f.parquet")
    names = ["f.csv", "f.csv.gz", "f.jsonl", "f.jsonl.gz", "f.parquet"]
    tables = [read_completions(tmp_path / name).table for name in names]
    assert tables[0]["response"].tolist() == frame["response"].tolist()
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.csv",
            b"model,prompt\nx,y\n",
            r"no column response \(needed: model, prompt, response\)",
        ),
        ("a.csv", b"", "no column model"),
        ("a.csv", b'model,prompt,response\n"m,p,r\n', "line 2: unexpected end"),
        ("a.csv", b"model,prompt,response\nm,p,\xff\xfe\n", "not UTF-8"),
        ("a.csv", b"model,prompt,response\n", "it has no rows"),
        ("a.csv", b"model,prompt,response\n,p,r\n", r"nothing usable: 1 row with no model name"),
        ("a.jsonl", b"{}\n", "no column model, prompt, response"),
        ("a.csv.gz", CUT_SHORT, "damaged or cut short"),
        ("a.jsonl.gz", CUT_SHORT, "damaged or cut short"),
        ("a.csv.gz", b"not gzip", "damaged"),
        ("a.parquet", b"PAR1 and no more", "can't be read"),
    ],
)
def test_useless_files_are_one_line(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_completions(tmp_path / name)
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_other_suffixes_and_missing_files(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a.parquet.gz", "a"):
        with pytest.raises(ConfigError, match="unknown file type"):
            read_completions(tmp_path / name)
    with pytest.raises(DataError, match="no such file"):
        read_completions(tmp_path / "a.csv")


def test_prompt_files_must_be_unambiguous(tmp_path: Path) -> None:
    data = write(tmp_path / "a.csv", HEADER + "m,1,r\n")
    twice = write(tmp_path / "p.csv", "prompt,text\n1,a\n1,b\n")
    with pytest.raises(DataError, match="'1' is there twice"):
        read_completions(data, twice)


def test_replay_serves_what_was_recorded(tmp_path: Path) -> None:
    rows = "m,p,second,1\nm,p,first one,0\no,p,other,0\n"
    path = write(tmp_path / "a.csv", "model,prompt,response,probe\n" + rows)
    model = open_model(f"replay:{path}#m")
    settings = SamplingSettings()
    found = model.sample(["p"], range(2), settings, seed=5)
    assert found == [[Probe("first one", False), Probe("second", True)]]
    assert model.sample(["p"], range(1, 2), settings, seed=0) == [found[0][1:]]
    with pytest.raises(BackendError, match="m: 2 probes are recorded for the gene 'p'; number 3"):
        model.sample(["p"], range(3), settings, seed=0)
    with pytest.raises(BackendError, match="0 probes are recorded for the gene 'q'"):
        model.sample(["q"], range(1), settings, seed=0)
    with pytest.raises(BackendError, match="no probabilities"):
        model.exact(["p"], settings, 0.1)


def test_replay_names_the_models_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", HEADER + "m,p,r\no,p,r\n")
    for name in ("x", ""):
        with pytest.raises(ConfigError, match=r"a.csv has no model '.?' \(it has: m, o\)"):
            open_model(f"replay:{path}#{name}")
    with pytest.raises(DataError, match="no such file"):
        open_model(f"replay:{tmp_path}/b.csv#m")


def test_half_a_million_rows_in_seconds(tmp_path: Path) -> None:
    count = 500_000
    columns = {
        "model": [f"model-{i % 500}" for i in range(count)],
        "prompt": [f"prompt {i // 500}" for i in range(count)],
        "response": [f"answer {i % 7}" for i in range(count)],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    start = time.process_time()
    recorded = read_completions(tmp_path / "a.parquet")
    assert len(recorded.table) == count and not recorded.problems
    assert time.process_time() - start < 8


@pytest.mark.reference
def test_real_answers_of_913_models(reference: Path) -> None:
    folder = reference / "responses"
    recorded = read_completions(folder / "random100.parquet", folder / "random100_prompts.csv")
    assert len(recorded.models) == 913 and not recorded.problems
