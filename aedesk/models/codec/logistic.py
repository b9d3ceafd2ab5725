"""Logistic distributions, which symbols are assumed to follow in training, by scale index."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.entropy.tables import TOTAL, Tables

REACH = 255
SCALE_COUNT = 64
"""Number of probability tables, over symbols up to +-REACH; scale index 0 is a symbol that is certainly zero and not coded."""
FINEST = 0.05
OCTAVES = 0.18
"""Scale index i stands for the scale FINEST * 2**(i * OCTAVES), in quantiser steps."""


def scale_index_of(scale: Tensor) -> Tensor:
    """Returns the (fractional) scale index of a logistic distribution with this scale."""
    return torch.log2(scale / FINEST) / OCTAVES


def logistic_bits(distance: Tensor, scale_index: Tensor) -> Tensor:
    """Returns the bits of the unit bin around ``distance`` from the mean, under the logistic distribution of ``scale_index``."""
    # Below index 0 a small slope remains: a symbol that is not zero must be able to raise its index again.
    scale = FINEST * torch.exp2(OCTAVES * F.leaky_relu(scale_index, 0.02).clamp(max=SCALE_COUNT - 1.0))
    distance, inverse = distance.abs(), 1 / scale
    near, far = (0.5 - distance) * inverse, (0.5 + distance) * inverse
    # sigmoid(far) - sigmoid(-near) = sigmoid(far) sigmoid(near) (1 - exp(-inverse)), which is stable far into the tails. One logarithm of a
    # product, because logsigmoid and log1p take more than ten times as long on a CPU.
    product = (1 + torch.exp(-near.abs())) * (1 + torch.exp(-far)) / (1 - torch.exp(-inverse))
    return (F.relu(-near) + torch.log(product)) * (1 / math.log(2))


@functools.cache
def logistic_tables() -> Tables:
    """Returns the probability tables of all scale indexes, before they are fitted to a codec's symbols (``tables.fit_tables``)."""
    scale = FINEST * 2.0 ** (OCTAVES * np.arange(SCALE_COUNT)[:, None])
    edges = 1 / (1 + np.exp(-np.clip((np.arange(-REACH, REACH + 2) - 0.5) / scale, -500, 500)))
    inside = np.diff(edges, axis=1)
    pmf = np.concatenate((inside, np.clip(1 - inside.sum(1, keepdims=True), 0, 1)), axis=1)
    pmf[0] = np.arange(2 * REACH + 2) == REACH
    frequencies = Tables.fit(pmf).frequencies.copy()
    frequencies[0] = pmf[0] * TOTAL
    return Tables(frequencies)
