import re
import tomllib
from dataclasses import fields

import pytest

from phylolm.errors import ConfigError
from phylolm.models.protocol import SamplingSettings
from phylolm.study.config import StudyModel, StudyPlan, StudyTree, parse_study, read_study, template

SMALL = """probes = 8

[tree]
root = "mad"

[[models]]
spec = "hf:a/b"

[[models]]
spec = "hf:c"
"""


def study(text, folder):
    return parse_study(text, folder / "study.toml")


def test_the_template_loads(tmp_path):
    (tmp_path / "study.toml").write_text(template())
    read = read_study(tmp_path / "study.toml")
    assert [spec.name for spec in read.specs()] == ["gpt2", "distilgpt2"]
    assert read.tree == StudyTree() and read.settings == SamplingSettings()
    assert read.plan == StudyPlan() and read.bank == tmp_path / "bank"
    assert read.families() == {"gpt2": "gpt2", "distilgpt2": "gpt2"}
    assert read.colours() == {"gpt2": "#0072b2"}


def test_what_the_template_leaves_out_loads_too_and_is_the_default(tmp_path):
    """Every setting is in the template, and commented settings show their defaults."""
    text = re.sub(r"(?m)^# (\w+ = )", r"\1", template())
    read = study(text, tmp_path)
    assert read.tree == StudyTree() and read.settings == SamplingSettings()
    tables = tomllib.loads(text)
    assert set(tables["tree"]) == {field.name for field in fields(StudyTree)}
    assert set(tables["settings"]) == {field.name for field in fields(SamplingSettings)}
    assert set(tables["models"][0]) == {field.name for field in fields(StudyModel)}
    assert {field.name for field in fields(StudyPlan)} < set(tables)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("probes = 8", "probs = 8", 1, "no setting 'probs'; did you mean probes"),
        ("probes = 8", 'probes = "8"', 1, "probes is a whole number, not '8'"),
        ("probes = 8", "probes = true", 1, "probes is a whole number"),
        ("probes = 8", "probes = 0", 1, "at least 1"),
        ("probes = 8", "target_se = -1.0", 1, "target_se -1.0 is not above 0"),
        ("probes = 8", "tree = 3", 1, "tree"),
        ("probes = 8", "[settings]\ntemperature = 0", 2, "temperature 0 is not above 0"),
        ('root = "mad"', 'rood = "mad"', 4, r"\[tree\] has no setting 'rood'; did you mean root"),
        ('root = "mad"', 'root = "mud"', 4, "unknown root 'mud'"),
        ('root = "mad"', 'allele_length = "9"', 4, "allele length"),
        ('root = "mad"', "allele_length = 4", 4, "allele_length is a text"),
        ("hf:c", "gopher:c", 10, "unknown backend 'gopher'"),
        ('spec = "hf:c"', 'name = "c"', 9, "number 2 lacks spec"),
        ('"hf:c"', '"hf:c"\ncolor = "#000000"', 11, "no setting 'color'; did you mean colour"),
        ('"hf:c"', '"hf:c"\nfamily = "f"\ncolour = "red"', 12, "not written as #rrggbb"),
        ('"hf:c"', '"hf:c"\ncolour = "#ff0000"', 11, "colours are of families"),
        ("hf:c", "hf:a/b", 10, "a model called a/b is there already"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(tmp_path, old, new, line, message):
    changed = SMALL.replace(old, new)
    if new == "tree = 3":
        changed = changed.replace('[tree]\nroot = "mad"\n', "")
    with pytest.raises(ConfigError, match=f"study.toml, line {line}: .*{message}"):
        study(changed, tmp_path)


def test_what_is_no_toml_and_what_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="not TOML.*line 1"):
        study("probes = = 3", tmp_path)
    with pytest.raises(ConfigError, match="phylolm init"):
        read_study(tmp_path / "none.toml")


def test_paths_are_relative_to_the_file(tmp_path):
    (tmp_path / "zoo" / "alder").mkdir(parents=True)
    text = '[[models]]\nspec = "hf:zoo/alder"\n[[models]]\nspec = "hf:./zoo/x?dtype=float32"\n'
    text += '[[models]]\nspec = "replay:a.csv#one"\n[[models]]\nspec = "hf:org/name@v1"\n'
    specs = study('bank = "../b"\n' + text, tmp_path).specs()
    assert [spec.target for spec in specs[:3]] == [
        str(tmp_path / "zoo" / "alder"),
        str(tmp_path / "zoo" / "x"),
        f"{tmp_path / 'a.csv'}#one",
    ]
    assert (specs[3].target, specs[3].revision) == ("org/name", "v1")
    assert [spec.text for spec in specs[:1]] == ["hf:zoo/alder"]
