"""Search: typos, filters, order, speed."""

import json
import sys
import time

import pytest

from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.search import Filters, SearchIndex
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
    return SearchIndex(read_catalogue(path).models)


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


@pytest.mark.reference
def test_fast_on_a_large_catalogue(reference):
    models = read_catalogue(reference / "hub" / "catalogue_union.parquet").models
    index = SearchIndex(models.iloc[::8])
    index.search("warm up")
    started = time.process_time()
    for query in ("mistral instruct", "lama 3 8b", "distilbert base uncased finetuned emotion"):
        assert len(index.search(query))
    assert (time.process_time() - started) / 3 < 0.05
