"""The logistic distributions that the codec's symbols are taken to have in training, by level."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.entropy.tables import TOTAL, Tables

REACH = 255
LEVELS = 64
"""Probability tables, over symbols up to +-REACH; level 0 means a symbol that is surely zero."""
FINEST = 0.05
OCTAVES = 0.18
"""Level i stands for a logistic distribution of scale FINEST * 2**(i * OCTAVES), in steps of the quantiser."""


def level_of(scale: Tensor) -> Tensor:
    """The (fractional) level of a logistic distribution's scale."""
    return torch.log2(scale / FINEST) / OCTAVES


def logistic_bits(distance: Tensor, level: Tensor) -> Tensor:
    """Bits of the integer bin around ``distance`` from the mean, under the logistic distribution of ``level`` (fractional)."""
    # Below level 0 the slope is kept, gently: a symbol that is not zero must be able to raise its level again.
    scale = FINEST * torch.exp2(OCTAVES * F.leaky_relu(level, 0.02).clamp(max=LEVELS - 1.0))
    distance, inverse = distance.abs(), 1 / scale
    # sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)): stable however far the tail.
    log = F.logsigmoid((0.5 - distance) * inverse) + F.logsigmoid((0.5 + distance) * inverse) + torch.log1p(-torch.exp(-inverse))
    return log * (-1 / math.log(2))


@functools.cache
def logistic_tables() -> Tables:
    """The probability tables of all levels before they are fitted to what a codec's symbols really are."""
    scale = FINEST * 2.0 ** (OCTAVES * np.arange(LEVELS)[:, None])
    edges = 1 / (1 + np.exp(-np.clip((np.arange(-REACH, REACH + 2) - 0.5) / scale, -500, 500)))
    inside = np.diff(edges, axis=1)
    pmf = np.concatenate((inside, np.clip(1 - inside.sum(1, keepdims=True), 0, 1)), axis=1)
    pmf[0] = np.arange(2 * REACH + 2) == REACH
    frequencies = Tables.fit(pmf).frequencies.copy()
    frequencies[0] = pmf[0] * TOTAL
    return Tables(frequencies)
