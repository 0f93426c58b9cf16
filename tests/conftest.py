"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

# Before anything loads torch, here and in the processes that tests start: threads of models this
# small wait for each other by spinning, and make a busy machine many times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def zoo(tmp_path_factory):
    """The tiny zoo: real models with a known tree, grown once for all tests."""
    from phylolm.zoo import grow

    return grow(tmp_path_factory.mktemp("zoo"), "tiny", seed=0)


@pytest.fixture(scope="session")
def reference():
    """The folder of reference data; tests that need it skip where it is absent."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PHYLOLM_REFERENCE_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder} (set PHYLOLM_REFERENCE_DATA)")
    return folder


@pytest.fixture
def fake_models(monkeypatch):
    """Makes `fake:` specs work; gives how much each of these models was asked."""
    import fake_backend

    from phylolm.models import spec

    kind = spec.BackendKind("fake_backend:open_model", has_revision=True)
    monkeypatch.setitem(spec.BACKENDS, "fake", kind)
    fake_backend.clear()
    return fake_backend.asked


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a command; gives (exit code, stdout, stderr)."""
    from phylolm.cli import main

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["phylolm", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command
