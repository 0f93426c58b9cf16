"""Disagreements of name, declaration and measurement."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from phylolm.atlas import audit as rules
from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.licences import lost_terms, terms
from phylolm.atlas.lineage import DeclaredEdge, Lineage, declared_edges
from phylolm.atlas.names import names_table
from phylolm.atlas.parents import FEATURES, ParentIndex, Weights, fit
from phylolm.cli import main
from phylolm.distance.matrix import DistanceMatrix


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """Two bases with sixty declared children each, some that are odd, and 400 others."""
    rows = [
        "id,downloads,likes,license,created_at,parameters,model_type,base_model,base_model_relation"
    ]
    for base, family in (("meta/Llama-3.1-8B", "llama"), ("qwen/Qwen2.5-7B", "qwen2")):
        rows.append(f"{base},1000,9,{'llama3.1' if family == 'llama' else 'apache-2.0'},"
                    f"2024-05-01,8e9,{family},,")  # fmt: skip
        short = base.split("/")[1]
        rows += [
            f"u{i}/{short}-{word}-v{i},5,1,mit,2024-06-{i % 28 + 1:02},8e9,{family},{base},finetune"
            for i, word in enumerate(["story", "medical", "code", "math", "chat"] * 12)
        ]
    rows += [
        "new/Llama-3.1-8B-GGUF,7,1,,2024-07-01,,,,",
        "new/Llama-3.1-8B-poems,7,1,,2024-07-01,,,qwen/Qwen2.5-7B,finetune",
        "old/thing,7,1,,2023-01-01,9e9,llama,qwen/Qwen2.5-7B,finetune",
        "lone/zzyzx,7,1,,2024-07-01,,,,",
    ]
    letters = np.random.default_rng(0).choice(list("abcdefgh"), (400, 8))
    rows += [f"f{i % 50}/{''.join(word)}-{i},,,,,,,," for i, word in enumerate(letters)]
    path = tmp_path_factory.mktemp("a") / "c.csv"
    path.write_text("\n".join(rows))
    return read_catalogue(path).models, path


@pytest.fixture(scope="module")
def lineage(catalogue):
    return Lineage.of(declared_edges(catalogue[0]))


@pytest.fixture(scope="module")
def index(catalogue, lineage):
    return rules.parent_index(catalogue[0], lineage)


def test_a_quantised_copy_without_a_parent_gets_one(index, lineage):
    found = {f.model: f for f in rules.missing_parents(index, lineage)}
    assert found["new/Llama-3.1-8B-GGUF"].other == "meta/Llama-3.1-8B"
    assert found["new/Llama-3.1-8B-GGUF"].probability > 0.5 and "lone/zzyzx" not in found


def test_names_at_hand_change_nothing(catalogue):
    ids = ["x/llama-13b", *catalogue[0]["id"][::-1]]
    known = names_table(list(catalogue[0]["id"]))
    assert rules._names_of(ids, catalogue[0], known).equals(names_table(ids))
    models = catalogue[0]
    renamed = Lineage.of(declared_edges(models), {"qwen/Qwen2.5-7B": "Qwen/Qwen2.5-7B"})
    shuffled = models.iloc[::-1]
    plain = rules.to_table(rules.findings(shuffled, renamed))
    told = rules.to_table(rules.findings(shuffled, renamed, names=names_table(shuffled["id"])))
    assert len(plain) > 2 and plain.equals(told)


def test_a_wrong_declaration_is_doubted(index, lineage):
    found = {f.model: f.other for f in rules.doubtful_parents(index, lineage, 0.3, 0.1)}
    assert found["new/Llama-3.1-8B-poems"] == "meta/Llama-3.1-8B"
    assert len(found) <= 2


def test_a_parent_of_nearer_name_is_not_doubted(catalogue):
    """Sixty siblings say llama, but the declared parent's name says more than theirs."""
    sibling = {"downloads": 5, "base_models": "meta/Llama-3.1-8B", "base_relations": "finetune"}
    near = "new/Llama-3.1-8B-wholly-odd-weights"
    added = [{**sibling, "id": f"{near}-GGUF", "base_models": near}]
    models = pd.concat([catalogue[0], pd.DataFrame(added)], ignore_index=True)
    lineage = Lineage.of(declared_edges(models))
    index = rules.parent_index(models, lineage)
    found = {f.model for f in rules.doubtful_parents(index, lineage, 0.0, 1.0)}
    assert f"{near}-GGUF" not in found and "new/Llama-3.1-8B-poems" in found


@pytest.mark.parametrize(
    ("child", "parent", "counts", "told"),
    [
        ("a/odd-9B", "b/base-4B", (9e9, 4e9), "9,000,000,000 parameters, its parent b/base-4B 4,"),
        ("a/odd-9B", "b/base-9B", (9e9, 1e6), None),  # the hub counted a part
        ("a/odd", "b/base-0.5B", (6.3e8, None), None),  # half a billion, rounded
        ("a/odd", "b/base-0.5B", (9e8, None), "900,000,000 parameters, its parent b/base-0.5B"),
        ("a/bert-large", "b/base", (None, 1e8), None),  # a word is no size
    ],
)
def test_a_child_larger_than_its_parent(tmp_path, child, parent, counts, told):
    size = ["" if count is None else f"{count:.0f}" for count in counts]
    path = tmp_path / "c.csv"
    path.write_text(
        "id,downloads,likes,parameters,base_model,base_model_relation\n"
        f"{child},1,1,{size[0]},{parent},finetune\n{parent},1,1,{size[1]},,\n"
    )
    models = read_catalogue(path).models
    lineage = Lineage.of(declared_edges(models))
    found = [f.why for f in rules.impossible_declarations(models, lineage)]
    assert len(found) == (told is not None) and all(why.startswith(told) for why in found)


def test_impossible_declarations(catalogue, lineage):
    found = {(f.kind, f.model) for f in rules.impossible_declarations(catalogue[0], lineage)}
    assert found == {
        ("older than parent", "old/thing"),
        ("larger than parent", "old/thing"),
        ("other architecture", "old/thing"),
    }


def test_lost_terms_come_with_their_path():
    lineage = Lineage.of([DeclaredEdge("c", "b"), DeclaredEdge("b", "a"), DeclaredEdge("d", "a")])
    licences = {"a": "cc-by-nc-sa-4.0", "b": "mit", "c": "apache-2.0", "d": "cc-by-nc-4.0"}
    found = list(lost_terms(lineage, licences))
    assert {(f.model, f.terms) for f in found} == {
        (model, kind) for model in "bc" for kind in ("non-commercial", "share-alike")
    }
    assert next(f for f in found if f.model == "c").path == ("c", "b", "a")


@pytest.mark.parametrize(
    ("licence", "kinds"),
    [
        ("mit", ()), ("Apache-2.0", ()), ("cc-by-4.0", ()), ("", ()), ("other", ()),
        ("cc-by-nc-4.0", ("non-commercial",)), ("gpl-3.0", ("share-alike",)),
        ("llama2", ("use-restricted",)), ("qwen-research", ("non-commercial", "use-restricted")),
    ],
)  # fmt: skip
def test_terms(licence, kinds):
    assert terms(licence) == kinds


def test_measured_kin():
    names = ("a", "a1", "a2", "b", "b1", "x")
    lineage = Lineage.of(
        [DeclaredEdge("a1", "a"), DeclaredEdge("a2", "b"), DeclaredEdge("b1", "b")]
    )
    values = np.full((6, 6), 1.0)
    for i, j, d in ((0, 1, 0.05), (0, 2, 0.06), (1, 2, 0.08), (3, 4, 0.05), (4, 5, 0.1)):
        values[i, j] = values[j, i] = d
    np.fill_diagonal(values, 0)
    matrix = DistanceMatrix(names, values, std_error=np.full((6, 6), 0.01))
    found = {f.model: f.kind for f in rules.measured_kin(matrix, lineage)}
    assert found["a1"] == "kin agrees" and found["b1"] == "kin agrees"
    assert found["a2"] == "kin contradicts" and found["x"] == "kin fills a gap"


def test_weights_are_learnt():
    rng = np.random.default_rng(0)
    places = np.repeat(np.arange(400), 5)
    features = rng.normal(size=(2000, len(FEATURES)))
    odds = np.exp(2 * features[:, 0] - 1)
    total = 1 + np.bincount(places, odds)
    drawn = rng.random(2000) < odds / total[places]
    first = np.zeros(2000, dtype=bool)
    first[np.unique(places[drawn], return_index=True)[1]] = True
    true = np.zeros(2000, dtype=bool)
    true[np.flatnonzero(drawn)[np.unique(places[drawn], return_index=True)[1]]] = True
    learnt = fit(features, places, true)
    assert learnt.weights[0] > 1 and max(abs(w) for w in learnt.weights[1:]) < 0.5


def test_probabilities_add_up(index):
    rows = np.arange(len(index.models))
    found = index.propose(rows, Weights(), most=1000)
    assert (found.groupby("child")["probability"].sum() < 1).all()
    assert (found["child"] != found["parent"]).all()
    assert len(ParentIndex(["a/x", "b/y"]).propose(np.array([0, 1]))) == 0


def test_command(catalogue, monkeypatch, capsys, tmp_path):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["phylolm", "atlas", "audit", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, capsys.readouterr()

    code, shown = run(catalogue[1], "--json")
    kinds = {each["kind"] for each in json.loads(shown.out)}
    assert code == 0 and {"missing parent", "licence terms lost", "older than parent"} <= kinds
    code, shown = run(catalogue[1], "-o", tmp_path / "f.csv")
    assert code == 0 and "licence terms lost: 60" in shown.out
    assert len(pd.read_csv(tmp_path / "f.csv")) == len(
        json.loads(run(catalogue[1], "--json")[1].out)
    )


def test_small_catalogues_are_told_that_nobody_can_tell(run, tmp_path):
    rows = ["id,base_model", "meta/Llama-3.1-8B,", "b/bert-base-uncased,"]
    rows += [f"u{i}/Llama-3.1-8B-GGUF-{word},meta/Llama-3.1-8B" for i, word in enumerate("abcde")]
    rows += ["x/Llama-3.1-8B-GGUF,", *(f"o{i}/{'pqrstu'[i]}-{i}{i},,"[:-1] for i in range(6))]
    (tmp_path / "c.csv").write_text("\n".join(rows))
    code, out, err = run("atlas", "audit", tmp_path / "c.csv", "--probability", "0.01", "--json")
    guesses = [each for each in json.loads(out) if each["kind"] == "missing parent"]
    assert code == 0 and "only 5 edges are declared here" in err
    assert guesses and all(each["probability"] is None for each in guesses)
    assert all("can't tell how surely" in each["why"] for each in guesses)


def test_large_ones_how_many_edges_they_rest_on(catalogue, run):
    code, out, err = run("atlas", "audit", catalogue[1])
    assert code == 0 and "rest on 122 declared edges" in err and "probability 0." in out
