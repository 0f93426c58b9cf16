"""The page's server: what it gives, and what it refuses."""

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from starlette.testclient import TestClient

from phylolm.errors import ConfigError
from phylolm.page.metadata import Field
from phylolm.page.server import Site, application, is_ours, listen
from phylolm.page.source_files import of_distances
from tests.page.test_page_atlas import build_atlas
from tests.page.test_page_html import SCRIPT, built  # noqa: F401
from tests.page_cases import checked, matrix

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site.of(build_atlas(tmp_path_factory.mktemp("served")), "<b>Mine</b>")


@pytest.fixture
def client(site, built):  # noqa: F811
    return TestClient(application(site, HOST), base_url=f"http://{HOST}:8765")


def test_the_page_and_its_parts(client):
    page = client.get("/")
    assert page.status_code == 200 and "<b>" not in page.text and "&lt;b&gt;Mine" in page.text
    assert client.get("/page.js").text == SCRIPT
    assert "javascript" in client.get("/page.js").headers["content-type"]
    assert client.get("/page.css").headers["content-type"].startswith("text/css")


def test_every_answer_says_what_a_browser_may_do(client):
    for path in ("/", "/page.js", "/api/bundle", "/api/model/99999", "/nowhere"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy
        assert "unsafe" not in policy and headers["x-content-type-options"] == "nosniff"


def test_the_bundle_comes_zipped_once(client):
    answer = client.get("/api/bundle", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    content, _ = checked(answer.content)
    assert content["models"]["count"] == 61
    again = client.get("/api/bundle", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content
    plain = client.get("/api/bundle", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers and plain.content == answer.content


def test_search_and_models(client):
    found = client.get("/api/search", params={"q": "gpt2 medium v2", "limit": 3}).json()["models"]
    assert len(found) == 3 and found[0]["name"] == "o2/gpt2-medium-v2" and found[0]["index"] == 2
    model = client.get("/api/model/2").json()
    assert model["name"] == "o2/gpt2-medium-v2"
    values = {column["name"]: column["value"] for column in model["columns"]}
    assert values["owner"] == "o2" and values["likes"] == 2 and values["created"] == "2024-01-03"
    assert "script" in client.get("/api/search?q=alert").json()["models"][0]["name"]


def test_names_come_in_the_order_asked(client, site):
    ids = list(site.atlas.models["id"])
    asked = [60, 2, 0, 2]
    answer = client.get("/api/names", params={"models": ",".join(map(str, asked))})
    assert answer.status_code == 200 and answer.json() == {"names": [ids[i] for i in asked]}
    many = client.get("/api/names?models=" + ",".join(["7"] * 200))
    assert many.json()["names"] == [ids[7]] * 200


def test_a_model_is_told_with_what_metadata_say(site, built):  # noqa: F811
    days = np.full(61, np.nan)
    days[2] = 19754
    given = [Field("tested", "tested on", "date", days), Field("arc", "arc", "number", days / 2)]
    given.append(Field("remark", "remark", "text", [f"<{i}>" for i in range(61)]))
    asked = TestClient(application(replace(site, given=given), HOST), base_url=f"http://{HOST}")
    values = {each["label"]: each["value"] for each in asked.get("/api/model/2").json()["columns"]}
    assert (values["tested on"], values["arc"], values["remark"]) == ("2024-02-01", 9877, "<2>")
    labels = {each["label"] for each in asked.get("/api/model/3").json()["columns"]}
    assert "remark" in labels and not labels & {"arc", "tested on"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/model/61", 404),
        ("/api/model/-1", 404),
        ("/api/model/99999999999999999999999999", 404),
        ("/api/model/x", 404),
        ("/api/search?limit=0", 400),
        ("/api/search?limit=9999999999999", 400),
        ("/api/search?limit=%C2%B2", 400),
        ("/api/search?q=" + "x" * 400, 400),
        ("/api/names", 400),
        ("/api/names?models=", 400),
        ("/api/names?models=61", 400),
        ("/api/names?models=-1", 400),
        ("/api/names?models=1,,2", 400),
        ("/api/names?models=1.5", 400),
        ("/api/names?models=%C2%B2", 400),
        ("/api/names?models=" + ",".join(["1"] * 201), 400),
        ("/api/names?models=" + "0" * 5000, 400),
        ("/../pyproject.toml", 404),
        ("/..%2f..%2fetc/passwd", 404),
        ("/page.js/../../../etc/passwd", 404),
        ("//etc/passwd", 404),
        ("/api/bundle%00", 404),
    ],
)
def test_what_is_not_there_is_refused(client, path, status):
    assert client.get(f"http://{HOST}:8765{path}").status_code == status


def test_a_search_of_odd_text_is_answered(client):
    for text in ("\0", "\u202e", "🌳", "<script>", "   ", "%", "a" * 300):
        assert client.get("/api/search", params={"q": text}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_nothing_can_be_changed(client, method):
    for path in ("/", "/api/bundle", "/api/model/1"):
        assert getattr(client, method)(path).status_code == 405


def test_a_study_needs_no_search(built):  # noqa: F811
    client = TestClient(application(Site.of(of_distances(matrix("abc"), "s")), HOST),
                        base_url=f"http://{HOST}")  # fmt: skip
    assert client.get("/api/bundle").status_code == 200
    assert client.get("/api/search?q=a").status_code == 404
    assert client.get("/api/model/0").status_code == 404
    assert client.get("/api/names?models=0").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1.evil.example",
        "",
        "localhost.evil:80",
        "192.168.1.5:8765",
        "0.0.0.0:8765",
    ],
)
def test_requests_for_other_hosts_are_refused(client, name):
    answer = client.get("/api/bundle", headers={"host": name})
    assert answer.status_code == 421 and len(answer.content) < 100


def test_which_hosts_are_ours():
    assert all(
        is_ours(name, HOST) for name in ("127.0.0.1:1", "localhost", "[::1]:80", "LOCALHOST:9")
    )
    assert is_ours("192.168.1.5:8765", "0.0.0.0") and is_ours("box:8765", "box")
    assert not is_ours("box:8765", "0.0.0.0") and not is_ours("evil:8765", "box")


def test_a_thousand_requests_at_once_over_the_wire(site, built):  # noqa: F811
    import uvicorn

    sock = listen(HOST, 0)
    port = sock.getsockname()[1]
    config = uvicorn.Config(application(site, HOST), lifespan="off", ws="none", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
    thread.start()

    def ask(number):
        path = ("/api/bundle", "/api/search?q=llama", "/api/model/3", "/")[number % 4]
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        with closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, path, len(answer.read())

    try:
        with ThreadPoolExecutor(100) as pool:
            answers = list(pool.map(ask, range(1000)))
        assert {status for status, _, _ in answers} == {200}
        assert len({(path, length) for _, path, length in answers}) == 4
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            listen(HOST, port)
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


def test_an_address_that_cannot_be_had_is_one_line():
    with pytest.raises(ConfigError, match="can't listen at 203.0.113.1:0"):
        listen("203.0.113.1", 0)


def test_the_command_serves_until_ctrl_c(built, tmp_path, run, monkeypatch):  # noqa: F811
    """Ctrl-C reaches the main thread, as in a terminal."""
    import os
    import signal

    (tmp_path / "t.nwk").write_text("((a:1,b:1):1,c:1);")
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    seen = []

    def visit():
        while not seen:
            time.sleep(0.1)
            try:
                with closing(http.client.HTTPConnection(HOST, port, timeout=5)) as connection:
                    connection.request("GET", "/")
                    answer = connection.getresponse()
                    answer.read()
                    seen.append(answer.status)
            except OSError:
                continue
        os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=visit)
    visitor.start()
    code, _, err = run("serve", tmp_path / "t.nwk", "--port", port, "--no-browser")
    visitor.join(20)
    assert code == 0 and seen == [200]
    assert err.splitlines() == [f"http://{HOST}:{port}/  (Ctrl-C ends it)", "ended"]
