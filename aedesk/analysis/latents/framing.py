"""Pictures in the size that a network takes, and back to pixels."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from aedesk.data.degradation.operations import luminance
from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture
from aedesk.imaging.samples import on_white
from aedesk.models.descriptor import Descriptor


def floats(picture: Picture, max_edge_px: int | None = None) -> Tensor:
    """(1, 3, H, W) in [0, 1], sRGB, laid on white; averaged down to ``max_edge_px``."""
    shown = to_display(picture, max_edge_px)
    return from_pixels(shown if shown.shape[2] == 3 else on_white(np.ascontiguousarray(shown[:, :, :3]), shown[:, :, 3]))


def from_pixels(pixels: NDArray[np.uint8]) -> Tensor:
    """(H, W, C) uint8 to (1, C, H, W) in [0, 1]."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1).unsqueeze(0)


def to_pixels(pictures: Tensor) -> NDArray[np.uint8]:
    """(B, 1 or 3, H, W) in [0, 1] to (B, H, W, 3) uint8; gray is repeated."""
    shown = pictures.clamp(0, 1).mul(255).round().to(torch.uint8).permute(0, 2, 3, 1)
    return np.ascontiguousarray(shown.expand(-1, -1, -1, 3).numpy())


def frame(picture: Picture, contract: Descriptor, fit: str, max_edge_px: int) -> tuple[Tensor, str]:
    """A picture as (1, C, H, W) that the network takes, and what was done to it, in words.

    A network with one size gets a square (see :func:`square`). Any other gets the whole picture scaled to at most ``max_edge_px``,
    or with "crop" that much of its middle; the edges that are left over from the network's multiple are cut off.
    """
    if contract.fixed_px is not None:
        return square(picture, contract, fit, contract.fixed_px)
    multiple = contract.size_multiple
    scaled = fit == "scale" and max(picture.width, picture.height) > max_edge_px
    whole = _at_least(floats(picture, max_edge_px if scaled else None), multiple)
    height, width = (min(edge, max_edge_px if fit == "crop" else edge) // multiple * multiple for edge in whole.shape[2:])
    part = _middle(whole, height, width)
    if scaled:
        note = f"The picture is scaled down to {width} \N{MULTIPLICATION SIGN} {height}."
    elif part.shape[2:] != (picture.height, picture.width):
        note = f"The middle of the picture, {width} \N{MULTIPLICATION SIGN} {height}, at full resolution."
    else:
        note = ""
    return in_channels(part, contract.channels), note


def square(picture: Picture, contract: Descriptor, fit: str, edge_px: int) -> tuple[Tensor, str]:
    """The middle square of a picture as (1, C, edge, edge): scaled to the edge, or cut out of it at full resolution ("crop")."""
    edge = square_edge(contract, edge_px)
    middle = _at_least(floats(picture), edge) if fit == "crop" else floats(picture)
    short = edge if fit == "crop" else min(middle.shape[2:])
    part = _middle(middle, short, short)
    if short != edge:
        part = _resize(part, edge, edge)
    size = f"{edge} \N{MULTIPLICATION SIGN} {edge}"
    note = f"The middle {size} of the picture, at full resolution." if fit == "crop" else f"The middle square, scaled to {size}."
    return in_channels(part, contract.channels), note


def square_edge(contract: Descriptor, edge_px: int) -> int:
    """The edge of squares: the network's own, or the wish rounded down to its multiple."""
    return contract.fixed_px or max(edge_px // contract.size_multiple, 1) * contract.size_multiple


def in_channels(pictures: Tensor, channels: int) -> Tensor:
    """(B, 3, H, W) with as many channels as the network has: luminance for one."""
    return luminance(pictures) if channels == 1 else pictures


def _middle(whole: Tensor, height: int, width: int) -> Tensor:
    top, left = (whole.shape[2] - height) // 2, (whole.shape[3] - width) // 2
    return whole[:, :, top : top + height, left : left + width]


def _at_least(picture: Tensor, edge: int) -> Tensor:
    """Scaled up if an edge is shorter."""
    height, width = picture.shape[2:]
    if min(height, width) >= edge:
        return picture
    factor = edge / min(height, width)
    return _resize(picture, max(round(height * factor), edge), max(round(width * factor), edge))


def _resize(picture: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(picture, (height, width), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
