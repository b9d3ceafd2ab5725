"""From the recipe's data to examples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from aedesk.core.cancel import CancelToken
from aedesk.data.clean_examples import CleanExamples
from aedesk.data.collection import iterate_pictures, split
from aedesk.data.examples import Examples


def make_examples(
    data: Mapping[str, Any],
    degradation: Mapping[str, Any],
    channels: int,
    device: torch.device,
    cancel: CancelToken,
    *,
    validation_px: int | None = None,
    size_multiple: int = 8,
) -> Examples:
    """The examples that a recipe asks for.

    Args:
        data, degradation: the recipe's tables of these names.
        channels: 1 or 3, as the network has.
        device: where the examples are wanted.
        cancel: asked between pictures.
        validation_px: edge of the validation crops: a network's ``fixed_px``; None for up to 256.
        size_multiple: the network's: validation crops have edges that are multiples of it.

    Raises DataError and SpecError.
    """
    names, pictures = [], []
    for name, pixels in iterate_pictures(Path(data["folder"]), data.get("limit")):
        cancel.check()
        names.append(name)
        pictures.append(pixels)
    training, held_out = split(names, data.get("held_out", 16))
    seen, unseen = ([pictures[i] for i in chosen] for chosen in (training, held_out))
    ranges = {key: value for key, value in degradation.items() if key != "chain"}
    return CleanExamples(seen, unseen, degradation["chain"], ranges, device)
