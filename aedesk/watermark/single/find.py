"""The service that finds marks, for a person to correct; erasing without a mask begins with the same search."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import FindMarkResult, FindMarkSpec
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.data.picture_tensors import PixelSource
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import Mask, blocks, dilated, eroded, groups_without, grown, joined_groups, regions, spread, window
from aedesk.models.tiled_inference import Source
from aedesk.watermark.single.boundary_graph_cut import odds, sharpen_border
from aedesk.watermark.single.extraction import CERTAIN, CERTAIN_PX, CLEAR, EVIDENCE, JOIN_PX, RAISED, Peeled, measured_again, peel
from aedesk.watermark.single.network import Eraser, Look, drained, load_eraser
from aedesk.watermark.single.overlay import Ink
from aedesk.watermark.single.overlay_stack import Layers

WHOLE_PX = 3_000_000
"""Pixels up to which a picture is searched as it is."""
SEARCH_PX = 1_500_000
"""Pixels to which a larger one is reduced, at most: marks that one is to see grow with the picture, and the search is most of the time."""
SURE_SHARE, FLAT = 0.45, 0.045
"""Share of a mark in which no ink was found that must be certain, if it is not flat as what hides all under it is: by the median distance
of its pixels from their median colour. Chosen on CBSD68 and McMaster, as what must speak for marks is."""
KNOWN = 0.3
"""Share of a group that must be of an ink for the rest of it to be no mark: inks are found more exactly than marks."""
MARGIN_PX = 8
ROUGH_PX = 2
"""How far, in the searched picture, a mark may reach beyond where it was seen."""


@dataclass(frozen=True)
class Asked:
    """How much must speak for a mark.

    Args:
        evidence: for an ink.
        flat_share: share of a flat mark without an ink that must be certain.
        solid: how opaque a mark without an ink must seem: six of seven were none, and hardly one of these was as opaque as a date stamp.
    """

    evidence: float = EVIDENCE
    flat_share: float = 0.06
    solid: float = 0.6


USUAL, LARGE = Asked(), Asked(evidence=8.3, flat_share=0.45, solid=0.65)
"""On a picture, and on a large one, which has more room for what is no mark; the latter chosen on Kodak's pictures enlarged to 12
megapixels."""


@dataclass(frozen=True)
class Marks:
    """What was found on a picture.

    Args:
        mask: (H, W) uint8, 255 on marks.
        alpha: (H, W) uint8.
        layers: what of them inks are known of.
    """

    mask: Mask
    alpha: Mask
    layers: Layers


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
    factor = reduction(picture)
    source = PixelSource(picture.pixels, picture.alpha)
    if factor == 1:
        marked = source(Box(0, 0, picture.width, picture.height))
        first, peeled, mask = yield from _search(eraser, marked, sensitivity, USUAL, cancel)
        alpha = np.where(peeled.layers.which > 0, peeled.layers.alpha(), first.alpha)
        return Marks(mask.view(np.uint8) * np.uint8(255), _bytes(alpha) * mask, peeled.layers)
    small = _reduced(source, picture.width // factor, picture.height // factor, factor, cancel)
    _, peeled, mask = yield from _search(eraser, small, sensitivity, LARGE, cancel)
    return (yield from _look_closer(eraser, picture, mask, peeled.layers, factor, sensitivity, cancel))


def reduction(picture: Picture) -> int:
    """How many times smaller a picture is searched."""
    pixels = picture.width * picture.height
    return 1 if pixels <= WHOLE_PX else int(np.ceil((pixels / SEARCH_PX) ** 0.5))


def limit_of(sensitivity: float) -> float:
    """Log-odds from which a pixel belongs to a mark: 0 at a sensitivity of 0.5."""
    chance = min(max(1 - sensitivity, 0.02), 0.98)
    return float(np.log(chance / (1 - chance)))


def _search(
    eraser: Eraser, marked: Tensor, sensitivity: float, asked: Asked, cancel: CancelToken
) -> Generator[Event, None, tuple[Look, Peeled, NDArray[np.bool_]]]:
    """Generator of Progress that returns what is seen first, the inks in it, and where marks are: inks, and of the rest what is sure."""
    size = (marked.shape[2], marked.shape[1])
    whole = Box(0, 0, *size)

    def source(box: Box) -> Tensor:
        return _padded(marked, box)

    first = yield from _told(eraser.look(source, size, whole, cancel), "looking for marks")
    limit = limit_of(sensitivity)

    def ask(ink: Ink, part: Box) -> Look:
        return drained(eraser.look(source, size, part, cancel, ink=ink)).framed(part, whole)

    peeled = peel(marked.numpy(), first, ask, limit, evidence=asked.evidence)
    return first, peeled, peeled.mask | groups_without(_sure_of(marked.numpy(), first, limit, asked), peeled.mask, KNOWN, JOIN_PX)


def _sure_of(marked: NDArray[np.float32], first: Look, limit: float, asked: Asked = USUAL) -> NDArray[np.bool_]:
    """Marks that are so sure that no ink need be found in them."""
    result = np.zeros(first.logit.shape, bool)
    certain = first.logit > limit + CERTAIN
    for raised in RAISED:
        mask = first.logit > limit + raised
        labels = joined_groups(mask, JOIN_PX)
        area, sure = (np.bincount(labels[where], minlength=labels.max() + 1) for where in (mask, certain))
        boxes = ndimage.find_objects(labels)
        for number in np.flatnonzero((sure >= CERTAIN_PX) & (sure >= asked.flat_share * area)):
            place = boxes[number - 1]
            group = mask[place] & (labels[place] == number)
            likely = sure[number] >= SURE_SHARE * area[number] or spread(marked[:, *place][:, group]) < FLAT
            if likely and first.alpha[place][group].mean() >= asked.solid:
                result[place] |= group
    return result


def _look_closer(
    eraser: Eraser, picture: Picture, rough: NDArray[np.bool_], layers: Layers, factor: int, sensitivity: float, cancel: CancelToken
) -> Generator[Event, None, Marks]:
    """Generator of Progress that returns the marks at full size: where they were seen each ink is looked for again.

    Args:
        rough: where marks are, in the picture that is ``factor`` times smaller.
        layers: the inks there.
    """
    width, height = picture.width, picture.height
    mask, alpha = (np.zeros((height, width), np.uint8) for _ in range(2))
    closer = Layers.none(height, width)
    closer.inks = list(layers.inks)
    closer.shared_px = ROUGH_PX * factor
    hint, unknown = (_enlarged(each, factor, (0, 0), (height, width)) for each in (dilated(rough, ROUGH_PX), rough & (layers.which == 0)))
    limit = limit_of(sensitivity)
    source = PixelSource(picture.pixels, picture.alpha)
    measured: set[int] = set()
    parts = [grown(block, MARGIN_PX, width, height) for box in regions(hint) for block in blocks(box)]
    # An ink is measured once, in the first part that has it: what comes off earlier parts must fit what comes off later ones.
    for part in sorted(parts, key=lambda part: part.area, reverse=True):
        place = (slice(part.top, part.bottom), slice(part.left, part.right))
        near = (slice(part.top // factor, part.bottom // factor + 1), slice(part.left // factor, part.right // factor + 1))
        numbers = np.unique(layers.which[near][rough[near]])
        where, known = hint[place], np.zeros((part.height, part.width), bool)
        logits: dict[int, NDArray[np.float32]] = {}
        for number in numbers[::-1].tolist():  # 0, what is of no known ink, gets what is left
            if not number:
                unseen = groups_without(unknown[place], known, KNOWN, JOIN_PX * factor)
                where = dilated(unseen, ROUGH_PX * factor)
                if not where.any():
                    continue
            ink = closer.inks[number - 1] if number else None
            steps = eraser.look(source, (width, height), part, cancel, lambda outer: window(hint, outer), ink)
            look = yield from _told(steps, "looking closer")
            found = (look.logit > limit) & where
            if ink is not None:
                # Of what is large the network sees less here than it saw there.
                own = _enlarged(layers.which[near] == number, factor, (part.top % factor, part.left % factor), found.shape)
                found = (found & dilated(own, ROUGH_PX * factor)) | eroded(own, factor)
                marked = source(part).numpy()
                if number not in measured:
                    measured.add(number)
                    closer.inks[number - 1] = measured_again(ink, marked, found, (look.logit < CLEAR) & ~known)
                closer.put(number, found, look.alpha, marked, place)
                known |= found
                logits[number] = look.logit
            mask[place] |= found.view(np.uint8) * np.uint8(255)
            np.maximum(alpha[place], _bytes(look.alpha) * found, out=alpha[place])
        if len(logits) == 2:
            sharpen_border(source(part).numpy(), closer.part(place), odds(logits[1], logits[2]), ROUGH_PX * factor)
    return Marks(mask, alpha, closer)


def _enlarged(mask: NDArray[np.bool_], factor: int, start: tuple[int, int], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A part of the mask that is ``factor`` times as large, from a row and a column of it on; False beyond its end."""
    result = np.zeros(shape, bool)
    large = np.repeat(np.repeat(mask, factor, 0), factor, 1)[start[0] :, start[1] :][: shape[0], : shape[1]]
    result[: large.shape[0], : large.shape[1]] = large
    return result


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
