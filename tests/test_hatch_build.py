"""The hook that builds the page when phylolm is installed: when it works and what it says."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hook(monkeypatch):
    """The hook's module; hatchling itself is only there while a package is built."""
    interface = "hatchling.builders.hooks.plugin.interface"
    parts = interface.split(".")
    for depth in range(1, len(parts) + 1):
        name = ".".join(parts[:depth])
        stand_in = SimpleNamespace(BuildHookInterface=object)
        monkeypatch.setitem(sys.modules, name, stand_in)  # type: ignore[arg-type]
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.delenv("PHYLOLM_SKIP_WEB", raising=False)
    return module


@pytest.fixture
def checkout(tmp_path, hook, monkeypatch):
    """A checkout with a little web/, and the npm commands that were run in it."""
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "src" / "main.ts").write_text("1")
    asked = []

    def npm(arguments, folder):
        asked.append(arguments[0])
        (tmp_path / hook.BUILT).mkdir(parents=True, exist_ok=True)
        (tmp_path / hook.BUILT / "page.js").write_text("built")

    monkeypatch.setattr(hook, "run_npm", npm)
    made = hook.WebBuildHook()
    made.root, made.app = str(tmp_path), SimpleNamespace(display_info=lambda text: None)
    return SimpleNamespace(
        root=tmp_path, hook=made, asked=asked, make=lambda: made.initialize("", {})
    )


def test_it_builds_once_and_again_when_the_sources_change(checkout):
    checkout.make()
    checkout.make()
    assert checkout.asked == ["ci", "run"]
    source = checkout.root / "web" / "src" / "main.ts"
    source.write_text("2")
    checkout.make()
    assert checkout.asked == ["ci", "run"] * 2
    (checkout.root / "web" / "src" / "manifest.ts").write_text("generated")
    checkout.make()
    assert len(checkout.asked) == 4


def test_a_missing_script_is_built_again(checkout, hook):
    checkout.make()
    (checkout.root / hook.BUILT / "page.js").unlink()
    checkout.make()
    assert checkout.asked == ["ci", "run"] * 2


def test_it_can_be_left_out_and_needs_no_sources(checkout, monkeypatch):
    monkeypatch.setenv("PHYLOLM_SKIP_WEB", "1")
    checkout.make()
    assert checkout.hook.dependencies() == [] and not checkout.asked


def test_node_is_asked_for_only_where_it_is_needed(checkout, hook, monkeypatch):
    monkeypatch.setattr(hook, "machine_has_npm", lambda: False)
    assert checkout.hook.dependencies() == [hook.NODE]
    checkout.make()
    assert checkout.hook.dependencies() == []
    monkeypatch.setattr(hook, "machine_has_npm", lambda: True)
    (checkout.root / "web" / "package.json").write_text("{ }")
    assert checkout.hook.dependencies() == []


@pytest.mark.parametrize(
    ("version", "fine"), [("v20.19.0", True), ("v18.20.4", False), ("", False)]
)
def test_an_old_node_does_not_count(hook, monkeypatch, version, fine):
    monkeypatch.setattr(hook.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(hook.subprocess, "run", lambda *a, **k: SimpleNamespace(stdout=version))
    assert hook.machine_has_npm() is fine


def test_a_failure_says_what_npm_said_and_what_to_do(hook, tmp_path, monkeypatch):
    monkeypatch.setattr(hook, "machine_has_npm", lambda: True)
    monkeypatch.setattr(hook.shutil, "which", lambda name, path=None: sys.executable)
    with pytest.raises(SystemExit, match=r"(?s)no_such_script.*PHYLOLM_SKIP_WEB=1"):
        hook.run_npm(["no_such_script"], tmp_path)
