"""Weights files of other programs, read without ever running what is in them."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from aedesk.core.errors import ModelError
from aedesk.models.files.card import read_header

PICKLES = (b"PK\x03\x04", b"\x80")  # how the two formats of torch.save begin


def read_weights(path: Path) -> Mapping[str, Any]:
    """What a safetensors file, or a pickle that asks for nothing but tensors, holds. Nothing in it is ever run.

    Raises :class:`ModelError` saying why a file is refused.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(4)
        if begins.startswith(PICKLES):
            return _unpickle(path)
        read_header(path)
        return load_file(str(path))
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}.", "Get the file again from where it came from.") from error


def _unpickle(path: Path) -> Mapping[str, Any]:
    advice = "Ask its maker for the plain weights, best as .safetensors."
    try:
        with warnings.catch_warnings(), path.open("rb") as file:  # not the path: newer versions of torch go by its suffix
            warnings.simplefilter("ignore")  # about pickle protocols and TorchScript, both of which are refused or read below
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if asked := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise ModelError(f"{path.name} hides code: it would use {asked[1]}.", advice) from error
        raise ModelError(f"{path.name} holds something else than weights.", advice) from error
    except Exception as error:  # a damaged pickle fails in any way
        if "TorchScript" in str(error):
            raise ModelError(f"{path.name} is a TorchScript program: it holds code.", advice) from error
        raise ModelError(f"{path.name} is not a weights file, or is damaged.", "Get it again from where it came from.") from error
    if not isinstance(content, Mapping):
        raise ModelError(f"{path.name} holds no weights by name.", advice)
    return content


def sound_tensors(state: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    """The tensors, each with memory of its own. Raises :class:`ModelError` if there are none, or if they are of no use."""
    tensors = {str(key): value.detach().clone() for key, value in state.items() if isinstance(value, Tensor)}
    if not tensors:
        raise ModelError(f"{path.name} holds no weights.", "Choose the file of a network.")
    if any(tensor.layout != torch.strided or tensor.is_quantized for tensor in tensors.values()):
        raise ModelError(f"{path.name} holds sparse or quantised weights.", "Look for the network in its usual form.")
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ModelError(f"{path.name} holds weights that are no numbers (NaN or infinite).", "Its training has failed.")
    return tensors
