"""The sparse autoencoder: a code of many units, few of which are active for any one picture."""

from __future__ import annotations

import torch
from torch import Tensor

from aedesk.models.architectures import SparseConfig
from aedesk.models.autoencoders.dense import DenseAutoencoder


class Sparse(DenseAutoencoder):
    """A code that may have more units than the picture has numbers, kept sparse by a penalty (Ng 2011; Olshausen & Field 1996).

    ::

        picture ─ hidden ... ─ code (many units) ─ ... hidden ─ reconstruction
                                 └ mean over pictures: p_hat, drawn to the target p by the objective

    Shapes, range and errors as in :class:`DenseAutoencoder`. The buffer ``mean_activation`` (code,) is the running mean of the
    code over the training pictures.
    """

    mean_activation: Tensor
    batches: Tensor

    def __init__(self, config: SparseConfig) -> None:
        super().__init__(config, code_activation=True)
        self.register_buffer("mean_activation", torch.zeros(config.code))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def observe(self, batch: Tensor, momentum: float) -> Tensor:
        """Take the mean code of a batch, (code,), into the running mean, and return that: p_hat, (code,).

        Its value is the running mean's and its gradient the batch's: the penalty then knows the activation over many batches, and
        pulls as hard as if it had seen them all at once. A batch of 16 alone would measure p = 0.05 as one picture, or none.

        Args:
            momentum: share of the old mean that is kept; less of it during the first batches.
        """
        with torch.no_grad():
            self.batches += 1
            kept = min(momentum, 1 - 1 / float(self.batches))
            self.mean_activation.lerp_(batch.to(self.mean_activation), 1 - kept)
        return self.mean_activation.clone() + (batch - batch.detach())
