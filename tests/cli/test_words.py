"""One word for one thing: options agree across commands, and retired words stay away."""

import re
import shlex
from pathlib import Path

import pytest
from cli_tree import COMMANDS, ROOT, parse

ROOT_FOLDER = Path(__file__).parents[2]
MADE = {"_build", "generated"}
DOCS = [
    ROOT_FOLDER / "README.md",
    *(each for each in sorted((ROOT_FOLDER / "docs").rglob("*.md")) if not MADE & set(each.parts)),
]

RETIRED_OPTIONS = (
    "--top", "--most", "--budget", "--owner", "--beside", "--at-a-time", "--until-error",
    "--leave", "--catalogue", "--examine", "--no-examine", "--into", "--out", "--plot",
)  # fmt: skip

RETIRED_WORDS = {
    "what to distrust": "caveats",
    "to bear in mind": "caveats",
    "telling words": "distinctive terms (TF-IDF)",
    "spelled alike": "identical normalised names",
    "packed words": "quantised weights",
    "clumps": "groups",
    "least cosine": "minimum cosine similarity of an edge",
    "so many downloads": "minimum downloads",
    "rests most on": "most influential models",
    "forecast as": "basis",
    "uncertainty left": "remaining predictive variance",
    "mass that may be missing": "tail probability left unenumerated",
    "stated probabilities": "reported log-probabilities",
    "half of one coincidence": "a pseudocount of half a match",
    "heal word ends": "token healing",
    "healed word ends": "token healing",
    "word may go on": "token healing: resample the prompt's last word",
    "fewer hairs": "say what it does",
    "calls to a server together": "concurrent requests",
    "most calls to": "maximum number of API requests",
    "distances are this certain": "standard errors are at most",
    "settings all the same": "allow mixing sampling settings",
    "them all the same": "allow mixing sampling settings",
    "answer fewer of the genes": "minimum fraction of genes with a non-empty completion",
    "leaves out together": "cross-validation groups",
    "of the draws": "random seed for sampling",
    "of the bootstrap.": "random seed for the bootstrap",
    "half own, half pooled": "shrinkage to the pooled value",
    "raises bases": "trains base models",
    "select in sight": "select visible",
    "hide single models": "hide isolated nodes",
    "only what passes": "matching models only",
}
"""A word or phrase that is no longer used, and what is said instead."""


def help_texts(command):
    yield command.help or ""
    yield from (getattr(each, "help", None) or "" for each in command.params)


def retired_in(text):
    text = " ".join(text.split()).lower()
    return [word for word in RETIRED_WORDS if word in text]


def options_in(text):
    return [each for each in RETIRED_OPTIONS if re.search(rf"(?<![\w-]){each}(?![\w-])", text)]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_uses_no_retired_word(name):
    text = "\n".join(help_texts(COMMANDS[name]))
    assert not retired_in(text) and not options_in(text)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT_FOLDER)))
def test_docs_use_no_retired_word(path):
    text = path.read_text(encoding="utf-8")
    assert {word: RETIRED_WORDS[word] for word in retired_in(text)} == {}
    assert options_in(text) == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT_FOLDER)))
def test_commands_in_docs_parse(path):
    lines = re.findall(r"^(?: {4}| {7}|\$ )phylolm +(.+)$", path.read_text("utf-8"), re.MULTILINE)
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[0] in ROOT.commands:
            parse(words)


def test_messages_name_no_retired_option():
    found = {
        path.name: options_in(path.read_text(encoding="utf-8"))
        for path in (ROOT_FOLDER / "src" / "phylolm").rglob("*.py")
    }
    assert {name: names for name, names in found.items() if names} == {}


def test_the_check_sees_what_it_looks_for():
    assert options_in("run --top 3") == ["--top"] and options_in("use --topics, --output") == []
    assert retired_in("Their Telling\n  words") == ["telling words"]


def parameters():
    return [(name, each) for name, command in COMMANDS.items() for each in command.params]


def test_no_command_has_a_retired_option():
    found = {name for _, each in parameters() for name in each.opts}
    assert not found & set(RETIRED_OPTIONS)


MEANING = {
    "-n": "--limit", "-o": "--output", "-k": "--clusters", "-b": "--bank", "-g": "--genome",
    "-l": "--allele-length", "-d": "--distances", "-s": "--scores", "-m": "--model", "-h": "--help",
}  # fmt: skip


def test_a_short_option_means_one_thing_everywhere():
    for command, each in parameters():
        for short in (name for name in each.opts if re.fullmatch(r"-\w", name)):
            assert MEANING[short] in each.opts, f"{command} {short}"


def test_what_has_a_short_option_has_it_everywhere():
    shorts = {long: short for short, long in MEANING.items() if short != "-h"}
    for command, each in parameters():
        for long in set(each.opts) & set(shorts):
            assert shorts[long] in each.opts, f"{command} {long}"


def test_a_bank_is_an_option_and_a_catalogue_an_argument():
    for command, each in parameters():
        if each.name == "bank":
            assert each.opts == ["--bank", "-b"], command
        if each.name == "catalogue":
            assert each.param_type_name == "argument", command
            assert COMMANDS[command].params[0] is each, f"{command}: the catalogue comes first"


SAME = (
    "--genome", "--allele-length", "--measure", "--min-answered", "--mix-settings", "--settings",
    "--concurrency", "--max-calls", "--max-cost", "--prices", "--method", "--bootstrap", "--root",
    "--families", "--column", "--linkage", "--clusters", "--edges", "--aliases", "--author",
)  # fmt: skip
ON_PURPOSE = {
    ("sequence", "--allele-length"),
    ("sequence", "--genome"),
    ("genome build", "--column"),
}
"""They name what is to be sampled or read, not what to take from a bank or catalogue."""


@pytest.mark.parametrize("option", SAME)
def test_an_option_has_one_help_and_one_default(option):
    found = {
        (each.help, str(each.default))
        for command, each in parameters()
        if option in each.opts and (command, option) not in ON_PURPOSE
    }
    assert len(found) == 1


def test_groups_have_help():
    assert all(each.help for each in ROOT.commands.values())
