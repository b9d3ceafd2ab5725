"""A mark from the files of a collection, in bounded memory: small copies to find it, then its box, block by block, at full resolution."""

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
from aedesk.core.shared_mark_specs import LEAST_PICTURES
from aedesk.imaging.blend import LUMA
from aedesk.imaging.io import read
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import Place, seen
from aedesk.watermark.collection.common_gradients import find_traces, match, moved
from aedesk.watermark.collection.gradient_stats import Array
from aedesk.watermark.collection.poisson_estimate import Fields
from aedesk.watermark.collection.registration import Found, reduction, search, small_gray, whole
from aedesk.watermark.collection.saved_mark import Mark
from aedesk.watermark.collection.stack_estimate import estimate_mark

T = TypeVar("T")

MOST_PICTURES = 48
"""More add little and cost as much again."""
BLOCK_PX = 640
OVERLAP_PX = 48
_COARSE, _FINE = 20.0, 70.0
"""Shares of the work, in per cent, after which the mark is found and known."""


@dataclass
class Collected:
    """A mark, how many colours it has, and its place on each of the pictures (None where it seems to be missing)."""

    mark: Mark
    colours: int
    places: dict[Path, Place | None]


@dataclass(frozen=True)
class _Source:
    path: Path
    size: tuple[int, int]
    channels: int


def collect(paths: Sequence[Path], failed: dict[Path, str], cancel: CancelToken) -> Generator[Event, None, Collected]:
    """Find the mark that pictures share. Yields Progress up to 70 of 100 and Logs; what cannot be read goes into ``failed``.

    Raises:
        DataError: too few can be read, or nothing repeats on them.
    """
    chosen = [paths[index * len(paths) // min(len(paths), MOST_PICTURES)] for index in range(min(len(paths), MOST_PICTURES))]
    sources, small, factor = yield from _small_copies(chosen, failed, cancel)
    if len(sources) < LEAST_PICTURES:
        raise DataError(
            f"A shared mark cannot be found on {len(sources)} {'picture' if len(sources) == 1 else 'pictures'}.",
            f"Give at least {LEAST_PICTURES} pictures that carry it, better 10 or more; or a mark that was kept.",
        )
    found = yield from _progress(search(small, [s.size for s in sources], factor, cancel), 10.0, _COARSE, "looking for what repeats")
    if found is None:
        raise DataError(
            f"The {len(sources)} pictures have no mark in common.",
            "Nothing was changed. Give pictures that carry the same mark at the same place.",
        )
    del small
    if factor > 1 or found.displaced or found.layout.scaling != "fixed":
        _settle(sources, found, factor, cancel)
    there = [(source, place) for source, place in zip(sources, found.places, strict=True) if place]
    if len(there) < LEAST_PICTURES:
        raise DataError(
            f"Only {len(there)} of {len(sources)} pictures have a mark in common.", "Nothing was changed. Give more that carry it."
        )
    fields, error, colours = yield from _blocks(there, found, factor, cancel)
    if not (fields.alpha > 0.01).any():
        raise DataError(f"What repeats on the {len(there)} pictures is no mark that lets them shine through.", "Nothing was changed.")
    mark = Mark(fields, found.box, found.layout, len(there), error, found.displaced)
    return Collected(mark, colours, {source.path: place for source, place in zip(sources, found.places, strict=True)})


def samples(picture: Picture, place: Place, box: Box, channels: int) -> Array:
    """(channels, h, w) in [0, 1] of a box of the frame on a picture."""
    part = seen(picture.pixels, place, box) / np.float32(np.iinfo(picture.pixels.dtype).max)
    return part if len(part) == channels else np.repeat(part, channels, axis=0)


def _small_copies(
    paths: Sequence[Path], failed: dict[Path, str], cancel: CancelToken
) -> Generator[Event, None, tuple[list[_Source], list[Array], int]]:
    from aedesk.imaging.io import probe

    sizes = []
    for path in paths:
        try:
            info = probe(path)
            sizes.append((info.width, info.height))
        except PictureError as error:
            failed[path] = str(error)
    factor = reduction(sizes) if sizes else 1
    sources, small = [], []
    for done, path in enumerate(paths, start=1):
        cancel.check()
        if path not in failed:
            try:
                picture = read(path)
                small.append(small_gray(picture, factor))
                sources.append(_Source(path, (picture.width, picture.height), picture.channels))
            except PictureError as error:
                failed[path] = str(error)
        if path in failed:
            yield Log(f"Left out: {failed[path]}", "warning")
        yield Progress(10 * done / len(paths), 100, "%", f"reading {path.name}")
    return sources, small, factor


def _settle(sources: Sequence[_Source], found: Found, factor: int, cancel: CancelToken) -> None:
    """Places to a fraction of a pixel, by correlation at full resolution on the part of the mark where most repeats."""
    box = _richest(found, factor)
    grays = []
    for source, place in zip(sources, found.places, strict=True):
        cancel.check()
        if place:
            part = samples(read(source.path), place, box, source.channels)
            grays.append(np.tensordot(np.asarray(LUMA if len(part) == 3 else (1.0,), np.float32), part, 1))
    steps = find_traces(np.stack(grays), cancel).steps
    if not any(np.any(field) for pair in steps for field in pair):
        return
    centre = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    reach = (min(factor + 2, box.height // 4), min(factor + 2, box.width // 4))
    waiting = iter(grays)
    for index, place in enumerate(found.places):
        cancel.check()
        if place:
            better = match(steps, next(waiting), reach)
            if better.height > 5:
                found.places[index] = whole(moved(place, better, centre))


def _richest(found: Found, factor: int) -> Box:
    """The window of the box, of at most two blocks' edge, that holds most traces."""
    best, most = found.box, -1
    for core in _cores(found.box, 2 * BLOCK_PX):
        count = int(_traced(found, core, factor).sum())
        if count > most:
            best, most = core, count
    return best


def _blocks(
    there: Sequence[tuple[_Source, Place]], found: Found, factor: int, cancel: CancelToken
) -> Generator[Event, None, tuple[Fields, float, int]]:
    """The mark on the whole box, from estimates of overlapping blocks, each weighing less towards its edge."""
    box, channels = found.box, max(source.channels for source, _ in there)
    colour = np.zeros((channels, box.height, box.width), np.float32)
    alpha, weight = np.zeros((box.height, box.width), np.float32), np.full((box.height, box.width), 1e-6, np.float32)
    cores = [core for core in _cores(box, BLOCK_PX) if _traced(found, core, factor).any()]
    errors: list[float] = []
    colours: list[int] = []
    for index, core in enumerate(cores):
        outer = _overlapping(core, box)
        stack = np.empty((len(there), channels, outer.height, outer.width), np.float32)
        for slot, (source, place) in zip(stack, there, strict=True):
            cancel.check()
            slot[:] = samples(read(source.path), place, outer, channels)
        share = (_FINE - _COARSE) / len(cores)
        begin = _COARSE + index * share
        estimate = yield from _progress(estimate_mark(stack, cancel), begin, begin + share, "estimating the mark")
        inside = outer.within(box)
        rows, columns = slice(inside.top, inside.bottom), slice(inside.left, inside.right)
        ramp = _ramp(outer, box)
        alpha[rows, columns] += ramp * estimate.fields.alpha
        colour[:, rows, columns] += ramp * estimate.fields.colour
        weight[rows, columns] += ramp
        if estimate.error:
            errors.append(estimate.error)
            colours.append(estimate.colours)
    alpha /= weight
    colour /= weight
    error = float(np.sqrt(np.mean(np.square(errors)))) if errors else 0.0
    return Fields(1 - alpha, colour), error, (max(colours) if colours and 0 not in colours else 0)


def _cores(box: Box, edge: int) -> Iterator[Box]:
    """The box in equal parts of at most about ``edge``."""
    down, across = -(-box.height // edge), -(-box.width // edge)
    for row in range(down):
        for column in range(across):
            yield Box(
                box.left + box.width * column // across,
                box.top + box.height * row // down,
                box.left + box.width * (column + 1) // across,
                box.top + box.height * (row + 1) // down,
            )


def _overlapping(core: Box, box: Box) -> Box:
    return Box(
        max(box.left, core.left - OVERLAP_PX),
        max(box.top, core.top - OVERLAP_PX),
        min(box.right, core.right + OVERLAP_PX),
        min(box.bottom, core.bottom + OVERLAP_PX),
    )


def _ramp(outer: Box, box: Box) -> Array:
    """(h, w): 1 inside, falling towards edges that another block overlaps."""
    sides = []
    for length, first, last in (
        (outer.height, outer.top > box.top, outer.bottom < box.bottom),
        (outer.width, outer.left > box.left, outer.right < box.right),
    ):
        place = np.arange(length) + 0.5
        rise = np.minimum(
            place / (2 * OVERLAP_PX) if first else np.ones(length), (length - place) / (2 * OVERLAP_PX) if last else np.ones(length)
        )
        sides.append(np.clip(rise, 0, 1).astype(np.float32))
    return np.outer(sides[0], sides[1])


def _traced(found: Found, box: Box, factor: int) -> NDArray[np.bool_]:
    """The small copies' traces under a box of the frame."""
    part = found.marked[box.top // factor : -(-box.bottom // factor), box.left // factor : -(-box.right // factor)]
    return part


def _progress(work: Generator[float, None, T], begin: float, end: float, detail: str) -> Generator[Event, None, T]:
    while True:
        try:
            done = next(work)
        except StopIteration as stop:
            return stop.value
        yield Progress(begin + (end - begin) * done, 100, "%", detail)
