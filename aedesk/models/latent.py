"""Which families have a latent, known without torch so that a window can offer their models. A test holds it against the networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GENERATIVE = ("variational", "adversarial")
"""Families whose ``decode`` of a draw from the standard normal prior is a picture."""

LATENT = ("undercomplete", "stacked", "sparse", "denoising", "convolutional", "contractive", "masked", *GENERATIVE)
"""Families with ``encode`` and ``decode``."""


def has_latent(card: Mapping[str, Any]) -> bool:
    """Whether the model with this card can be looked into."""
    return card.get("family") in LATENT


def is_generative(card: Mapping[str, Any]) -> bool:
    """Whether pictures can be drawn from the model with this card."""
    return card.get("family") in GENERATIVE
