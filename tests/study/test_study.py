import datetime
import json
from dataclasses import replace

import fake_backend
import pandas as pd
import pytest

from phylolm.errors import BackendError, ConfigError, DataError
from phylolm.study.config import read_study
from phylolm.study.publish import RESULTS
from phylolm.study.study import plan_study, run_study
from phylolm.tree.files import read_tree

TODAY = datetime.date(2025, 3, 4)
FIRST = ["a-1", "a-2", "b-1", "b-2", "c-1"]


@pytest.fixture
def no_pictures(monkeypatch):
    """Pictures take most of the time and are tested elsewhere."""
    for name in ("heatmap.svg", "map.svg", "tree.svg"):
        monkeypatch.setitem(RESULTS, name, lambda found, path: path.write_text("a picture"))
    monkeypatch.setitem(RESULTS, "report.html", lambda found, path: path.write_text(found.title))


@pytest.fixture
def study(tmp_path, fake_models):
    """Writes a study of some models and reads it."""

    def write(models=FIRST, genes=70, probes=4, **changed):
        lines = [f"genes = {genes}", f"probes = {probes}"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in changed.items()]
        lines += ["[tree]", "replicates = 20"]
        for model in models:
            lines += ["[[models]]", f'spec = "fake:{model}"', f'family = "{model[0]}"']
        (tmp_path / "study.toml").write_text("\n".join(lines) + "\n")
        return read_study(tmp_path / "study.toml")

    return write


def run(study):
    fake_backend.asked.clear()
    return run_study(study, TODAY)


def leaves(study):
    return set(read_tree(study.out / "tree.nwk").leaf_names)


def written_at(study):
    return {path.name: path.stat().st_mtime_ns for path in study.out.iterdir()}


def test_from_models_to_report(study):
    done = run(study())
    assert done.models == tuple(FIRST) and not done.failed and done.changes is None
    assert {path.name for path in study().out.iterdir()} == {*RESULTS, "manifest.json"}
    assert "a-1" in (study().out / "report.html").read_text()


@pytest.mark.usefixtures("no_pictures")
def test_running_again_does_nothing(study, fake_models):
    run(study())
    before = written_at(study())
    done = run(study())
    assert fake_models == {} and not done.written and written_at(study()) == before


@pytest.mark.usefixtures("no_pictures")
def test_new_models_alone_are_sampled_and_the_tree_is_compared(study, fake_models):
    run(study())
    done = run(study([*FIRST, "c-2"]))
    assert fake_models == {"c-2": 70 * 4} and leaves(study()) == {*FIRST, "c-2"}
    page = (study().out / "changes-2025-03-04.md").read_text()
    assert done.changes and "5 → 6 models" in page and "| c-2 | c-1 |" in page


@pytest.mark.usefixtures("no_pictures")
def test_new_genes_and_probes_alone_are_sampled(study, fake_models):
    run(study())
    run(study(genes=80))
    assert fake_models == dict.fromkeys(FIRST, 10 * 4)
    run(study(genes=80, probes=6))
    assert fake_models == dict.fromkeys(FIRST, 80 * 2)
    done = run(study())
    assert fake_models == {} and "tree.nwk" in done.written


@pytest.mark.usefixtures("no_pictures")
def test_a_model_that_leaves_stays_in_the_bank(study, fake_models):
    run(study())
    run(study(FIRST[:4]))
    assert leaves(study()) == set(FIRST[:4])
    run(study())
    assert fake_models == {} and leaves(study()) == set(FIRST)


@pytest.mark.usefixtures("no_pictures")
def test_a_failing_model_stops_no_other_and_is_tried_again(study, fake_models):
    fake_backend.broken.add("b-1")
    done = run(study([*FIRST, "gone-1"]))
    assert set(done.failed) == {"b-1", "gone-1"} and leaves(study()) == {*FIRST} - {"b-1"}
    fake_backend.broken.clear()
    done = run(study([*FIRST, "gone-1"]))
    assert set(done.failed) == {"gone-1"} and fake_models == {"b-1": 280}
    assert leaves(study()) == set(FIRST)


@pytest.mark.usefixtures("no_pictures")
def test_what_the_bank_holds_of_a_failing_model_stays_in_the_tree(study):
    run(study())
    fake_backend.broken.add("b-1")
    done = run(study(probes=6))
    assert set(done.failed) == {"b-1"} and leaves(study()) == set(FIRST)


@pytest.mark.usefixtures("no_pictures")
def test_a_model_of_another_revision_replaces_the_old_one(study, fake_models):
    run(study())
    run(study([*FIRST[:4], "c-1@v2"], genes=70))
    assert fake_models == {"c-1@v2": 280}


@pytest.mark.usefixtures("no_pictures")
def test_only_what_changed_is_made_anew(study):
    run(study())
    done = run(study(title="Another title"))
    assert done.written == ["report.html"]
    (study().out / "map.svg").unlink()
    (study().out / "tree.svg").write_text("scribbled over")
    done = run(study(title="Another title"))
    assert done.written == ["tree.svg", "map.svg"]


@pytest.mark.usefixtures("no_pictures")
def test_the_plan_counts_what_is_missing_and_does_nothing(study, fake_models, tmp_path):
    planned, files = plan_study(study())
    assert {each.probes for each in planned} == {280} and files == list(RESULTS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.toml"]
    run(study())
    fake_models.clear()
    planned, files = plan_study(study([*FIRST, "c-2", "gone-1"], genes=72))
    missing = {each.model: each.probes for each in planned}
    assert missing == {**dict.fromkeys(FIRST, 8), "c-2": 288, "gone-1": 0}
    assert fake_models == {} and plan_study(study())[1] == []


def test_too_few_models_say_why(study):
    fake_backend.broken.add("b-1")
    with pytest.raises(BackendError, match="b-1: b-1 fell over"):
        run(study(["a-1", "b-1"]))


@pytest.mark.usefixtures("no_pictures")
def test_scores_that_are_missing_are_forecast(study, tmp_path):
    known = {"a-1": 0.7, "a-3": 0.72, "b-1": 0.4, "b-3": 0.42, "c-1": 0.5, "c-3": 0.52}
    rows = "".join(f"{name},{score}\n" for name, score in known.items())
    (tmp_path / "scores.csv").write_text("model,trivia\n" + rows)
    models = [*known, "a-2", "b-2"]
    done = run(study(models, scores="scores.csv"))
    assert "forecasts.csv" in done.written
    table = pd.read_csv(study().out / "forecasts.csv")
    assert set(table["model"]) == {"a-2", "b-2"}
    assert not run(study(models, scores="scores.csv")).written
    (tmp_path / "scores.csv").write_text("model,trivia\n" + rows.replace("0.7\n", "0.6\n"))
    assert run(study(models, scores="scores.csv")).written == ["forecasts.csv"]
    with pytest.raises(ConfigError, match="no scores at"):
        run(study(models, scores="none.csv"))
    (tmp_path / "strange.csv").write_text("model,trivia\nnobody,0.5\n")
    with pytest.raises(DataError, match="none of the 1 models"):
        run(study(models, title="New", scores="strange.csv"))
    assert run(study(models, title="New")).written == ()


@pytest.mark.parametrize("root", ["outgroup:zzz", "outgroup:a-1,zzz"])
def test_an_outgroup_that_is_not_there_is_refused_before_sampling(study, root):
    made = study()
    wrong = replace(made, tree=replace(made.tree, root=root))
    with pytest.raises(ConfigError, match="outgroup 'zzz'"):
        run(wrong)
    assert not fake_backend.asked


def test_one_model_is_refused_before_sampling(study):
    with pytest.raises(ConfigError, match="at least 2 models"):
        run(study(["a-1"]))
    assert not fake_backend.asked
