"""Least squares for a field on the pixel grid from what is known of its steps: a sparse symmetric system, solved directly.

Poisson's equation with weights of its own for every edge, and a pull towards known values at every pixel. Conjugate gradients need
hundreds of passes here, because weights differ by a factor of 10^6 where a field is known to be flat; a factorisation needs none and
serves all colours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from aedesk.watermark.collection.gradient_stats import AXES, Array, ends


class Grid:
    """A grid of h x w pixels, of which only the ``active`` ones are unknown; the others are zero.

    Args:
        active: (h, w) bool.
    """

    def __init__(self, active: NDArray[np.bool_]) -> None:
        self._active = active
        self._unknowns = int(active.sum())
        index = np.full(active.shape, -1)
        index[active] = np.arange(self._unknowns)
        self._edges = []
        for axis in AXES:
            first, second = ends(index, axis)
            both = (first >= 0) & (second >= 0)
            self._edges.append((both, first[both], second[both]))

    def factorise(self, weights: Sequence[tuple[Array, Array, Array]], pull: Array) -> Factor:
        """Of the system of sum over edges (h11 u1^2 + 2 h12 u1 u2 + h22 u2^2) + sum over pixels of pull u^2.

        Args:
            weights: for both axes h11, h22 and h12 of each edge.
            pull: (h, w).
        """
        diagonal = pull + 1e-9
        rows: list[NDArray[np.int_]] = []
        columns: list[NDArray[np.int_]] = []
        values: list[Array] = []
        for axis, (h11, h22, h12), (both, first, second) in zip(AXES, weights, self._edges, strict=True):
            one, two = ends(diagonal, axis)
            one += h11
            two += h22
            rows += [first, second]
            columns += [second, first]
            values += [h12[both], h12[both]]
        place = np.arange(self._unknowns)
        rows.append(place)
        columns.append(place)
        values.append(diagonal[self._active])
        shape = (self._unknowns, self._unknowns)
        matrix = sparse.csc_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape, dtype=np.float64)
        return Factor(matrix, self._active)


class Factor:
    """A factorised system; ``solve`` takes and gives (h, w) fields."""

    def __init__(self, matrix: sparse.csc_matrix, active: NDArray[np.bool_]) -> None:
        self._active = active
        # A symmetric ordering without pivoting: half the time and memory of the default, and safe for a positive definite matrix.
        self._factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})

    def solve(self, right: Array) -> Array:
        field = np.zeros(self._active.shape)
        field[self._active] = self._factor.solve(right[self._active].astype(np.float64))
        return field


def of_steps(precision: Sequence[Array]) -> list[tuple[Array, Array, Array]]:
    """Edge weights of sum of precision (u2 - u1)^2."""
    return [(p, p, -p) for p in precision]


def gather(shape: tuple[int, ...], at_ends: Sequence[tuple[Array, Array]]) -> Array:
    """(h, w): what the edges of both axes give to their first and second ends, summed at the pixels."""
    field = np.zeros(shape)
    for axis, (one, two) in zip(AXES, at_ends, strict=True):
        first, second = ends(field, axis)
        first += one
        second += two
    return field


def divergence(shape: tuple[int, ...], flux: Sequence[Array]) -> Array:
    """The right side for a field whose steps are wanted to be flux / precision."""
    return gather(shape, [(-f, f) for f in flux])


def at_pixels(shape: tuple[int, ...], precision: Sequence[Array]) -> Array:
    """The precision of all edges that end at each pixel, summed."""
    return gather(shape, [(p, p) for p in precision])
