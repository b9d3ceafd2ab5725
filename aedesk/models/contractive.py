"""The contractive autoencoder: a code that hardly moves when the picture moves a little."""

from __future__ import annotations

import torch
from torch import Tensor

from aedesk.models.architectures import ContractiveConfig
from aedesk.models.dense import DenseAutoencoder, DenseLayer


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

    def jacobian_norm(self, picture: Tensor, generator: torch.Generator, probes: int = 1) -> Tensor:
        """||J||_F^2 of the encoder at each picture, (B,), differentiable.

        Exact for a single layer of sigmoids, otherwise Hutchinson's estimate from ``probes`` random directions.
        """
        if len(self.encoder) == 1 and self.config.activation == "sigmoid":
            layer = self.encoder[0]
            assert isinstance(layer, DenseLayer)
            return closed_form(self.encode(picture), layer.linear.weight)
        return self.estimated_norm(picture, generator, probes)

    def estimated_norm(self, picture: Tensor, generator: torch.Generator, probes: int = 1) -> Tensor:
        """An unbiased estimate of ||J||_F^2, (B,): the mean of ||J^T v||^2 over directions v of random signs (Hutchinson 1990).

        One backward pass per direction, whatever the depth; the exact norm would take one per unit of the code.
        """
        x = picture.detach().requires_grad_()
        code = self.encode(x)
        total = code.new_zeros(len(code), dtype=torch.float32)
        for _ in range(probes):
            signs = torch.randint(0, 2, code.shape, generator=generator, device=code.device).to(code.dtype) * 2 - 1
            (along,) = torch.autograd.grad(code, x, signs, create_graph=True)
            total = total + along.float().flatten(1).square().sum(1)
        return total / probes


def closed_form(code: Tensor, weight: Tensor) -> Tensor:
    """||J||_F^2 of h = sigmoid(W x + b), (B,): the sum over units of (h (1 - h))^2 ||W_j||^2 (Rifai 2011, equation 7).

    Args:
        code: h, (B, units).
        weight: W, (units, inputs).
    """
    slope = code.float() * (1 - code.float())
    return slope.square() @ weight.float().square().sum(1)
