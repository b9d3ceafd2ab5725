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
from aedesk.models.architectures import ARCHITECTURES, MAX_WEIGHTS
from aedesk.models.autoencoders.adversarial import Adversarial
from aedesk.models.autoencoders.contractive import Contractive
from aedesk.models.autoencoders.convolutional import Convolutional
from aedesk.models.autoencoders.denoising import denoising
from aedesk.models.autoencoders.graph import Graph
from aedesk.models.autoencoders.masked import Masked
from aedesk.models.autoencoders.sparse import Sparse
from aedesk.models.autoencoders.stacked import Stacked
from aedesk.models.autoencoders.undercomplete import Undercomplete
from aedesk.models.autoencoders.variational import Variational
from aedesk.models.codec.network import Codec
from aedesk.models.files.allocation import BUFFERS, AllocationLimit
from aedesk.models.files.foreign import Foreign, ForeignConfig
from aedesk.models.restoration.damage_detection import DamageDetection
from aedesk.models.restoration.inpainting import Inpainting
from aedesk.models.restoration.unblending import Unblending
from aedesk.models.restoration.unet import UNet


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
        """A new network with random weights. Raises :class:`ModelError` for unknown or wrong arguments, and for too many weights."""
        known = {field.name for field in dataclasses.fields(self.config)}
        if unknown := sorted(set(arguments) - known):
            raise ModelError(f"Unknown architecture arguments: {', '.join(unknown)}.", f"Known: {', '.join(sorted(known))}.")
        plain = {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
        config = self.config(**plain)
        with AllocationLimit(
            MAX_WEIGHTS + BUFFERS,
            f"The network has more than {MAX_WEIGHTS / 1e6:.0f} million weights.",
            "Choose fewer or narrower layers.",
        ):
            return self.network(config)


FAMILIES: Registry[Family] = Registry("model family")
FAMILIES.add("unet", Family(ARCHITECTURES["unet"], UNet))
FAMILIES.add("undercomplete", Family(ARCHITECTURES["undercomplete"], Undercomplete))
FAMILIES.add("stacked", Family(ARCHITECTURES["stacked"], Stacked))
FAMILIES.add("sparse", Family(ARCHITECTURES["sparse"], Sparse))
FAMILIES.add("denoising", Family(ARCHITECTURES["denoising"], denoising))
FAMILIES.add("contractive", Family(ARCHITECTURES["contractive"], Contractive))
FAMILIES.add("convolutional", Family(ARCHITECTURES["convolutional"], Convolutional))
FAMILIES.add("variational", Family(ARCHITECTURES["variational"], Variational))
FAMILIES.add("adversarial", Family(ARCHITECTURES["adversarial"], Adversarial))
FAMILIES.add("masked", Family(ARCHITECTURES["masked"], Masked))
FAMILIES.add("graph", Family(ARCHITECTURES["graph"], Graph))
FAMILIES.add("codec", Family(ARCHITECTURES["codec"], Codec))
FAMILIES.add("unblending", Family(ARCHITECTURES["unblending"], Unblending))
FAMILIES.add("inpainting", Family(ARCHITECTURES["inpainting"], Inpainting))
FAMILIES.add("damage-detection", Family(ARCHITECTURES["damage-detection"], DamageDetection))
FAMILIES.add("foreign", Family(ForeignConfig, Foreign))  # not in ARCHITECTURES: it is imported, never trained from scratch
