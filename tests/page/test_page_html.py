"""The page as one file, as a Space, and the command that writes both."""

import base64
import gzip
import hashlib
import re
from html.parser import HTMLParser

import pytest

from phylolm.page import assets
from phylolm.page.html import page_html
from phylolm.page.ofstudy import study_bundle
from phylolm.page.source_files import of_distances
from phylolm.page.space import push_space, write_space
from tests.page_cases import HOSTILE, checked, matrix

SCRIPT = 'const a = "</script><SCRIPT >"; const b = /<\\/script>/; if (1<2) a'
STYLE = 'body::after { content: "</style>" }'


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Stands in for what npm builds."""
    folder = tmp_path / "_web"
    folder.mkdir()
    for name, content in (("page.js", SCRIPT), ("page.css", STYLE), ("widget.js", "export {}")):
        (folder / name).write_text(content)
    monkeypatch.setattr(assets, "FOLDER", folder)


class Document(HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.elements, self.content, self.inside = [], {}, None
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.inside = (tag, dict(attrs).get("id"))

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.content[self.inside] = self.content.get(self.inside, "") + data


def hostile_page(title="Study"):
    return page_html(study_bundle(of_distances(matrix(HOSTILE), title)))


def test_hostile_names_and_scripts_stay_inside_their_elements(built):
    page = Document(hostile_page("</title><script>alert(1)</script>"))
    tags = [tag for tag, _ in page.elements]
    assert sorted(set(tags)) == ["body", "div", "head", "html", "meta", "noscript", "script",
                                 "style", "title"]  # fmt: skip
    assert tags.count("script") == 2 and tags.count("style") == 1
    script = page.content["script", None]
    assert "\\x3c/script>" in script and "\\x3cSCRIPT >" in script and "1<2" in script
    assert "alert(1)" in page.content["title", None]


def test_the_data_come_back_from_the_file(built):
    page = Document(hostile_page())
    data = gzip.decompress(base64.b64decode(page.content["script", "bundle"]))
    content, _ = checked(data)
    assert content["models"]["names"] == [name.replace("\ud800", "?") for name in HOSTILE]


def test_the_policy_lets_only_its_own_script_and_style_in(built):
    page = Document(hostile_page())
    policy = next(a["content"] for _, a in page.elements if "http-equiv" in a)
    for kind, key in (("script", ("script", None)), ("style", ("style", None))):
        digest = base64.b64encode(hashlib.sha256(page.content[key].encode()).digest()).decode()
        assert re.search(f"{kind}-src 'sha256-{re.escape(digest)}'", policy)
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not any(a.get("src") or a.get("href") for _, a in page.elements)


def test_without_the_built_script_it_says_what_to_do(tmp_path, monkeypatch, run):
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    (tmp_path / "t.nwk").write_text("(a:1,b:1);")
    for command in ("export", "serve"):
        code, _, err = run(command, tmp_path / "t.nwk")
        assert code == 2 and "make setup" in err and len(err.splitlines()) == 1


def test_the_command_writes_a_file(built, tmp_path, run):
    (tmp_path / "t.nwk").write_text("((a:1,b:1):1,c:1);")
    code, out, err = run("export", tmp_path / "t.nwk", "-o", tmp_path / "t.html", "--title", "T")
    assert code == 0 and out == "" and "kB; open it" in err
    assert Document((tmp_path / "t.html").read_text()).content["title", None] == "T · phylolm"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "pdf"], "html or space"),
        (["--push", "a/b"], "add --to space"),
        (["-o", "x.pdf"], "use .html"),
        (["--distances", "d.csv"], "say once"),
        (["--to", "space", "-o", "taken"], "choose an empty folder"),
        (["--to", "space", "-o", "new", "--push", "a b/c"], "OWNER/NAME"),
    ],
)
def test_wrong_options_are_one_line(built, tmp_path, run, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.nwk").write_text("(a:1,b:1);")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").write_text("precious")
    code, _, err = run("export", "t.nwk", *arguments)
    assert code == 2 and said in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("thing", "options", "said"),
    [
        ("t.nwk", ["--similarity"], "t.nwk is a tree: leave out --similarity (--similarity is for"),
        ("t.nwk", ["--bootstrap", "1000"], "--bootstrap is for a bank)"),
        ("t.nwk", ["--probes", "3", "--root", "mad"], "leave out --probes, --root ("),
        ("d.csv", ["--measure", "chord"], "d.csv is distances: leave out --measure"),
        ("study.toml", ["--method", "bme"], "study.toml is a study: leave out --method"),
        ("atlas", ["--scores", "s.csv"], "atlas is an atlas: leave out --scores"),
        ("atlas", ["--families", "f.csv"], "leave out --families"),
        ("atlas", ["--against", "t.nwk"], "leave out --against"),
    ],
)
def test_options_that_cannot_apply_are_refused(
    built, tmp_path, run, monkeypatch, thing, options, said
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "atlas").mkdir()
    for name in ("t.nwk", "d.csv", "study.toml", "atlas/atlas.json"):
        (tmp_path / name).write_text("")
    for command in ("export", "serve"):
        code, _, err = run(command, thing, *options)
        assert code == 2 and said in err and len(err.splitlines()) == 1


def test_options_that_apply_are_taken(built, tmp_path, run):
    matrix("abc").save(tmp_path / "d.csv")
    (tmp_path / "f.csv").write_text("model,family\na,x\n")
    given = ("--method", "bionj", "--root", "none", "--families", tmp_path / "f.csv")
    code, _, err = run("export", "-d", tmp_path / "d.csv", *given, "-o", tmp_path / "p.html")
    assert code == 0, err


def test_a_space_is_a_readme_and_a_page_and_can_be_written_again(built, tmp_path):
    data = study_bundle(of_distances(matrix("abc"), 'A "title": \n- x'))
    for _ in range(2):
        write_space(data, tmp_path / "space")
    names = sorted(path.name for path in (tmp_path / "space").iterdir())
    assert names == ["README.md", "index.html"]
    front = (tmp_path / "space" / "README.md").read_text().split("---")[1]
    import yaml

    assert yaml.safe_load(front)["title"] == 'A "title": - x'
    assert yaml.safe_load(front)["sdk"] == "static"


def test_pushing_makes_a_static_space_of_two_files(tmp_path, monkeypatch):
    asked = []

    class Hub:
        def create_repo(self, repo, **options):
            asked.append((repo, options))

        def upload_folder(self, **options):
            asked.append(options)

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    assert push_space(tmp_path, "me/tree") == "https://huggingface.co/spaces/me/tree"
    assert asked[0][1] == {"repo_type": "space", "space_sdk": "static", "exist_ok": True}
    assert asked[1]["allow_patterns"] == ["README.md", "index.html"]
    assert asked[1]["repo_type"] == "space" and asked[1]["folder_path"] == tmp_path


def test_a_hub_that_refuses_is_one_line(tmp_path, monkeypatch):
    from phylolm.errors import BackendError

    class Hub:
        def create_repo(self, repo, **options):
            raise OSError("401 Unauthorized\nmore")

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    with pytest.raises(BackendError, match=r"did not take me/tree: 401 Unauthorized \("):
        push_space(tmp_path, "me/tree")
