"""Training examples for watermark removal: clean pictures with synthetic watermarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.degradation.jpeg import jpeg
from aedesk.data.degradation.operations import chance, uniform
from aedesk.data.examples.example import Example
from aedesk.data.examples.patch_examples import PatchExamples
from aedesk.data.examples.validation_crops import numbered, seeded, to_float
from aedesk.data.pictures.patches import Patches
from aedesk.data.watermarks.bank import ShapeBank, training_bank
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA, WatermarkRanges, blend_over, draw_watermarks
from aedesk.data.watermarks.scenes import scene

OVERLAY_ERROR = 0.1
"""Largest error of the overlay given to the detector, per channel and relative in alpha: similar to that of a fitted overlay."""
SIZE_MULTIPLE = 32
"""Edges of downscaled patches are multiples of it."""
RANGE_KEYS = tuple(field.name for field in fields(WatermarkRanges))
INTERVAL_LIMITS = {"alpha": (0, 1), "size": (4, 4096)}
"""Keys whose values are intervals, with the limits of both ends."""
DRAWS_PER_BANK = 1000
"""Batches after which other shapes are drawn, so that a long training sees many and memory holds few."""


def watermark_ranges(table: Mapping[str, Any]) -> WatermarkRanges:
    """Parses a recipe's [degradation] table for the chain "marks". Raises :class:`SpecError` for an unknown key or invalid value."""
    given: dict[str, Any] = {key: value for key, value in table.items() if key != "chain"}
    if unknown := sorted(set(given) - set(RANGE_KEYS)):
        raise SpecError(f"[degradation] The chain marks has no {', '.join(unknown)}.", f"Known keys: {', '.join(RANGE_KEYS)}.")
    for key, value in given.items():
        if key in INTERVAL_LIMITS:
            low, high = INTERVAL_LIMITS[key]
            valid = isinstance(value, (list, tuple)) and len(value) == 2 and low <= value[0] <= value[1] <= high
            expected = f"[lowest, highest] between {low} and {high}"
        else:
            valid = isinstance(value, (int, float)) and 0 <= value <= 1
            expected = "a number from 0 to 1"
        if not valid:
            raise SpecError(f"[degradation] {key} = {value!r} is not valid.", f"Give {expected}.")
    given |= {key: tuple(given[key]) for key in INTERVAL_LIMITS if key in given}
    return WatermarkRanges(**given)


class WatermarkExamples(PatchExamples):
    """Clean pictures with watermarks; some are then downscaled or JPEG-compressed, as pictures on the web are.

    Args:
        patches, crops, device, problems: as for :class:`PatchExamples`.
        ranges: the distribution of watermarks.
        logos: folder of logos to draw from too; empty for none.
        fonts: folder of fonts; empty for this computer's.
    """

    def __init__(
        self,
        patches: Patches,
        crops: Sequence[Tensor],
        ranges: WatermarkRanges,
        logos: str,
        fonts: str,
        device: torch.device,
        problems: Sequence[str] = (),
    ) -> None:
        super().__init__(patches, crops, device, problems)
        self._ranges, self._logos, self._fonts = ranges, logos, fonts
        self._bank(0)  # what is wrong with the folders is said at once

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device)
        return self._marked(clean, self._bank(seed // DRAWS_PER_BANK), self._ranges, seeded(seed, self._device), hints=True)

    def validation(self) -> list[Example]:
        """Every held-out crop with a watermark and without a hint."""
        ranges = replace(self._ranges, clean=0.0)
        bank = self._bank(0)
        return [self._marked(crop, bank, ranges, generator, hints=False) for crop, generator in numbered(self._crops, self._device)]

    def _bank(self, number: int) -> ShapeBank:
        return training_bank(seed=number, logos=self._logos, fonts=self._fonts, device=str(self._device))

    def _marked(self, clean: Tensor, bank: ShapeBank, ranges: WatermarkRanges, generator: torch.Generator, *, hints: bool) -> Example:
        count, _, height, width = clean.shape
        clean = scene(clean, bank, ranges, generator)
        premultiplied, alpha = draw_watermarks(count, height, width, bank, ranges, generator)
        marked = blend_over(clean, premultiplied, alpha)
        if min(height, width) > 2 * SIZE_MULTIPLE and bool(uniform(0, 1, 1, generator) < 0.2):
            marked, clean, premultiplied, alpha = _downscaled((marked, clean, premultiplied, alpha), generator)
        # Compression also affects the surroundings of a watermark: the target is the unmarked picture, compressed in the same way.
        quality, half_chroma = uniform(45, 98, count, generator), chance(0.65, count, generator)
        compressed = chance(0.5, count, generator)
        marked, clean = (_quantised(x, compressed.flatten(), quality, half_chroma) for x in (marked, clean))
        mark = torch.cat((premultiplied, alpha), 1)
        hint = _random_hints((alpha > VISIBLE_ALPHA).float(), generator) if hints else torch.zeros_like(alpha)
        overlay = _random_overlays(mark, generator)
        level = (marked - clean).square().mean((1, 2, 3), keepdim=True).sqrt() * 255
        return Example(marked, clean, level, mark=mark, hint=hint, overlay=overlay)


def _quantised(pictures: Tensor, compressed: Tensor, quality: Tensor, half_chroma: Tensor) -> Tensor:
    """Pictures as stored in files: JPEG where ``compressed`` (B,) is True, rounded to 8 bits elsewhere."""
    pictures = pictures.clamp(0, 1)
    result = (pictures * 255).round() / 255
    if bool(compressed.any()):
        result[compressed] = jpeg(pictures[compressed], quality[compressed], half_chroma[compressed])
    return result


def _downscaled(planes: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
    """All planes downscaled by one random factor, at most about 2; edges remain multiples of ``SIZE_MULTIPLE``."""
    cells = [edge // SIZE_MULTIPLE for edge in planes[0].shape[2:]]
    smallest = max(1, min(cells) // 2)
    kept = smallest + int(uniform(0, 1, 1, generator) * (min(cells) - smallest))
    size = [SIZE_MULTIPLE * max(1, count * kept // min(cells)) for count in cells]
    return tuple(F.interpolate(plane, size=size, mode="bilinear", antialias=True) for plane in planes)


def _random_overlays(mark: Tensor, generator: torch.Generator) -> Tensor:
    """The overlay to ask for, (B, 4, 1, 1): premultiplied colour and alpha.

    For 40 % of the samples none (zeros); for 45 % that of a random pixel of the watermark, with errors up to ``OVERLAY_ERROR``; for the
    rest, and where there is no watermark, a random one.
    """
    overlays = []
    for sample in mark:
        u = uniform(0, 1, 7, generator).flatten().tolist()
        if u[0] < 0.4:
            overlays.append(torch.zeros_like(sample[:, :1, :1]))
            continue
        weight = sample[3].flatten() ** 2  # rarely a pixel of a soft edge
        if u[0] < 0.85 and float(weight.max()) > VISIBLE_ALPHA:
            pixel = sample.flatten(1)[:, torch.multinomial(weight, 1, generator=generator)]
            alpha = float(pixel[3]) * (1 + OVERLAY_ERROR * (2 * u[1] - 1))
            colour = pixel[:3] / pixel[3] + OVERLAY_ERROR * (2 * sample.new_tensor(u[2:5])[:, None] - 1)
        else:
            alpha = 0.1 + 0.7 * u[1]
            colour = sample.new_tensor(u[2:5] if u[5] < 0.5 else [float(u[6] < 0.7)] * 3)[:, None]
        overlays.append((min(alpha, 1.0) * torch.cat((colour.clamp(0, 1), torch.ones_like(colour[:1]))))[:, :, None])
    return torch.stack(overlays)


def _random_hints(mask: Tensor, generator: torch.Generator) -> Tensor:
    """User hints, (B, 1, H, W): 0 everywhere for 75 % of the samples; otherwise 1 under a generous brush over the watermarks and -1
    elsewhere. The brush sometimes also covers a place without a watermark."""
    hints = []
    for sample in mask:
        u = uniform(0, 1, 6, generator).flatten().tolist()
        if u[0] < 0.75:
            hints.append(torch.zeros_like(sample))
            continue
        radius = 1 + int(u[1] ** 2 * 16)
        # By rows, then by columns: far fewer comparisons than in two dimensions.
        painted = F.max_pool2d(sample[None], (2 * radius + 1, 1), stride=1, padding=(radius, 0))
        painted = F.max_pool2d(painted, (1, 2 * radius + 1), stride=1, padding=(0, radius))[0]
        if u[2] < 0.2:
            height, width = painted.shape[1:]
            top, left = int(u[3] * height), int(u[4] * width)
            painted[:, top : top + 8 + int(u[5] * height / 3), left : left + 8 + int(u[5] * width / 3)] = 1
        hints.append(2 * painted - 1)
    return torch.stack(hints)
