import datetime
import json
import math

import numpy as np
import pytest

from phylolm.distance.matrix import DistanceMatrix
from phylolm.errors import BackendError
from phylolm.models.fake import FakeModel
from phylolm.models.protocol import ModelSpec
from phylolm.sequencing.engines import Opened
from phylolm.study.adaptive import Depths, fill_in_rounds, greatest_errors
from phylolm.study.config import read_study
from phylolm.study.study import run_study


class Rounds:
    """Models whose errors fall as 1 / sqrt(probes), from a given error at one probe."""

    def __init__(self, most=32, **errors):
        self.most, self.errors = most, errors
        self.held = dict.fromkeys(errors, 0)
        self.fills = []
        self.breaks = set()

    def run(self, bound):
        models = [
            Opened(ModelSpec("fake", name, None, {}, name, name), FakeModel(name))
            for name in self.errors
        ]
        return fill_in_rounds(
            models, bound, self.most, self.fill, lambda m: self.held[m.spec.name], self.measured
        )

    def fill(self, models, probes):
        names = [model.spec.name for model in models]
        self.fills.append((probes, names))
        failed = {name: BackendError("no") for name in names if name in self.breaks}
        self.held |= {name: probes for name in names if name not in failed}
        return failed

    def measured(self):
        return {n: e / math.sqrt(self.held[n]) for n, e in self.errors.items() if self.held[n]}


def test_each_model_is_sampled_as_deep_as_it_needs():
    rounds = Rounds(easy=0.1, middling=0.3, hard=9.0)
    assert rounds.run(0.08) == {}
    assert rounds.held == {"easy": 8, "middling": 16, "hard": 32}
    assert rounds.fills[0] == (8, ["easy", "middling", "hard"])
    before = len(rounds.fills)
    rounds.run(0.08)
    assert [names for _, names in rounds.fills[before:] if names] == []


def test_the_limit_need_not_be_a_whole_number_of_rounds():
    rounds = Rounds(most=12, hard=9.0)
    rounds.run(0.01)
    assert rounds.held == {"hard": 12}
    few = Rounds(most=3, hard=9.0)
    few.run(0.01)
    assert few.held == {"hard": 3}


def test_a_model_that_fails_is_not_tried_again_in_the_same_run():
    rounds = Rounds(good=0.3, bad=0.3)
    rounds.breaks = {"bad"}
    assert set(rounds.run(0.08)) == {"bad"}
    assert [names for _, names in rounds.fills] == [["good", "bad"], ["good"]]


def test_errors_that_are_unknown_ask_for_more():
    rounds = Rounds(one=math.nan)
    rounds.run(0.5)
    assert rounds.held == {"one": 32}


def test_greatest_errors_and_savings():
    errors = np.array([[9.0, 0.1, 0.3], [0.1, 9.0, 0.2], [0.3, 0.2, 9.0]])
    matrix = DistanceMatrix(("a", "b", "c"), np.zeros((3, 3)), std_error=errors)
    assert greatest_errors(matrix) == {"a": 0.3, "b": 0.2, "c": 0.3}
    depths = Depths({"a": 8, "b": 32}, 32, 10)
    assert depths.saved == 240 and depths.share_saved == 0.375


@pytest.mark.parametrize("bound", [0.2, 0.0001])
def test_a_study_samples_in_rounds_that_add_up(tmp_path, fake_models, bound):
    text = f"genes = 32\nprobes = 20\ntarget_se = {json.dumps(bound)}\n[tree]\nreplicates = 0\n"
    text += "".join(f'[[models]]\nspec = "fake:{name}"\n' for name in ("a-1", "a-2", "a-3"))
    (tmp_path / "study.toml").write_text(text)
    study = read_study(tmp_path / "study.toml")
    done = run_study(study, datetime.date(2025, 1, 1))
    depth = 8 if bound > 0.1 else 20
    assert done.depths.probes == dict.fromkeys(["a-1", "a-2", "a-3"], depth)
    assert fake_models == dict.fromkeys(["a-1", "a-2", "a-3"], 32 * depth)
    assert not run_study(study, datetime.date(2025, 1, 1)).written
    assert fake_models == dict.fromkeys(["a-1", "a-2", "a-3"], 32 * depth)
