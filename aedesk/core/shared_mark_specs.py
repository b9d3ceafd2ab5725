"""Request to remove one watermark from many pictures, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import SpecError

MIN_PICTURES = 4
"""With fewer pictures the watermark cannot be distinguished from what they show."""
RECOMMENDED_PICTURES = 10
"""With fewer pictures the result is marked as doubtful."""


@dataclass(frozen=True)
class SharedMarkSpec:
    """Remove the watermark that many pictures share from each of them. Inputs: none. Result: ``SharedMarkResult``.

    Args:
        inputs: picture files. At least ``MIN_PICTURES`` to estimate the watermark from them, any number with a saved one.
        outputs: one output file per input.
        mark: watermark file (PNG): used if it exists, otherwise written for later pictures; empty for neither.
        overwrite: replace existing outputs.
        quality: 1 to 100, for JPEG, WebP and AVIF outputs.
        inpaint_model: name or path of the model that fills opaque parts of the watermark; empty to leave them unchanged.
        device: "auto", "cpu", "cuda" or "cuda:N", for that model. The watermark itself is estimated on the CPU.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    mark: str = ""
    overwrite: bool = False
    quality: int = 95
    inpaint_model: str = "inpaint-photo"
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(len(self.inputs) > 0, "There are no pictures.", f"Give at least {MIN_PICTURES} pictures that carry the same watermark.")
        _require(
            len(self.inputs) == len(self.outputs),
            f"There are {len(self.inputs)} pictures and {len(self.outputs)} outputs.",
            "Give one output for each picture.",
        )
        _require(len(set(self.outputs)) == len(self.outputs), "Two pictures have the same output.", "Give each picture its own output.")
        is_png = not self.mark or self.mark.lower().endswith(".png")
        _require(is_png, f"A watermark cannot be saved as {self.mark}.", "Give a file name that ends with .png.")
        _require(1 <= self.quality <= 100, f"quality is {self.quality}.", "Choose a value from 1 to 100.")


@dataclass(frozen=True)
class SharedMarkResult:
    """Result of a ``SharedMarkSpec``.

    Args:
        written: outputs that were written.
        failed: (input, reason) of pictures that cannot be read or written, or do not carry the watermark.
        mark: the watermark's box as a 16-bit ``Picture`` with alpha.
        box: (left, top, width, height) of the watermark on the first picture that was written; None if none was.
        pictures: number of pictures that the watermark was estimated from.
        colours: its number of colours; 0 for arbitrary colours, None for a saved watermark.
        error: expected error of a restored sample inside of the watermark, in gray levels (0 to 255).
        needed: number of pictures with which the expected error would be about 1.5 gray levels.
        doubtful: whether the watermark may be inaccurate, so that the results should be checked.
        residue: number of outputs in which the watermark has opaque parts.
        seconds: total time.
    """

    written: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    mark: Any
    box: tuple[int, int, int, int] | None
    pictures: int
    colours: int | None
    error: float
    needed: int
    doubtful: bool
    residue: int
    seconds: float


def _require(condition: bool, message: str, hint: str) -> None:
    if not condition:
        raise SpecError(message, hint)
