"""The service that erases: semi-transparent watermarks are unblended, hidden areas are inpainted.

A watermark that is tiled over the whole picture is estimated from its repeats; others are detected by the network.

Pixels outside of the mask and its soft edge keep every bit. Only the masked parts of a picture are processed, with some context, so that
a small watermark on a large picture takes no longer than on a small one.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseResult, EraseSpec
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.generators import convert_items, result_of
from aedesk.data.pictures.tensors import PixelSource, has_equal_channels, to_pixels, with_equal_channels
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA
from aedesk.imaging.masks import bounds
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.fill_plan import plan_fills
from aedesk.inpainting.inpaint import Inpainter, holes_of_part, inpaint
from aedesk.inpainting.mask_ops import Mask, add_feather, crop_mask, dilate, to_mask
from aedesk.inpainting.regions import find_regions, grow_box, split_box
from aedesk.models.inference.tiled_network import MaskSource
from aedesk.watermark.collection.removal import MIN_ALPHA
from aedesk.watermark.single.component_groups import colour_spread, uncovered_groups
from aedesk.watermark.single.detection import FULL_RESOLUTION, detect, detect_tiled_mark, detection_of_tiled_mark, downscale_factor
from aedesk.watermark.single.extraction import ExtractionResult, extract_overlays
from aedesk.watermark.single.extraction_thresholds import EXTRACTION
from aedesk.watermark.single.network import EraseNetwork, PredictionMap, load_erase_network, opacity_bytes
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_stack import OverlayStack
from aedesk.watermark.tiled.removal import TiledMark

T = TypeVar("T")


@dataclass(frozen=True)
class EraseThresholds:
    """How a mask is divided into what is unblended and what is inpainted. Chosen by hand; no script fits these values yet.

    Args:
        opaque_alpha: opacity (of 255) above which too little of the picture shows through.
        hint_margin_px: distance by which a watermark may exceed the user's mask.
        hinted_logit: log-odds from which a pixel belongs to a watermark whose presence is known.
        min_marked_px, min_marked_fraction: a component of the mask with less of a watermark in it hides an object, and is inpainted.
        max_opaque_fraction: a component of whose watermark more is opaque is inpainted as a whole.
        surroundings_px: context of a part for detecting and fitting overlays.
        opaque_edge_px: width of the soft edge around opaque pixels, which is inpainted too.
        large_region_px: edge of a square; larger regions of a mask exceed what the network sees at full resolution, so that their
            overlays are detected on the downscaled picture.
        widespread_fraction: a mask that extends over more than this fraction of both sides may belong to a tiled watermark.
    """

    opaque_alpha: int = round(0.85 * 255)
    hint_margin_px: int = 3
    hinted_logit: float = -1.0
    min_marked_px: int = 8
    min_marked_fraction: float = 0.02
    max_opaque_fraction: float = 0.5
    surroundings_px: int = 32
    opaque_edge_px: int = 2
    large_region_px: int = 512
    widespread_fraction: float = 0.6


THRESHOLDS = EraseThresholds()


def erase(spec: EraseSpec, picture: Picture, mask: NDArray | None, cancel: CancelToken) -> Iterator[Event]:
    """Erases what a mask covers, or the detected watermarks if it is None. Finished carries an ``EraseResult``.

    Fully transparent pixels keep their values. A gray picture stored as RGB stays gray. Raises DeviceError, ModelError, and SpecError for
    a mask that does not fit.
    """
    yield Started("Erasing", picture.megapixels, "MP")
    begun = time.perf_counter()
    network = load_erase_network(spec.model, spec.device, spec.precision)
    tiled = None
    if mask is None or (spec.method != "inpaint" and is_widespread(to_mask(mask, picture))):
        tiled = yield from detect_tiled_mark(picture, cancel)
    if tiled is not None:
        wanted = detection_of_tiled_mark(tiled, picture).mask if mask is None else to_mask(mask, picture)
        work = _EraseWork(spec, picture, wanted, network, cancel)
        if spec.method != "inpaint":
            work.remove_tiled_mark(tiled, None if mask is None else add_feather(wanted, spec.feather_px))
    elif mask is None:
        detection = yield from detect(network, picture, spec.sensitivity, cancel)
        work = _EraseWork(spec, picture, detection.mask, network, cancel)
        if spec.method != "inpaint":
            yield from work.remove_known_overlays(detection.stack, np.full(detection.mask.shape, 255, np.uint8))
        work.searched[:] = True
    else:
        work = _EraseWork(spec, picture, to_mask(mask, picture), network, cancel)
        if spec.method != "inpaint" and (large := work.large_regions()).any():
            detection = yield from detect(network, picture, spec.sensitivity, cancel)
            yield from work.remove_known_overlays(detection.stack, add_feather(large, spec.feather_px))
    yield from work.erase_mask()
    area_px = int(np.count_nonzero(work.taken))
    pixels = with_equal_channels(work.pixels) if has_equal_channels(picture.pixels) else work.pixels
    seconds = time.perf_counter() - begun
    result = EraseResult(picture.with_pixels(pixels), work.taken, area_px, str(network.device), network.precision, seconds)
    summary = f"{100 * area_px / work.taken.size:.1f} % of the picture" if area_px else "nothing found, nothing changed"
    yield Finished(result, f"{summary}, {seconds:.1f} s on {network.device}, {network.precision}")


class _EraseWork:
    """The state of one picture: ``mask`` is what remains to be erased, ``searched`` where overlays have been looked for already."""

    def __init__(self, spec: EraseSpec, picture: Picture, mask: Mask, network: EraseNetwork, cancel: CancelToken) -> None:
        self.spec, self.picture, self.mask, self.network, self.cancel = spec, picture, mask, network, cancel
        self.size = (picture.width, picture.height)
        self.original = PixelSource(picture.pixels, picture.alpha)
        self.inpainter = Inpainter(picture, spec.inpaint_model, spec.device, spec.precision, cancel)
        self.searched = np.zeros(mask.shape, bool)
        self._done_px = self._total_px = 0

    @property
    def pixels(self) -> NDArray:
        """(H, W, C), the result so far."""
        return self.inpainter.pixels

    @property
    def taken(self) -> Mask:
        """(H, W) uint8, the weight of the erased version in each pixel, of 255."""
        return self.inpainter.taken

    def large_regions(self) -> Mask:
        """The part of the mask in regions that exceed what the network sees at full resolution."""
        result = np.zeros_like(self.mask)
        if downscale_factor(self.picture) > 1:
            for box in find_regions(self.mask):
                if box.area > THRESHOLDS.large_region_px**2:
                    result[box.slices] = self.mask[box.slices]
        return result

    def remove_tiled_mark(self, mark: TiledMark, max_weight: Mask | None) -> None:
        """Removes a tiled watermark. What it does not cover remains in the mask.

        Args:
            max_weight: (H, W), limit of the weight of changed pixels; None for no limit.
        """
        alpha = mark.alpha(*self.size)
        weight = np.where(alpha > MIN_ALPHA, np.uint8(255) if max_weight is None else max_weight, np.uint8(0))
        self.inpainter.change(Box(0, 0, *self.size), mark.remove_from(self.picture.pixels), weight)
        self.mask = np.where(dilate(alpha > VISIBLE_ALPHA, THRESHOLDS.hint_margin_px), np.uint8(0), self.mask)

    def remove_known_overlays(self, stack: OverlayStack, max_weight: Mask) -> Iterator[Event]:
        """Removes overlays that are known already; yields Progress. What they do not cover, or hide, remains in the mask.

        Args:
            max_weight: (H, W), limit of the weight of changed pixels. The overlays have soft edges of their own; no feather is added.
        """
        see_through = np.array([False, *(round(overlay.alpha * 255) <= THRESHOLDS.opaque_alpha for overlay in stack.overlays)])
        clear = see_through[stack.index] & (max_weight > 0)
        parts = [block for box in find_regions(clear) for block in split_box(box)]
        self._total_px = sum(part.area for part in parts)
        for part in parts:
            self.cancel.check()
            place = part.slices
            weight = np.where(clear[place], max_weight[place], np.uint8(0))
            self.inpainter.change(part, self._to_pixels(stack.remove_from(self.original(part).numpy(), place)), weight)
            if self.spec.method == "auto":
                yield from self._refine_soft_edges(part, stack.crop(place), weight)
            self._done_px += part.area
        self._done_px = 0
        self.mask = np.where(clear, np.uint8(0), self.mask)
        self.searched |= clear

    def erase_mask(self) -> Iterator[Event]:
        """Erases what the mask covers; yields Progress."""
        margin_px = int(np.ceil(self.spec.feather_px)) + THRESHOLDS.hint_margin_px
        if self.spec.method == "inpaint":
            for done_px, total_px in inpaint(self.inpainter, self.mask, margin_px):
                yield Progress(done_px / 1e6, total_px / 1e6, "MP", "inpainting")
            return
        parts = [block for box in find_regions(self.mask) for block in split_box(grow_box(box, margin_px, *self.size))]
        self._total_px = sum(part.area for part in parts)
        for part in parts:
            yield from self._erase_part(part)
            self._done_px += part.area

    def _erase_part(self, part: Box) -> Iterator[Event]:
        mask = self.mask[part.slices]
        wanted = mask > 0
        marked, alpha, restored, stack = yield from self._unblend(part)
        if self.spec.method == "unblend":
            marked, hidden = wanted, np.zeros(mask.shape, bool)
        else:
            marked &= wanted
            without_overlay = uncovered_groups(wanted, stack.index > 0, FULL_RESOLUTION.overlay_fraction, EXTRACTION.join_px)
            hidden = hidden_pixels(wanted, marked, alpha) | self._uniform_components(part, without_overlay)
        weight = add_feather(np.where(marked & ~hidden, mask, 0).astype(np.uint8), self.spec.feather_px)
        self.inpainter.change(part, restored, weight)
        if self.spec.method == "auto":
            yield from self._refine_soft_edges(part, stack, weight)
        yield from self._relay(self.inpainter.fill_part(part, hidden, mask), "inpainting")

    def _uniform_components(self, part: Box, components: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The components of one colour, such as scratches and date stamps, which the network may take for semi-transparent."""
        labels, _ = ndimage.label(components, structure=np.ones((3, 3)))
        result = np.zeros_like(components)
        for number, place in enumerate(ndimage.find_objects(labels), 1):
            component = labels[place] == number
            box = Box(place[1].start, place[0].start, place[1].stop, place[0].stop).out_of(part)
            if colour_spread(self.original(box).numpy()[:, component]) < FULL_RESOLUTION.flat_spread:
                result[place] |= component
        return result

    def _refine_soft_edges(self, part: Box, stack: OverlayStack, weight: Mask) -> Iterator[Event]:
        """Removes overlays again where they cover pixels partly, measured against an inpainting of these pixels; yields Progress.

        Args:
            stack: of the part.
            weight: (h, w), the weight of changed pixels in the part.
        """
        soft = stack.soft_edges() & (weight > 0)
        for inner, context_px in plan_fills(soft):
            box, place = inner.out_of(part), inner.slices
            steps = self.inpainter.fill(box, holes_of_part(part, soft), context_px, single_round=True)
            filled = yield from self._relay(steps, "inpainting")
            background = PixelSource(filled, None)(Box(0, 0, box.width, box.height)).numpy()
            restored = self._to_pixels(stack.remove_with_background(self.original(box).numpy(), background, place))
            self.inpainter.change(box, restored, np.where(soft[place], weight[place], 0).astype(np.uint8))

    def _unblend(self, part: Box) -> Generator[Event, None, tuple[NDArray[np.bool_], Mask, NDArray, OverlayStack]]:
        """Yields Progress; returns of a part the watermark's mask (bool), its alpha (uint8), the pixels without it, and its overlays."""
        around = grow_box(part, THRESHOLDS.surroundings_px, *self.size)
        marked = self.original(around).numpy()
        hinted = self._predict(around, around, self._hint)
        extraction = self._extract(part, around, marked, hinted)
        stack = extraction.stack
        covered = stack.index > 0
        prediction = PredictionMap(
            hinted.logit,
            np.where(covered, stack.alpha(), hinted.alpha),
            np.where(covered, stack.premultiplied(), hinted.premultiplied),
        )
        refined = np.empty((3, part.height, part.width), np.float32)

        def sink(core: Box, result: Tensor) -> None:
            refined[:, *core.within(part).slices] = result.numpy()

        steps = self.network.restore(self.original, self.size, part, prediction, around, sink, self.cancel)
        yield from self._relay(steps, "removing watermarks")
        place = part.within(around).slices
        restored = np.where(covered[place], extraction.restored[:, *place], refined)
        mark = ((hinted.logit > THRESHOLDS.hinted_logit) & ~extraction.gaps) | extraction.mask
        return mark[place], opacity_bytes(prediction.alpha[place]), self._to_pixels(restored), stack.crop(place)

    def _extract(self, part: Box, around: Box, marked: NDArray[np.float32], hinted: PredictionMap) -> ExtractionResult:
        """Extracts overlays in the surroundings of a part.

        With a hint the network also segments the gaps of a watermark, so overlays are extracted without one first, as in a search.
        """

        def extract(first: PredictionMap, hint: MaskSource | None, max_attempts: int | None = None) -> ExtractionResult:
            def predict(overlay: UniformOverlay, box: Box) -> PredictionMap:
                return self._predict(box.out_of(around), around, hint, overlay)

            return extract_overlays(marked, first, predict, max_attempts=max_attempts)

        if bool(self.searched[part.slices].any()):
            return extract(hinted, self._hint, max_attempts=0)
        extraction = extract(self._predict(around, around, None), None)
        return extraction if extraction.overlays else extract(hinted, self._hint)

    def _predict(self, box: Box, around: Box, hint: MaskSource | None, overlay: UniformOverlay | None = None) -> PredictionMap:
        return result_of(self.network.predict(self.original, self.size, box, self.cancel, hint, overlay)).reframed(box, around)

    def _hint(self, outer: Box) -> NDArray[np.float32]:
        return crop_mask(self.mask, outer, THRESHOLDS.hint_margin_px)

    def _to_pixels(self, restored: NDArray[np.float32]) -> NDArray:
        return to_pixels(torch.from_numpy(restored), self.picture.channels, self.pixels.dtype)

    def _relay(self, steps: Generator[tuple[int, int], None, T], detail: str) -> Generator[Event, None, T]:
        """Runs a step of the current part: yields its progress as events of the whole picture and returns its result."""

        def event(done: tuple[int, int]) -> Event:
            return Progress((self._done_px + done[0]) / 1e6, self._total_px / 1e6, "MP", detail)

        return (yield from convert_items(steps, event))


def is_widespread(mask: Mask) -> bool:
    """Whether a mask (H, W) extends over most of the picture, as that of a tiled watermark does."""
    box = bounds(mask)
    return min(box.width / mask.shape[1], box.height / mask.shape[0]) > THRESHOLDS.widespread_fraction


def hidden_pixels(wanted: NDArray[np.bool_], marked: NDArray[np.bool_], alpha: Mask) -> NDArray[np.bool_]:
    """Returns the pixels (h, w) that must be inpainted.

    These are components of the mask in which no watermark is seen or whose watermark is mostly opaque, and opaque pixels of others.

    Args:
        wanted: (h, w), the mask.
        marked: (h, w), pixels of watermarks in the mask.
        alpha: (h, w) uint8, their opacity.
    """
    opaque = marked & (alpha > THRESHOLDS.opaque_alpha)
    labels, count = ndimage.label(wanted, structure=np.ones((3, 3)))
    area_px, marked_px, opaque_px = (np.bincount(labels[where], minlength=count + 1) for where in (wanted, marked, opaque))
    whole = marked_px < np.maximum(THRESHOLDS.min_marked_px, THRESHOLDS.min_marked_fraction * area_px)
    whole |= opaque_px > THRESHOLDS.max_opaque_fraction * marked_px
    whole[0] = False
    return np.asarray(whole[labels] | (dilate(opaque, THRESHOLDS.opaque_edge_px) & wanted))
