"""The erasing service: marks come off where they let the picture through, and what is hidden is filled from its surroundings.

What a mask does not cover, its soft edge included, keeps every bit. Work is done on the parts of the picture that are covered, with
some context around them, so that a small mark on a large picture takes no longer than on a small one.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseResult, EraseSpec
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.data.picture_tensors import PixelSource, to_pixels
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.regions import (
    Mask,
    as_mask,
    blocks,
    compose,
    dilated,
    feathered,
    groups_without,
    grown,
    regions,
    spread,
    window,
)
from aedesk.watermark.single.extraction import JOIN_PX, TRIES, Peeled, peel
from aedesk.watermark.single.filling import to_fill
from aedesk.watermark.single.find import FLAT, KNOWN, reduction, search
from aedesk.watermark.single.network import Eraser, Look, Places, drained, load_eraser
from aedesk.watermark.single.overlay import Ink
from aedesk.watermark.single.overlay_stack import Layers

OPAQUE = round(0.85 * 255)
"""Alpha (of 255) above which too little of the picture shines through."""
HINT_PX = 3
"""How far beyond a mask a mark may reach."""
FAINT = -1.0
"""Log-odds from which a pixel belongs to a mark that is known to be there."""
TRACE = 0.02
"""Share of a part of the mask in which a mark must be seen; else it covers something that belongs to the picture itself."""
AROUND_PX = 32
"""Surroundings of a part in which the picture is compared with what lies under a mark."""
EDGE_PX = 2
"""Soft edges of what is hidden, which are filled with it."""
LARGE_PX = 512
"""Edge of a square above which a part of the mask is more than the network sees at full size, so that its inks are looked for in a search.
"""


def erase(spec: EraseSpec, picture: Picture, mask: NDArray | None, cancel: CancelToken) -> Iterator[Event]:
    """Erase what a mask covers, or without one the marks that are found. Finished carries an ``EraseResult``.

    Raises DeviceError and ModelError, and SpecError for a mask that does not fit. Fully transparent pixels keep their bytes.
    """
    yield Started("Erasing", picture.megapixels, "MP")
    begun = time.perf_counter()
    remover = load_eraser(spec.model, "erase", spec.device, spec.precision)
    if mask is None:
        marks = yield from search(remover, picture, spec.sensitivity, cancel)
        work = _Work(spec, picture, marks.mask, remover, cancel)
        if spec.method != "inpaint":
            yield from work.peel_off(marks.layers, np.full(marks.mask.shape, 255, np.uint8))
        work.searched[:] = True
    else:
        work = _Work(spec, picture, as_mask(mask, picture), remover, cancel)
        if spec.method != "inpaint" and (large := work.large()).any():
            marks = yield from search(remover, picture, spec.sensitivity, cancel)
            yield from work.peel_off(marks.layers, feathered(large, spec.feather_px))
    yield from work.all()
    area = int(np.count_nonzero(work.taken))
    seconds = time.perf_counter() - begun
    result = EraseResult(picture.with_pixels(work.pixels), work.taken, area, str(remover.device), remover.precision, seconds)
    told = f"{100 * area / work.taken.size:.1f} % of the picture" if area else "nothing found, nothing changed"
    yield Finished(result, f"{told}, {seconds:.1f} s on {remover.device}, {remover.precision}")


class _Work:
    """One picture on its way: ``pixels`` is the result so far, ``taken`` how much of the erased version each pixel took, ``searched`` where
    inks have been looked for."""

    def __init__(self, spec: EraseSpec, picture: Picture, wanted: Mask, remover: Eraser, cancel: CancelToken) -> None:
        self.spec, self.picture, self.wanted, self.remover, self.cancel = spec, picture, wanted, remover, cancel
        self.size = (picture.width, picture.height)
        self.pixels = picture.pixels.copy()
        self.taken = np.zeros(wanted.shape, np.uint8)
        self.searched = np.zeros(wanted.shape, bool)
        self._begun_px = self._all_px = 0

    def large(self) -> Mask:
        """What of the mask lies in parts that are more than the network sees of a picture at full size."""
        result = np.zeros_like(self.wanted)
        if reduction(self.picture) > 1:
            for box in regions(self.wanted):
                if box.area > LARGE_PX**2:
                    result[box.slices] = self.wanted[box.slices]
        return result

    def peel_off(self, layers: Layers, most: Mask) -> Iterator[Event]:
        """Generator of Progress that takes off inks which are known already; the mask keeps what they do not cover, and what of them is
        all but opaque.

        Args:
            most: (H, W), how much of what is computed a pixel may take. The inks' soft edges are known, so that none is added.
        """
        clear = np.array([False, *(round(ink.alpha * 255) <= OPAQUE for ink in layers.inks)])[layers.which] & (most > 0)
        source = PixelSource(self.picture.pixels, self.picture.alpha)
        parts = [block for box in regions(clear) for block in blocks(box)]
        self._all_px = sum(part.area for part in parts)
        for part in parts:
            self.cancel.check()
            place = part.slices
            bare = to_pixels(torch.from_numpy(layers.without(source(part).numpy(), place)), self.picture.channels, self.pixels.dtype)
            weight = np.where(clear[place], most[place], np.uint8(0))
            self._change(part, bare, weight)
            if self.spec.method == "auto":
                yield from self._measure_edges(part, layers.part(place), weight)
            self._begun_px += part.area
        self._begun_px = 0
        self.wanted = np.where(clear, np.uint8(0), self.wanted)
        self.searched |= clear

    def all(self) -> Iterator[Event]:
        """Generator of Progress that erases what the mask covers."""
        margin = int(np.ceil(self.spec.feather_px)) + HINT_PX
        parts = [block for box in regions(self.wanted) for block in blocks(grown(box, margin, *self.size))]
        self._all_px = sum(part.area for part in parts)
        for part in parts:
            yield from self._do(part)
            self._begun_px += part.area

    def _do(self, part: Box) -> Iterator[Event]:
        wanted = self.wanted[part.top : part.bottom, part.left : part.right]
        if self.spec.method == "inpaint":
            hidden = wanted > 0
        else:
            mark, alpha, bare, layers = yield from self._take_off(part)
            if self.spec.method == "unblend":
                mark, hidden = wanted > 0, np.zeros(wanted.shape, bool)
            else:
                mark &= wanted > 0
                hidden = _hidden(wanted > 0, mark, alpha) | self._flat(part, groups_without(wanted > 0, layers.which > 0, KNOWN, JOIN_PX))
            weight = feathered(np.where(mark & ~hidden, wanted, 0).astype(np.uint8), self.spec.feather_px)
            self._change(part, bare, weight)
            if self.spec.method == "auto":
                yield from self._measure_edges(part, layers, weight)
        for inner, halo_px in to_fill(hidden):
            box, place = inner.out_of(part), inner.slices
            filled = yield from self._fill(box, part, hidden, halo_px)
            self._change(box, filled, np.where(hidden[place], wanted[place], 0).astype(np.uint8))

    def _flat(self, part: Box, unknown: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What is of one colour of that which is of no ink: scratches and date stamps, of which a network may think that they let something
        through."""
        source = PixelSource(self.picture.pixels, self.picture.alpha)
        labels, _ = ndimage.label(unknown, structure=np.ones((3, 3)))
        result = np.zeros_like(unknown)
        for number, place in enumerate(ndimage.find_objects(labels), 1):
            group = labels[place] == number
            if spread(source(Box(place[1].start, place[0].start, place[1].stop, place[0].stop).out_of(part)).numpy()[:, group]) < FLAT:
                result[place] |= group
        return result

    def _measure_edges(self, part: Box, layers: Layers, weight: Mask) -> Iterator[Event]:
        """Generator of Progress that takes inks off once more where they cover a pixel in part, beside a filling of those pixels.

        Args:
            layers: of the part.
            weight: (h, w), how much of what is computed the part takes.
        """
        soft = layers.soft() & (weight > 0)
        source = PixelSource(self.picture.pixels, self.picture.alpha)
        for inner, halo_px in to_fill(soft):
            box, place = inner.out_of(part), inner.slices
            filled = yield from self._fill(box, part, soft, halo_px, once=True)
            known = PixelSource(filled, None)(Box(0, 0, box.width, box.height)).numpy()
            bare = torch.from_numpy(layers.without_edges(source(box).numpy(), known, place))
            self._change(
                box, to_pixels(bare, self.picture.channels, self.pixels.dtype), np.where(soft[place], weight[place], 0).astype(np.uint8)
            )

    def _take_off(self, part: Box) -> Generator[Event, None, tuple[NDArray[np.bool_], Mask, NDArray, Layers]]:
        """Generator of Progress that returns where a mark is (bool), its alpha (uint8), the part's pixels without it, and its inks."""
        source = PixelSource(self.picture.pixels, self.picture.alpha)
        around = grown(part, AROUND_PX, *self.size)

        def look(box: Box, ink: Ink | None = None, places: Places | None = None) -> Look:
            return drained(self.remover.look(source, self.size, box, self.cancel, places, ink)).framed(box, around)

        def told(outer: Box) -> NDArray[np.float32]:
            return window(self.wanted, outer, HINT_PX)

        def peel_with(seen: Look, places: Places | None, tries: int = TRIES) -> Peeled:
            def ask(ink: Ink, box: Box) -> Look:
                left, top = box.left + around.left, box.top + around.top
                return look(Box(left, top, left + box.width, top + box.height), ink, places)

            return peel(marked, seen, ask, tries=tries)

        marked = source(around).numpy()
        first = look(around, places=told)
        # Told where a mark is, the network takes its gaps for parts of it too; so inks are looked for as in a search, and told only then.
        searched = bool(self.searched[part.slices].any())
        peeled = peel_with(first, told, 0) if searched else peel_with(look(around), None)
        if not peeled.inks and not searched:
            peeled = peel_with(first, told)
        known = peeled.layers.which > 0
        alpha, light = np.where(known, peeled.layers.alpha(), first.alpha), np.where(known, peeled.layers.light(), first.light)
        mended = np.empty((3, part.height, part.width), np.float32)

        def sink(core: Box, result: Tensor) -> None:
            inner = core.within(part)
            mended[:, inner.top : inner.bottom, inner.left : inner.right] = result.numpy()

        steps = self.remover.mend(source, self.size, part, Look(first.logit, alpha, light), around, sink, self.cancel)
        yield from self._told(steps, "taking marks off")
        inner = part.within(around)
        place = inner.slices
        bare = np.where(known[place], peeled.bare[:, *place], mended)
        mark = ((first.logit > FAINT) & ~peeled.gaps) | peeled.mask
        return (
            mark[place],
            np.rint(alpha[place] * 255).astype(np.uint8),
            to_pixels(torch.from_numpy(bare), self.picture.channels, self.pixels.dtype),
            peeled.layers.part(place),
        )

    def _fill(self, box: Box, part: Box, hidden: NDArray[np.bool_], halo_px: int, *, once: bool = False) -> Generator[Event, None, NDArray]:
        """Generator of Progress that returns the pixels of a box with what is hidden in it, and elsewhere in the part, filled."""
        filler = load_eraser(self.spec.inpaint_model, "inpaint", self.spec.device, self.spec.precision)
        filled = np.empty((box.height, box.width, self.picture.channels), self.pixels.dtype)

        def holes(outer: Box) -> NDArray[np.float32]:
            # With "inpaint" other holes nearby are nothing to go by, whether they have been filled or not.
            result = window(self.wanted, outer) if self.spec.method == "inpaint" else np.zeros((outer.height, outer.width), np.float32)
            top, left = max(outer.top, part.top), max(outer.left, part.left)
            bottom, right = min(outer.bottom, part.bottom), min(outer.right, part.right)
            own = hidden[top - part.top : bottom - part.top, left - part.left : right - part.left]
            result[top - outer.top : bottom - outer.top, left - outer.left : right - outer.left] = own
            return result

        def sink(core: Box, result: Tensor) -> None:
            inner = core.within(box)
            filled[inner.top : inner.bottom, inner.left : inner.right] = to_pixels(result, self.picture.channels, self.pixels.dtype)

        source = PixelSource(self.pixels, self.picture.alpha)
        yield from self._told(filler.fill(source, self.size, box, holes, sink, self.cancel, halo_px, once=once), "filling")
        return filled

    def _told(self, steps: Iterator[tuple[int, int]], detail: str) -> Iterator[Event]:
        for done, _ in steps:
            yield Progress((self._begun_px + done) / 1e6, self._all_px / 1e6, "MP", detail)

    def _change(self, part: Box, changed: NDArray, weight: Mask) -> None:
        rows, columns = part.slices
        if self.picture.alpha is not None:
            weight = np.where(self.picture.alpha[rows, columns] > 0, weight, 0).astype(np.uint8)
        compose(self.pixels, changed, weight, part)
        np.maximum(self.taken[rows, columns], weight, out=self.taken[rows, columns])


def _hidden(wanted: NDArray[np.bool_], mark: NDArray[np.bool_], alpha: Mask) -> NDArray[np.bool_]:
    """What must be filled: parts of the mask in which no mark is seen or one that is mostly opaque, and the opaque places of others."""
    opaque = mark & (alpha > OPAQUE)
    labels, count = ndimage.label(wanted, structure=np.ones((3, 3)))
    sizes, marked, hiding = (np.bincount(labels[where], minlength=count + 1) for where in (wanted, mark, opaque))
    whole = (marked < np.maximum(8, TRACE * sizes)) | (hiding > 0.5 * marked)
    whole[0] = False
    return np.asarray(whole[labels] | (dilated(opaque, EDGE_PX) & wanted))
