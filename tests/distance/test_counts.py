from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phylolm.distance.counts import EXACT, AlleleCounts, parse_lengths, without_silent
from phylolm.errors import ConfigError, DataError
from phylolm.genome.alleles import BLANK, END

ROWS = [
    ("x", "g1", " the cat", False),
    ("x", "g1", "the dog", False),
    ("x", "g1", "", True),
    ("y", "g1", "\n\n\n", False),
    ("y", "g2", "42", True),
]


def table(rows):
    return pd.DataFrame(rows, columns=["model", "gene", "text", "ended"])


def as_dict(counts):
    frame = counts.to_pandas()
    keys = zip(frame["model"], frame["gene"], frame["allele"], strict=True)
    return dict(zip(keys, frame["count"], strict=True))


def test_counts_by_hand():
    counts = AlleleCounts.from_probes(table(ROWS), length=4)
    assert as_dict(counts) == {
        ("x", "g1", "the "): 2,
        ("x", "g1", END): 1,
        ("y", "g1", BLANK): 1,
        ("y", "g2", "42"): 1,
    }
    assert counts.probes.tolist() == [[3, 0], [1, 1]]
    assert not counts.complete


def test_missing_genes_are_masked_not_zero():
    counts = AlleleCounts.from_probes(table(ROWS), length=4)
    assert counts.present.tolist() == [[True, False], [True, True]]


def test_multi_length_has_one_locus_a_length():
    counts = AlleleCounts.from_probes(table(ROWS), length=range(1, 3))
    sums = np.zeros((2, 4))
    coo = counts.frequencies.tocoo()
    np.add.at(sums, (coo.row, counts.locus_of[coo.col]), coo.data)
    assert np.allclose(sums, [[1, 1, 0, 0], [1, 1, 1, 1]])


def test_exact_rows_count_as_probabilities_and_win_over_probes():
    rows = table(ROWS).assign(probability=np.nan)
    exact = pd.DataFrame(
        [("x", "g1", "theory", False, 0.75), ("x", "g1", "then", False, 0.2)],
        columns=["model", "gene", "text", "ended", "probability"],
    )
    counts = AlleleCounts.from_probes(pd.concat([rows, exact]), length=4)
    assert counts.probes[0, 0] == EXACT
    assert as_dict(counts)["x", "g1", "theo"] == 0.75
    assert ("x", "g1", END) not in as_dict(counts)


texts = st.text(alphabet=" \nabcé🦊", max_size=10)
probe_rows = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(["g1", "g2"]), texts, st.booleans()),
    min_size=1,
    max_size=60,
)


@given(probe_rows, st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_counts_equal_a_plain_loop(rows, length):
    twin = Counter()
    for model, gene, text, ended in rows:
        allele = text.lstrip(" \r\n")[:length]
        twin[model, gene, allele or (END if ended else BLANK)] += 1
    assert as_dict(AlleleCounts.from_probes(table(rows), length=length)) == twin


@given(probe_rows, probe_rows)
@settings(max_examples=50, deadline=None)
def test_counts_add_up_whatever_the_order_of_rows(first, second):
    def normal(rows):
        return as_dict(AlleleCounts.from_probes(table(rows), list("xyz"), ["g1", "g2"], length=4))

    joint = Counter(normal(first))
    joint.update(normal(second))
    assert normal(first + second) == joint == normal(second[::-1] + first)


def test_silent_models_are_left_out_by_name():
    rows = [("mute", g, "", True) for g in ("g1", "g2")] + [("loud", "g1", "word", False)]
    counts, silent = without_silent(AlleleCounts.from_probes(table(rows), length=4))
    assert silent == ["mute"] and counts.models == ("loud",)
    with pytest.raises(DataError, match="answer nothing"):
        without_silent(counts.from_probes(table(rows[:2]), length=4))


def test_a_model_that_answers_some_genes_is_judged_by_the_share():
    rows = [("m", "g1", "word", False), ("m", "g2", "", True), ("m", "g3", "", True)]
    rows += [("n", g, "word", False) for g in ("g1", "g2", "g3")]
    counts = AlleleCounts.from_probes(table(rows), length=range(1, 5))
    assert counts.answered() == pytest.approx([1 / 3, 1])
    assert without_silent(counts, 0.5)[1] == ["m"]


def test_selection_keeps_order_and_refuses_strangers():
    counts = AlleleCounts.from_probes(table(ROWS), length=4)
    assert counts.select(["y", "x"]).models == ("y", "x")
    assert counts.select(["y", "x"]).probes.tolist() == [[1, 1], [3, 0]]
    with pytest.raises(ConfigError, match="no model 'z'"):
        counts.select(["z"])


@pytest.mark.parametrize("text", ["0", "9", "4-9", "a", "", "1-"])
def test_bad_lengths_are_refused(text):
    with pytest.raises(ConfigError):
        parse_lengths(text)


def test_selected_genes_are_what_counting_them_alone_gives():
    rows = table([*ROWS, ("x", "g3", "word", False), ("y", "g3", "wood", False)])
    for length in (4, range(1, 4)):
        counts = AlleleCounts.from_probes(rows, ["x", "y"], ["g1", "g2", "g3"], length)
        chosen = counts.select_genes([2, 0])
        alone = AlleleCounts.from_probes(rows, ["x", "y"], ["g1", "g3"], length)
        assert as_dict(chosen) == as_dict(alone)
        assert (chosen.probes == alone.probes).all()
        assert (chosen.locus_of == alone.locus_of).all()
