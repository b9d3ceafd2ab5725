"""What a worker says that finds and erases marks, without a network: a mark is what is purely white, and is filled with gray.

A shared mark comes off all pictures but the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from fake_client import play

from aedesk.core.erase_specs import EraseResult, EraseSpec, FindMarkResult, FindMarkSpec
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.shared_mark_specs import SharedMarkResult, SharedMarkSpec
from aedesk.imaging.io import read, write

GRAY = 90


def marks(pixels: np.ndarray) -> np.ndarray:
    """(H, W) uint8: 255 where a picture is white."""
    return np.where((pixels == 255).all(axis=2), 255, 0).astype(np.uint8)


def erase_play(spec: Any, inputs: tuple[Any, ...]) -> Iterator[Event]:
    if isinstance(spec, FindMarkSpec):
        (picture,) = inputs
        mask = marks(picture.pixels)
        yield Started("Looking for marks", 1.0, "MP")
        yield Finished(FindMarkResult(mask, mask // 2, int(np.count_nonzero(mask)), "cpu", 0.05), "found")
    elif isinstance(spec, EraseSpec):
        picture, given = inputs
        mask = marks(picture.pixels) if given is None else given
        yield Started("Erasing", 1.0, "MP")
        yield Progress(0.5, 1.0, "MP")
        pixels = picture.pixels.copy()
        pixels[mask > 127] = GRAY
        yield Finished(EraseResult(picture.with_pixels(pixels), mask, int(np.count_nonzero(mask)), "cpu", "float32", 0.05), "erased")
    elif isinstance(spec, SharedMarkSpec):
        assert inputs == ()
        yield Started("Taking a shared mark off", 100, "%")
        for source, target in zip(spec.inputs[:-1], spec.outputs[:-1], strict=True):
            write(read(source), target)
        failed = ((spec.inputs[-1], "It does not carry the mark."),)
        count = len(spec.inputs)
        yield Finished(SharedMarkResult(spec.outputs[:-1], failed, None, None, count, 1, 5.0, 14, count < 10, 0, 0.1), "cleaned")
    else:
        yield from play(spec, inputs)
