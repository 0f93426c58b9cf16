import datetime
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

import pytest
from huggingface_hub import HfApi, constants

from phylolm.errors import BackendError, ConfigError
from phylolm.models import spec as specs
from phylolm.study.config import read_study
from phylolm.study.watch import Found, WatchQuery, add_watched, find_new

SHA = "a" * 40
TODAY = datetime.date(2025, 3, 4)


def entry(name, downloads=100, parameters=10**6, **more):
    weights = {"parameters": {"F32": parameters}, "total": parameters}
    return {"id": name, "downloads": downloads, "safetensors": weights, "sha": SHA} | more


MODELS = [
    entry("org/big", 900, 10**9),
    entry("org/popular", 800),
    entry("org/gated", 700, gated="manual"),
    entry("org/unmeasured", 600, safetensors=None),
    entry("org/stored", 500, safetensors=None, usedStorage=1000),
    entry("org/no commit", 450, sha="main"),
    entry("org/plain", 400),
    entry("org/unknown", 5),
]


@pytest.fixture
def hub(monkeypatch):
    """A hub with a few models; gives what it was asked."""
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            url = urlparse(self.path)
            if url.path == "/api/models":
                asked.append(parse_qs(url.query))
            body = json.dumps(MODELS).encode()
            self.send_response(200 if url.path == "/api/models" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    models = "".join(f'[[models]]\nspec = "hf:org/{name}"\n' for name in ("first", "second"))
    path.write_text("genes = 8\nprobes = 4\n[tree]\nreplicates = 0\n" + models)
    return path


def found(study, text):
    return [each.id for each in find_new(read_study(study), WatchQuery.parse(text))]


def test_queries_are_read():
    query = WatchQuery.parse("tiny author=a tag=en tag=de min_downloads=2k max_size=1.5GB story")
    assert query == WatchQuery("a", ("en", "de"), "tiny story", frozenset(), 2000, 1_500_000_000)
    for text, problem in (
        ("authr=x", "no authr="),
        ("author=x most=many", "most=many is no number"),
        ("min_downloads=5", "say what to look for"),
    ):
        with pytest.raises(ConfigError, match=problem):
            WatchQuery.parse(text)


def test_the_hub_is_asked_for_what_the_query_says(hub, study):
    found(study, "author=org tag=en tiny")
    assert hub[0]["author"] == ["org"] and hub[0]["search"] == ["tiny"]
    assert {"transformers", "en", "text-generation"} <= {
        value for values in hub[0].values() for value in values
    }


def test_models_are_chosen_by_downloads_size_and_access(hub, study):
    assert found(study, "author=org max_size=1GB min_downloads=10") == [
        "org/popular",
        "org/stored",
        "org/plain",
    ]
    assert found(study, "author=org most=2") == ["org/big", "org/popular"]
    assert found(study, "author=org most=2 not=org/big") == ["org/popular", "org/unmeasured"]


def test_models_join_once(hub, study):
    query = "author=org most=2"
    new = find_new(read_study(study), WatchQuery.parse(query))
    add_watched(read_study(study), new, query, TODAY)
    names = [spec.name for spec in read_study(study).specs()]
    assert names == ["org/first", "org/second", "org/big", "org/popular"]
    assert read_study(study).specs()[2].revision == SHA
    assert "joined 2025-03-04" in dict(read_study(study).notes())["org/big"]
    assert found(study, query) == ["org/unmeasured", "org/stored"]


def test_a_model_in_both_files_counts_once(study):
    odd = 'quotes "\\ and \x7f'
    add_watched(read_study(study), [Found("org/first", SHA, 1, 1)], odd, TODAY)
    assert len(read_study(study).models) == 2


def test_a_hub_that_is_away_is_one_line(study, monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(HfApi, "list_models", refuse)
    with pytest.raises(BackendError, match=r"^--watch-hub: the hub can't be asked \(no route\)$"):
        found(study, "author=org")


def test_from_the_command_line(run, hub, study, monkeypatch, fake_models):
    kind = specs.BackendKind("fake_backend:open_model", has_revision=True)
    monkeypatch.setitem(specs.BACKENDS, "hf", kind)
    assert run("run", study)[0] == 0
    code, _, err = run("run", study, "--watch-hub", "author=org most=1", "--dry-run")
    assert code == 0 and "would join: org/big" in err and not list(study.parent.glob("*watched*"))
    fake_models.clear()
    code, _, err = run("run", study, "--watch-hub", "author=org most=1")
    assert code == 0 and "joined from the hub: org/big" in err
    assert fake_models == {"org/big": 32}
    page = next((study.parent / "results").glob("changes-*.md")).read_text()
    assert "| org/big |" in page
