"""Commands and Python that README and docs show: they parse, and what can run does."""

import re
import shlex
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cli_tree import COMMANDS, ROOT, parse

from phylolm.models import spec
from phylolm.models.fake import FakeModel

TOP = Path(__file__).parents[2]
PAGES = [
    TOP / "README.md",
    *sorted(p for p in (TOP / "docs").rglob("*.md") if not {"generated", "_build"} & {*p.parts}),
]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```", re.M | re.S)
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
COMMAND = re.compile(r"^[^#]*?(?<![\w/.'-])(phylolm [a-z].*)")
MENTIONED = re.compile(r"`(phylolm [a-z][^`\n]*)`")


def text_of(page):
    return page.read_text(encoding="utf-8")


def shell_lines(text):
    """The command lines of indented blocks, without comments and prompts."""
    for line in FENCED.sub("", text).splitlines():
        if line.startswith("    ") and (found := COMMAND.search(line)):
            yield found[1]


def words_of(line):
    """The words behind `phylolm`, as far as the shell gives them to it."""
    words = shlex.split(line, comments=True)[1:]
    ends = [words.index(each) for each in (">>", ">", "|", "&&") if each in words]
    return words[: min(ends, default=len(words))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_commands_shown_parse(page):
    for line in shell_lines(text_of(page)):
        parse(words_of(line))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_commands_mentioned_exist(page):
    for mention in MENTIONED.findall(text_of(page)):
        words = mention.split()[1:]
        name = " ".join(words[:2]) if words[0] in ("atlas", "bank", "genome") else words[0]
        assert name in COMMANDS or name in ROOT.commands, mention
        known = [each for one in COMMANDS.get(name, ROOT).params for each in one.opts]
        for word in words:
            assert not word.startswith("--") or word.split("=")[0] in known, mention


def test_wrong_commands_are_seen():
    assert list(shell_lines("x\n\n    $ phylolm tree --no\n")) == ["phylolm tree --no"]
    with pytest.raises(Exception, match="no"):
        parse(words_of("phylolm tree --no  # comment"))


def test_readme_and_tutorials_show_commands():
    assert sum(len(list(shell_lines(text_of(page)))) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_python_compiles(page):
    for code in PYTHON.findall(text_of(page)) + CELL.findall(text_of(page)):
        compile(code, str(page), "exec")


def run_python(page):
    names = {}
    for code in PYTHON.findall(text_of(page)):
        exec(compile(code, str(page), "exec"), names)
    return names


@pytest.mark.parametrize("page", ["recorded-answers", "catalogue"])
def test_tutorials_run(page, tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    path = TOP / "docs" / "tutorials" / f"{page}.md"
    run_python(path)
    for line in shell_lines(text_of(path)):
        words = words_of(line)
        if words[0] == "serve" or words[:2] == ["atlas", "fetch"]:
            continue
        code, _, err = run(*words)
        assert code == 0, f"{line}: {err}"


def test_quickstart_runs(tmp_path, monkeypatch):
    """The page's Python, with more models, which imitate instead of those of the hub."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("phylolm.sequencing.fill.open_model", fake_of)
    names = ["gpt2", "distilgpt2", *(f"model{number}" for number in range(8))]
    write_inputs(tmp_path, names)
    (code,) = PYTHON.findall(text_of(TOP / "docs" / "quickstart.md"))
    asked = '["hf:gpt2", "hf:distilgpt2"]'
    assert asked in code
    found = {}
    code = code.replace(asked, str([f"hf:{name}" for name in names]))
    exec(compile(code, "quickstart.md", "exec"), found)
    assert set(found["counts"].models) == set(names)
    assert found["tree"].n_leaves == len(names)


def fake_of(asked):
    seed = int.from_bytes(asked.name.encode(), "big") % 2**31
    return FakeModel(asked.name, seed=seed)


def write_inputs(folder, names):
    """The files that the quickstart names: answers, prompts, scores of all models but two."""
    (folder / "prompts.csv").write_text("prompt,text\np0,Once upon\n")
    rows = [{"model": model, "prompt": "p0", "response": "a time"} for model in ("a", "b")]
    pq.write_table(pa.Table.from_pylist(rows), folder / "answers.parquet")
    scores = [f"{name},{'xyz'[n % 3]},{'' if n < 2 else 40 + n}" for n, name in enumerate(names)]
    (folder / "scores.csv").write_text("\n".join(["model,family,quiz", *scores]) + "\n")


def test_a_backend_of_your_own_runs():
    code = next(c for c in PYTHON.findall(text_of(TOP / "docs" / "backends.md")) if "Dice" in c)
    names = {}
    exec(compile(code, "backends.md", "exec"), names)
    dice = names["open_model"](spec.ModelSpec("dice", "6", None, {}, "small", "small=dice:6"))
    (probes,) = dice.sample(["A die shows"], range(8), None, seed=0)
    assert len(probes) == 8 and {int(probe.text) for probe in probes} <= set(range(6))
