"""Damage as layers of paint and of stain over a print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from aedesk.core.damage_specs import DAMAGE_KINDS
from aedesk.data.print_damage.canvas import Plane

LINES, SPECKS, STAINS = range(len(DAMAGE_KINDS))
"""In this order they win where they overlap."""
MIN_COVER = 0.25
"""Cover from which a pixel is damaged."""
MIN_CHANGE = 0.035
"""Change of a channel from which damage is visible: a white crack in a white sky is none."""


@dataclass(frozen=True)
class Layer:
    """One layer of damage.

    Args:
        cover: (H, W) in [0, 1].
        colour: (3,) or (H, W, 3) in [0, 1].
        kind: index into ``DAMAGE_KINDS``, or None for shading that comes with damage but needs no repair.
        stains: the colour multiplies what lies under it, as a filter does; otherwise it hides it.
    """

    cover: Plane
    colour: NDArray[np.float32]
    kind: int | None
    stains: bool = False

    def over(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """(H, W, 3) with this layer over it."""
        cover = self.cover[:, :, None]
        goal = picture * self.colour if self.stains else self.colour
        return picture + cover * (goal - picture)


def damaged(picture: NDArray[np.float32], layers: Sequence[Layer]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Applies all layers. Returns the picture, clipped to [0, 1], and (H, W, 3) bool: visible damage, at most one kind per pixel."""
    result, covers = picture, np.zeros((len(DAMAGE_KINDS), *picture.shape[:2]), np.float32)
    for layer in layers:
        result = layer.over(result)
        if layer.kind is not None:
            covers[layer.kind] = np.maximum(covers[layer.kind], layer.cover)
    result = result.clip(0, 1).astype(np.float32)
    visible = np.abs(result - picture).max(2) > MIN_CHANGE
    masks = (covers > MIN_COVER) & visible
    masks[SPECKS] &= ~masks[LINES]
    masks[STAINS] &= ~(masks[LINES] | masks[SPECKS])
    return result, masks.transpose(1, 2, 0)


def paper(rng: Random) -> NDArray[np.float32]:
    """The colour of bare paper: white to cream, seldom gray."""
    light = rng.uniform(0.78, 1.0) if rng.random() < 0.85 else rng.uniform(0.5, 0.8)
    warmth = rng.random() ** 1.5 * 0.2
    return np.array([light, light * (1 - 0.35 * warmth), light * (1 - warmth)], np.float32)


def dirt(rng: Random) -> NDArray[np.float32]:
    """The colour of dark dust, dirt or exposed backing: black to dark brown."""
    dark = rng.uniform(0, 0.3)
    return np.array([dark, dark * rng.uniform(0.75, 1), dark * rng.uniform(0.5, 1)], np.float32)


def brown(rng: Random, strength: float) -> NDArray[np.float32]:
    """A filter of yellow to brown that takes up to ``strength`` of blue."""
    return np.array([1 - strength * rng.uniform(0, 0.5), 1 - strength * rng.uniform(0.35, 0.8), 1 - strength], np.float32)


def textured(colour: NDArray[np.float32], field: Plane, amount: float) -> NDArray[np.float32]:
    """(H, W, 3): a colour whose brightness varies with a field of standard deviation 1."""
    return (colour + amount * field[:, :, None]).clip(0, 1).astype(np.float32)
