"""Help: every command says what it answers, when not to use it, and an example that works."""

import re
import shlex

import pytest
from cli_tree import COMMANDS, parse

GROUPS = {"Look", "Sample", "Compare", "Predict", "Share", "Atlas"}


def examples(command):
    """The example lines of a command's help, each whole."""
    paragraphs = re.split(r"\n\s*\n", command.help or "")
    found = [" ".join(each.split()) for each in paragraphs]
    return [each.removeprefix("Example: ") for each in found if each.startswith("Example: ")]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_answers_warns_and_shows_an_example(name):
    paragraphs = re.split(r"\n\s*\n", COMMANDS[name].help)
    question, sentence = paragraphs[0].partition("? ")[::2]
    assert question and sentence or paragraphs[0].rstrip().endswith("?"), "opens with a question"
    assert len(paragraphs) == 3, "what it answers, when not to use it, an example"
    assert len(examples(COMMANDS[name])) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_is_of_this_command_and_parses(name):
    (example,) = examples(COMMANDS[name])
    words = shlex.split(example)
    assert words[: len(name.split()) + 1] == ["phylolm", *name.split()]
    parse(words[1:])


@pytest.mark.parametrize("words", ["tree --top 3", "bank ls bank", "atlas family a/b -c c.csv"])
def test_parsing_sees_what_is_wrong(words):
    with pytest.raises(Exception, match="top|bank|-c"):
        parse(words.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_has_help(name):
    for each in COMMANDS[name].params:
        assert getattr(each, "help", None), each.name


def test_groups(run):
    code, out, _ = run("--help")
    assert code == 0 and all(f"─ {group} ─" in out for group in GROUPS)
    assert "─ Commands ─" not in out
    for group in ("atlas", "bank"):
        code, out, _ = run(group, "--help")
        assert code == 0 and "─ Look ─" in out and "─ Commands ─" not in out


def example(name):
    return shlex.split(examples(COMMANDS[name])[0])[1:]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the examples name: a bank, scores, catalogues, answers."""
    import csv

    from phylolm.cli import main

    rows = [
        (model, gene, f"{'the a on in'.split()[(gene * probe + number) % 4]} word{probe % 3}")
        for number, model in enumerate(("gpt2", "mine", "other", "fourth"))
        for gene in range(12)
        for probe in range(8)
    ]
    with (tmp_path / "answers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("model", "prompt", "response"), *rows])
    with (tmp_path / "prompts.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("prompt", "text"), *((gene, f"prompt {gene}") for gene in range(12))]
        )
    (tmp_path / "catalogue.csv").write_text(
        "id,downloads,likes,license,base_model\n"
        "Qwen/Qwen3-8B,9,3,apache-2.0,\nx/Qwen3-8B-GGUF,5,1,apache-2.0,Qwen/Qwen3-8B\n"
        + "".join(f"o{n}/{kind}-{n}b,{n},1,mit,\n" for n in range(20) for kind in ("bert", "gpt"))
    )
    (tmp_path / "documents.txt").write_text(
        "\n\n".join(f"Chapter {n} tells of a long voyage to island {n}." for n in range(300))
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sys.argv",
        ["phylolm", *"import answers.csv --prompts prompts.csv --bank bank".split()],
    )
    try:
        main()
    except SystemExit as end:
        assert not end.code
    return tmp_path


RUN = [
    "tree", "map", "heatmap", "compare", "distance", "report", "bank ls", "bank show",
    "bank verify", "genome ls", "genome show", "genome build", "init", "atlas show", "atlas name",
    "atlas clusters", "atlas graph", "atlas stats", "atlas family", "atlas audit", "atlas build",
]  # fmt: skip


def test_examples_run(run, folder):
    for name in RUN:
        code, _, err = run(*example(name))
        assert code == 0, f"{name}: {err}"
    for path in ("tree.svg", "tree.nwk", "map.svg", "heatmap.pdf", "pairs.csv", "report.html"):
        assert (folder / path).stat().st_size > 50, path
    code, out, err = run(*example("atlas search"))
    assert code == 0, err


JSON = {
    "distance": "distance --bank bank", "tree": "tree --bank bank --bootstrap 0",
    "compare": "compare gpt2 mine --bank bank", "identify": "identify mine --bank bank",
    "bank ls": "bank ls --bank bank", "bank show": "bank show gpt2 --bank bank",
    "bank verify": "bank verify --bank bank", "genome ls": "genome ls",
    "atlas show": "atlas show catalogue.csv", "atlas name": "atlas name a/b-7b",
    "atlas clusters": "atlas clusters catalogue.csv", "atlas stats": "atlas stats catalogue.csv",
    "atlas graph": "atlas graph catalogue.csv -o g.gexf",
    "atlas search": "atlas search catalogue.csv bert",
    "atlas family": "atlas family catalogue.csv Qwen/Qwen3-8B",
    "atlas audit": "atlas audit catalogue.csv",
    "atlas diff": "atlas diff catalogue.csv catalogue.csv",
    "atlas build": "atlas build catalogue.csv -o atlas --no-pictures",
}  # fmt: skip


def test_json_is_all_that_is_printed(run, folder):
    import json

    for name, words in JSON.items():
        code, out, err = run(*words.split(), "--json")
        assert code == 0, f"{name}: {err}"
        json.loads(out)


def test_whatever_a_program_may_read_can_be_json():
    without = {name for name, each in COMMANDS.items() if "--json" not in options(each)}
    assert without == {
        "demo", "init", "import", "map", "heatmap", "report", "export", "serve",
        "genome build", "bank merge", "bank pull", "bank push",
    }  # fmt: skip


def options(command):
    return {name for each in command.params for name in each.opts}
