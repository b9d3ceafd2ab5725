"""Restoration networks of other programs, through spandrel (the extra ``community``), made to look like our own.

What is kept is a model file in our own format whose card says ``family = "foreign"`` and spandrel's name of the architecture; its
arguments are found in the shapes of the tensors, so they need no place in the card. Rejected: keeping the original file, often a
pickle, beside a card. It would be read again and again, and one format is enough.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aedesk.core.cancel import JobCancelled
from aedesk.core.errors import AedeskError, ModelError
from aedesk.imaging.tiling import round_up
from aedesk.models.checks import check_arguments
from aedesk.models.descriptor import Descriptor
from aedesk.models.files.allocation import BUFFERS, AllocationLimit
from aedesk.models.files.weights_file import read_weights, sound_tensors

HALO_PX = 64
"""For networks whose reach is not known. Some of them look at whole pictures; they are tiled like this everywhere."""
GRID_PX = 8  # the grid of noise estimates, to which all tiles keep
TRIAL_PX = 64


@dataclass(frozen=True)
class ForeignConfig:
    """Architecture arguments of a foreign network.

    Args:
        id: spandrel's name of its architecture, such as "DRUNet".
        tags: what spandrel says of it in short, such as its width. For people.
    """

    id: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_arguments(self)
        if not self.id:
            raise ModelError("A foreign network needs the id of its architecture.", "Import it from its own weights file.")


class Foreign(nn.Module):
    """A network that spandrel builds from its weights.

    ::

        noisy ──┬─ the network ─ restored
        sigma ──┘ (only where it takes a noise map)

    Input: ``noisy`` (B, channels, H, W) float, sRGB-encoded in [0, 1]; where ``descriptor.conditions`` say so, ``sigma`` (B, 1, H, W) or
    broadcastable to it, in 8-bit units: spandrel itself would always tell 15. Output: as ``noisy``. It can be run, not trained.
    There is no network before ``load_state_dict``.
    """

    def __init__(self, config: ForeignConfig) -> None:
        super().__init__()
        self.config = config
        self.network: nn.Module = nn.Identity()
        self._described: Any = None

    @property
    def descriptor(self) -> Descriptor:
        described = self._loaded()
        return Descriptor(
            purpose="denoise",
            channels=described.input_channels,
            size_multiple=math.lcm(described.size_requirements.multiple_of, GRID_PX),
            halo_px=round_up(_reach(self.config.id, self.network), GRID_PX),
            conditions=("sigma",) if _takes_noise_map(described) else (),
        )

    def forward(self, noisy: Tensor, sigma: Tensor | None = None) -> Tensor:
        described = self._loaded()
        noisy = noisy.contiguous()  # many of these networks look at their input with ``view``
        if not _takes_noise_map(described):
            restored: Tensor = described(noisy)
            return restored
        if sigma is None:
            raise ModelError(f"A {self.config.id} network must be told the noise level.", "Give one in 8-bit units.")
        level = (sigma / 255).expand(noisy.shape[0], 1, *noisy.shape[2:]).to(noisy.dtype)
        restored = self.network(torch.cat((noisy, level), 1))
        return restored

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Build the network for these weights. Raises :class:`ModelError` if they are none of this architecture."""
        self._described = describe(state_dict, self.config.id)
        self.network = self._described.model.eval()
        return torch.nn.modules.module._IncompatibleKeys([], [])

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        return self.network.state_dict(*args, **kwargs)

    def to(self, *args: Any, **kwargs: Any) -> Foreign:
        kwargs.pop("memory_format", None)  # weights in channels_last give results that ``view`` refuses
        return super().to(*args, **kwargs)

    def _loaded(self) -> Any:
        if self._described is None:
            raise ModelError(f"This {self.config.id} network has no weights.", "Load them first.")
        return self._described


def describe(state: Mapping[str, Tensor], architecture: str = "") -> Any:
    """spandrel's descriptor of the network with these weights; without a name, the architecture is found out.

    Raises :class:`ModelError` for weights that fit no architecture, and for networks that do not restore pictures at their own size.
    """
    spandrel = _spandrel()
    try:
        registry = spandrel.MAIN_REGISTRY
        numbers = sum(tensor.numel() for tensor in state.values())
        with warnings.catch_warnings(), AllocationLimit(numbers + BUFFERS):
            warnings.simplefilter("ignore")  # of networks written for older versions of torch
            found = registry[architecture].architecture.load(dict(state)) if architecture else registry.load(dict(state))
    except spandrel.UnsupportedModelError as error:
        raise ModelError("No architecture that spandrel knows has such weights.", "A newer spandrel may know it.") from error
    except (JobCancelled, ModelError):
        raise
    except Exception as error:  # whatever its code for some forty architectures runs into
        known = f"the {architecture} network" if architecture else "the network"
        raise ModelError(f"spandrel cannot build {known}: {error!r}.", "The file is damaged, or another spandrel is needed.") from error
    name = found.architecture.name
    if found.purpose != "Restoration" or found.scale != 1:
        does = f"enlarges pictures {found.scale} times" if found.scale > 1 else f"is for {found.purpose}"
        raise ModelError(f"This {name} network {does}.", "aedesk takes networks that restore a picture at its own size.")
    if found.input_channels != found.output_channels or found.input_channels not in (1, 3):
        shape = f"{found.input_channels} channels to {found.output_channels}"
        raise ModelError(f"This {name} network turns {shape}.", "aedesk takes networks for gray or colour pictures.")
    return found


def convert(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights of a file of another program, and a card for them.

    Raises :class:`ModelError` for files that hold something else (code among it), :class:`AedeskError` without the extra.
    """
    content = read_weights(path)  # first: what is no weights file is refused as such, with or without the extra
    state = sound_tensors(_spandrel().canonicalize_state_dict(content), path)
    found = describe(state)
    config = ForeignConfig(str(found.architecture.id), tuple(map(str, found.tags)))
    network = Foreign(config)
    network.load_state_dict(state)
    _try_out(network, path)
    told = "It is told the noise level." if network.descriptor.conditions else "It finds the noise by itself."
    card = {
        "name": path.stem,
        "title": path.stem,
        "purpose": "denoise",
        "family": "foreign",
        "architecture": {"id": config.id, "tags": list(config.tags)},
        "description": f"A {found.architecture.name} network that was trained elsewhere. {told}",
        "imported": {"file": path.name},
    }
    return state, card


def _try_out(network: Foreign, path: Path) -> None:
    """Weights may fit an architecture by chance: a small picture must come back as one."""
    contract = network.descriptor
    edge = round_up(TRIAL_PX, contract.size_multiple)
    conditions = [torch.full((1, 1, 1, 1), 15.0)] if contract.conditions else []
    try:
        with torch.inference_mode():
            picture = network(torch.full((1, contract.channels, edge, edge), 0.5), *conditions)
    except Exception as error:  # as above: the network's own code
        raise ModelError(f"The network in {path.name} cannot be run: {error}.", "It may need another spandrel.") from error
    if picture.shape != (1, contract.channels, edge, edge) or not bool(picture.isfinite().all()):
        raise ModelError(f"The network in {path.name} does not give back a picture.", "Choose another one.")


def _takes_noise_map(described: Any) -> bool:
    """Whether spandrel fills a fixed noise level in: for DRUNet (Zhang 2021) and FDnCNN, a DnCNN with FFDNet's map (Zhang 2018)."""
    return described.architecture.id == "DRUNet" or "FDnCNN" in described.tags


def _reach(architecture: str, network: Any) -> int:
    """How far an output pixel looks, in pixels."""
    if architecture == "DnCNN":
        return sum(isinstance(layer, nn.Conv2d) for layer in network.modules())
    if architecture == "DRUNet":  # two 3x3 convolutions per block at strides 1, 2, 4 (twice) and 8; head, tail, sampling between them
        blocks = len(network.m_body)
        return 2 + 2 * (1 + 2 + 4) + 4 * blocks * (1 + 2 + 4) + 2 * blocks * 8
    return HALO_PX


def _spandrel() -> Any:
    try:
        import spandrel
    except (ImportError, RuntimeError) as error:  # torchvision, which it needs, fails with the latter beside another build of torch
        hint = "Install it: pip install 'aedesk[community]'."
        raise AedeskError(f"Networks of other programs need the extra 'community' ({error}).", hint) from error
    return spandrel
