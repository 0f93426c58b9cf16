"""How kernels are compiled: cached on disk, run without the interpreter's lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """numba.njit for array-only functions, with the type the function was written with."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
