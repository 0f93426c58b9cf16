"""Colours that stay apart for colour-blind readers too, for any number of families.

Here: the family palette, text-safe inks and the sequential colour map, all reckoned in OKLab
(Ottosson 2020), where equal steps look equal. Next door: `style` is everything else that the
pictures have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NEUTRAL = "#4a4d52"
"""Branches that lead to more than one family, and models of none."""

_FIRST = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Wong 2011 (Nature Methods 8:441), less yellow, which is lost on white, and black."""

# Machado, Oliveira and Fernandes 2009, full deuteranopia and protanopia, on linear RGB.
_BLINDNESS = (
    np.eye(3),
    np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
              [-0.011820, 0.042940, 0.968881]]),
    np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
              [-0.003882, -0.048116, 1.051998]]),
)  # fmt: skip

_TO_CONE = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                     [0.2119034982, 0.6806995451, 0.1073969566],
                     [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
_TO_LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                    [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip

_RAMP = ("#fbfaf2", "#cfe6d2", "#7fc1b7", "#3a93ac", "#2a5f97", "#26306b")


def families_by_size(families: Mapping[str, str] | None, names: Iterable[str]) -> list[str]:
    """Families of the given models, the largest first, then by name; "" is no family."""
    counts = Counter((families or {}).get(name, "") for name in names)
    counts.pop("", None)
    return sorted(counts, key=lambda family: (-counts[family], family))


def family_colours(
    families: Sequence[str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """A colour for each family, in order; `given` colours win and the others keep clear of them."""
    given = given or {}
    fixed = tuple(given[family] for family in families if family in given)
    free = iter(_spread(fixed, len(families) - len(fixed)))
    return {family: given[family] if family in given else next(free) for family in families}


@cache
def _spread(taken: tuple[str, ...], count: int) -> tuple[str, ...]:
    """`count` colours, each as far as can be from all before it for every kind of eye."""
    if not taken and count <= len(_FIRST):
        return _FIRST[:count]
    chosen = list(_FIRST) if not taken else []
    pool = _pool()
    seen = _views(_rgb([NEUTRAL, *taken, *chosen]))
    candidates = _views(pool)
    nearest = np.min([_apart(candidates, view) for view in seen], axis=0)
    while len(chosen) < count:
        best = int(nearest.argmax())
        chosen.append(_hex(pool[best]))
        nearest = np.minimum(nearest, _apart(candidates, candidates[best]))
    return tuple(chosen[:count])


def _pool() -> Array:
    """Colours of middle lightness to choose from; all are seen on white and on black."""
    light, chroma, hue = np.meshgrid(
        np.linspace(0.42, 0.74, 7), np.linspace(0.05, 0.21, 6), np.arange(0, 360, 10.0)
    )
    angle = np.deg2rad(hue)
    lab = np.stack([light, chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1).reshape(-1, 3)
    rgb = _encode((lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONE).T)
    return np.asarray(rgb[((rgb >= 0) & (rgb <= 1)).all(axis=1)])


def _views(rgb: Array) -> Array:
    """(k, 3 kinds of eye, 3) OKLab coordinates."""
    linear = _decode(rgb)
    return np.stack([_oklab(np.clip(linear @ eye.T, 0, 1)) for eye in _BLINDNESS], axis=1)


def _apart(candidates: Array, colour: Array) -> Array:
    return np.asarray(np.linalg.norm(candidates - colour, axis=-1).min(axis=-1))


def _oklab(linear: Array) -> Array:
    return np.asarray(np.cbrt(linear @ _TO_CONE.T) @ _TO_LAB.T)


def _decode(rgb: Array) -> Array:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)


def _encode(linear: Array) -> Array:
    curve = 1.055 * np.maximum(linear, 0.0) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, curve)


def _rgb(colours: Sequence[str]) -> Array:
    from matplotlib.colors import to_rgb

    return np.array([to_rgb(colour) for colour in colours]).reshape(-1, 3)


def _hex(rgb: Array) -> str:
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in np.clip(rgb, 0, 1))


@cache
def ink(colour: str, contrast: float = 4.5) -> str:
    """The colour, darkened until text in it is readable on white (WCAG contrast)."""
    linear = _decode(_rgb([colour]))[0]
    while 1.05 / (linear @ (0.2126, 0.7152, 0.0722) + 0.05) < contrast:
        linear = linear * 0.95
    return _hex(_encode(linear))


@cache
def ramp(steps: int = 256) -> Array:
    """Pale to dark in steps that look equal: the colour map of similarities and distances."""
    dense = np.linspace(0, 1, 2001)
    at = np.linspace(0, 1, len(_RAMP))
    rgb = np.stack([np.interp(dense, at, part) for part in _rgb(_RAMP).T], axis=1)
    walked = np.linalg.norm(np.diff(_oklab(_decode(rgb)), axis=0), axis=1).cumsum()
    where = np.interp(np.linspace(0, 1, steps), np.r_[0, walked] / walked[-1], dense)
    return np.stack([np.interp(where, dense, part) for part in rgb.T], axis=1)


def node_colours(
    parent: npt.NDArray[np.int32],
    names: Sequence[str],
    families: Mapping[str, str] | None,
    colours: Mapping[str, str],
) -> list[str]:
    """A colour for each node: its family's, if all leaves below it are of one; else neutral."""
    mixed = "\0mixed"
    kind: list[str | None] = [None] * len(names)
    for node, above in enumerate(parent.tolist()):
        own = kind[node]
        if own is None:
            own = kind[node] = (families or {}).get(names[node], "")
        if above >= 0:
            kind[above] = own if kind[above] in (None, own) else mixed
    return [colours.get(family or "", NEUTRAL) for family in kind]
