"""Adapts denoising networks of every kind to one interface: colour pictures of any size in, the same out.

Each adapter is a module around a network, so they compose: a gray network of fixed input size becomes
``EachChannel(FixedSizePatches(network))``, and code that runs, evaluates or tests denoisers need not know. Rejected: special cases in the
tiling, which would affect all of its callers.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.core.errors import ModelError
from aedesk.models.descriptor import Descriptor
from aedesk.models.layers import poll

BATCH_PX = 1 << 17  # pixels per batch: enough to be fast, few enough to react to a cancel


class EachChannel(nn.Module):
    """Applies a gray network to each channel of colour pictures.

    ::

        (B, 3, H, W) ─ split ─ (3 B, 1, H, W) ─ network ─ join ─ (B, 3, H, W)

    Conditions must be broadcastable over the batch. For three equal channels only one is computed.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        if hasattr(network, "estimator"):
            self.estimator, self.config = _EstimatorOfEachChannel(network.estimator), network.config

    @property
    def descriptor(self) -> Descriptor:
        return dataclasses.replace(self.network.descriptor, channels=3)

    def forward(self, noisy: Tensor, *conditions: Tensor) -> Tensor:
        first = noisy[:, :1]
        if bool((noisy == first).all()):
            return self.network(first, *conditions).expand_as(noisy)
        restored: Tensor = self.network(noisy.flatten(0, 1).unsqueeze(1), *conditions)
        return restored.reshape(noisy.shape)


class _EstimatorOfEachChannel(nn.Module):
    """Root mean square of a gray noise estimator's results for the three channels."""

    def __init__(self, estimator: Any) -> None:
        super().__init__()
        self.estimator, self.halo_px = estimator, estimator.halo_px

    def forward(self, noisy: Tensor) -> Tensor:
        levels: Tensor = self.estimator(noisy.flatten(0, 1).unsqueeze(1))
        return levels.unflatten(0, noisy.shape[:2]).square().mean(1).sqrt()


class FixedSizePatches(nn.Module):
    """Applies a network with a fixed input size of ``fixed_px`` to pictures of any size.

    ::

        picture ─ squares, half overlapping ─ network ─ times a smooth window ─ sum, divided by the sum of the windows

    The squares lie on a grid from the top left; the last ones of a row and of a column end with the picture. Smaller pictures are extended
    by replicating edges. The receptive field is one square, so that tiles give the same result as the whole picture.
    """

    window: Tensor

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        self.edge = edge = int(network.descriptor.fixed_px)
        self.step = max(1, edge // 2)
        rise = torch.sin(torch.pi * (torch.arange(edge) + 0.5) / edge).square()
        self.register_buffer("window", rise[:, None] * rise, persistent=False)

    @property
    def descriptor(self) -> Descriptor:
        return dataclasses.replace(self.network.descriptor, fixed_px=None, size_multiple=self.step, halo_px=self.edge)

    def forward(self, noisy: Tensor, *conditions: Tensor) -> Tensor:
        if conditions:
            raise ModelError("A network with a fixed input size cannot be given a noise level.", "Choose another model.")
        edge, (height, width) = self.edge, noisy.shape[2:]
        x = F.pad(noisy, (0, max(0, edge - width), 0, max(0, edge - height)), mode="replicate")
        total, weight = torch.zeros_like(x), torch.zeros_like(x[:, :1])
        columns = self._starts(x.shape[3], x.device)[:, None] + torch.arange(edge, device=x.device)
        for top in self._starts(x.shape[2], x.device).tolist():
            band = x[:, :, top : top + edge][..., columns]  # (B, C, edge, squares, edge)
            squares = band.permute(0, 3, 1, 2, 4)
            restored = self._run(squares.flatten(0, 1)).view(squares.shape) * self.window
            for sums, parts in ((total, restored), (weight, self.window.expand_as(squares[:, :, :1]))):
                sums[:, :, top : top + edge].index_add_(3, columns.flatten(), parts.permute(0, 2, 3, 1, 4).flatten(3))
        return (total / weight)[:, :, :height, :width]

    def _starts(self, length: int, device: torch.device) -> Tensor:
        last = length - self.edge
        return torch.tensor([*range(0, last, self.step), last], device=device)

    def _run(self, squares: Tensor) -> Tensor:
        parts = []
        for batch in squares.split(max(1, BATCH_PX // self.edge**2)):
            poll()
            parts.append(self.network(batch).float())
        return torch.cat(parts)


class BlindDenoiser(nn.Module):
    """A network that needs no noise level; the one it is given has no effect.

    Its layers are of any kind, so a cancel is answered between them.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network
        for layer in network.modules():
            if next(layer.children(), None) is None:
                layer.register_forward_pre_hook(_ask)

    @property
    def descriptor(self) -> Descriptor:
        contract: Descriptor = self.network.descriptor
        return contract

    def forward(self, noisy: Tensor, sigma: Tensor) -> Tensor:
        restored: Tensor = self.network(noisy)
        return restored


def _ask(layer: nn.Module, inputs: object) -> None:
    poll()


def adapt(network: Any) -> Any:
    """Returns a denoiser of colour pictures of any size, called with (1, 3, H, W) pixels and a noise level.

    Raises :class:`ModelError` for a network that can be run neither in tiles nor on squares, or that needs another condition.
    """
    contract: Descriptor = network.descriptor
    if further := sorted(set(contract.conditions) - {"sigma"}):
        raise ModelError(f"The network asks for {', '.join(further)}, which denoising does not have.", "Choose another model.")
    if contract.fixed_px is not None:
        network = FixedSizePatches(network)
    elif not contract.tileable:
        raise ModelError("The network looks at whole pictures only and cannot be run in tiles.", "Choose another model.")
    if contract.channels == 1:
        network = EachChannel(network)
    return network if "sigma" in contract.conditions else BlindDenoiser(network)
