"""The architecture arguments of the network that finds damage. No torch, so that a window can offer them."""

from __future__ import annotations

from dataclasses import dataclass

from aedesk.core.limits import setting
from aedesk.models.checks import check_arguments, check_levels


@dataclass(frozen=True)
class DamageDetectionConfig:
    """Arguments of the network that finds damage on scans of prints (``models.restoration.damage_detection``).

    Args:
        widths: feature channels per level, finest (half resolution) first.
        blocks: residual blocks per level: in the encoder and again in the decoder; the last level has them once.
        scales: sizes of the picture that it is trained at, each half of the one before.
    """

    widths: tuple[int, ...] = setting((32, 48, 64, 96, 128), 1, 2048, "channels", length=(1, 6))
    blocks: tuple[int, ...] = setting((1, 1, 1, 1, 2), 0, 64, "blocks", length=(1, 6))
    scales: int = setting(2, 1, 5)

    def __post_init__(self) -> None:
        check_arguments(self)
        check_levels(self, self.widths, self.blocks)
