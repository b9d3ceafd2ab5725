"""Decomposes a detected watermark into uniform overlays.

One overlay at a time: it is fitted to a group of detected pixels, the network is asked where this overlay is, and what remains is next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.imaging.masks import bounds
from aedesk.imaging.tiling import Box
from aedesk.inpainting.mask_ops import dilate, erode
from aedesk.inpainting.regions import find_regions, grow_box
from aedesk.models.inference.tiled_network import NARROW_CONTEXT_PX
from aedesk.watermark.single.boundary_graph_cut import find_outline, logit_difference, separate_overlays
from aedesk.watermark.single.component_groups import confident_groups, label_groups, most_confident_group
from aedesk.watermark.single.extraction_thresholds import EXTRACTION, ExtractionThresholds
from aedesk.watermark.single.network import UNSEEN_LOGIT, PredictionMap
from aedesk.watermark.single.overlay import UniformOverlay
from aedesk.watermark.single.overlay_fit import fit_overlay, residual_ratios, residual_vs_opaque
from aedesk.watermark.single.overlay_stack import SOFT_EDGE_PX, OverlayStack
from aedesk.watermark.single.plausibility import is_plausible, out_of_range, refit_overlay, without_bright_sign

Predict = Callable[[UniformOverlay, Box], PredictionMap]
"""Predicts where an overlay is in a box; the result has the whole size, with ``UNSEEN_LOGIT`` outside of the box."""


@dataclass
class ExtractionResult:
    """The overlays found, and the picture without them.

    Args:
        stack: the overlays; they exceed ``mask`` by soft edges.
        mask: (h, w), where the network sees an overlay.
        restored: (3, h, w) float32, the picture without the overlays.
        gaps: (h, w), gaps of the watermark in which the picture is uncovered.
        logits: per overlay (h, w), the network's log-odds of it.
    """

    stack: OverlayStack
    mask: NDArray[np.bool_]
    restored: NDArray[np.float32]
    gaps: NDArray[np.bool_]
    logits: list[NDArray[np.float32]] = field(default_factory=list)

    @property
    def overlays(self) -> list[UniformOverlay]:
        return self.stack.overlays


def extract_overlays(
    marked: NDArray[np.float32],
    first: PredictionMap,
    predict: Predict,
    logit_limit: float = 0.0,
    max_attempts: int | None = None,
    thresholds: ExtractionThresholds = EXTRACTION,
) -> ExtractionResult:
    """Extracts all overlays that can be fitted.

    Args:
        marked: (3, h, w) float32 in [0, 1].
        first: the prediction for all watermarks.
        predict: predicts where one overlay is.
        logit_limit: log-odds from which a pixel belongs to a watermark.
        max_attempts: groups that are tried; None for ``thresholds.max_attempts``.
    """
    extractor = _Extractor(marked, first, predict, logit_limit, thresholds)
    extractor.extract(thresholds.max_attempts if max_attempts is None else max_attempts)
    extractor.refine_boundaries()
    return extractor.result


def seed_groups(first: PredictionMap, logit_limit: float, thresholds: ExtractionThresholds = EXTRACTION) -> NDArray[np.bool_]:
    """Returns the pixels (h, w) of detected groups that are worth trying."""
    seeds = first.logit > logit_limit + thresholds.seed_logit
    return confident_groups(first.logit > logit_limit, seeds, thresholds.min_seed_px, thresholds.join_px)


class _Extractor:
    """The extraction of one picture; ``result`` grows with each overlay."""

    def __init__(
        self, marked: NDArray[np.float32], first: PredictionMap, predict: Predict, logit_limit: float, thresholds: ExtractionThresholds
    ) -> None:
        self.marked, self.first, self.predict, self.limit, self.thresholds = marked, first, predict, logit_limit, thresholds
        mask, gaps = (np.zeros(first.logit.shape, bool) for _ in range(2))
        self.result = ExtractionResult(OverlayStack.empty(*first.logit.shape), mask, marked.copy(), gaps)

    def extract(self, max_attempts: int) -> None:
        """Extracts overlays from group after group."""
        t, done = self.thresholds, self.result
        remaining = seed_groups(self.first, self.limit, t)
        for _ in range(max_attempts):
            if len(done.overlays) == t.max_overlays or not remaining.any():
                break
            group = self._next_group(remaining)
            accepted = self._accepted_overlay(group, remaining)
            if accepted is None:
                remaining &= ~group
                continue
            overlay, prediction, where = accepted
            self._remove(overlay, prediction, self._with_outline(overlay, prediction, where))
            if len(done.overlays) == 1:
                self._remove_enclosed_sign()
            remaining &= ~dilate(where, t.soft_edge_px) & dilate(done.mask, t.fit_join_px)  # another overlay of the same watermark
            if np.count_nonzero(remaining) < t.min_remainder_fraction * np.count_nonzero(done.mask):
                break

    def refine_boundaries(self) -> None:
        """Corrects the outline of a single overlay, or the boundary between two."""
        done = self.result
        if len(done.overlays) == 1:
            added, done.gaps = find_outline(self.marked, done.stack, done.logits[0])
            done.mask = (done.mask | added) & ~done.gaps
            covered = done.stack.index > 0
            done.overlays[0] = refit_overlay(done.overlays[0], self.marked, covered, ~dilate(covered, 1), self.thresholds)
            done.restored = done.stack.remove_from(self.marked)
        if len(done.overlays) == 2:
            shared = separate_overlays(self.marked, done.stack, logit_difference(*done.logits))
            done.mask |= shared
            done.restored[:, shared] = done.stack.remove_from(self.marked)[:, shared]

    def _next_group(self, remaining: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The most confident group."""
        t, logit = self.thresholds, self.first.logit
        confident = logit > self.limit + t.confident_logit
        for raised in t.raised_logits:
            group = most_confident_group(remaining & (logit > self.limit + raised), confident, t.fit_join_px)
            count = np.count_nonzero(confident & group)
            if count >= t.min_confident_px and count >= t.min_confident_fraction * np.count_nonzero(group):
                return group
        return most_confident_group(remaining, logit > self.limit + t.accept_logit, t.fit_join_px)

    def _accepted_overlay(
        self, group: NDArray[np.bool_], remaining: NDArray[np.bool_]
    ) -> tuple[UniformOverlay, PredictionMap, NDArray[np.bool_]] | None:
        """The overlay of a group with its prediction and mask; None if there is not enough evidence for one."""
        t = self.thresholds
        background = (self.first.logit < t.background_logit) & ~remaining
        for guess in self._initial_overlays(group, background):
            fitted = self._fit_with_prediction(guess, group, background)
            if fitted is None:
                continue
            overlay, prediction = fitted
            prediction = self._extend(overlay, prediction, remaining & (prediction.logit <= UNSEEN_LOGIT))
            where = self._supported(overlay, prediction, self._detected(prediction), background)
            if where.any():
                return overlay, prediction, where
        return None

    def _initial_overlays(self, group: NDArray[np.bool_], background: NDArray[np.bool_]) -> Iterator[UniformOverlay]:
        """Initial guesses for a group's overlay: the one fitted across its edges, then the one that the network predicted."""
        fitted = self._fit(group, background)
        if fitted is not None:
            yield fitted
        min_alpha = self.thresholds.min_alpha
        confident = group & (self.first.logit >= np.median(self.first.logit[group]))
        alpha = float(np.median(self.first.alpha[confident]))
        colour = np.median(self.first.premultiplied[:, confident] / np.maximum(self.first.alpha[confident], min_alpha), axis=1)
        red, green, blue = (alpha * np.minimum(colour, 1)).tolist()
        yield UniformOverlay((red, green, blue), alpha, residual=1.0)  # not measured, so that it does not count as a good fit

    def _fit(self, inside: NDArray[np.bool_], background: NDArray[np.bool_]) -> UniformOverlay | None:
        """Fits an overlay, preferably with the alpha of the first one."""
        done = self.result
        known = background | done.mask
        overlay = fit_overlay(self.marked, done.restored, inside, known)
        if overlay is not None and done.overlays:
            same_alpha = fit_overlay(self.marked, done.restored, inside, known, done.overlays[0].alpha)
            if same_alpha is not None and same_alpha.residual < self.thresholds.same_alpha_residual * overlay.residual:
                return same_alpha
        return overlay

    def _fit_with_prediction(
        self, guess: UniformOverlay, group: NDArray[np.bool_], background: NDArray[np.bool_]
    ) -> tuple[UniformOverlay, PredictionMap] | None:
        """Refits a guess to the mask that the network predicts for it; returns the overlay and its prediction around the group.

        The first prediction may cover half or twice the watermark. If the refitted overlay is implausible the guess itself is tried. None
        if neither is plausible.
        """
        t = self.thresholds
        box = _surroundings(group, t.margin_px)
        prediction = self.predict(guess, box)
        confident = self._detected(prediction) & (prediction.logit > self.limit + 1)
        background = background & (prediction.logit < t.background_logit)
        ratios, labels = self._residual_ratios(guess, confident, background)
        confident = confident & (ratios < max(t.max_residual_ratio, ratios[1:].min(initial=np.inf) + t.max_residual_excess))[labels]
        invalid = out_of_range(guess.remove_from(self.marked[:, confident]), t)
        invalid_px, area_px = (np.bincount(labels[confident], weights, len(ratios)) for weights in (invalid, None))
        confident &= (invalid_px <= t.max_group_out_of_range_fraction * area_px)[labels]
        if not confident.any():
            return None
        for overlay in (self._fit(confident, background), guess):
            if overlay is None:
                continue
            if is_plausible(self.marked, overlay, without_bright_sign(self.marked, overlay, confident, t), background, t):
                return overlay, prediction if overlay.is_close_to(guess) else self.predict(overlay, box)
        return None

    def _detected(self, prediction: PredictionMap) -> NDArray[np.bool_]:
        t = self.thresholds
        accepted = prediction.logit > self.limit + t.accept_logit
        detected = confident_groups(prediction.logit > self.limit, accepted, t.min_accept_px, t.join_px)
        return np.asarray(detected & ~erode(self.result.mask, SOFT_EDGE_PX))

    def _extend(self, overlay: UniformOverlay, prediction: PredictionMap, others: NDArray[np.bool_]) -> PredictionMap:
        """Adds to a prediction, in place, that for other groups which may belong to the overlay.

        Groups that are small relative to the overlay, or not confident, are left out: in large pictures many are false. The network looks
        at each group separately, or at all at once if that is less work.
        """
        t = self.thresholds
        likely = self.first.logit > self.limit + t.extend_logit
        min_area_px = t.min_remainder_fraction * np.count_nonzero(prediction.logit > 0)
        boxes = []
        for box in find_regions(others):
            area_px, likely_px = (np.count_nonzero(each[box.slices]) for each in (others, others & likely))
            if area_px >= min_area_px and likely_px >= t.min_extend_fraction * area_px:
                boxes.append(box)
        context_px = 2 * NARROW_CONTEXT_PX
        if boxes and sum((box.width + context_px) * (box.height + context_px) for box in boxes) > others.size:
            boxes = [_surroundings(others, t.margin_px)]
        height, width = others.shape
        for box in boxes:
            part = grow_box(box, t.margin_px, width, height)
            more = self.predict(overlay, part)
            higher = more.logit[part.slices] > prediction.logit[part.slices]
            planes = (prediction.logit, more.logit), (prediction.alpha, more.alpha)
            for old, new in (*planes, *zip(prediction.premultiplied, more.premultiplied, strict=True)):
                old[part.slices][higher] = new[part.slices][higher]
        return prediction

    def _supported(
        self, overlay: UniformOverlay, prediction: PredictionMap, where: NDArray[np.bool_], background: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """The groups of ``where`` with enough evidence for the overlay; empty if there is not enough for all of them together.

        The evidence for a group is the network's log-odds with and without knowing the overlay, against the residual across its edges. The
        evidence for all is the log-odds of the first prediction, and how much better the overlay explains the edges than an opaque colour,
        which explains objects of the picture equally well.
        """
        t, done = self.thresholds, self.result
        background = background & (prediction.logit < t.background_logit)
        ratios, labels = self._residual_ratios(overlay, where, background)
        logit = prediction.logit + t.first_logit_weight * self.first.logit
        logit_sum, area_px = (np.bincount(labels[where], weights, len(ratios)) for weights in (logit[where], None))
        where = where & (logit_sum >= area_px * (t.residual_weight * ratios + t.min_group_evidence))[labels]
        if where.any():
            seen_logit = float(np.quantile(self.first.logit[where], 1 - t.seen_fraction))
            vs_opaque = residual_vs_opaque(self.marked, done.restored, where, background | done.mask, overlay)
            if t.seen_weight * seen_logit - t.transparency_weight * np.log(vs_opaque) < t.min_evidence:
                where[:] = False
        return where

    def _residual_ratios(
        self, overlay: UniformOverlay, inside: NDArray[np.bool_], background: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Residual ratios of a mask's groups, the overlay's own for groups without enough edge pixels; and the groups' labels."""
        done = self.result
        labels = label_groups(inside, self.thresholds.join_px)
        ratios = residual_ratios(self.marked, done.restored, labels, inside, background | done.mask, overlay)
        return np.where(np.isnan(ratios), overlay.residual / overlay.contrast, ratios), labels

    def _with_outline(self, overlay: UniformOverlay, prediction: PredictionMap, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """An accepted mask, extended or reduced to where the network sees at least half of the overlay."""
        result = dilate(where, self.thresholds.outline_px) & (prediction.alpha > 0.5 * overlay.alpha)
        return result if result.any() else where

    def _remove_enclosed_sign(self) -> None:
        """Removes a white sign that the first overlay encloses, as in many logos, even if the network has not detected it.

        Fitted with the alpha of that overlay, the colour is white if the sign belongs to the watermark. In a gap it is a colour of the
        picture; a gap in front of a white picture is left alone, because removing white there leaves the same contrast.
        """
        t, done = self.thresholds, self.result
        first = done.overlays[0]
        gaps = ndimage.binary_fill_holes(done.mask) & ~dilate(done.mask, t.gap_clearance_px)
        labels, count = ndimage.label(dilate(gaps, t.gap_clearance_px) & ~done.mask)
        areas = np.bincount(labels.ravel(), minlength=count + 1)
        areas[0] = 0
        gaps = (areas >= t.min_gap_px)[labels]
        if not gaps.any():
            return
        sign = fit_overlay(self.marked, done.restored, gaps, done.mask, first.alpha)
        if sign is None or min(sign.premultiplied) < t.min_sign_brightness * first.alpha or sign.contrast < t.min_sign_contrast:
            return
        as_sign, as_first = (residual_ratios(self.marked, done.restored, labels, gaps, done.mask, overlay) for overlay in (sign, first))
        rejected = ~(as_sign < np.fmin(t.max_sign_residual, as_first))
        rejected[0] = True
        gaps &= ~rejected[labels]
        if np.count_nonzero(gaps) < t.min_gap_px:
            return
        self._remove(sign, self.predict(sign, _surroundings(gaps, t.margin_px)), gaps)

    def _remove(self, overlay: UniformOverlay, prediction: PredictionMap, where: NDArray[np.bool_]) -> None:
        done = self.result
        done.overlays.append(overlay)
        done.logits.append(prediction.logit)
        taken = done.stack.add(len(done.overlays), where & ~done.mask, prediction.alpha, self.marked)
        done.restored[:, taken] = done.stack.remove_from(self.marked)[:, taken]
        done.mask |= where | (taken & (done.stack.cover > self.thresholds.min_rim_cover))


def _surroundings(mask: NDArray[np.bool_], margin_px: int) -> Box:
    """A box around a mask, twice as large."""
    box = bounds(mask)
    height, width = mask.shape
    return grow_box(Box(*box), max(margin_px, max(box.width, box.height) // 2), width, height)
