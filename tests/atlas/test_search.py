"""Search: typos, filters, order, speed."""

import json
import subprocess
import sys
import time

import pytest

from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.search import Filters, SearchIndex
from phylolm.atlas.search_index import folder_index, index_of
from phylolm.cli import main
from phylolm.errors import ConfigError

ROWS = """id,downloads,likes,license,pipeline_tag,created_at,parameters
meta-llama/Llama-2-7b-chat-hf,900,50,llama2,text-generation,2023-07-01,
TheBloke/Llama-2-7B-Chat-GGUF,500,30,llama2,text-generation,2023-08-01,
mistralai/Mistral-7B-v0.1,800,40,apache-2.0,text-generation,2023-09-01,
google-bert/bert-base-uncased,5000,90,apache-2.0,fill-mask,2020-01-01,110000000
x/[red]odd$name,1,0,,,,
Qwen/Qwen2.5-72B-Instruct,300,20,qwen,text-generation,2024-09-01,72000000000
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "c.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture(scope="module")
def index(path):
    return index_of(read_catalogue(path).models)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("mistral 7b", "mistralai/Mistral-7B-v0.1"),
        ("mistrall-7b", "mistralai/Mistral-7B-v0.1"),
        ("lama 2 chat", "meta-llama/Llama-2-7b-chat-hf"),
        ("llama-2-7b-chat-gguf", "TheBloke/Llama-2-7B-Chat-GGUF"),
        ("brt-base-uncased", "google-bert/bert-base-uncased"),
        ("qwen2.5 72b", "Qwen/Qwen2.5-72B-Instruct"),
        ("QWEN/QWEN2.5-72B-INSTRUCT", "Qwen/Qwen2.5-72B-Instruct"),
        ("odd$name", "x/[red]odd$name"),
        ("", "google-bert/bert-base-uncased"),
    ],
)
def test_the_meant_model_comes_first(index, query, first):
    assert index.search(query)["id"].iloc[0] == first


def test_nothing_alike(index):
    assert len(index.search("zzzzqqq")) == 0


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (Filters(family="LLAMA"), 2),
        (Filters(kind="quantized"), 1),
        (Filters(owner="Qwen"), 1),
        (Filters(task="fill-mask"), 1),
        (Filters(licence="apache-2.0"), 2),
        (Filters(min_parameters=1e10), 1),
        (Filters(max_parameters=1e9), 1),
        (Filters(min_downloads=800), 3),
        (Filters(min_likes=91), 0),
        (Filters(since="2023-08-01", before="2024-01-01"), 2),
    ],
)
def test_filters(index, filters, count):
    assert len(index.search("", filters)) == count


def test_mistakes(index):
    with pytest.raises(ConfigError, match="unknown kind"):
        index.search("", Filters(kind="copy"))
    with pytest.raises(ConfigError, match="no date"):
        index.search("", Filters(since="soon"))


def test_command(path, monkeypatch, capsys):
    arguments = ["atlas", "search", str(path), "llama chat", "--size", "5b-8b", "--json"]
    monkeypatch.setattr(sys, "argv", ["phylolm", *arguments])
    with pytest.raises(SystemExit):
        main()
    found = json.loads(capsys.readouterr().out)
    assert found[0]["id"].startswith("meta-llama") and found[0]["parameters"] == 7e9
    monkeypatch.setattr(sys, "argv", ["phylolm", "atlas", "search", str(path), "--size", "big"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and "write 1b-8b" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "message"),
    [("big", "write 1b-8b"), ("1b-x", "write 1b-8b"), ("8b-1b", "order: write 1b-8b")],
)
def test_sizes_that_are_none(run, path, size, message):
    code, _, err = run("atlas", "search", path, "--size", size)
    assert code == 2 and message in err and len(err.strip().splitlines()) == 1


@pytest.fixture
def folder(path, tmp_path):
    read_catalogue(path).save(tmp_path / "catalogue.parquet")
    return tmp_path


def test_the_kept_index_finds_the_same(folder, index):
    cases = (("lama 2 chat", Filters()), ("", Filters(family="llama", min_likes=40)))
    for query, filters in cases:
        expected = index.search(query, filters)
        for _ in ("made", "opened"):
            assert folder_index(folder).search(query, filters).equals(expected)
    assert {path.name for path in folder.iterdir()} == {
        "catalogue.parquet", "search.parquet", "search.npz",
    }  # fmt: skip


def test_the_kept_index_is_used_until_the_catalogue_changes(folder, path, monkeypatch):
    folder_index(folder)
    with monkeypatch.context() as never:
        never.setattr("phylolm.atlas.search_index.index_of", None)
        assert len(folder_index(folder)) == 6
    changed = read_catalogue(path)
    changed.models.loc[0, "id"] = "new/falcon-7b"
    changed.save(folder / "catalogue.parquet")
    assert folder_index(folder).search("falcon")["id"].iloc[0] == "new/falcon-7b"


@pytest.mark.parametrize("name", ["search.parquet", "search.npz"])
def test_a_damaged_index_is_made_again(folder, name):
    folder_index(folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:-200])
    assert folder_index(folder).search("mistral 7b")["id"].iloc[0] == "mistralai/Mistral-7B-v0.1"
    assert SearchIndex.open(folder, "another key") is None


def test_a_kept_index_opens_without_what_is_slow_to_import(folder):
    folder_index(folder)
    code = (
        "import sys; from pathlib import Path; from phylolm.atlas.search_index import folder_index;"
        f"assert len(folder_index(Path({str(folder)!r})).search('bert')) ;"
        "sys.exit(any(m in sys.modules for m in ('sklearn', 'scipy.stats', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.reference
def test_fast_on_a_large_catalogue(reference):
    models = read_catalogue(reference / "hub" / "catalogue_union.parquet").models
    index = index_of(models.iloc[::8])
    index.search("warm up")
    started = time.process_time()
    for query in ("mistral instruct", "lama 3 8b", "distilbert base uncased finetuned emotion"):
        assert len(index.search(query))
    assert (time.process_time() - started) / 3 < 0.05
