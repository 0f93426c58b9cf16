"""Traits: what is forecast, on a scale where errors are alike. Scores become log-odds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

LEAST, MOST = 0.005, 0.995
"""Scores are held inside these before log-odds are taken: 0 and 1 would be infinite."""

EDGE = 1e-9

MIN_SCORES = 5
"""Fewer than this say nothing of a benchmark."""


def log_odds(score: Matrix) -> Matrix:
    """ln(s / (1 - s)) of scores held inside LEAST..MOST; NaN stays NaN."""
    held = np.clip(score, LEAST, MOST)
    return np.asarray(np.log(held / (1 - held)), dtype=np.float64)


def from_log_odds(value: Matrix) -> Matrix:
    """The score, in 0..1, of log-odds."""
    return np.asarray(1 / (1 + np.exp(-value)), dtype=np.float64)


def interval(centre: Matrix, reach: Matrix) -> tuple[Matrix, Matrix]:
    """Lowest and highest score of log-odds centre - reach to centre + reach.

    Scores beyond LEAST and MOST were held there, so an interval that gets so far goes on to 0 or 1.
    """
    low, high = from_log_odds(centre - reach), from_log_odds(centre + reach)
    return np.where(low <= LEAST * (1 + EDGE), 0.0, low), np.where(
        high >= 1 - (1 - MOST) * (1 + EDGE), 1.0, high
    )


def make_traits(scores: Matrix, parameters: npt.NDArray[np.float64]) -> Matrix:
    """Log-odds of scores (n, p), and log10 of parameters (n,) as one more trait where they vary.

    Size is a trait like the others, only never forecast: it is expected to follow the tree, and
    a model larger than its kin let expect is forecast to score above them.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.log10(parameters)
    size = np.where(np.isfinite(size), size, np.nan)
    known = size[np.isfinite(size)]
    if len(known) < MIN_SCORES or np.ptp(known) == 0:
        return log_odds(scores)
    return np.column_stack([log_odds(scores), size])
