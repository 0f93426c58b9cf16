"""The page of benchmarks: what is measured anew replaces its section, all else stays."""

import sys
from pathlib import Path

import numpy as np
from page_cases import checked

from benchmarks.__main__ import HEAD, merged

PAGE = f"{HEAD}\n\n## Atlas\n\nold\n\n## Large atlases\n\n| a | b |\n\n## Trees\n\nold\n"


def test_sections_made_now_take_their_places_and_others_stay():
    made = {"Trees": "## Trees\n\nnew", "The page": "## The page\n\nfirst"}
    assert merged(PAGE, made) == (
        f"{HEAD}\n\n## Atlas\n\nold\n\n## Large atlases\n\n| a | b |\n\n## Trees\n\nnew\n\n"
        "## The page\n\nfirst\n"
    )
    assert merged(PAGE, {}) == PAGE


def test_made_up_pages_fit_the_schema(monkeypatch):
    folder = str(Path(__file__).parents[1] / "benchmarks")
    monkeypatch.setattr(sys, "path", [folder, *sys.path])
    import page_inputs

    graph = page_inputs.Graph(200, 1000)
    content, read = checked(graph.bundle())
    source, target = (read(content["graphs"][0][end]) for end in ("source", "target"))
    same = graph.group[source] == graph.group[target]
    assert 0.8 < same.mean() < 1 and len(source) == 1000
    assert np.abs(graph.xy).max() == 1
    points, _ = checked(page_inputs.Points(50).bundle(named=True))
    assert len(set(points["models"]["names"])) == 50
    assert checked(page_inputs.matrix(20))[0]["matrices"]
    assert checked(page_inputs.random_tree(20))[0]["trees"]
