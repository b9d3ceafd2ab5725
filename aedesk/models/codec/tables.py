"""Probability tables fitted to the symbols of a codec.

Training assumes logistic distributions. The actual ones differ a little for each scale index, and tables counted on pictures code them in
fewer bits.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import numpy as np
import torch
from torch import Tensor

from aedesk.entropy.tables import TOTAL, Tables
from aedesk.models.codec.context import pad_to_grid, split_steps
from aedesk.models.codec.logistic import REACH, SCALE_COUNT, logistic_tables
from aedesk.models.codec.network import Codec

PRIOR = 2000.0
"""Weight of the logistic distribution, in symbols, against the counted ones."""


@torch.no_grad()
def fit_tables(network: Codec, batches: Iterable[tuple[Tensor, Tensor]]) -> Tables:
    """Returns the tables of all scale indexes, from batches of pictures (B, 3, H, W) and qualities (B,).

    Tables are symmetric, because the mean is predicted; scale index 0 stays certain of zero.
    """
    entropy, counts = network.entropy, np.zeros((SCALE_COUNT, 2 * REACH + 2))
    for pictures, quality in batches:
        y = pad_to_grid(network.analyse(pictures))
        z_mean = entropy.z_mean(quality)
        z_hat = (entropy.side(y, entropy.gain(quality)) - z_mean).round() + z_mean
        predictions = entropy.predict(entropy.features(z_hat, quality), quality)
        prediction = next(predictions)
        for source in split_steps(y):
            symbols = entropy.rdoq((source - prediction.mean) * prediction.gain, prediction, quality)
            columns = symbols.clamp(-REACH, REACH + 1).long().where(symbols.abs() <= REACH, REACH + 1) + REACH
            indexes = (prediction.scale_index + 0.5).floor().clamp(0, SCALE_COUNT - 1).long()
            found = torch.bincount((indexes * counts.shape[1] + columns).flatten(), minlength=counts.size)
            counts += found.cpu().numpy().reshape(counts.shape)
            with suppress(StopIteration):
                prediction = predictions.send((symbols, prediction.mean + symbols / prediction.gain))
    counts[:, : 2 * REACH + 1] += counts[:, 2 * REACH :: -1].copy()
    counts[:, -1] *= 2
    logistic = logistic_tables().frequencies
    pmf = counts + PRIOR * logistic / TOTAL
    frequencies = Tables.fit(pmf / pmf.sum(1, keepdims=True)).frequencies.copy()
    frequencies[0] = logistic[0]
    return Tables(frequencies)
