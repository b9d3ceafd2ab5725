"""Training examples: what a network sees and what it should answer, whatever the data are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class Example:
    """One batch.

    Args:
        noisy: (B, C, P, P) float32 in [0, 1] (noise may leave the range): the network's input.
        target: what it should give, of the same shape. The clean picture, or with self-supervision another noisy one.
        level: noise level (B, 1, 1, 1) in 8-bit units, 0 without corruption, not-a-number if unknown.
        weight: (B, 1, P, P), where the loss counts (the blind spots of Noise2Void); None for everywhere.
        whole: the uncut noisy pictures that Neighbor2Neighbor's regularizer needs, (B, C, 2P, 2P), with ``pick``, which neighbours
            became input and target; both None otherwise.
        noise: a draw of the camera's own noise (B, C, P, P), to be added to what ``noisy`` shows once it is restored; None otherwise.
        mark: for watermarked pictures (B, 4, P, P), premultiplied colour alpha W and alpha of all watermarks; None otherwise.
        hint: with ``mark``: (B, 1, P, P), the user's statement about watermarks: 1 present, -1 absent, 0 none.
        overlay: with ``mark``: (B, 4, 1, 1), premultiplied colour and alpha of the one uniform watermark that is asked for; zeros for
            none.
    """

    noisy: Tensor
    target: Tensor
    level: Tensor
    weight: Tensor | None = None
    whole: Tensor | None = None
    pick: Tensor | None = None
    noise: Tensor | None = None
    mark: Tensor | None = None
    hint: Tensor | None = None
    overlay: Tensor | None = None


class Examples(Protocol):
    """Where a run's examples come from."""

    @property
    def count(self) -> int:
        """Training pictures."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What the person should know about the data: files that were left out, pictures that were changed to fit."""

    @property
    def resident(self) -> bool:
        """Whether the training pictures lie in the memory of the device; known once a batch was drawn."""

    def draw(self, batch: int, patch_px: int, seed: int) -> Example:
        """A batch that depends on ``seed`` alone."""

    def validation(self) -> Sequence[Example]:
        """The fixed examples that figures and previews are made on, from held-out pictures; each a batch of one."""
