"""The undercomplete autoencoder: a code smaller than the picture is all that it may remember."""

from __future__ import annotations

from aedesk.models.architectures import UndercompleteConfig
from aedesk.models.autoencoders.dense import DenseAutoencoder


class Undercomplete(DenseAutoencoder):
    """Dense layers that narrow to a linear code, and the same in reverse (Hinton & Salakhutdinov 2006).

    ::

        picture ─ hidden[0] ─ hidden[1] ─ ... ─ code ─ ... ─ hidden[1] ─ hidden[0] ─ reconstruction

    Without hidden layers and trained on squared errors it finds the subspace of the principal components (Baldi & Hornik 1989).
    Shapes, range and errors as in :class:`DenseAutoencoder`.
    """

    def __init__(self, config: UndercompleteConfig) -> None:
        super().__init__(config)
