"""phylolm predict and select, as a user runs them: distances and scores from files."""

import json

import numpy as np
import pandas as pd
import pytest

FAMILIES = ("oak", "elm", "ash", "fir")
EACH = 8
BENCHMARKS = ("alpha", "beta")


@pytest.fixture
def study(tmp_path):
    """32 models of four families on a line of skill; distances.csv and scores.csv, four gaps."""
    rng = np.random.default_rng(3)
    place = np.repeat(rng.normal(size=(4, 3)), EACH, axis=0) + 0.4 * rng.normal(size=(32, 3))
    d = ((place[:, None] - place[None]) ** 2).sum(-1) / 4
    names = [f"{family}-{n}" for family in FAMILIES for n in range(EACH)]
    pd.DataFrame(d, names, names).to_csv(tmp_path / "distances.csv")
    skill = place @ np.array([[1.0, 0.8], [-0.6, -0.5], [0.3, 0.6]]) + 0.1 * rng.normal(
        size=(32, 2)
    )
    scores = pd.DataFrame(100 / (1 + np.exp(-skill)), columns=BENCHMARKS).round(2)
    scores.insert(0, "model", names)
    scores["family"] = np.repeat(FAMILIES, EACH)
    scores["size"] = np.round(10 ** (0.3 * place[:, 0]), 3)
    truth = scores.set_index("model")
    scores.loc[scores.index % 8 == 3, list(BENCHMARKS)] = np.nan
    scores.to_csv(tmp_path / "scores.csv", index=False)
    return tmp_path, truth


def arguments(folder):
    return ["--distances", folder / "distances.csv", "--scores", folder / "scores.csv"]


def test_forecasts_of_missing_scores(run, study):
    folder, truth = study
    code, out, err = run("predict", *arguments(folder), "--json")
    assert code == 0 and "alpha, beta read as percent" in err
    found = json.loads(out)
    assert {f["model"] for f in found} == {f"{family}-3" for family in FAMILIES}
    assert len(found) == 8
    for f in found:
        assert 0 <= f["low"] <= f["value"] <= f["high"] <= 1
        assert f["basis"] == "scored kin" and len(f["kin"]) == 3 and f["known"] == ["size"]
    errors = [abs(f["value"] - truth.loc[f["model"], f["benchmark"]] / 100) for f in found]
    spread = truth[list(BENCHMARKS)].to_numpy().std() / 100
    assert np.mean(errors) < 0.7 * spread


def test_forecasts_as_a_table_for_people(run, study):
    code, out, _ = run("predict", *arguments(study[0]), "--model", "oak-3")
    assert code == 0
    assert "oak-3" in out and "elm-3" not in out
    assert "scored kin" in out and "most influential models" in out


def test_evaluation_with_pictures(run, study):
    folder, _ = study
    code, out, err = run("predict", *arguments(folder), "--evaluate", "-o", folder / "f.png")
    assert code == 0
    assert "answers only" in out and "published protocol" in out and "size only" in out
    for name in ("f.png", "f-calibration.png"):
        assert (folder / name).stat().st_size > 10_000
        assert name in err
    code, out, _ = run("predict", *arguments(folder), "--evaluate", "--cv-group", "tenth", "--json")
    summary = pd.DataFrame(json.loads(out)["summary"])
    ours = summary[(summary.method == "answers only") & (summary.benchmark == "mean")]
    mean = summary[(summary.method == "mean") & (summary.benchmark == "mean")]
    assert float(ours.mae.iloc[0]) < 0.7 * float(mean.mae.iloc[0])


def test_evaluation_by_clades_of_the_tree(run, study):
    code, out, _ = run("predict", *arguments(study[0]), "--evaluate", "--cv-group", "clade")
    assert code == 0 and "leaving out one clade" in out


def test_a_score_made_up_is_worth_a_look(run, study):
    folder, _ = study
    table = pd.read_csv(folder / "scores.csv")
    table.loc[table.model == "elm-5", "alpha"] = 99.0
    table.to_csv(folder / "scores.csv", index=False)
    code, out, err = run("predict", *arguments(folder), "--residuals")
    first = next(line for line in out.splitlines() if "elm" in line or "oak" in line)
    assert code == 0 and "elm-5" in first and "alpha" in first
    assert "can't tell which" in err


def test_what_to_benchmark_next(run, study):
    code, out, _ = run("select", *arguments(study[0]), "--limit", "2", "--json")
    picks = json.loads(out)
    assert code == 0 and len(picks) == 2
    assert picks[1]["left"] < picks[0]["left"] < 1
    assert "remaining predictive variance" in run("select", *arguments(study[0]), "-n", "2")[1]
    assert {pick["model"] for pick in picks} < {f"{family}-3" for family in FAMILIES}


def test_all_rows_as_csv(run, study):
    folder, _ = study
    code, _, _ = run("predict", *arguments(folder), "-o", folder / "out.csv")
    table = pd.read_csv(folder / "out.csv")
    assert code == 0 and len(table) == 8
    code, _, _ = run(
        "predict",
        *arguments(folder),
        "--evaluate",
        "-o",
        folder / "all.csv",
        "-o",
        folder / "g.svg",
    )
    assert code == 0 and (folder / "g-calibration.svg").exists()
    assert len(pd.read_csv(folder / "all.csv")) > 8
    assert (table.low < table.value).all() and table.kin.str.count(";").eq(2).all()


def change(folder, edit):
    table = pd.read_csv(folder / "scores.csv", dtype=object)
    edit(table).to_csv(folder / "scores.csv", index=False)


BAD = {
    "text in a number cell": (
        lambda t: t.assign(alpha=["good", *t.alpha[1:]]), ["scores.csv", "row 2", "alpha", "good"]),
    "the same model twice": (
        lambda t: pd.concat([t, t.iloc[:1].assign(beta="1")]), ["oak-0", "row"]),
    "constant scores": (lambda t: t.assign(beta="50"), ["beta", "same score"]),
    "too few scores": (
        lambda t: t.assign(beta=[*t.beta[:3], *[""] * 29]), ["beta", "3 scores", "--benchmark"]),
    "nobody measured": (lambda t: t.assign(model="x" + t.model), ["none of the 32", "xoak-0"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_scores_are_refused_in_one_line(run, study, case):
    edit, words = BAD[case]
    change(study[0], edit)
    code, out, err = run("predict", *arguments(study[0]))
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert code == 1 and len(errors) == 1 and not out
    assert all(word in errors[0] for word in words), errors


def test_one_family_only_offers_clades(run, study):
    change(study[0], lambda t: t.assign(family="tree"))
    code, _, err = run("predict", *arguments(study[0]), "--evaluate")
    assert code == 1 and "--cv-group clade" in err


def test_unknown_models_are_listed(run, study):
    change(study[0], lambda t: pd.concat([t, t.iloc[:1].assign(model="stranger")]))
    code, _, err = run("predict", *arguments(study[0]), "--json")
    assert code == 0 and "scored but not measured (1): stranger" in err


def test_a_model_that_was_not_measured(run, study):
    code, _, err = run("predict", *arguments(study[0]), "--model", "nobody")
    assert code == 2 and "nobody" in err


@pytest.mark.parametrize(
    "wrong",
    [["-o", "f.svg"], ["--evaluate", "--residuals"], ["--evaluate", "--model", "oak-3"],
     ["-o", "out.txt"], ["--evaluate", "-o", "f.txt"]],
)  # fmt: skip
def test_options_that_make_no_sense_together(run, study, wrong):
    code, out, err = run("predict", *arguments(study[0]), *wrong)
    assert code == 2 and not out and err.startswith("error: ")
