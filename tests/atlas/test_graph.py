"""The graph of names: edges, communities, layout, files, picture."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from phylolm import figures
from phylolm.atlas.graph import name_graph, write_graph
from phylolm.atlas.neighbours import similar_names
from phylolm.errors import ConfigError

MODELS = [f"o{i % 7}/{family}-{i}" for i, family in enumerate(["llama-7b", "bert-base"] * 40)]
ODD = ["a/x<&>\"'", "b/x<&>\"'", "c/y\x00\x1b\ud800", "d/$x^2$ \N{SNOWMAN}", "e/lone"]


@pytest.fixture(scope="module")
def graph():
    return name_graph(similar_names([*MODELS, *ODD]))


def test_families_are_communities(graph):
    assert graph.modularity > 0.4
    for start in (0, 1):
        assert len(set(graph.communities[start:80:2])) < 6
    assert not set(graph.communities[0:80:2]) & set(graph.communities[1:80:2])
    pairs, cosines = graph.pairs
    assert (pairs[:, 0] < pairs[:, 1]).all() and (cosines >= 0.3).all() and cosines.max() <= 1.0001


def test_equal_names_make_a_star():
    pairs, cosines = name_graph(similar_names([f"o{i}/same" for i in range(200)])).pairs
    assert len(pairs) == 199 and (pairs[:, 0] == 0).all() and np.allclose(cosines, 1)


def test_layout_is_seeded_and_no_two_models_share_a_place(graph):
    again = name_graph(similar_names([*MODELS, *ODD]))
    assert (graph.places == again.places).all()
    assert len(np.unique(np.round(graph.places, 3), axis=0)) > 0.9 * len(graph.models)
    assert np.isfinite(graph.places).all()


def test_files_are_read_by_networkx(graph, tmp_path):
    downloads = [pd.NA, 5, *range(len(graph.models) - 2)]
    for name, read in (("g.graphml", nx.read_graphml), ("g.gexf", nx.read_gexf)):
        write_graph(graph, tmp_path / name, {"downloads": downloads})
        found = read(tmp_path / name)
        assert found.number_of_nodes() == len(graph.models)
        assert found.number_of_edges() == len(graph.pairs[0])
    nodes = nx.read_graphml(tmp_path / "g.graphml").nodes
    assert "a/x<&>\"'" in nodes and nodes[MODELS[1]]["downloads"] == 5
    with pytest.raises(ConfigError, match=r"\.gexf"):
        write_graph(graph, tmp_path / "g.dot")


def test_picture(graph, tmp_path):
    names = ["$\\frac{", "[red]", *(["x"] * int(graph.communities.max()))]
    drawn = figures.plot_constellation(
        graph.places, graph.communities, names, graph.pairs[0], "A title with $ and _"
    )
    figures.save(drawn, tmp_path / "g.svg")
    assert "$\\frac{" in (tmp_path / "g.svg").read_text()
