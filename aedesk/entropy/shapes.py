"""A fixed family of probability tables, for latents whose model brings none.

Two shapes with 64 widths each, from nearly always zero to nearly uniform; each channel of a latent uses the one that fits it best. All
arithmetic is on integers: a ratio is a multiple of 2**-32, and the ratio for twice the width is its square root (geometric) or its fourth
root (Gaussian).
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
"""Tables 0..63 are geometric, p(k) ~ q**|k|; tables 64..127 are Gaussian, p(k) ~ q**(k*k)."""
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
    """Returns the (128, 2 * 127 + 2) tables. Weights fall from 2**31 at zero; an escape has 2**-13 of their sum."""
    ratios = np.array(_all_widths(_GEOMETRIC, 1) + _all_widths(_GAUSSIAN, 2), np.uint64)
    squares = _multiply(ratios, ratios)
    gaussian = np.arange(COUNT) >= WIDTHS
    half = [np.full(COUNT, 1 << _PEAK_BITS, np.uint64)]
    for _ in range(REACH):
        half.append(_multiply(half[-1], ratios))
        ratios = np.where(gaussian, _multiply(ratios, squares), ratios)  # the exponent k*k grows by 2k + 1
    one_side = np.stack(half, 1).astype(np.int64)
    both = np.concatenate((one_side[:, :0:-1], one_side), 1)
    return Tables.from_weights(np.concatenate((both, both.sum(1, keepdims=True) >> _ESCAPE_SHARE_BITS), 1))


def _all_widths(narrowest: tuple[int, ...], roots: int) -> list[int]:
    """Extends the ratios of one octave to all widths; twice the width takes ``roots`` square roots."""
    ratios = list(narrowest)
    while len(ratios) < WIDTHS:
        wider = ratios[-PER_OCTAVE]
        for _ in range(roots):
            wider = isqrt(wider << _ONE_BITS)
        ratios.append(wider)
    return ratios


def _multiply(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The product of two multiples of 2**-32, rounded down."""
    return (a * b) >> np.uint64(_ONE_BITS)
