"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
