"""The page's data: packed, read back, and fit for the schema."""

import json
import struct

import numpy as np
import pytest

from phylolm.errors import DataError
from phylolm.page import bundle_sections
from phylolm.page.bundle import Packer, array, manifest, pack, unpack, zipped
from phylolm.page.metadata import Field, guess, read_fields
from phylolm.tree.tree import Tree
from tests.page_cases import HOSTILE, checked


def bundle(names=("a", "b"), **parts):
    packer = parts.pop("packer", Packer())
    return pack(
        manifest("t", "study", bundle_sections.models(names, len(names), None, []), **parts), packer
    )


def test_the_bytes_are_as_the_browser_reads_them():
    packer = Packer()
    first, second = packer.numbers([1, 2, 3], "u8"), packer.numbers([0.5, np.nan], "f32")
    assert (first["at"], second["at"]) == (0, 8)
    data = bundle(packer=packer)
    length, zero = struct.unpack_from("<II", data)
    assert zero == 0 and json.loads(data[8 : 8 + length])["format"] == "phylolm-page"
    start = -(-(8 + length) // 8) * 8
    assert data[start : start + 3] == b"\x01\x02\x03"
    assert struct.unpack_from("<f", data, start + 8) == (0.5,)
    assert len(data) == start + 16 and zipped(data) == zipped(data)


def test_equal_numbers_are_kept_once_and_wrong_kinds_refused():
    packer = Packer()
    assert packer.numbers([1, 2], "u32") == packer.numbers([1, 2], "u32")
    assert packer.numbers([1, 2], "i32")["at"] == 8
    for values, kind in (([256], "u8"), ([-1], "u32"), ([0.5], "i32"), ([2**40], "i32")):
        with pytest.raises(ValueError):
            packer.numbers(values, kind)


def test_hostile_names_come_back_as_they_were():
    content, _ = checked(bundle(names=HOSTILE))
    for given, found in zip(HOSTILE, content["models"]["names"], strict=True):
        assert found == given.replace("\ud800", "?")


@pytest.mark.parametrize(
    "data", [b"", b"1234567", b"\xff" * 40, struct.pack("<II", 2, 0) + b"{}" + b"\0" * 6]
)
def test_what_is_no_bundle_is_refused(data):
    with pytest.raises(DataError, match="not the data of a page"):
        unpack(data)


def test_another_version_and_cut_data_are_said():
    with pytest.raises(DataError, match="another version"):
        unpack(pack(manifest("", "study", {}, version=99), Packer()))
    with pytest.raises(DataError, match="cut short"):
        array(unpack(bundle())[1], {"at": 8, "length": 5, "type": "f32"})


def test_a_tree_is_renumbered_parents_first_and_leaves_in_order():
    tree = Tree.from_newick("((a:1,b:2)90:3,(c:1,(d:1,e:1)70:1)50:2);")
    packer = Packer()
    made = bundle_sections.tree(packer, tree, {n: i for i, n in enumerate("edcba")}, "t", "t", "")
    content, read = checked(bundle("edcba", packer=packer, trees=[made]))
    made = content["trees"][0]
    parent, model = read(made["parent"]), read(made["model"])
    assert parent[0] == -1 and (parent[1:] < np.arange(1, 9)).all()
    assert ["edcba"[m] for m in model if m >= 0] == list("abcde")
    assert read(made["length"])[1] == 3 and read(made["support"])[1] == 90
    assert made["rooted"]
    # A clade is one run of nodes, right after its parent.
    assert parent.tolist() == [-1, 0, 1, 1, 0, 4, 4, 6, 6]


def test_columns_of_each_kind():
    packer = Packer()
    fields = [
        Field("f", "f", "category", ["x", "", "y", "y"], {"x": "#000001", "y": "#000002"}),
        Field("n", "n", "number", np.array([1.0, np.nan, 2, 3]), log=True),
        Field("t", "t", "text", ["", "<b>", "c", "d"]),
    ]
    columns = [bundle_sections.column(packer, each) for each in fields]
    models = bundle_sections.models("abcd", 4, None, columns)
    content, read = checked(pack(manifest("", "study", models), packer))
    family, number, text = content["models"]["columns"]
    assert family["categories"] == ["y", "x"] and family["colours"] == ["#000002", "#000001"]
    assert read(family["values"]).tolist() == [1, -1, 0, 0]
    assert number["log"] and np.isnan(read(number["values"])[1])
    assert text["text"] == ["", "<b>", "c", "d"]


def test_a_category_without_a_colour_is_grey_and_the_others_keep_theirs():
    packer = Packer()
    some = Field("f", "f", "category", ["x", "y", "z", "z"], {"x": "#000001", "z": "#000002"})
    none = Field("g", "g", "category", ["x", "", "y", "y"], {"other": "#000003"})
    columns = [bundle_sections.column(packer, each) for each in (some, none)]
    assert columns[0]["categories"] == ["z", "x", "y"]
    assert columns[0]["colours"] == ["#000002", "#000001", "#8a9099"]
    assert "colours" not in columns[1]


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["1", "", "2.5"], "number"),
        (["2024-01-02", "2023-12-31", ""], "date"),
        (["2024-99-99", "2023-12-31", "2023-12-31", "2023-12-31"], "category"),
        (["a", "b", "a", "a"], "category"),
        ([f"note {i}" for i in range(9)], "text"),
        (["inf", "1", "2", "3"], "text"),
    ],
)
def test_the_kind_of_a_column_is_told_by_its_texts(texts, kind):
    assert guess("x", texts).kind == kind


def test_a_table_of_metadata_is_joined_by_the_column_that_names_models(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(
        "code,engine,family,family_colour,size\n1,b,two,#00FF00,7\n2,a,one,#0000ff,7000\n"
        "3,z,one,#0000ff,1\n"
    )
    found = {each.name: each for each in read_fields(path, ["a", "b", "c"])}
    assert list(found) == ["code", "family", "size"]
    assert found["family"].values == ["one", "two", ""]
    assert found["family"].colours == {"one": "#0000ff", "two": "#00ff00"}
    assert found["size"].log and np.isnan(found["size"].values[2])
    with pytest.raises(DataError, match="no column names any of the 1 models"):
        read_fields(path, ["nobody"])
