"""Training objectives of the watermark and inpainting networks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.core.errors import SpecError
from aedesk.data.examples.example import Example
from aedesk.data.watermarks.sampling import VISIBLE_ALPHA, blend_over
from aedesk.models.restoration.inpainting import Inpainting
from aedesk.models.restoration.unblending import MarkPrediction, Unblending
from aedesk.training.objectives.base import Objective, arguments_of, decibels
from aedesk.training.objectives.losses import LOSSES
from aedesk.training.objectives.reconstruction import NoArguments
from aedesk.training.recipes.recipe import FIND, MEND, SETTLED, Recipe, Stage

RESTORATION_WEIGHT = 4.0
"""Weight of the restored picture's error relative to the detector's terms."""
OVERLAY_COLOUR_TOLERANCE, OVERLAY_ALPHA_TOLERANCE = 0.25, 0.3
"""Largest difference in colour (per channel, of full scale) and relative difference in alpha at which a watermark matches an overlay."""
OUTSIDE_WEIGHT = 0.05
"""Weight in the restoration loss of pixels outside of watermarks. They are discarded, but the edges of predicted masks are inexact."""
COARSER_WEIGHT = 0.5
"""Factor of the inpainting loss from one scale to the next coarser one."""


class WatermarkObjective(Objective):
    """Loss of :class:`~aedesk.models.restoration.unblending.Unblending`.

    The detector is trained on the mask (cross-entropy and Dice), alpha, the premultiplied colour and the blended picture (L1); the
    refinement on the restored picture where watermarks were.

    The L1 terms average over the watermarks' surroundings and over the whole picture with equal weight. Surroundings alone always
    contain a watermark, so a detector trained only there guesses alpha from the brightness and finds nothing. The refinement's gradient
    does not reach the detector: it would be amplified by up to 1 / ``MIN_TRANSMISSION`` where little shines through.

    A stage with the loss "find" trains the detector only; "find-settled" does so with fixed batch normalisation statistics; "mend" trains
    the refinement only.
    """

    def __init__(self, network: Unblending, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments_of(NoArguments, recipe)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        premultiplied, alpha, mask = requested_target(example)
        self.network.finder.train(stage.loss not in (SETTLED, MEND))
        with torch.set_grad_enabled(stage.loss != MEND):
            prediction = self.network.predict(example.noisy, example.hint, example.overlay)
        near = F.max_pool2d(mask, 5, stride=1, padding=2)
        with torch.autocast(example.noisy.device.type, enabled=False):
            blended, marked = (
                blend_over(example.target, *each) for each in ((prediction.premultiplied, prediction.alpha), (premultiplied, alpha))
            )
            pairs = ((prediction.alpha, alpha), (prediction.premultiplied, premultiplied), (blended, marked))
            mark_loss = torch.stack([LOSSES["l1"](guess, truth, near) + LOSSES["l1"](guess, truth) for guess, truth in pairs]).sum()
            mask_loss = F.binary_cross_entropy_with_logits(prediction.logit, mask) + _dice_loss(prediction.logit, mask)
        terms = {"mark": mark_loss.detach(), "mask": mask_loss.detach()}
        if stage.loss in (FIND, SETTLED):
            return mark_loss + mask_loss, {"loss": (mark_loss + mask_loss).detach(), **terms}
        fixed = MarkPrediction(prediction.logit.detach(), prediction.alpha.detach(), prediction.premultiplied.detach())
        restored = self.network.refine(example.noisy, fixed)
        restoration_loss = LOSSES["l1" if stage.loss == MEND else stage.loss](restored, example.target, near + OUTSIDE_WEIGHT)
        psnr = decibels(torch.where(near > 0, restored, example.noisy), example.target)
        total = restoration_loss if stage.loss == MEND else RESTORATION_WEIGHT * restoration_loss + mark_loss + mask_loss
        return total, {"loss": restoration_loss.detach(), "psnr": psnr, **terms}

    @staticmethod
    def reconstruct(network: Unblending, example: Example) -> Tensor:
        restored: Tensor = network(example.noisy, torch.zeros_like(example.noisy[:, :1]))
        return restored

    @staticmethod
    def figures(network: Unblending, example: Example) -> dict[str, Tensor]:
        """F1 of the mask of all watermarks and of one requested overlay; PSNR in dB of the restored picture inside the true mask."""
        _, _, mask = _mark_target(example)
        no_hint = torch.zeros_like(mask)
        prediction, of_overlay = (network.predict(example.noisy, no_hint, overlay) for overlay in (None, example.overlay))
        restored = network.refine(example.noisy, prediction).clamp(0, 1)
        return {
            "f1": _f1(prediction, mask),
            "f1_overlay": _f1(of_overlay, requested_target(example)[2]),
            "inside": _psnr_inside(restored, example.target, mask),
        }


class InpaintingObjective(Objective):
    """Loss inside of the holes, at every scale at which the network runs.

    At full resolution each picture of a batch is in a different round. Its earlier rounds run without a gradient (recycling, Jumper 2021),
    so that the network learns to correct its own output.
    """

    def __init__(self, network: Inpainting, recipe: Recipe) -> None:
        super().__init__(network, recipe)
        arguments_of(NoArguments, recipe)

    def forward(self, example: Example, stage: Stage, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        hole = _hole(example)
        count = self.network.config.rounds
        first = int(torch.randint(count, (1,), generator=generator, device=generator.device))
        rounds = (torch.arange(len(hole), device=hole.device) + first) % count + 1
        *coarser, (filled, hole) = self.network.fill_scales(example.noisy, hole, rounds)
        loss = LOSSES[stage.loss](filled, example.target, hole)
        terms = {"loss": loss.detach(), "psnr": _psnr_inside(filled.detach(), example.target, hole)}
        target, weight = example.target, 1.0
        for filled_small, hole_small in reversed(coarser):
            target, weight = F.avg_pool2d(target, 2), weight * COARSER_WEIGHT
            loss = loss + weight * LOSSES[stage.loss](filled_small, target, hole_small)
        return loss, terms

    @staticmethod
    def reconstruct(network: Inpainting, example: Example) -> Tensor:
        filled: Tensor = network(example.noisy, _hole(example))
        return filled

    @staticmethod
    def figures(network: Inpainting, example: Example) -> dict[str, Tensor]:
        """PSNR in dB inside of the holes."""
        hole = _hole(example)
        return {"inside": _psnr_inside(network(example.noisy, hole).clamp(0, 1), example.target, hole)}


def requested_target(example: Example) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the premultiplied colour (B, 3, H, W), alpha and mask (B, 1, H, W) that the detector is asked for.

    That is all watermarks, or where ``example.overlay`` is not zero only the pixels that match this overlay. Raises :class:`SpecError`
    for examples without watermarks.
    """
    premultiplied, alpha, mask = _mark_target(example)
    if example.overlay is None:
        return premultiplied, alpha, mask
    overlay_premultiplied, overlay_alpha = example.overlay[:, :3], example.overlay[:, 3:]
    colour = premultiplied / alpha.clamp(min=VISIBLE_ALPHA)
    overlay_colour = overlay_premultiplied / overlay_alpha.clamp(min=VISIBLE_ALPHA)
    matching = mask * ((colour - overlay_colour).abs().amax(1, keepdim=True) < OVERLAY_COLOUR_TOLERANCE)
    strongest = (alpha * matching).amax((2, 3), keepdim=True)
    matching = matching * ((strongest / overlay_alpha.clamp(min=VISIBLE_ALPHA) - 1).abs() < OVERLAY_ALPHA_TOLERANCE)
    requested = torch.where(overlay_alpha > 0, matching, torch.ones_like(mask))
    return premultiplied * requested, alpha * requested, mask * requested


def _mark_target(example: Example) -> tuple[Tensor, Tensor, Tensor]:
    """Premultiplied colour, alpha and mask of all watermarks. Raises :class:`SpecError` for examples without any."""
    if example.mark is None:
        raise SpecError("This network is trained on watermarked pictures.", 'Set chain = "marks" in [degradation].')
    premultiplied, alpha = example.mark[:, :3], example.mark[:, 3:]
    return premultiplied, alpha, (alpha > VISIBLE_ALPHA).float()


def _hole(example: Example) -> Tensor:
    if example.weight is None:
        raise SpecError("This network is trained on pictures with holes.", 'Set chain = "holes" in [degradation].')
    return example.weight


def _dice_loss(logit: Tensor, mask: Tensor) -> Tensor:
    """1 - F1 of the mask over the batch, with probabilities instead of decisions so that it is differentiable (Milletari 2016)."""
    probability = torch.sigmoid(logit)
    return 1 - (2 * (probability * mask).sum() + 1) / (probability.sum() + mask.sum() + 1)


def _f1(prediction: MarkPrediction, mask: Tensor) -> Tensor:
    guess = (prediction.logit > 0).float()
    return 2 * (guess * mask).sum() / (guess.sum() + mask.sum()).clamp(min=1)


def _psnr_inside(picture: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """PSNR in dB over the pixels of the mask."""
    error = ((picture.float() - target).square() * mask).sum() / (3 * mask.sum()).clamp(min=1)
    return -10 * torch.log10(error.clamp(min=1e-10))
