"""A family of probability tables that needs no storing, for codes whose model brings no tables.

Two shapes, 64 widths each, from nearly always zero to spread over all symbols; every channel of a code chooses the one that fits it best.
All is integer arithmetic: a ratio is a whole number of 2**-32, and the one of twice the width is its square root (geometric) or the
root of that (Gaussian).
"""

from __future__ import annotations

from functools import cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from aedesk.entropy.tables import Tables

REACH = 127
WIDTHS = 64
COUNT = 2 * WIDTHS
"""Tables 0..63 are geometric, p(k) ~ q**|k|; 64..127 Gaussian, p(k) ~ q**(k*k)."""
PER_OCTAVE = 6
_ONE_BITS = 32
_GEOMETRIC = (248, 1529, 7726, 32715, 118346, 372078)
"""2**32 exp(-1/b) for b = 0.06 * 2**(i/6): the narrowest widths."""
_GAUSSIAN = (853, 20583, 257583, 1913913, 9402417, 33261238)
"""2**32 exp(-1/(2 s**2)) for s = 0.18 * 2**(i/6)."""
_PEAK_BITS = 31
_ESCAPE_SHARE_BITS = 13


@cache
def shape_tables() -> Tables:
    """(128, 2 * 127 + 2) counts. Weights fall from 2**31 at zero; an escape has 2**-13 of their sum."""
    ratios = np.array(_widening(_GEOMETRIC, 1) + _widening(_GAUSSIAN, 2), np.uint64)
    squares = _times(ratios, ratios)
    gaussian = np.arange(COUNT) >= WIDTHS
    half = [np.full(COUNT, 1 << _PEAK_BITS, np.uint64)]
    for _ in range(REACH):
        half.append(_times(half[-1], ratios))
        ratios = np.where(gaussian, _times(ratios, squares), ratios)  # from k*k to the next square it is 2k + 1 steps
    one_side = np.stack(half, 1).astype(np.int64)
    both = np.concatenate((one_side[:, :0:-1], one_side), 1)
    return Tables.share(np.concatenate((both, both.sum(1, keepdims=True) >> _ESCAPE_SHARE_BITS), 1))


def _widening(narrowest: tuple[int, ...], roots: int) -> list[int]:
    found = list(narrowest)
    while len(found) < WIDTHS:
        wider = found[-PER_OCTAVE]
        for _ in range(roots):
            wider = isqrt(wider << _ONE_BITS)
        found.append(wider)
    return found


def _times(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The product of two numbers in 2**-32, rounded down."""
    return (a * b) >> np.uint64(_ONE_BITS)
