"""The thresholds by which overlays are extracted from a prediction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExtractionThresholds:
    """Thresholds of :mod:`~aedesk.watermark.single.extraction`.

    No value is fitted by a script yet. Most were chosen by hand on CBSD68 and McMaster pictures; ``min_evidence``, ``seen_weight`` and
    ``transparency_weight`` are a rounded logistic regression over the overlays measured on those pictures with and without watermarks
    (157 of 166 true ones are kept, and 1 of 60 false ones). Where an attribute names another set, it was chosen in view of that set, so
    figures reported on that set are optimistic.

    Args:
        max_overlays: overlays that are extracted; nearly all watermarks and most logos have no more, and the risk of mistaking the picture
            for an overlay grows with each.
        max_attempts: groups that are tried.
        join_px: components within twice this distance are one group for accepting or rejecting.
        fit_join_px: the same for fitting an overlay.
        margin_px: smallest margin around a group when the network looks at it again.

        seed_logit, min_seed_px: log-odds that so many pixels of a group must have for the group to be tried.
        accept_logit, min_accept_px: the same, of the prediction for the fitted overlay.
        confident_logit, min_confident_px: log-odds of the first prediction that are rare without a watermark, and the pixels that must have
            them (chosen on CID22 validation and Kodak).
        raised_logits: added to the logit limit, one after the other, until ``min_confident_fraction`` of a group is confident. A watermark
            that is joined to a large false detection is separated from it in this way.
        extend_logit, min_extend_fraction: log-odds of the first prediction that such a fraction of a distant group must have for the group
            to be tried with an overlay found elsewhere (chosen on four Kodak pictures enlarged to 12 megapixels).
        background_logit: log-odds below which a pixel is background.

        max_residual_ratio: largest share of the contrast across the edges that may remain after removal.
        max_residual_excess: how much more may remain than in the overlay's best group.
        min_alpha: opacity below which a fit describes the picture itself.
        range_tolerance: distance outside of [0, 1] that rounding and compression may cause.
        max_out_of_range_fraction: largest fraction of pixels outside of the range after removal.
        max_group_out_of_range_fraction: the same for a group that an overlay is fitted to (chosen on enlarged Kodak pictures).
        sign_max_alpha, min_without_sign_fraction: a brighter sign within an overlay is excluded from the range check if the overlay's
            alpha is no larger and at least this fraction of its mask remains (chosen on clean CID22 pictures).
        max_contrast_ratio: largest standard deviation of the recovered pixels relative to the background's within ``surroundings_px``.
        surroundings_px: distance of background pixels that are compared.
        min_background_std: lower limit of the background's standard deviation.

        first_logit_weight: weight of the first prediction's log-odds relative to those for the fitted overlay, in the evidence of a group.
        residual_weight, min_group_evidence: log-odds that a group must exceed per unit of its residual ratio, and at least (chosen on
            CID22 pictures and two of the benchmark's).
        seen_weight, seen_fraction: weight of the log-odds of the first prediction that such a fraction of an overlay exceeds.
        transparency_weight: weight of the logarithm of the residual relative to an opaque colour's.
        min_evidence: sum of both that an overlay must reach.
        same_alpha_residual: the second overlay gets the alpha of the first if its residual grows by no more than this factor; the
            overlays of a logo have one opacity.

        soft_edge_px: what remains within this distance of an extracted overlay is its soft edge.
        outline_px: distance by which an overlay may exceed its accepted mask.
        min_rim_cover: cover (of 255) from which a soft edge belongs to the mask.
        min_remainder_fraction: a remainder smaller than this fraction of what has been extracted is not tried.

        gap_clearance_px, min_gap_px: rim of an enclosed gap that is ignored, and pixels below which a gap is ignored.
        min_sign_brightness: smallest colour channel of an enclosed white sign.
        min_sign_contrast: smallest contrast of a sign to its surroundings.
        max_sign_residual: largest share of that contrast that may remain after removal.
    """

    max_overlays: int = 2
    max_attempts: int = 2
    join_px: int = 8
    fit_join_px: int = 32
    margin_px: int = 8

    seed_logit: float = 2.0
    min_seed_px: int = 100
    accept_logit: float = 2.0
    min_accept_px: int = 300
    confident_logit: float = 6.0
    min_confident_px: int = 250
    raised_logits: tuple[float, ...] = (0.0, 2.0, 4.0)
    min_confident_fraction: float = 0.15
    extend_logit: float = 5.5
    min_extend_fraction: float = 0.1
    background_logit: float = -2.0

    max_residual_ratio: float = 0.95
    max_residual_excess: float = 0.2
    min_alpha: float = 0.1
    range_tolerance: float = 0.02
    max_out_of_range_fraction: float = 0.25
    max_group_out_of_range_fraction: float = 0.5
    sign_max_alpha: float = 0.7
    min_without_sign_fraction: float = 0.75
    max_contrast_ratio: float = 2.6
    surroundings_px: int = 14
    min_background_std: float = 1e-3

    first_logit_weight: float = 0.25
    residual_weight: float = 3.0
    min_group_evidence: float = 0.0
    seen_weight: float = 1.4
    seen_fraction: float = 0.1
    transparency_weight: float = 4.0
    min_evidence: float = 8.0
    same_alpha_residual: float = 1.3

    soft_edge_px: int = 3
    outline_px: int = 2
    min_rim_cover: int = 60
    min_remainder_fraction: float = 0.08

    gap_clearance_px: int = 1
    min_gap_px: int = 60
    min_sign_brightness: float = 0.85
    min_sign_contrast: float = 0.012
    max_sign_residual: float = 0.95


EXTRACTION = ExtractionThresholds()
