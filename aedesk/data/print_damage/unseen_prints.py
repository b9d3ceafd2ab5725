"""Whole prints for evaluation, with kinds of damage that are never used for training."""

from __future__ import annotations

from random import Random

import torch
from torch import Tensor

from aedesk.data.print_damage.layers import damaged
from aedesk.data.print_damage.pipeline import DamagedPrints
from aedesk.data.print_damage.prints import aged_print
from aedesk.data.print_damage.scans import scanned
from aedesk.data.print_damage.unseen import unseen_damage

LEAST_PX = 40
"""Visible damage that a print must have."""
TRIES = 20


def unseen_print(picture: Tensor, kind: str, seed: int) -> DamagedPrints:
    """One picture as an old print with one to three pieces of damage of a kind.

    Args:
        picture: (1, 3, H, W) in [0, 1].
        kind: one of ``DAMAGE_KINDS``.
        seed: of the print, which is the same whatever the kind, and of the damage.
    """
    size = (picture.shape[2], picture.shape[3])
    sheet, gray = aged_print(picture, torch.Generator().manual_seed(seed))
    pixels = sheet[0].permute(1, 2, 0).numpy()
    rng = Random(f"{kind} {seed}")
    for _ in range(TRIES):
        spoilt, mask = damaged(pixels, unseen_damage(kind, rng, *size))
        if mask.sum() >= LEAST_PX:
            break
    broken = torch.from_numpy(spoilt).permute(2, 0, 1)[None]
    truth = torch.from_numpy(mask).permute(2, 0, 1)[None].float()
    return DamagedPrints(scanned(broken, size, gray, seed), truth, scanned(sheet, size, gray, seed))
