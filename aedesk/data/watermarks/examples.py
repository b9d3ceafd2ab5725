"""Examples to learn erasing from: marks blended over clean pictures, and holes cut into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.degradations import chance, uniform
from aedesk.data.examples import Example
from aedesk.data.holes.shapes import training_holes
from aedesk.data.jpeg import jpeg
from aedesk.data.patch_examples import PatchExamples
from aedesk.data.patches import Patches
from aedesk.data.validation_crops import numbered, seeded, to_float
from aedesk.data.watermarks.sampling import VISIBLE, MarkRange, blend_over, draw_marks, training_bank

INK_ERROR = 0.1
"""Largest error of a supposed colour, and of a supposed alpha as a share of it: as large as those of what is fitted to found marks."""
MULTIPLE = 32
"""Edges of patches stay multiples of it when they are made smaller."""
LAYERS = 2
"""Drawn holes over each other in what is trained on: more of a patch teaches than in the pictures that people have."""
RANGES = ("alpha", "opaque", "size", "clean", "tiled")
PAIRS = {"alpha": (0, 1), "size": (4, 4096)}
"""Keys whose values are ranges, with their limits."""


def mark_range(table: Mapping[str, Any]) -> MarkRange:
    """A recipe's [degradation] of the chain "marks". Raises :class:`SpecError` for an unknown key or a wrong range."""
    given: dict[str, Any] = {key: value for key, value in table.items() if key != "chain"}
    if unknown := sorted(set(given) - set(RANGES)):
        raise SpecError(f"[degradation] The chain marks has no {', '.join(unknown)}.", f"Known: {', '.join(RANGES)}.")
    for key, value in given.items():
        if key in PAIRS:
            low, high = PAIRS[key]
            good = isinstance(value, (list, tuple)) and len(value) == 2 and low <= value[0] <= value[1] <= high
            wanted = f"[lowest, highest], from {low} to {high}"
        else:
            good = isinstance(value, (int, float)) and 0 <= value <= 1
            wanted = "a number from 0 to 1"
        if not good:
            raise SpecError(f"[degradation] {key} = {value!r} does not fit.", f"Write {wanted}.")
    given |= {key: tuple(given[key]) for key in PAIRS if key in given}
    return MarkRange(**given)


class MarkExamples(PatchExamples):
    """Clean pictures with marks over them, then now and then resized or compressed, as pictures are that have gone round.

    Arguments as ``PatchExamples``, and ``ranges``; ``logos``, a folder of logos to draw marks from too, empty for none.
    """

    def __init__(
        self, patches: Patches, crops: Sequence[Tensor], ranges: MarkRange, logos: str, device: torch.device, problems: Sequence[str] = ()
    ) -> None:
        super().__init__(patches, crops, device, problems)
        self._ranges, self._bank = ranges, training_bank(logos=logos, device=str(device))

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device)
        return self._marked(clean, self._ranges, seeded(seed, self._device), hints=True)

    def validation(self) -> list[Example]:
        """Every picture marked, and nobody says where."""
        ranges = replace(self._ranges, clean=0.0)
        return [self._marked(crop, ranges, generator, hints=False) for crop, generator in numbered(self._crops, self._device)]

    def _marked(self, clean: Tensor, ranges: MarkRange, generator: torch.Generator, *, hints: bool) -> Example:
        count, _, height, width = clean.shape
        light, alpha = draw_marks(count, height, width, self._bank, ranges, generator)
        marked = blend_over(clean, light, alpha)
        if min(height, width) > 2 * MULTIPLE and bool(uniform(0, 1, 1, generator) < 0.2):
            marked, clean, light, alpha = _smaller((marked, clean, light, alpha), generator)
        # What compression does to a picture it does to its surroundings too: the goal is the same picture, compressed alike, unmarked.
        quality, half = uniform(55, 98, count, generator), chance(0.6, count, generator)
        coded = chance(0.35, count, generator)
        marked, clean = (_kept(x, coded.flatten(), quality, half) for x in (marked, clean))
        mark = torch.cat((light, alpha), 1)
        hint = _hints((alpha > VISIBLE).float(), generator) if hints else torch.zeros_like(alpha)
        ink = _inks(mark, generator)
        level = (marked - clean).square().mean((1, 2, 3), keepdim=True).sqrt() * 255
        return Example(marked, clean, level, mark=mark, hint=hint, ink=ink)


class HoleExamples(PatchExamples):
    """Clean pictures with holes, which ``weight`` shows. Arguments as ``PatchExamples``."""

    def __init__(self, patches: Patches, crops: Sequence[Tensor], device: torch.device, problems: Sequence[str] = ()) -> None:
        super().__init__(patches, crops, device, problems)
        self._bank = training_holes(str(device))

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        clean = to_float(self._patches.sample(batch, patch_px, seeded(seed, "cpu")), self._device)
        return self._with_holes(clean, seeded(seed, self._device), LAYERS)

    def validation(self) -> list[Example]:
        return [self._with_holes(crop, generator) for crop, generator in numbered(self._crops, self._device)]

    def _with_holes(self, clean: Tensor, generator: torch.Generator, layers: int = 1) -> Example:
        count, _, height, width = clean.shape
        hole = torch.stack([self._bank.draw(count, height, width, generator) for _ in range(layers)]).amax(0)
        torn = torch.where(hole > 0, torch.full_like(clean, 0.5), clean)
        return Example(torn, clean, (torn - clean).square().mean((1, 2, 3), keepdim=True).sqrt() * 255, weight=hole)


def _kept(pictures: Tensor, coded: Tensor, quality: Tensor, half: Tensor) -> Tensor:
    """Pictures as a file keeps them: some by JPEG, the others rounded to 8 bits."""
    pictures = pictures.clamp(0, 1)
    kept = (pictures * 255).round() / 255
    if bool(coded.any()):
        kept[coded] = jpeg(pictures[coded], quality[coded], half[coded])
    return kept


def _smaller(planes: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
    """All made smaller by the same factor, about a half at most; edges stay multiples of ``MULTIPLE``."""
    cells = [edge // MULTIPLE for edge in planes[0].shape[2:]]
    least = max(1, min(cells) // 2)
    kept = least + int(uniform(0, 1, 1, generator) * (min(cells) - least))
    size = [MULTIPLE * max(1, count * kept // min(cells)) for count in cells]
    return tuple(F.interpolate(plane, size=size, mode="bilinear", antialias=True) for plane in planes)


def _inks(mark: Tensor, generator: torch.Generator) -> Tensor:
    """(B, 4, 1, 1): of two fifths of the samples nothing is supposed; of most others, about what a pixel of a mark shows; of the rest, and
    where no mark is, anything."""
    inks = []
    for sample in mark:
        u = uniform(0, 1, 7, generator).flatten().tolist()
        if u[0] < 0.4:
            inks.append(torch.zeros_like(sample[:, :1, :1]))
            continue
        weight = sample[3].flatten() ** 2  # rarely its soft edges
        if u[0] < 0.85 and float(weight.max()) > VISIBLE:
            pixel = sample.flatten(1)[:, torch.multinomial(weight, 1, generator=generator)]
            strength = float(pixel[3]) * (1 + INK_ERROR * (2 * u[1] - 1))
            colour = pixel[:3] / pixel[3] + INK_ERROR * (2 * sample.new_tensor(u[2:5])[:, None] - 1)
        else:
            strength = 0.1 + 0.7 * u[1]
            colour = sample.new_tensor(u[2:5] if u[5] < 0.5 else [float(u[6] < 0.7)] * 3)[:, None]
        inks.append((min(strength, 1.0) * torch.cat((colour.clamp(0, 1), torch.ones_like(colour[:1]))))[:, :, None])
    return torch.stack(inks)


def _hints(mask: Tensor, generator: torch.Generator) -> Tensor:
    """(B, 1, H, W): of three quarters of the samples nothing is said; of the others a generous brush has gone over the marks, and now and
    then over a place without one."""
    hints = []
    for sample in mask:
        u = uniform(0, 1, 6, generator).flatten().tolist()
        if u[0] < 0.75:
            hints.append(torch.zeros_like(sample))
            continue
        reach = 1 + int(u[1] ** 2 * 16)
        painted = F.max_pool2d(
            sample[None], (2 * reach + 1, 1), stride=1, padding=(reach, 0)
        )  # by rows, then columns: far fewer comparisons
        painted = F.max_pool2d(painted, (1, 2 * reach + 1), stride=1, padding=(0, reach))[0]
        if u[2] < 0.2:
            height, width = painted.shape[1:]
            top, left = int(u[3] * height), int(u[4] * width)
            painted[:, top : top + 8 + int(u[5] * height / 3), left : left + 8 + int(u[5] * width / 3)] = 1
        hints.append(2 * painted - 1)
    return torch.stack(hints)
