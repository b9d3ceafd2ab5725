"""Estimates a watermark from files in bounded memory: registration on small copies, then estimation in blocks at full resolution."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, PictureError
from aedesk.core.events import Event, Log, Progress
from aedesk.core.generators import convert_items
from aedesk.core.shared_mark_specs import MIN_PICTURES
from aedesk.imaging.blend import LUMA
from aedesk.imaging.io import probe, read
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import Placement, sample_frame
from aedesk.watermark.collection.common_gradients import apply_match, find_common_gradients, match_template
from aedesk.watermark.collection.gradient_stats import Array
from aedesk.watermark.collection.poisson_estimate import WatermarkFields
from aedesk.watermark.collection.registration import Registration, downscale_factor, downscaled_gray, register, snap_to_pixels
from aedesk.watermark.collection.saved_mark import SharedMark
from aedesk.watermark.collection.stack_estimate import estimate_watermark

T = TypeVar("T")

MAX_PICTURES = 48
"""Pictures that are used; more improve the estimate little and cost as much again."""
BLOCK_PX = 640
OVERLAP_PX = 48
"""Edge of the blocks, for bounded memory, and their overlap on each side."""
READ_PERCENT, REGISTERED_PERCENT, ESTIMATED_PERCENT = 10.0, 20.0, 70.0
"""Progress after each step, in percent of the whole job."""


@dataclass
class FileEstimate:
    """A watermark estimated from files.

    Args:
        mark: the watermark.
        colours: its number of colours; 0 for arbitrary colours.
        placements: of each picture that was used; None where the watermark seems to be missing.
    """

    mark: SharedMark
    colours: int
    placements: dict[Path, Placement | None]


@dataclass(frozen=True)
class _Source:
    path: Path
    size: tuple[int, int]
    channels: int


def estimate_from_files(paths: Sequence[Path], failed: dict[Path, str], cancel: CancelToken) -> Generator[Event, None, FileEstimate]:
    """Yields Progress up to ``ESTIMATED_PERCENT`` and Logs; returns the watermark that the pictures share.

    Args:
        failed: receives the message for each file that cannot be read.

    Raises:
        DataError: too few files can be read, or the pictures have no watermark in common.
    """
    chosen = [paths[index * len(paths) // min(len(paths), MAX_PICTURES)] for index in range(min(len(paths), MAX_PICTURES))]
    sources, copies, factor = yield from _read_copies(chosen, failed, cancel)
    if len(sources) < MIN_PICTURES:
        raise DataError(
            f"A shared watermark cannot be found on {len(sources)} {'picture' if len(sources) == 1 else 'pictures'}.",
            f"Give at least {MIN_PICTURES} pictures that carry it, preferably 10 or more; or a saved watermark.",
        )
    steps = register(copies, [source.size for source in sources], factor, cancel)
    registration = yield from _relay(steps, READ_PERCENT, REGISTERED_PERCENT, "finding common structure")
    if registration is None:
        raise DataError(
            f"The {len(sources)} pictures have no watermark in common.",
            "Nothing was changed. Give pictures that carry the same watermark at the same place.",
        )
    del copies
    if factor > 1 or registration.displaced or registration.layout.scaling != "fixed":
        _refine_placements(sources, registration, factor, cancel)
    marked = [(source, placement) for source, placement in zip(sources, registration.placements, strict=True) if placement]
    if len(marked) < MIN_PICTURES:
        raise DataError(
            f"Only {len(marked)} of {len(sources)} pictures have a watermark in common.",
            "Nothing was changed. Give more pictures that carry it.",
        )
    fields, error, colours = yield from _estimate_blocks(marked, registration, factor, cancel)
    if not (fields.alpha > 0.01).any():
        message = f"What the {len(marked)} pictures have in common is not a semi-transparent watermark."
        raise DataError(message, "Nothing was changed.")
    mark = SharedMark(fields, registration.box, registration.layout, len(marked), error, registration.displaced)
    return FileEstimate(mark, colours, {source.path: place for source, place in zip(sources, registration.placements, strict=True)})


def frame_samples(picture: Picture, placement: Placement, box: Box, channels: int) -> Array:
    """Returns a box of the frame on a picture, (channels, h, w) float32 in [0, 1]."""
    part = sample_frame(picture.pixels, placement, box) / np.float32(np.iinfo(picture.pixels.dtype).max)
    return part if len(part) == channels else np.repeat(part, channels, axis=0)


def _read_copies(
    paths: Sequence[Path], failed: dict[Path, str], cancel: CancelToken
) -> Generator[Event, None, tuple[list[_Source], list[Array], int]]:
    """Yields Progress and Logs; returns the readable files, their small gray copies, and the downscaling factor."""
    sizes = []
    for path in paths:
        try:
            info = probe(path)
            sizes.append((info.width, info.height))
        except PictureError as error:
            failed[path] = str(error)
    factor = downscale_factor(sizes) if sizes else 1
    sources, copies = [], []
    for done, path in enumerate(paths, start=1):
        cancel.check()
        if path not in failed:
            try:
                picture = read(path)
                copies.append(downscaled_gray(picture, factor))
                sources.append(_Source(path, (picture.width, picture.height), picture.channels))
            except PictureError as error:
                failed[path] = str(error)
        if path in failed:
            yield Log(f"Skipped: {failed[path]}", "warning")
        yield Progress(READ_PERCENT * done / len(paths), 100, "%", f"reading {path.name}")
    return sources, copies, factor


def _refine_placements(sources: Sequence[_Source], registration: Registration, factor: int, cancel: CancelToken) -> None:
    """Refines placements to a fraction of a pixel, by correlation at full resolution where there is most common structure."""
    box = _window_with_most_structure(registration, factor)
    grays = []
    for source, placement in zip(sources, registration.placements, strict=True):
        cancel.check()
        if placement:
            part = frame_samples(read(source.path), placement, box, source.channels)
            grays.append(np.tensordot(np.asarray(LUMA if len(part) == 3 else (1.0,), np.float32), part, 1))
    template = find_common_gradients(np.stack(grays), cancel).template
    if not any(np.any(field) for pair in template for field in pair):
        return
    centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    reach = (min(factor + 2, box.height // 4), min(factor + 2, box.width // 4))
    remaining = iter(grays)
    for index, placement in enumerate(registration.placements):
        cancel.check()
        if placement:
            match = match_template(template, next(remaining), reach)
            if match.peak > 5:
                registration.placements[index] = snap_to_pixels(apply_match(placement, match, centre))


def _window_with_most_structure(registration: Registration, factor: int) -> Box:
    """The window of the box, of at most two blocks' edge, with the most supported pixels."""
    best, best_count = registration.box, -1
    for core in _cores(registration.box, 2 * BLOCK_PX):
        count = int(_support(registration, core, factor).sum())
        if count > best_count:
            best, best_count = core, count
    return best


def _estimate_blocks(
    marked: Sequence[tuple[_Source, Placement]], registration: Registration, factor: int, cancel: CancelToken
) -> Generator[Event, None, tuple[WatermarkFields, float, int]]:
    """Estimates overlapping blocks and blends them; returns the fields of the box, the expected error and the number of colours."""
    box, channels = registration.box, max(source.channels for source, _ in marked)
    premultiplied = np.zeros((channels, box.height, box.width), np.float32)
    alpha, weight = np.zeros((box.height, box.width), np.float32), np.full((box.height, box.width), 1e-6, np.float32)
    cores = [core for core in _cores(box, BLOCK_PX) if _support(registration, core, factor).any()]
    errors: list[float] = []
    colours: list[int] = []
    for index, core in enumerate(cores):
        outer = _with_overlap(core, box)
        stack = np.empty((len(marked), channels, outer.height, outer.width), np.float32)
        for slot, (source, placement) in zip(stack, marked, strict=True):
            cancel.check()
            slot[:] = frame_samples(read(source.path), placement, outer, channels)
        share = (ESTIMATED_PERCENT - REGISTERED_PERCENT) / len(cores)
        begin = REGISTERED_PERCENT + index * share
        estimate = yield from _relay(estimate_watermark(stack, cancel), begin, begin + share, "estimating the watermark")
        rows, columns = outer.within(box).slices
        ramp = _ramp(outer, box)
        alpha[rows, columns] += ramp * estimate.fields.alpha
        premultiplied[:, rows, columns] += ramp * estimate.fields.premultiplied
        weight[rows, columns] += ramp
        if estimate.error:
            errors.append(estimate.error)
            colours.append(estimate.colours)
    alpha /= weight
    premultiplied /= weight
    error = float(np.sqrt(np.mean(np.square(errors)))) if errors else 0.0
    return WatermarkFields(1 - alpha, premultiplied), error, (max(colours) if colours and 0 not in colours else 0)


def _cores(box: Box, edge_px: int) -> Iterator[Box]:
    """Yields the box in equal parts of at most about ``edge_px``."""
    down, across = -(-box.height // edge_px), -(-box.width // edge_px)
    for row in range(down):
        for column in range(across):
            yield Box(
                box.left + box.width * column // across,
                box.top + box.height * row // down,
                box.left + box.width * (column + 1) // across,
                box.top + box.height * (row + 1) // down,
            )


def _with_overlap(core: Box, box: Box) -> Box:
    return Box(
        max(box.left, core.left - OVERLAP_PX),
        max(box.top, core.top - OVERLAP_PX),
        min(box.right, core.right + OVERLAP_PX),
        min(box.bottom, core.bottom + OVERLAP_PX),
    )


def _ramp(outer: Box, box: Box) -> Array:
    """Blending weights (h, w): 1 inside, falling linearly towards edges that another block overlaps."""
    sides = []
    for length, overlaps_first, overlaps_last in (
        (outer.height, outer.top > box.top, outer.bottom < box.bottom),
        (outer.width, outer.left > box.left, outer.right < box.right),
    ):
        position = np.arange(length) + 0.5
        rise = np.minimum(
            position / (2 * OVERLAP_PX) if overlaps_first else np.ones(length),
            (length - position) / (2 * OVERLAP_PX) if overlaps_last else np.ones(length),
        )
        sides.append(np.clip(rise, 0, 1).astype(np.float32))
    return np.outer(sides[0], sides[1])


def _support(registration: Registration, box: Box, factor: int) -> NDArray[np.bool_]:
    """The supported pixels of the small copies under a box of the frame."""
    return registration.support[box.top // factor : -(-box.bottom // factor), box.left // factor : -(-box.right // factor)]


def _relay(steps: Generator[float, None, T], begin: float, end: float, detail: str) -> Generator[Event, None, T]:
    """Runs a step: yields its progress between two percentages of the whole job, and returns its result."""
    return (yield from convert_items(steps, lambda done: Progress(begin + (end - begin) * done, 100, "%", detail)))
