"""Results of lm-evaluation-harness: what is read, what is said of it, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phylolm.errors import ConfigError, DataError
from phylolm.predict.scores import ScoreTable, read_scores


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def results(path: Path, model: str | None, tasks: Any, **more: Any) -> Path:
    named = {} if model is None else {"model_name": model}
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, json.dumps({"results": tasks, **named, **more}))


def said(table: ScoreTable, *words: str) -> bool:
    """Whether one note has all the words."""
    return any(all(word in note for word in words) for note in table.notes)


def test_harness_results_of_one_model(tmp_path: Path) -> None:
    tasks = {
        "arc": {"alias": "arc", "acc,none": 0.4, "acc_stderr,none": 0.1, "acc_norm,none": 0.5},
        "gsm8k": {"exact_match,flexible-extract": 0.7, "exact_match,strict-match": 0.6},
        "truthfulqa": {"mc1,none": 0.2, "mc2,none": 0.3},
        "wikitext": {"word_perplexity,none": 12.5, "bits_per_byte,none": 0.8},
        "ifeval": {"sample_len": 1, "level,none": 0.9},
        "empty": {"acc,none": float("nan")},
        "half": {"acc,none": "N/A", "acc_stderr,none": "N/A"},
    }
    path = results(
        tmp_path / "r.json",
        "org/m",
        tasks,
        higher_is_better={"wikitext": {"bits_per_byte": False}},
        config={"model_num_parameters": 7_000_000_000},
    )
    table = read_scores(path)
    assert table.models == ("org/m",)
    assert table.benchmarks == ("arc", "gsm8k", "truthfulqa", "ifeval")
    assert table.values.tolist() == [[0.5, 0.6, 0.3, 0.9]] and table.parameters.tolist() == [7]
    assert said(table, "acc_norm is taken, not acc: arc")
    assert said(table, "exact_match,strict-match is taken", "gsm8k")
    assert said(table, "wikitext", "word_perplexity 12.5", "bits_per_byte 0.8", "left out")
    assert said(table, "empty, half left out")
    assert read_scores(path, ["ifeval"]).values.tolist() == [[0.9]]
    with pytest.raises(ConfigError, match="no benchmark 'mmlu'"):
        read_scores(path, ["mmlu"])
    with pytest.raises(ConfigError, match="writes fractions"):
        read_scores(path, scale="percent")


def test_groups_stand_for_their_subtasks(tmp_path: Path) -> None:
    acc = {f"mmlu_{x}": {"acc,none": 0.5} for x in ("stem", "maths", "other")}
    tasks = {"mmlu": {"acc,none": 0.6}, **acc, "solo": {"acc": 0.1}, "bare": {" ": " "}}
    tasks |= {"bare_1": {"acc,none": 0.2}, "bare_2": {"acc,none": 0.3}}
    groups = {"mmlu": ["mmlu_stem", "mmlu_other"], "mmlu_stem": ["mmlu_maths", "mmlu"], "solo": []}
    groups["bare"] = ["bare_1", "bare_2"]
    path = results(tmp_path / "r.json", "m", tasks, group_subtasks=groups)
    table = read_scores(path)
    assert table.benchmarks == ("mmlu", "solo", "bare_1", "bare_2")
    assert said(table, "subtasks of mmlu are left out") and not said(table, "bare")
    assert read_scores(path, ["mmlu_maths"]).values.tolist() == [[0.5]]


def test_a_bundle_of_different_measures_is_no_benchmark(tmp_path: Path) -> None:
    tasks = {"arc": {"acc_norm,none": 0.5}, "gsm": {"exact_match,none": 0.4}}
    group = {"leaderboard": {"acc_norm,none": 0.5}, "arc": {"acc_norm,none": 0.9}}
    groups = {"leaderboard": ["arc", "gsm"]}
    path = results(tmp_path / "r.json", "m", tasks, groups=group, group_subtasks=groups)
    table = read_scores(path)
    assert table.benchmarks == ("arc", "gsm") and said(table, "leaderboard", "left out")
    assert table.values.tolist() == [[0.5, 0.4]]


def test_old_results(tmp_path: Path) -> None:
    def subjects(of: str, n: int) -> dict[str, Any]:
        names = [f"harness|hendrycksTest-{i}|5" for i in range(n)]
        last = {names[-1]: {"acc": None}} if of == "b" else {}
        return {name: {"acc": i / 100, "acc_norm": i / 100} for i, name in enumerate(names)} | last

    for of, n in (("a", 57), ("b", 57), ("c", 3)):
        tasks = {"all": {"acc": 0.9}, "harness|arc:challenge|25": {"acc": 0.1, "acc_norm": 0.2}}
        tasks["harness|drop|3"] = {"f1": 0.4, "em": 0.1}
        if of == "c":
            tasks["harness|drop|0"] = {"f1": 0.3}
        general = {"model_name": f"org/{of}"}
        path = tmp_path / f"results_{of}.json"
        results(path, None, tasks | subjects(of, n), config_general=general)
    table = read_scores(tmp_path)
    assert table.models == ("org/a", "org/b", "org/c")
    assert sorted(table.benchmarks) == ["MMLU", "arc:challenge", "drop|0", "drop|3"]
    frame = table.to_pandas()
    assert frame["arc:challenge"].tolist() == [0.2] * 3
    assert frame["MMLU"].iloc[[0, 2]].tolist() == pytest.approx([0.28, 0.01])
    assert np.isnan(frame["MMLU"].iloc[1])
    assert said(table, "MMLU is the mean of 57") and said(table, "mean of 3", "results_c.json")
    assert said(table, "results_b.json: MMLU is a gap") and said(table, '"all"')
    assert not said(table, "not the same measure")


def test_the_later_of_two_runs_wins(tmp_path: Path) -> None:
    def scores(x: float, acc: str = "acc") -> dict[str, Any]:
        return {"arc": {f"{acc},none": x}}

    results(tmp_path / "a" / "results_z.json", "m", scores(0.1), date=200.0)
    results(tmp_path / "results_a.json", "m", scores(0.2), date=300)
    results(tmp_path / "results_y.json", "m", scores(0.3) | {"x": {"acc": 1}}, date=100.5)
    results(tmp_path / "results_b.json", "m", scores(float("nan")), date=900)
    results(tmp_path / "other.json", "n", scores(0.4, "acc_norm"))
    for name in ("results_2024-05-01T10-00-00.5.json", "results_2023-12-31T10-00-00.5.json"):
        results(tmp_path / "deep" / name, "o", scores(0.5 if "2024" in name else 0.6))
    # A file that says November 2023 inside comes before a name that says 2024.
    results(tmp_path / "results_zz.json", "o", scores(0.9), date=1.7e9)
    results(tmp_path / "results_1.json", "p", scores(0.7), date="2025-01-01T00:00:00")
    results(tmp_path / "results_2.json", "p", scores(0.8), date="2024-01-01T00:00:00")
    write(tmp_path / "config.json", '{"a": 1}')
    write(tmp_path / "notes.json", "no json")
    table = read_scores(tmp_path)
    assert table.models == ("m", "n", "o", "p")
    assert table.to_pandas()["arc"].tolist() == [0.2, 0.4, 0.5, 0.7]
    assert table.to_pandas()["x"].iloc[0] == 1
    assert said(table, "m: arc in several files") and said(table, "o: arc in several files")
    assert said(table, "2 .json files hold no results: config.json, notes.json")
    assert said(table, "arc is", "acc of 3", "acc_norm of 1", "not the same measure")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"model_args": "pretrained=org/a,dtype=float16"}, "org/a"),
        ({"model_args": "dtype=auto, model=gpt"}, "gpt"),
        ({"model_args": {"pretrained": "org/b", "dtype": "auto"}}, "org/b"),
        ({"model_args": "pretrained=org/base,peft=org/lora"}, "org/lora"),
    ],
)
def test_the_model_is_found_in_its_arguments(tmp_path: Path, config: Any, name: str) -> None:
    path = results(tmp_path / "r.json", None, {"arc": {"acc": 0.5}}, config=config)
    assert read_scores(path).models == (name,)


ARC = {"arc": {"acc,none": 0.5}}
BAD_RESULTS: list[tuple[dict[str, Any], str]] = [
    ({"results": ARC}, "no model is named; add"),
    ({"results": ARC, "model_name": 7, "config": {"model_args": 3}}, "no model is named"),
    ({"results": ARC, "config": "hf"}, '"config" is no JSON object'),
    ({"results": ARC, "model_name": "m", "groups": [1]}, '"groups" is no JSON object'),
    ({"results": {"arc": 0.5}, "model_name": "m"}, "task 'arc' are no JSON object"),
    ({"results": {"arc": {"acc,none": "high"}}, "model_name": "m"}, "'arc': acc,none is 'high'"),
    ({"results": {"arc": {"acc,none": [1]}}, "model_name": "m"}, r"acc,none is \[1\]"),
    ({"results": ARC, "model_name": "m", "group_subtasks": {"g": "arc"}}, "of 'g' is no list"),
    ({"results": ARC, "model_name": "m", "group_subtasks": {"g": [{}]}}, "of 'g' is no list"),
    ({"results": {"arc": {"acc": 50}}, "model_name": "m"}, "no task with a score: arc .*acc 50"),
    ({"results": {"arc": {"acc": 10**400}}, "model_name": "m"}, "no task with a score.*acc inf"),
    ({"results": {"arc": {"acc": None}}, "model_name": "m"}, "no task has a number"),
    ({"results": {}, "model_name": "m"}, "no task with a score"),
    ({"results": ARC, "model_name": "\ud83d"}, "half a character"),
    ({"results": {"\ud83d": {"acc": 1}}, "model_name": "m"}, "half a character"),
]


@pytest.mark.parametrize(("document", "error"), BAD_RESULTS)
def test_bad_results_are_refused_in_one_line(tmp_path: Path, document: Any, error: str) -> None:
    path = write(tmp_path / "results_x.json", json.dumps(document))
    for place in (path, tmp_path):
        with pytest.raises(DataError, match=error) as caught:
            read_scores(place)
        assert str(place) in str(caught.value) and "\n" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["acc", "m", "N/A"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["acc", "arc", "model_args", "model_name"]), inner)
    ),
    max_leaves=6,
)
FUZZ = st.dictionaries(
    st.sampled_from(
        ["groups", "group_subtasks", "higher_is_better", "config", "model_name", "date"]
    ),
    JSON,
)


@settings(max_examples=300, deadline=None)
@given(tasks=st.dictionaries(st.sampled_from(["arc", "all"]), JSON), more=st.data())
def test_no_json_makes_a_traceback(tmp_path_factory: Any, tasks: Any, more: st.DataObject) -> None:
    document = {"results": tasks, "model_name": "m", **more.draw(FUZZ)}
    path = write(tmp_path_factory.getbasetemp() / "fuzz.json", json.dumps(document))
    try:
        table = read_scores(path)
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert len(table.values) == len(table.models) == 1
        assert ((table.values >= 0) & (table.values <= 1)).all()


def test_dates_of_any_kind_stop_nothing(tmp_path: Path) -> None:
    for i, date in enumerate([True, [], "2024-99-01T00:00:00", "x", 10**400, float("nan"), {}]):
        results(tmp_path / f"results_{i}.json", "m", {"arc": {"acc": i / 10}}, date=date)
    assert read_scores(tmp_path).values.tolist() == [[0.6]]


def test_folders_without_results(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='no .json file with "results"'):
        read_scores(tmp_path)
    write(tmp_path / "results_cut.json", '{"results": ')
    with pytest.raises(DataError, match="results_cut.json: broken JSON, line 1"):
        read_scores(tmp_path)
