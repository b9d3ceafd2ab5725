"""What of the held-out pictures is looked at: crops that stay the same throughout a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from aedesk.data.pictures.pixels import Pixels, fitted

LARGEST_PX = 256
SMALL_PX = 128
MOST_CROPS = 64
_PLACES = ((0.5, 0.5), (0.2, 0.2), (0.8, 0.8), (0.2, 0.8), (0.8, 0.2))


def validation_crops(pictures: Sequence[Pixels], fit: str, edge_px: int | None, multiple: int, device: torch.device | str) -> list[Tensor]:
    """(1, C, h, w) float32 in [0, 1] of each picture: its middle.

    Args:
        fit: "scale" makes the short side ``edge_px`` first.
        edge_px: edge of square crops, of which a picture gives several if they are small; None for crops of at most ``LARGEST_PX``.
        multiple: crops have edges that are multiples of it; pictures that are too small are reflected.
    """
    ready = [fitted(picture, edge_px or multiple, fit if edge_px else "crop") for picture in pictures]
    several = edge_px is not None and edge_px < SMALL_PX and fit == "crop"
    crops: list[Tensor] = []
    # Place by place, so that the first crops, which previews show, are of different pictures.
    for number, place in enumerate(_PLACES if several else _PLACES[:1]):
        large = [picture for picture in ready if not number or min(picture.shape[:2]) >= 2 * (edge_px or 0)]
        crops += [_crop(picture, place, edge_px, multiple, device) for picture in large]
    return crops[: max(len(pictures), MOST_CROPS)]


def _crop(picture: Pixels, place: tuple[float, float], edge_px: int | None, multiple: int, device: torch.device | str) -> Tensor:
    spans = []
    for length, at in zip(picture.shape[:2], place, strict=True):
        size = edge_px or min(LARGEST_PX // multiple * multiple or multiple, length // multiple * multiple)
        start = round((length - size) * at)
        spans.append(slice(start, start + size))
    return to_float(torch.from_numpy(picture[spans[0], spans[1]].copy()).permute(2, 0, 1)[None], device)


def to_float(pixels: Tensor, device: torch.device | str) -> Tensor:
    """uint8 to float32 in [0, 1], on ``device``."""
    return pixels.to(device).float() / 255


def seeded(seed: int, device: torch.device | str) -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)


def numbered(crops: Iterable[Tensor], device: torch.device | str) -> Iterable[tuple[Tensor, torch.Generator]]:
    """Each crop with random numbers of its own, the same in every run."""
    return ((crop, seeded(number, device)) for number, crop in enumerate(crops))
