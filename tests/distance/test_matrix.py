import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phylolm.distance.matrix import DistanceMatrix, read_distances
from phylolm.errors import ConfigError, DataError

NASTY = ['a "quoted", one', "b/c\\d", "e\nf", "🦊", "_(x:1)[y];", "  blank ", "<script>", "nan"]


def matrix(names=NASTY):
    points = np.random.default_rng(0).random((len(names), 3))
    values = np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))
    return DistanceMatrix.checked(names, values)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_round_trip_with_nasty_names(tmp_path, suffix):
    d = matrix()
    d.save(tmp_path / f"d{suffix}")
    again = read_distances(tmp_path / f"d{suffix}")
    assert again.names == d.names
    assert again.values == pytest.approx(d.values, abs=1e-7)


def test_phylip_round_trip(tmp_path):
    d = matrix(["a", "b", "c/d"])
    d.save(tmp_path / "d.phy")
    again = read_distances(tmp_path / "d.phy")
    assert again.names == d.names and again.values == pytest.approx(d.values, abs=1e-7)


@given(st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=5, unique=True))
@settings(max_examples=50, deadline=None)
def test_csv_keeps_any_name(tmp_path_factory, names):
    names = [
        name.replace("\r", " ").replace("\x00", " ").encode("utf-8", "replace").decode()
        for name in names
    ]
    if len(set(names)) < len(names):
        return
    path = tmp_path_factory.mktemp("csv") / "d.csv"
    matrix(names).save(path)
    assert read_distances(path).names == tuple(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (",a,b\na,0,1\n", "not square"),
        (",a,b\na,0,1\nb,1\n", "not square"),
        (",a,b\na,0,1\nb,2,0\n", "not symmetric: see a and b"),
        (",a,b\na,0,\nb,,0\n", "no number between a and b"),
        (",a,b\na,0,nan\nb,nan,0\n", "no number between a and b"),
        (",a,b\na,0,x\nb,1,0\n", "'x' between a and b is no number"),
        (",a,a\na,0,1\na,1,0\n", "duplicate names: a"),
        (",a,b\na,1,0.5\nb,0.5,1\n", "--similarity"),
        (",a,b\na,0,-1\nb,-1,0\n", "negative distance between a and b"),
        (",a,b\nb,0,1\na,1,0\n", "differ in order"),
        ("", "empty"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_distances(tmp_path / "d.csv")
    assert "\n" not in str(caught.value)


def test_similarities_become_distances_as_published(tmp_path):
    (tmp_path / "s.csv").write_text(",a,b,c\na,1,0.5,0\nb,0.5,1,0.1\nc,0,0.1,1\n")
    d = read_distances(tmp_path / "s.csv", similarity=True)
    assert d["a", "b"] == pytest.approx(np.log(2))
    assert d["a", "c"] == pytest.approx(-np.log(1e-10))
    (tmp_path / "s.csv").write_text(",a,b\na,1,2\nb,2,1\n")
    with pytest.raises(DataError, match="between 0 and 1"):
        read_distances(tmp_path / "s.csv", similarity=True)


def test_unknown_kinds_and_missing_files(tmp_path):
    with pytest.raises(ConfigError, match=".csv, .parquet or .phy"):
        matrix().save(tmp_path / "d.xlsx")
    with pytest.raises(ConfigError, match="no file"):
        read_distances(tmp_path / "d.csv")
    (tmp_path / "d.parquet").write_text("nonsense")
    with pytest.raises(DataError, match="not a parquet file"):
        read_distances(tmp_path / "d.parquet")


def test_select_pandas_skbio_and_pairs():
    d = matrix(["a", "b", "c"])
    assert d.select(["c", "a"])["c", "a"] == d["a", "c"]
    assert d.to_pandas().loc["a", "b"] == d["a", "b"]
    assert d.to_skbio()["a", "b"] == d["a", "b"]
    assert d.pairs()["distance"].is_monotonic_increasing
    with pytest.raises(ConfigError, match="no model 'z'"):
        d.index("z")


def test_names_are_escaped_in_notebooks():
    assert "<script>" not in matrix()._repr_html_()
