"""Model files: safetensors with a JSON card inside. Nothing here unpickles."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from aedesk.core.errors import ModelError, SpecError
from aedesk.imaging.atomic import replacing
from aedesk.models.families import FAMILIES
from aedesk.models.files.allocation import BUFFERS, AllocationLimit
from aedesk.models.files.card import FORMAT, check_card
from aedesk.models.files.model_file import read_model_file

MAX_REASON = 300


def save_model(path: Path | str, state: Mapping[str, Tensor], card: Mapping[str, Any], dtype: torch.dtype = torch.float16) -> Path:
    """Write a model file, whole or not at all.

    Args:
        state: the network's state dict; floating-point tensors are stored as ``dtype`` (half precision halves the download
            and costs less than 0.001 dB).
        card: what ``models.files.card`` describes; ``format`` is filled in.
    """
    path = Path(path)
    full = check_card({**card, "format": FORMAT}, str(path))
    tensors = {k: v.detach().to("cpu", dtype if v.is_floating_point() else v.dtype).contiguous() for k, v in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    data = save(tensors, metadata={"aedesk": json.dumps(full, sort_keys=True)})
    with replacing(path, overwrite=True) as file:
        file.write(data)
    return path


def load_model(path: Path | str, device: torch.device | str = "cpu") -> tuple[nn.Module, dict[str, Any]]:
    """Returns the network of a model file, in float32, eval mode and channels_last, and its card.

    A network may have as many weights as its file has, and no more. Inside ``layers.interruptible`` building it can be cancelled.

    Raises:
        ModelError: the file is damaged, or its tensors do not fit the architecture in its card.
    """
    file = read_model_file(path)
    card = dict(file.card)
    try:
        with AllocationLimit(file.parameters + BUFFERS):
            network = FAMILIES[card["family"]].build(card["architecture"])
            network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(str(path)).items()})
    except (SafetensorError, RuntimeError, SpecError, ModelError, OSError, TypeError, ValueError) as error:
        reason = textwrap.shorten(str(error), MAX_REASON)  # torch names every tensor that is missing
        raise ModelError(f"{path} does not fit its own card: {reason}", "The file is damaged or of a newer version.") from error
    return network.to(device, memory_format=torch.channels_last).eval(), card  # type: ignore[call-overload]
