"""Requests to take one mark off many pictures: frozen dataclasses as in ``core.specs``, for the services of ``watermark``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aedesk.core.errors import SpecError

LEAST_PICTURES = 4
"""From fewer a mark cannot be told from what the pictures show."""
GOOD_PICTURES = 10
"""From fewer the result is doubtful."""


@dataclass(frozen=True)
class SharedMarkSpec:
    """Take the mark that many pictures share off each of them. Inputs: none. Result: ``SharedMarkResult``.

    Args:
        inputs: picture files. At least ``LEAST_PICTURES`` to find a mark from them, any number to use one that was kept.
        outputs: as many files for the results; none may be an input unless ``overwrite`` allows it.
        mark: file of a mark (PNG): used if it is there, else kept in it for later pictures; empty for neither.
        overwrite: replace outputs that are there.
        quality: 1 to 100 of JPEG, WebP and AVIF outputs.
        inpaint_model: the model that fills what the mark hides altogether; empty to leave that as it is.
        device: "auto", "cpu", "cuda" or "cuda:N": for that model. The mark itself is found on the processor.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    mark: str = ""
    overwrite: bool = False
    quality: int = 95
    inpaint_model: str = "inpaint-photo"
    device: str = "auto"

    def __post_init__(self) -> None:
        _require(len(self.inputs) > 0, "There are no pictures.", f"Give at least {LEAST_PICTURES} pictures that carry the same mark.")
        _require(
            len(self.inputs) == len(self.outputs),
            f"There are {len(self.inputs)} pictures and {len(self.outputs)} outputs.",
            "Give one output for each picture.",
        )
        _require(len(set(self.outputs)) == len(self.outputs), "Two pictures have the same output.", "Give each an output of its own.")
        _require(not self.mark or self.mark.lower().endswith(".png"), f"A mark cannot be kept in {self.mark}.", "Give a name with .png.")
        _require(1 <= self.quality <= 100, f"quality is {self.quality}.", "Choose a value from 1 to 100.")


@dataclass(frozen=True)
class SharedMarkResult:
    """What a ``SharedMarkSpec`` gives.

    Args:
        written: outputs that were written.
        failed: (input, reason) of the others: they cannot be read or written, or do not carry the mark.
        mark: the mark as a ``Picture`` with alpha, 16 bits, its box only.
        box: (left, top, width, height) of the mark on the first picture that was written; None without one.
        pictures: how many the mark was found from.
        colours: how many it has, 0 for more than can be counted, None for a mark that was kept.
        error: expected error of a sample inside the mark, in gray levels (0..255).
        needed: how many pictures would bring the error down to about 1.5 gray levels, if none is opaque.
        doubtful: the mark is not known well: look at the results.
        residue: how many outputs have places that the mark hides altogether.
        seconds: time of everything.
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
