"""Which models have a latent, known from their cards so that a window can offer them without torch.

A test holds this against the networks themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GENERATIVE = ("variational", "adversarial")
"""Families whose ``decode`` of a draw from the standard normal prior is a picture."""

LATENT = ("undercomplete", "stacked", "sparse", "denoising", "convolutional", "contractive", "masked", *GENERATIVE)
"""Families with ``encode`` and ``decode``."""

ONE_SIZE = ("undercomplete", "stacked", "sparse", "contractive", "masked", *GENERATIVE)
"""Families that take squares of one size only."""


def has_latent(card: Mapping[str, Any]) -> bool:
    """Whether the model with this card can be looked into. What passes through skips of a U-shaped network is no code."""
    arguments = card.get("architecture", {})
    if card.get("family") == "denoising" and arguments.get("body", "conv") == "conv":
        return not arguments.get("skips", True)
    return card.get("family") in LATENT


def is_storable(card: Mapping[str, Any]) -> bool:
    """Whether pictures can be stored as .aed files with the model of this card."""
    return card.get("family") == "codec" or has_latent(card)


def is_generative(card: Mapping[str, Any]) -> bool:
    """Whether pictures can be drawn from the model with this card."""
    return card.get("family") in GENERATIVE


def takes_one_size(card: Mapping[str, Any]) -> bool:
    """Whether the network of this card takes squares of one size only."""
    return card.get("family") in ONE_SIZE or (card.get("family") == "denoising" and card.get("architecture", {}).get("body") == "dense")
