"""From clean photographs to scans of damaged prints, with masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradation.operations import uniform
from aedesk.data.print_damage import lines, specks, stains, tears
from aedesk.data.print_damage.film_shapes import film_shapes
from aedesk.data.print_damage.layers import Layer, damaged
from aedesk.data.print_damage.prints import aged_print
from aedesk.data.print_damage.scans import scanned
from aedesk.data.print_damage.subjects import add_subjects
from aedesk.data.print_damage.textures import Textures, training_textures

SOURCE_SCALE = 2
"""Ratio of the edges of the clean pictures to those of the scans."""
MASK_SHARE = 0.35
"""Share of a scanned pixel that must be damaged."""

Kind = Callable[[Random, int, int, float, Textures], list[Layer]]
KINDS: tuple[tuple[Kind, float], ...] = (
    (lines.cracks, 5), (lines.craquelure, 1.5), (lines.scratches, 3.5), (lines.fold, 2.5), (lines.crease, 1),
    (specks.dust, 4), (specks.hairs, 2), (specks.foxing, 1.5), (specks.pinholes, 1), (specks.flakes, 2),
    (stains.stain, 2.5), (stains.fingerprint, 1), (stains.mould, 1), (stains.ink, 1), (stains.tape, 1), (stains.peeled, 2.5),
    (tears.tear, 1.5), (tears.missing_corner, 1.5), (tears.border, 1.5),
)  # fmt: skip
"""The kinds of damage that are trained on, with their relative frequencies."""
FILM_WEIGHT = 4.0


@dataclass(frozen=True)
class DamageRange:
    """Ranges of the random prints.

    Args:
        clean: share of undamaged prints.
        subjects: share of prints with something in the picture that resembles damage.
        unit: smallest and largest width of a common crack in pixels.
        film_shapes: folder of further shapes, see :mod:`~aedesk.data.print_damage.film_shapes`; empty for none.
    """

    clean: float = 0.15
    subjects: float = 0.35
    unit: tuple[float, float] = (0.8, 5.0)
    film_shapes: str = ""


@dataclass(frozen=True)
class DamagedPrints:
    """A batch of scans.

    Args:
        picture: (B, 3, H, W) in [0, 1], damaged.
        mask: (B, 3, H, W), 1 where the picture is damaged and 0 elsewhere, a channel per ``DAMAGE_KINDS``.
        undamaged: the same prints without damage, scanned alike; None if they were not requested.
    """

    picture: Tensor
    mask: Tensor
    undamaged: Tensor | None = None


def damage_prints(source: Tensor, ranges: DamageRange, generator: torch.Generator, *, undamaged: bool = True) -> DamagedPrints:
    """Prints made of clean pictures, damaged and scanned.

    Args:
        source: (B, 3, 2 H, 2 W) in [0, 1].
        generator: the only source of random numbers.
        undamaged: also scan the prints without damage.
    """
    height, width = (edge // SOURCE_SCALE for edge in source.shape[2:])
    # Scans are often reduced after the print was damaged, which thins and blurs the damage.
    ratio = float(2 ** uniform(-0.3, 0.7, 1, generator)) if bool(uniform(0, 1, 1, generator) < 0.5) else 1.0
    work = (round(height * ratio), round(width * ratio))
    seeds = torch.randint(0, 2**31, (len(source) + 1,), generator=generator, device=generator.device).tolist()
    views = [_view(picture, work, Random(seed), ranges) for picture, seed in zip(source, seeds, strict=False)]
    prints, gray = aged_print(torch.stack(views), generator)
    spoilt, masks = [], []
    for sheet, seed in zip(prints, seeds, strict=False):
        rng = Random(seed + 1)
        layers = [] if rng.random() < ranges.clean else draw_damage(rng, *work, ranges)
        result, where = damaged(sheet.permute(1, 2, 0).cpu().numpy(), layers)
        spoilt.append(torch.from_numpy(result).permute(2, 0, 1).to(source))
        masks.append(torch.from_numpy(where).permute(2, 0, 1).to(source))
    picture = scanned(torch.stack(spoilt), (height, width), gray, seeds[-1])
    mask = scanned_mask(torch.stack(masks), (height, width))
    return DamagedPrints(picture, mask, scanned(prints, (height, width), gray, seeds[-1]) if undamaged else None)


def draw_damage(rng: Random, height: int, width: int, ranges: DamageRange) -> list[Layer]:
    """Damage of one to four kinds."""
    low, high = ranges.unit
    kinds, weights = map(list, zip(*KINDS, strict=True))
    if ranges.film_shapes:
        kinds, weights = [*kinds, film_shapes(ranges.film_shapes)], [*weights, FILM_WEIGHT]
    layers: list[Layer] = []
    textures = training_textures()
    for kind in rng.choices(kinds, weights, k=rng.choice((1, 2, 2, 3, 4))):
        layers += kind(rng, height, width, low * (high / low) ** rng.random(), textures)
    return layers


def scanned_mask(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """A mask (B, C, h, w) of 0 and 1 at the size of the scan; each pixel is of the kind that has most of it."""
    if mask.shape[2:] == size:
        return mask
    shares = F.interpolate(mask, size=size, mode="bilinear", antialias=True)
    kind = F.one_hot(shares.argmax(1), mask.shape[1]).movedim(3, 1)
    return (kind * (shares.sum(1, keepdim=True) > MASK_SHARE)).to(mask)


def _view(picture: Tensor, size: Sequence[int], rng: Random, ranges: DamageRange) -> Tensor:
    """A random part of a source (3, h, w) as the picture on a print: (3, *size).

    It is reduced twofold to enlarged twofold, more or less sharp, and sometimes has subjects drawn in, which are as sharp as itself.
    """
    height, width = picture.shape[1:]
    least = max(1 / SOURCE_SCALE, *(wanted / edge for wanted, edge in zip(size, (height, width), strict=True)))
    zoom = least * (2.0 / least) ** (rng.random() ** 1.3)
    rows, columns = (min(edge, round(wanted / zoom)) for wanted, edge in zip(size, (height, width), strict=True))
    top, left = rng.randint(0, height - rows), rng.randint(0, width - columns)
    softness = rng.choice((1.0, rng.uniform(1, 2), rng.uniform(1, 3)))
    sharp = [max(1, round(edge / softness)) for edge in size]
    view = F.interpolate(picture[None, :, top : top + rows, left : left + columns], size=sharp, mode="bilinear", antialias=True)
    if rng.random() < ranges.subjects:
        low, high = ranges.unit
        drawn = add_subjects(rng, view[0].permute(1, 2, 0).cpu().numpy(), low * (high / low) ** rng.random() / softness)
        view = torch.from_numpy(drawn).permute(2, 0, 1)[None].to(view)
    return F.interpolate(view, size=tuple(size), mode="bicubic")[0].clamp(0, 1)
