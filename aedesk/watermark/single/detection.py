"""Detects the watermarks of a picture. A large picture is searched downscaled; what is found there is located at full resolution."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event, Progress
from aedesk.core.generators import convert_items, result_of
from aedesk.data.pictures.tensors import PixelSource
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.mask_ops import Mask
from aedesk.models.inference.tiled import Source
from aedesk.watermark.single.component_groups import colour_spread, label_groups, uncovered_groups
from aedesk.watermark.single.extraction import ExtractionResult, extract_overlays
from aedesk.watermark.single.extraction_thresholds import EXTRACTION, ExtractionThresholds
from aedesk.watermark.single.full_resolution_search import locate_at_full_resolution
from aedesk.watermark.single.network import EraseNetwork, PredictionMap, opacity_bytes, relay_progress
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_stack import OverlayStack
from aedesk.watermark.tiled.removal import TiledMark, find_tiled_mark


@dataclass(frozen=True)
class DetectionThresholds:
    """Thresholds for accepting detected groups in which no uniform overlay was found, and those for overlays.

    No value is fitted by a script yet. They were chosen by hand on CBSD68 and McMaster pictures unless noted otherwise.

    Args:
        extraction: thresholds for overlays.
        likely_fraction: fraction of a group that must be confident if its colour is not uniform.
        flat_spread: colour spread in [0, 1] below which a group counts as uniform, as opaque watermarks are.
        min_confident_fraction: fraction of a uniform group that must be confident.
        min_mean_alpha: smallest mean predicted opacity of a group. Most false detections without an overlay are predicted to be less
            opaque than date stamps are (chosen on clean pictures of CID22 and Kodak, which are also reported).
        overlay_fraction: fraction of a group that overlays must cover for the rest of it to be rejected; their masks are more accurate.
    """

    extraction: ExtractionThresholds = field(default_factory=ExtractionThresholds)
    likely_fraction: float = 0.45
    flat_spread: float = 0.045
    min_confident_fraction: float = 0.06
    min_mean_alpha: float = 0.6
    overlay_fraction: float = 0.3


FULL_RESOLUTION = DetectionThresholds(EXTRACTION)
DOWNSCALED = DetectionThresholds(replace(EXTRACTION, min_evidence=8.3), min_confident_fraction=0.45, min_mean_alpha=0.65)
"""Stricter, because large pictures have more room for false detections. Chosen by hand on Kodak pictures enlarged to 12 megapixels."""


@dataclass(frozen=True)
class ScaleSettings:
    """At which resolution pictures are searched.

    Args:
        max_full_px: largest number of pixels that is searched at full resolution.
        search_px: largest number of pixels of a downscaled picture. Most of the time is spent here, and visible watermarks of large
            pictures are large.
    """

    max_full_px: int = 3_000_000
    search_px: int = 1_500_000


SCALE = ScaleSettings()


@dataclass(frozen=True)
class Detection:
    """The watermarks of a picture.

    Args:
        mask: (H, W) uint8, 255 on watermarks and 0 elsewhere.
        alpha: (H, W) uint8, opacity of 255; 0 outside of the mask.
        stack: the overlays among them.
    """

    mask: Mask
    alpha: Mask
    stack: OverlayStack


def detect(network: EraseNetwork, picture: Picture, sensitivity: float, cancel: CancelToken) -> Generator[Event, None, Detection]:
    """Yields Progress; returns the watermarks of a picture.

    Args:
        sensitivity: in [0, 1], see :func:`logit_limit`.
    """
    factor = downscale_factor(picture)
    source = PixelSource(picture.pixels, picture.alpha)
    limit = logit_limit(sensitivity)
    if factor == 1:
        marked = source(Box(0, 0, picture.width, picture.height))
        first, extraction, mask = yield from _search(network, marked, limit, FULL_RESOLUTION, cancel)
        alpha = np.where(extraction.stack.index > 0, extraction.stack.alpha(), first.alpha)
        return Detection(mask.view(np.uint8) * np.uint8(255), opacity_bytes(alpha) * mask, extraction.stack)
    small = _downscaled(source, picture.width // factor, picture.height // factor, factor, cancel)
    _, extraction, mask = yield from _search(network, small, limit, DOWNSCALED, cancel)
    overlay_fraction = DOWNSCALED.overlay_fraction
    located = locate_at_full_resolution(network, picture, mask, extraction.stack, factor, limit, overlay_fraction, cancel)
    return Detection(*(yield from located))


def detect_tiled_mark(picture: Picture, cancel: CancelToken) -> Generator[Event, None, TiledMark | None]:
    """Yields Progress; returns the watermark that is tiled over a picture, or None if there is not enough evidence of one."""
    megapixels = picture.megapixels

    def event(done: float) -> Event:
        return Progress(done * megapixels, megapixels, "MP", "looking for repeated watermarks")

    return (yield from convert_items(find_tiled_mark(picture, cancel), event))


def detection_of_tiled_mark(mark: TiledMark, picture: Picture) -> Detection:
    """Returns where a tiled watermark is visible on a picture; the stack is empty."""
    alpha = mark.alpha(picture.width, picture.height)
    mask = (alpha > VISIBLE_ALPHA).view(np.uint8)
    return Detection(mask * np.uint8(255), opacity_bytes(alpha) * mask, OverlayStack.empty(*mask.shape))


def downscale_factor(picture: Picture) -> int:
    """Returns the integer factor by which a picture is downscaled for the search."""
    pixels = picture.width * picture.height
    return 1 if pixels <= SCALE.max_full_px else int(np.ceil((pixels / SCALE.search_px) ** 0.5))


def logit_limit(sensitivity: float) -> float:
    """Returns the log-odds from which a pixel belongs to a watermark: 0 at a sensitivity of 0.5, lower for higher sensitivities."""
    probability = min(max(1 - sensitivity, 0.02), 0.98)
    return float(np.log(probability / (1 - probability)))


def confident_watermarks(
    marked: NDArray[np.float32], first: PredictionMap, limit: float, thresholds: DetectionThresholds = FULL_RESOLUTION
) -> NDArray[np.bool_]:
    """Returns the pixels (h, w) of groups that are accepted without an overlay: those of which enough is confident and opaque.

    Args:
        marked: (3, h, w) in [0, 1].
        first: the prediction for all watermarks.
        limit: log-odds from which a pixel belongs to a watermark.
    """
    t = thresholds.extraction
    result = np.zeros(first.logit.shape, bool)
    confident = first.logit > limit + t.confident_logit
    for raised in t.raised_logits:
        mask = first.logit > limit + raised
        labels = label_groups(mask, t.join_px)
        area_px, confident_px = (np.bincount(labels[where], minlength=labels.max() + 1) for where in (mask, confident))
        boxes = ndimage.find_objects(labels)
        enough = (confident_px >= t.min_confident_px) & (confident_px >= thresholds.min_confident_fraction * area_px)
        for number in np.flatnonzero(enough):
            place = boxes[number - 1]
            group = mask[place] & (labels[place] == number)
            likely = confident_px[number] >= thresholds.likely_fraction * area_px[number]
            if not likely and colour_spread(marked[:, *place][:, group]) >= thresholds.flat_spread:
                continue
            if first.alpha[place][group].mean() >= thresholds.min_mean_alpha:
                result[place] |= group
    return result


def _search(
    network: EraseNetwork, marked: Tensor, limit: float, thresholds: DetectionThresholds, cancel: CancelToken
) -> Generator[Event, None, tuple[PredictionMap, ExtractionResult, NDArray[np.bool_]]]:
    """Yields Progress; returns the prediction for all watermarks, the extracted overlays, and the mask of everything accepted."""
    size = (marked.shape[2], marked.shape[1])
    whole = Box(0, 0, *size)

    def source(box: Box) -> Tensor:
        return _with_replicated_edges(marked, box)

    first = yield from relay_progress(network.predict(source, size, whole, cancel), "finding watermarks")

    def predict(overlay: UniformOverlay, part: Box) -> PredictionMap:
        return result_of(network.predict(source, size, part, cancel, overlay=overlay)).reframed(part, whole)

    pixels = marked.numpy()
    extraction = extract_overlays(pixels, first, predict, limit, thresholds=thresholds.extraction)
    others = confident_watermarks(pixels, first, limit, thresholds)
    join_px = thresholds.extraction.join_px
    return first, extraction, extraction.mask | uncovered_groups(others, extraction.mask, thresholds.overlay_fraction, join_px)


def _downscaled(source: Source, width: int, height: int, factor: int, cancel: CancelToken) -> Tensor:
    """(3, height, width) float32, averages of ``factor`` x ``factor`` pixels, computed in strips."""
    result = torch.empty((3, height, width))
    rows = max(1, 512 // factor)
    for top in range(0, height, rows):
        cancel.check()
        bottom = min(top + rows, height)
        result[:, top:bottom] = F.avg_pool2d(source(Box(0, top * factor, width * factor, bottom * factor)), factor)
    return result


def _with_replicated_edges(picture: Tensor, box: Box) -> Tensor:
    """A box of a picture (3, H, W) that may exceed it on the right and at the bottom."""
    rows = torch.arange(box.top, box.bottom).clamp(max=picture.shape[1] - 1)
    columns = torch.arange(box.left, box.right).clamp(max=picture.shape[2] - 1)
    return picture[:, rows][:, :, columns]
