"""The network families: an explicit list, because a folder scan breaks in a frozen program.

A new family is one module and one line here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from aedesk.core.errors import ModelError
from aedesk.core.registry import Registry
from aedesk.models.architectures import ARCHITECTURES
from aedesk.models.unet import UNet


@dataclass(frozen=True)
class Family:
    """A kind of network.

    Args:
        config: frozen dataclass of the architecture arguments (``models.architectures``).
        network: builds the module from a config; the module has a ``descriptor``.
    """

    config: type
    network: Callable[[Any], nn.Module]

    def build(self, arguments: Mapping[str, Any]) -> nn.Module:
        """A new network with random weights. Raises :class:`ModelError` for unknown or wrong arguments."""
        known = {field.name for field in dataclasses.fields(self.config)}
        if unknown := sorted(set(arguments) - known):
            raise ModelError(f"Unknown architecture arguments: {', '.join(unknown)}.", f"Known: {', '.join(sorted(known))}.")
        plain = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
        return self.network(self.config(**plain))


FAMILIES: Registry[Family] = Registry("model family")
FAMILIES.add("unet", Family(ARCHITECTURES["unet"], UNet))
