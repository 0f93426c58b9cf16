"""The generated pages of the reference: every command, option and public name is there."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest
from cli_tree import COMMANDS, ROOT

import phylolm
from phylolm import models
from phylolm.bank.parts import PartHeader

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def pages():
    """The package that makes the pages; it is no part of phylolm."""
    sys.path.insert(0, str(REFERENCE))
    try:
        from pages import commands, names, schemas

        yield {"commands": commands, "names": names, "schemas": schemas}
    finally:
        sys.path.remove(str(REFERENCE))


def test_every_public_name_is_described_once_and_has_a_docstring(pages):
    made = pages["names"].pages()
    described = "\n".join(text for name, text in made.items() if name.startswith("api/"))
    for name in set(phylolm.__all__) - {"__version__"}:
        assert getattr(phylolm, name).__doc__, name
        assert described.count(f":: phylolm.{name}\n") == 1, name
        assert f"<phylolm.{name}>" in made["api"]


def test_every_extension_point_is_described(pages):
    text = pages["names"].pages()["extension_points"]
    for name in models.__all__:
        assert f":: phylolm.models.{name}\n" in text


def test_every_command_and_option_is_described(pages):
    made = pages["commands"].pages()
    for name in ROOT.commands:
        assert f"commands/{name}.md" in made["commands"]
    for name, command in COMMANDS.items():
        text = made[f"commands/{name.split()[0]}"]
        _, _, section = text.partition(f"# phylolm {name}\n")
        section = section.partition("\n## ")[0]
        assert "phylolm " + name in section, name
        for each in command.params:
            assert each.hidden or (each.help in section.replace("\\", "")), (name, each.name)


def header(**changes):
    fields = dict(model="a", revision="1", spec="hf:a", kind="sampled", settings={"x": 1},
                  genes=("g",), first=0, stop=8)  # fmt: skip
    return PartHeader(**{**fields, **changes})


@pytest.mark.parametrize("changes", [{}, {"length": 4, "epsilon": 0.01}])
def test_headers_of_parts_fit_their_schema(pages, changes):
    schema = pages["schemas"].part_header()
    jsonschema.validate(json.loads(header(**changes).to_json()), schema)


@pytest.mark.parametrize("wrong", [{"first": "0"}, {"genes": "g"}, {"stop": None}, {"more": 1}])
def test_wrong_headers_do_not_fit(pages, wrong):
    fields = json.loads(header().to_json())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**fields, **wrong}, pages["schemas"].part_header())
