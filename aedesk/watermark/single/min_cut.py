"""Binary labelling of pixels by a minimum cut (Kolmogorov and Zabih 2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

CAPACITY_SCALE, MAX_CAPACITY = 1000, 10_000
"""scipy's maximum flow takes integers: capacities are clipped to the second number and multiplied by the first."""


def min_cut(cost: NDArray[np.float64], start: NDArray[np.intp], end: NDArray[np.intp], capacity: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns the labels (n,) of minimal total cost.

    Args:
        cost: (n,), cost of the label True relative to False.
        start, end: (m,), indices of pairs of pixels.
        capacity: (m,), nonnegative cost of a pair whose ``start`` is False and whose ``end`` is True.
    """
    count = len(cost)
    source, sink, pixels = count, count + 1, np.arange(count)
    starts = np.concatenate((start, np.full(count, source), pixels))
    ends = np.concatenate((end, pixels, np.full(count, sink)))
    capacities = np.rint(np.clip(np.concatenate((capacity, cost, -cost)), 0, MAX_CAPACITY) * CAPACITY_SCALE).astype(np.int32)
    graph = coo_matrix((capacities, (starts, ends)), (count + 2, count + 2)).tocsr().astype(np.int32)
    residual_graph = graph - maximum_flow(graph, source, sink).flow
    residual_graph.data[residual_graph.data < 0] = 0
    residual_graph.eliminate_zeros()
    result = np.ones(count + 2, bool)
    result[breadth_first_order(residual_graph, source, return_predecessors=False)] = False
    return np.asarray(result[:count])
