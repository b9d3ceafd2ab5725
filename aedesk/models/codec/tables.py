"""Probability tables fitted to what a codec's symbols really are.

Training assumes logistic distributions. The true ones are a little different, for every level in its own way; tables counted on
pictures code them with fewer bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor

from aedesk.entropy.tables import TOTAL, Tables
from aedesk.models.codec.context import on_grid, steps_of
from aedesk.models.codec.logistic import LEVELS, REACH, logistic_tables
from aedesk.models.codec.network import Codec

PRIOR = 2000.0
"""How many symbols the logistic distribution counts for, against those that were seen."""


@torch.no_grad()
def fit_tables(network: Codec, batches: Iterable[tuple[Tensor, Tensor]]) -> Tables:
    """The tables of all levels from (pictures (B, 3, H, W), qualities (B,)).

    A table is symmetric, because the mean is predicted; level 0 stays sure of zero.
    """
    entropy, counts = network.entropy, np.zeros((LEVELS, 2 * REACH + 2))
    for pictures, quality in batches:
        y = on_grid(network.analyse(pictures))
        z_mean = entropy.z_mean(quality)
        z_hat = (entropy.side(y, entropy.gain(quality)) - z_mean).round() + z_mean
        walk = entropy.predict(entropy.features(z_hat, quality), quality)
        prediction = next(walk)
        for part in steps_of(y):
            symbols = entropy.frugal((part - prediction.mean) * prediction.gain, prediction, quality)
            columns = symbols.clamp(-REACH, REACH + 1).long().where(symbols.abs() <= REACH, REACH + 1) + REACH
            levels = (prediction.level + 0.5).floor().clamp(0, LEVELS - 1).long()
            seen = torch.bincount((levels * counts.shape[1] + columns).flatten(), minlength=counts.size)
            counts += seen.cpu().numpy().reshape(counts.shape)
            with suppress(StopIteration):
                prediction = walk.send((symbols, prediction.mean + symbols / prediction.gain))
    counts[:, : 2 * REACH + 1] += counts[:, 2 * REACH :: -1].copy()
    counts[:, -1] *= 2
    first = logistic_tables().frequencies
    pmf = counts + PRIOR * first / TOTAL
    frequencies = Tables.fit(pmf / pmf.sum(1, keepdims=True)).frequencies.copy()
    frequencies[0] = first[0]
    return Tables(frequencies)
