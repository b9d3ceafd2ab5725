"""The service that finds marks, for a person to correct; erasing without a mask begins with the same search."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import FindMarkResult, FindMarkSpec
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.data.picture_tensors import PixelSource
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.restoration.eraser import Eraser, Look, drained, load_eraser
from aedesk.restoration.ink import Ink
from aedesk.restoration.mask_regions import Mask, dilated, groups_without, grown, regions, strong_groups, window
from aedesk.restoration.peel import JOIN_PX, Peeled, candidates, peel
from aedesk.restoration.tiled import Source

WHOLE_PX = 3_000_000
"""Pixels up to which a picture is searched as it is."""
SEARCH_PX = 1_500_000
"""Pixels to which a larger one is reduced, at most: marks that one is to see grow with the picture, and the search is most of the time."""
SURE = 5.5
"""Log-odds by which a pixel of a mark must exceed what its faintest part needs, to speak for the mark."""
SURE_PX = 250
"""Pixels, of the searched picture, that must speak for a mark in which no ink was found: such marks come off badly. With ``SURE`` chosen
on pictures of CID22's validation set and Kodak's, so that fewer clean ones are changed."""
KNOWN = 0.3
"""Share of a group that must be of an ink for the rest of it to be no mark: inks are found more exactly than marks."""
MARGIN_PX = 8


@dataclass(frozen=True)
class Marks:
    """What was found on a picture: (H, W) uint8, 255 on marks; and alpha."""

    mask: Mask
    alpha: Mask


def find_mark(spec: FindMarkSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Find the marks on one picture. Finished carries a ``FindMarkResult``. Raises DeviceError and ModelError."""
    yield Started("Looking for marks", picture.megapixels, "MP")
    begun = time.perf_counter()
    eraser = load_eraser(spec.model, "erase", spec.device, spec.precision)
    marks = yield from search(eraser, picture, spec.sensitivity, cancel)
    area = int(np.count_nonzero(marks.mask))
    seconds = time.perf_counter() - begun
    told = f"marks on {100 * area / marks.mask.size:.1f} % of the picture" if area else "no marks found"
    yield Finished(
        FindMarkResult(marks.mask, marks.alpha, area, str(eraser.device), seconds), f"{told}, {seconds:.1f} s on {eraser.device}"
    )


def search(eraser: Eraser, picture: Picture, sensitivity: float, cancel: CancelToken) -> Generator[Event, None, Marks]:
    """Generator of Progress that returns the :class:`Marks` of a picture.

    A large picture is searched at a whole fraction of its size, and what is found there is looked at again at full size.
    """
    pixels = picture.width * picture.height
    factor = 1 if pixels <= WHOLE_PX else int(np.ceil((pixels / SEARCH_PX) ** 0.5))
    source = PixelSource(picture.pixels, picture.alpha)
    if factor == 1:
        marked = source(Box(0, 0, picture.width, picture.height))
        first, peeled, mask = yield from _search(eraser, marked, sensitivity, cancel)
        alpha = np.where(peeled.alpha > 0, peeled.alpha, first.alpha)
        return Marks(mask.view(np.uint8) * np.uint8(255), _bytes(alpha) * mask)
    small = _reduced(source, picture.width // factor, picture.height // factor, factor, cancel)
    first, peeled, mask = yield from _search(eraser, small, sensitivity, cancel)
    others = (mask & ~dilated(peeled.mask, JOIN_PX)).any()
    return (yield from _look_again(eraser, picture, mask, factor, sensitivity, [*peeled.inks, *([None] if others else [])], cancel))


def limit_of(sensitivity: float) -> float:
    """Log-odds from which a pixel belongs to a mark: 0 at a sensitivity of 0.5."""
    chance = min(max(1 - sensitivity, 0.02), 0.98)
    return float(np.log(chance / (1 - chance)))


def _search(
    eraser: Eraser, marked: Tensor, sensitivity: float, cancel: CancelToken
) -> Generator[Event, None, tuple[Look, Peeled, NDArray[np.bool_]]]:
    """Generator of Progress that returns what is seen first, the inks in it, and where marks are: inks, and of the rest what is sure."""
    size = (marked.shape[2], marked.shape[1])
    whole = Box(0, 0, *size)

    def source(box: Box) -> Tensor:
        return _padded(marked, box)

    first = yield from _told(eraser.look(source, size, whole, cancel), "looking for marks")
    limit = limit_of(sensitivity)
    peeled = _peel_near(marked.numpy(), first, lambda part, ink: drained(eraser.look(source, size, part, cancel, ink=ink)), limit)
    sure = strong_groups(first.logit > limit, first.logit > limit + SURE, SURE_PX, JOIN_PX)
    return first, peeled, peeled.mask | groups_without(sure, peeled.mask, KNOWN, JOIN_PX)


def _peel_near(marked: NDArray[np.float32], first: Look, ask: Callable[[Box, Ink], Look], limit: float) -> Peeled:
    """The inks of a picture; they are looked for in a part of it that is twice as large as what is worth a question."""
    height, width = first.logit.shape
    result = Peeled(np.zeros((height, width), bool), np.zeros((height, width), np.float32), np.zeros_like(marked), marked.copy())
    hunch = candidates(first, limit)
    if not hunch.any():
        return result
    rows, columns = np.flatnonzero(hunch.any(axis=1)), np.flatnonzero(hunch.any(axis=0))
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    part = grown(box, max(MARGIN_PX, max(box.width, box.height) // 2), width, height)
    place = (slice(part.top, part.bottom), slice(part.left, part.right))
    near = Look(first.logit[place], first.alpha[place], first.light[:, *place])
    peeled = peel(marked[:, *place], near, lambda ink: ask(part, ink), limit)
    result.mask[place], result.alpha[place], result.inks = peeled.mask, peeled.alpha, peeled.inks
    result.light[:, *place], result.bare[:, *place] = peeled.light, peeled.bare
    return result


def _look_again(
    eraser: Eraser, picture: Picture, rough: NDArray[np.bool_], factor: int, sensitivity: float, inks: list[Ink | None], cancel: CancelToken
) -> Generator[Event, None, Marks]:
    """Generator of Progress that returns the marks at full size.

    Args:
        rough: knows their place, in the picture that is ``factor`` times smaller.
        inks: theirs; None among them stands for any other mark.
    """
    width, height = picture.width, picture.height
    mask, alpha, hint = (np.zeros((height, width), np.uint8) for _ in range(3))
    enlarged = np.repeat(np.repeat(dilated(rough, 2).view(np.uint8), factor, 0), factor, 1)
    hint[: enlarged.shape[0], : enlarged.shape[1]] = enlarged
    limit = limit_of(sensitivity)
    source = PixelSource(picture.pixels, picture.alpha)
    for box in regions(hint):
        part = grown(box, MARGIN_PX, width, height)
        place = (slice(part.top, part.bottom), slice(part.left, part.right))
        for ink in inks:
            steps = eraser.look(source, (width, height), part, cancel, lambda outer: window(hint, outer), ink)
            look = yield from _told(steps, "looking closer")
            found = (look.logit > limit) & (hint[place] > 0)
            mask[place] |= found.view(np.uint8) * np.uint8(255)
            np.maximum(alpha[place], _bytes(look.alpha) * found, out=alpha[place])
    return Marks(mask, alpha)


def _told(steps: Generator[tuple[int, int], None, Look], detail: str) -> Generator[Event, None, Look]:
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            look: Look = end.value
            return look
        yield Progress(done / 1e6, total / 1e6, "MP", detail)


def _reduced(source: Source, width: int, height: int, factor: int, cancel: CancelToken) -> Tensor:
    """(3, height, width) float32, means of squares of ``factor`` pixels, made strip by strip."""
    result = torch.empty((3, height, width))
    rows = max(1, 512 // factor)
    for top in range(0, height, rows):
        cancel.check()
        bottom = min(top + rows, height)
        result[:, top:bottom] = F.avg_pool2d(source(Box(0, top * factor, width * factor, bottom * factor)), factor)
    return result


def _padded(picture: Tensor, box: Box) -> Tensor:
    rows = torch.arange(box.top, box.bottom).clamp(max=picture.shape[1] - 1)
    columns = torch.arange(box.left, box.right).clamp(max=picture.shape[2] - 1)
    return picture[:, rows][:, :, columns]


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
