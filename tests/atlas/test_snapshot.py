"""Fetching from a hub that misbehaves, and comparing snapshots."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from phylolm.atlas.catalogue import read_catalogue
from phylolm.atlas.snapshot import Query, difference, fetch
from phylolm.cli import main
from phylolm.errors import BackendError, DataError

MODELS = [
    {
        "id": f"o/m{i:03}", "downloads": 1000 - i, "likes": i,
        "createdAt": f"2024-01-{i % 28 + 1:02}",
        "tags": ["license:mit", "base_model:o/base", "base_model:finetune:o/base"],
        "pipeline_tag": "text-generation", "config": {"model_type": "llama"},
        "safetensors": {"total": 7_000_000 + i},
    }
    for i in range(60)
]  # fmt: skip


class Hub(ThreadingHTTPServer):
    """A hub of 60 models in pages of 20; `faults` are answered first, one a request."""

    def __init__(self):
        self.faults, self.asked, self.models = [], [], list(MODELS)
        super().__init__(("127.0.0.1", 0), Pages)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"


class Pages(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802
        hub = self.server
        hub.asked.append(self.path)
        fault = hub.faults.pop(0) if hub.faults else None
        if fault == "hang up":
            self.connection.close()
            return
        asked = parse_qs(urlsplit(self.path).query)
        start = int(asked.get("cursor", ["0"])[0])
        body = json.dumps(hub.models[start : start + 20]).encode()
        self.send_response(fault if isinstance(fault, int) else 200)
        if fault == 429:
            self.send_header("Retry-After", "7")
        if start + 20 < len(hub.models):
            host = "http://elsewhere.example" if fault == "elsewhere" else hub.endpoint
            following = f"{host}/api/models?cursor={start + 20}"
            self.send_header("Link", f'<{following}>; rel="next"')
        body = b"<html>" if fault == "html" else b'{"error": 1}' if fault == "object" else body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def hub():
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hub
    hub.shutdown()
    thread.join()
    hub.server_close()


def take(hub, folder, query=None, waits=None):
    waits = [] if waits is None else waits
    return fetch(folder, query, hub.endpoint, 0.0, sleep=waits.append)


def test_a_whole_snapshot(hub, tmp_path):
    path = take(hub, tmp_path)
    models = read_catalogue(path).models
    assert len(models) == 60 and len(hub.asked) == 3
    first = models.iloc[0]
    assert first[["licence", "base_models", "base_relations", "architecture"]].tolist() == [
        "mit", "o/base", "finetune", "llama",
    ]  # fmt: skip
    assert first["parameters"] == 7_000_000 and first["downloads_as_of"] in path.name
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".parquet"]


def test_it_waits_when_told_to(hub, tmp_path):
    hub.faults, waits = [429, 500, "hang up"], []
    assert len(read_catalogue(take(hub, tmp_path, waits=waits))) == 60
    assert waits[0] == 7.0 and len(hub.asked) == 6


def test_a_hub_that_stops_halfway_leaves_what_was_fetched(hub, tmp_path):
    hub.faults = [None, *[503] * 6]
    with pytest.raises(BackendError, match="status 503.*kept"):
        take(hub, tmp_path)
    assert not list(tmp_path.glob("*.parquet")) and list(tmp_path.glob(".fetching-*/000000.json"))
    before = len(hub.asked)
    assert len(read_catalogue(take(hub, tmp_path))) == 60
    assert len(hub.asked) == before + 2


def test_filters_end_early(hub, tmp_path):
    assert len(read_catalogue(take(hub, tmp_path, Query(min_downloads=995)))) == 6
    assert len(hub.asked) == 1 and "sort=downloads" in hub.asked[0]
    assert len(read_catalogue(take(hub, tmp_path, Query(limit=25)))) == 25
    take(hub, tmp_path, Query(task="text-generation", author="o", tag="gguf", search="m"))
    assert "pipeline_tag=text-generation&author=o&filter=gguf&search=m" in hub.asked[-3]
    with pytest.raises(DataError, match="no model that passes"):
        take(hub, tmp_path, Query(since="2030-01-01"))


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        (403, BackendError, "status 403"),
        ("html", DataError, "no JSON"),
        ("object", DataError, "no list of models"),
        ("elsewhere", BackendError, "another host"),
    ],
)
def test_bad_answers_get_one_line(hub, tmp_path, fault, error, message):
    hub.faults = [fault]
    with pytest.raises(error, match=message):
        take(hub, tmp_path)


def test_difference(tmp_path):
    base = pd.DataFrame(
        {"id": ["a", "b", "c"], "license": ["mit", "mit", ""], "downloads": [1, 2, 3]}
    )
    base.to_csv(tmp_path / "a.csv", index=False)
    base.assign(id=["a", "b", "d"], license=["mit", "gpl", ""]).to_csv(
        tmp_path / "b.csv", index=False
    )
    found = list(difference(read_catalogue(tmp_path / "a.csv"), read_catalogue(tmp_path / "b.csv")))
    assert found == [("new", "d", ""), ("gone", "c", ""), ("changed", "b", "licence: mit -> gpl")]


def test_commands(hub, tmp_path, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["phylolm", "atlas", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, capsys.readouterr()

    command = ["fetch", "-o", tmp_path, "--endpoint", hub.endpoint, "--pause", "0"]
    assert run(*command)[0] == 0
    hub.models = hub.models[1:] + [{**MODELS[0], "id": "o/fresh"}]
    code, shown = run(*command)
    assert code == 0 and "1 new, 1 gone, 0 changed" in shown.err
    snapshot = next(tmp_path.glob("*.parquet"))
    code, shown = run("diff", snapshot, snapshot)
    assert code == 0 and "0 new" in shown.out
