"""Studies from the command line, with real small models."""

import json

from fake_server import FakeServer

from phylolm.tree.files import read_tree


def write_study(folder, zoo, models, extra=""):
    lines = ["genes = 16", "probes = 4", extra, "[tree]", "replicates = 20"]
    for name in models:
        lines += ["[[models]]", f'spec = "hf:{zoo.path(name)}"', f'name = "{name}"']
    path = folder / "study.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_init_writes_a_study_and_never_over_one(run, tmp_path):
    assert run("init", "-o", tmp_path / "s.toml")[0] == 0
    code, _, err = run("init", "-o", tmp_path / "s.toml")
    assert code == 2 and "is there already" in err


def test_a_study_grows(run, zoo, tmp_path):
    study = write_study(tmp_path, zoo, zoo.models[:3])
    code, out, err = run("run", study, "--dry-run", "--json")
    plan = json.loads(out)
    assert code == 0 and [each["probes"] for each in plan["models"]] == [64] * 3
    assert not (tmp_path / "bank").exists()
    assert run("run", study)[0] == 0
    assert set(read_tree(tmp_path / "results" / "tree.nwk").leaf_names) == set(zoo.models[:3])
    code, _, err = run("run", study)
    assert code == 0 and "up to date" in err
    study = write_study(tmp_path, zoo, zoo.models[:4])
    code, out, _ = run("run", study, "--dry-run")
    assert code == 0 and zoo.models[3] in out
    code, _, err = run("run", study)
    assert code == 0 and "models joined: see" in err


def test_a_failing_model_is_told_and_the_others_are_done(run, zoo, tmp_path):
    study = write_study(tmp_path, zoo, zoo.models[:2])
    study.write_text(study.read_text() + '[[models]]\nspec = "hf:./nowhere"\n')
    code, out, err = run("run", study)
    assert code == 3 and "nowhere" in out and "2 models; wrote" in err
    assert (tmp_path / "results" / "report.html").exists()


def test_mistakes_in_a_study_are_one_line(run, zoo, tmp_path):
    study = write_study(tmp_path, zoo, zoo.models[:2], "probs = 3")
    code, _, err = run("run", study)
    assert code == 2 and "line 3" in err and "probes" in err and "Traceback" not in err


def test_servers_join_a_study_within_a_budget(run, zoo, tmp_path):
    with FakeServer() as server:
        study = write_study(tmp_path, zoo, zoo.models[:2])
        models = study.read_text() + f'[[models]]\nspec = "{server.spec()}"\nname = "served"\n'
        study.write_text(models)
        code, out, _ = run("run", study, "--dry-run", "--json")
        plan = {each["model"]: each for each in json.loads(out)["models"]}
        assert code == 0 and plan["served"]["remote"] and not plan[zoo.models[0]]["remote"]
        code, _, err = run("run", study, "--max-calls", 0)
        assert code == 2 and "--max-calls" in err
        code, _, err = run("run", study)
        assert (
            code == 2
            and "mix_settings = true" in err
            and not (tmp_path / "bank" / "parts").exists()
        )
        study.write_text("mix_settings = true\n" + models)
        code, out, err = run("run", study)
        assert code == 0, err
        leaves = read_tree(tmp_path / "results" / "tree.nwk").leaf_names
        assert set(leaves) == {*zoo.models[:2], "served"}
        code, _, err = run("run", study)
        assert code == 0 and "up to date" in err
