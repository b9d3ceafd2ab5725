"""The contractive autoencoder: a code that hardly moves when the picture moves a little."""

from __future__ import annotations

import torch
from torch import Tensor

from aedesk.models.architectures import ContractiveConfig
from aedesk.models.autoencoders.dense import DenseAutoencoder, DenseLayer


class Contractive(DenseAutoencoder):
    """A dense autoencoder that can measure the Jacobian of its encoder (Rifai 2011).

    ::

        picture x ─ encoder ─ code h ─ decoder (the encoder's weights, transposed, if tied) ─ reconstruction
                       └ ||dh/dx||_F^2, made small by the objective

    Shapes, range and errors as in :class:`DenseAutoencoder`.
    """

    config: ContractiveConfig

    def __init__(self, config: ContractiveConfig) -> None:
        super().__init__(config, code_activation=True, tied=config.tied)

    @property
    def exact(self) -> bool:
        """Whether the norm has a closed form: the encoder is a single layer of sigmoids."""
        return len(self.encoder) == 1 and self.config.activation == "sigmoid"

    def jacobian_norm(self, picture: Tensor) -> Tensor:
        """||J||_F^2 of an ``exact`` encoder at each picture, (B,), differentiable."""
        layer = self.encoder[0]
        assert self.exact
        assert isinstance(layer, DenseLayer)
        return closed_form(self.encode(picture), layer.linear.weight)

    def estimated_norm(self, picture: Tensor, directions: Tensor) -> Tensor:
        """An unbiased estimate of ||J||_F^2, (B,), differentiable: the mean of ||J^T v||^2 over directions v (Hutchinson 1990).

        One backward pass per direction, whatever the depth; the exact norm would take one per unit of the code.

        Args:
            directions: (B, probes, code) random signs, -1 or 1.
        """
        x = picture.detach().requires_grad_()
        code = self.encode(x)
        total = code.new_zeros(len(code), dtype=torch.float32)
        for direction in directions.to(code.dtype).unbind(1):
            (along,) = torch.autograd.grad(code, x, direction, create_graph=True)
            total = total + along.float().flatten(1).square().sum(1)
        return total / directions.shape[1]


def closed_form(code: Tensor, weight: Tensor) -> Tensor:
    """||J||_F^2 of h = sigmoid(W x + b), (B,): the sum over units of (h (1 - h))^2 ||W_j||^2 (Rifai 2011, equation 7).

    Args:
        code: h, (B, units).
        weight: W, (units, inputs).
    """
    slope = code.float() * (1 - code.float())
    return slope.square() @ weight.float().square().sum(1)
