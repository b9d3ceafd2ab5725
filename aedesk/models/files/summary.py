"""What a network is made of: layers, shapes, parameters, operations and the size of its code, found by running it once.

Rejected: formulas beside each network, which drift away from what it does; torch's *meta* device and its ``FlopCounterMode``, which
load two seconds of modules before they begin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import SpecError
from aedesk.core.events import Event, Finished
from aedesk.core.training_specs import DescribeSpec, LayerSummary, ModelSummary
from aedesk.imaging.tiling import round_up
from aedesk.models.autoencoders.base import Autoencoder
from aedesk.models.descriptor import Descriptor
from aedesk.models.families import FAMILIES
from aedesk.models.layers import interruptible

SILENT = (nn.Identity, nn.Dropout, nn.Dropout2d)
PER_PIXEL = ("sigma", "hint", "hole")
"""Conditions that are one number for the whole picture or a map of it."""
LARGEST_PX = 512  # larger inputs would only take longer: the operations per pixel are the same


def _product(result: Tensor, left: Tensor, right: Tensor) -> int:
    return result.numel() * left.shape[-1]


MACS: dict[str, Callable[[Tensor, Tensor, Tensor], int]] = {
    "conv2d": lambda result, picture, weight: result.numel() * weight[0].numel(),
    "conv_transpose2d": lambda result, picture, weight: picture.numel() * weight[0].numel(),
    "linear": _product,
    "matmul": _product,
    "__matmul__": _product,
    "bmm": _product,
    "scaled_dot_product_attention": lambda result, query, key: (query.numel() + result.numel()) * key.shape[-2],
}
"""Name of an operation -> its multiplications with addition, from its result and its first two arguments."""


def describe(spec: DescribeSpec, cancel: CancelToken) -> Iterator[Event]:
    """Finished carries a ``ModelSummary``. Raises SpecError and ModelError for an unknown family or wrong arguments of it."""
    with interruptible(cancel.check):
        found = summarise(spec)
    yield Finished(found, f"{found.parameters / 1e6:.2f} M parameters, {found.macs_per_pixel / 1e3:.1f} kMAC per pixel")


def summarise(spec: DescribeSpec) -> ModelSummary:
    """The summary of the network that a recipe's table [model] asks for; shapes are given for at most 512 px."""
    arguments = dict(spec.model)
    family = arguments.pop("family", None)
    if not isinstance(family, str):
        raise SpecError("[model] names no family.", f"Known: {', '.join(FAMILIES)}.")
    if spec.patch_px < 1:
        raise SpecError(f"patch_px is {spec.patch_px}.", "Choose 1 or more.")
    with torch.random.fork_rng(devices=()), torch.inference_mode():
        network = FAMILIES[family].build(arguments).eval()
        contract: Descriptor = network.descriptor  # type: ignore[assignment]
        edge = contract.fixed_px or round_up(min(spec.patch_px, LARGEST_PX), contract.size_multiple)
        picture = torch.zeros(1, contract.channels, edge, edge)
        conditions = [torch.zeros(1, 1, 1, 1) for name in contract.conditions if name in PER_PIXEL]
        layers, macs = _run(network, picture, conditions)
        code = tuple(network.encode(picture).shape[1:]) if isinstance(network, Autoencoder) else ()
    return ModelSummary(
        input=tuple(picture.shape[1:]),
        layers=tuple(layers),
        code=code,
        parameters=sum(p.numel() for p in network.parameters()),
        macs_per_pixel=macs / edge**2,
        compression=picture.numel() / prod(code) if code else None,
    )


def _run(network: nn.Module, picture: Tensor, conditions: list[Tensor]) -> tuple[list[LayerSummary], int]:
    """The layers in the order in which they first run, and the multiplications with addition of one pass."""
    rows: dict[str, LayerSummary] = {}
    hooks = []
    for name, layer in network.named_modules():
        own = sum(p.numel() for p in layer.parameters(recurse=False))
        leaf = next(layer.children(), None) is None
        if name and (leaf or own) and not isinstance(layer, SILENT):
            hooks.append(layer.register_forward_hook(_recorder(rows, name, own)))
    with _Counter() as counter:
        network(picture, *conditions)
    for hook in hooks:
        hook.remove()
    return list(rows.values()), counter.macs


class _Counter(TorchFunctionMode):
    """Adds up the multiplications with addition of the operations in ``MACS``."""

    macs = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if count := MACS.get(func.__name__):
            self.macs += count(result, *args[:2])
        return result


def _recorder(rows: dict[str, LayerSummary], name: str, parameters: int) -> Any:
    def record(layer: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            rows.setdefault(name, LayerSummary(name, type(layer).__name__, tuple(output.shape[1:]), parameters))

    return record
