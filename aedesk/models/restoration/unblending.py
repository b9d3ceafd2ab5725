"""A network that removes semi-transparent watermarks: it detects them, inverts the blending and corrects the residual error.

A watermark W with opacity alpha turns a picture I into J = alpha W + (1 - alpha) I. The first U-Net (``finder``) predicts a mask, alpha
and the premultiplied colour alpha W. The picture under the watermark is then (J - alpha W) / (1 - alpha), which keeps all detail that
shows through. A second, smaller U-Net (``mender``) corrects what prediction errors, rounding and JPEG compression leave behind. WDNet
(Liu 2021) inverts the blending in the same way; SLBR (Liang 2021) has a similar refinement stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aedesk.models.architectures import UnblendingConfig
from aedesk.models.descriptor import Descriptor
from aedesk.models.restoration.trunk import Trunk

MIN_TRANSMISSION = 0.12
"""Lower limit of the divisor 1 - alpha: below it, amplified rounding errors would dominate the result."""


@dataclass(frozen=True)
class MarkPrediction:
    """Output of the detector, float32.

    Args:
        logit: (B, 1, H, W), log-odds that a pixel belongs to a watermark.
        alpha: (B, 1, H, W), opacity in [0, 1].
        premultiplied: (B, 3, H, W), alpha W, each channel in [0, alpha].
    """

    logit: Tensor
    alpha: Tensor
    premultiplied: Tensor


def unblend(marked: Tensor, alpha: Tensor, premultiplied: Tensor) -> Tensor:
    """Returns (J - alpha W) / max(1 - alpha, MIN_TRANSMISSION), (B, 3, H, W) float32, not clamped.

    Args:
        marked: (B, 3, H, W), J.
        alpha: (B, 1, H, W).
        premultiplied: (B, 3, H, W), alpha W.
    """
    return (marked - premultiplied) / (1 - alpha).clamp(min=MIN_TRANSMISSION)


class Unblending(nn.Module):
    """Detects and removes watermarks.

    ::

        marked  ─┬─ finder ─ logit, alpha, alpha W ─ unblend ─ I0 ─┬──────────────────── + ─ restored
        hint    ─┤   marked ───────────────────────────────────────┴─ mender ─ residual ─┘
        overlay ─┘

    Input:
        marked: (B, 3, H, W) in [0, 1]; H and W are multiples of ``descriptor.size_multiple``.
        hint: (B, 1, H, W): 1 where the user says that watermarks are, -1 where the user says that there are none, 0 without a statement.
        overlay: optional (B, 4, 1, 1), alpha W and alpha of one known uniform watermark. The network then only has to segment it: it is
            also given the change that removing this overlay would make, and the edges of the watermark vanish where that is right.
    """

    def __init__(self, config: UnblendingConfig) -> None:
        super().__init__()
        self.config = config
        self.finder = Trunk(8, 5, config.widths, config.blocks, batchnorm=True)
        self.mender = Trunk(8, 3, config.mend_widths, config.mend_blocks)

    @property
    def descriptor(self) -> Descriptor:
        multiple = max(self.finder.size_multiple, self.mender.size_multiple)
        receptive_px = self.finder.receptive_radius_px + self.mender.receptive_radius_px
        return Descriptor(
            purpose="erase",
            channels=3,
            size_multiple=multiple,
            halo_px=-(-receptive_px // multiple) * multiple,
            conditions=("hint",),
            kmac_per_px=(self.finder.macs_per_px + self.mender.macs_per_px) / 1000,
        )

    def predict(self, marked: Tensor, hint: Tensor, overlay: Tensor | None = None) -> MarkPrediction:
        """Detects watermarks and estimates their opacity and colour.

        Args:
            marked, hint: as for the class; ``hint`` may be broadcastable.
            overlay: (B or 1, 4, 1, 1); None or all zeros if no overlay is known.
        """
        batch, _, *size = marked.shape
        premultiplied, alpha = marked.new_zeros(batch, 4, 1, 1).split((3, 1), 1) if overlay is None else overlay.split((3, 1), 1)
        change = (unblend(marked, alpha, premultiplied) - marked).clamp(-1, 1)
        inputs = (marked * 2 - 1, hint.expand(batch, 1, *size), change, alpha.expand(batch, 1, *size))
        raw = self.finder(torch.cat(inputs, 1)).float()
        # Offsets for a good start: most pixels carry no watermark, and most watermarks are bright.
        alpha = torch.sigmoid(raw[:, 1:2] - 2)
        return MarkPrediction(raw[:, :1] - 2, alpha, alpha * torch.sigmoid(raw[:, 2:] + 1))

    def predict_two_scales(self, marked: Tensor, hint: Tensor, overlay: Tensor | None = None) -> MarkPrediction:
        """As ``predict``, at full and at half resolution, keeping per pixel the prediction with the higher logit.

        Large watermarks exceed the receptive field at full resolution. H and W are multiples of twice ``descriptor.size_multiple``.
        """
        full = self.predict(marked, hint, overlay)
        half = self.predict(F.avg_pool2d(marked, 2), F.max_pool2d(hint.expand(len(marked), 1, *marked.shape[2:]), 2), overlay)
        planes = torch.cat((half.logit, half.alpha, half.premultiplied), 1)
        logit, alpha, premultiplied = F.interpolate(planes, scale_factor=2, mode="bilinear").split((1, 1, 3), 1)
        use_half = logit > full.logit
        return MarkPrediction(
            torch.maximum(logit, full.logit),
            torch.where(use_half, alpha, full.alpha),
            torch.where(use_half, premultiplied, full.premultiplied),
        )

    def refine(self, marked: Tensor, prediction: MarkPrediction) -> Tensor:
        """Returns the picture without its watermarks, (B, 3, H, W) float32, not clamped; meaningful only where one was detected."""
        with torch.autocast(marked.device.type, enabled=False):
            unblended = unblend(marked.float(), prediction.alpha, prediction.premultiplied).clamp(-0.2, 1.2)
            inputs = torch.cat((marked * 2 - 1, unblended * 2 - 1, prediction.alpha, torch.sigmoid(prediction.logit)), 1)
        return unblended + self.mender(inputs).float()

    def forward(self, marked: Tensor, hint: Tensor) -> Tensor:
        """Returns (B, 3, H, W): restored where a watermark is likelier than not, within 1 pixel of it too, and unchanged elsewhere."""
        prediction = self.predict(marked, hint)
        mask = F.max_pool2d((prediction.logit > 0).float(), 3, stride=1, padding=1)
        return torch.where(mask > 0, self.refine(marked, prediction), marked.float())
