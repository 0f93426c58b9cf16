"""Models that score above what their kin predict.

Here: `residuals`. Next door: `forecast` gives the expectation they are held against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from phylolm.predict.forecast import SCORED_KIN, ScoredModels, regimes
from phylolm.predict.traits import from_log_odds, make_traits

if TYPE_CHECKING:
    import pandas as pd

CAUTION = (
    "A score above what kin predict can come from training for the benchmark, contamination, a "
    "wrong name or score, another way of scoring, or real progress: this test can't tell which."
)
MAD_TO_SD = 1.4826


def residuals(study: ScoredModels) -> pd.DataFrame:
    """Every score beside its forecast from all other models, most surprising first.

    Columns: model, benchmark, score, expected (fractions), p_kin: chance of a score this far above
    what kin predict; p_all: the same given the model's other scores too; q_value: the smaller of
    both, corrected for their number and for all scores (Benjamini and Hochberg 1995, JRSS B
    57:289). The null is Student's t, fitted to all models' errors by maximum likelihood, so heavy
    tails that all benchmarks have are no surprise.
    """
    import pandas as pd

    traits = make_traits(study.scores, study.parameters)
    regime = regimes(study, traits)[SCORED_KIN]
    benchmarks = len(study.benchmarks)
    alone = regime.calibration.z[:, :benchmarks]
    given = np.column_stack(
        [regime.calibration.remainder(b, list(range(traits.shape[1]))) for b in range(benchmarks)]
    )
    p_kin, p_all = _p_above(alone), _p_above(given)
    rows, columns = np.nonzero(np.isfinite(study.scores))
    unit = regime.calibration.scale[:benchmarks] * np.sqrt(regime.variance[:, :benchmarks])
    expected = from_log_odds(traits[:, :benchmarks] - alone * unit)
    smaller = np.minimum(2 * np.minimum(p_kin, p_all), 1.0)[rows, columns]
    table = pd.DataFrame(
        {
            "model": np.array(study.distances.names, dtype=object)[rows],
            "benchmark": np.array(study.benchmarks, dtype=object)[columns],
            "score": study.scores[rows, columns],
            "expected": expected[rows, columns],
            "p_kin": p_kin[rows, columns],
            "p_all": p_all[rows, columns],
            "q_value": _benjamini_hochberg(smaller),
        }
    )
    return table.sort_values(["q_value", "p_all", "model"], ignore_index=True)


def _p_above(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Upper tail of each z (n, p) under a t distribution fitted to all, scaled by benchmark."""
    from scipy import stats

    spread = MAD_TO_SD * np.nanmedian(np.abs(z), axis=0)
    scaled = z / np.maximum(spread, 1e-12)
    df, _, scale = stats.t.fit(scaled[np.isfinite(scaled)], floc=0)
    return np.asarray(stats.t.sf(scaled, df, scale=scale), dtype=np.float64)


def _benjamini_hochberg(p_values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p_values), dtype=np.float64)
