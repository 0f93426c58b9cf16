"""The randomness of a probe: which numbers a draw is made from.

Here: `uniforms`, the one source of random numbers of every backend that samples by itself.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def uniforms(model: str, prompt: str, draws: range, seed: int, width: int) -> NDArray[np.float64]:
    """A row of `width` uniform numbers for each draw.

    They depend on (seed, model, prompt, draws.start) alone, whatever else is sampled; asking for
    more draws only adds rows. model: name and revision. Models that shared their numbers would
    give correlated probes: a copy would repeat its original draw by draw, and kin would look
    nearer than they are.

    >>> few, many = uniforms("m", "a", range(2), 0, 3), uniforms("m", "a", range(9), 0, 3)
    >>> bool((few == many[:2]).all())
    True
    """
    key = "\0".join([str(seed), str(draws.start), model, prompt]).encode("utf-8", "surrogatepass")
    words = np.frombuffer(hashlib.sha256(key).digest(), dtype="<u4")
    generator = np.random.Generator(np.random.PCG64(words.tolist()))
    return generator.random((len(draws), width))
