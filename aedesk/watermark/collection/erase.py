"""The service of one mark on many pictures: found from all of them together, taken off each, with no network but for what it hides.

After Dekel, Rubinstein, Liu, Freeman, "On the effectiveness of visible watermarks" (CVPR 2017): what repeats is the mark. How it is found
and estimated stands in ``mark_search``, ``mark_sums``, ``mark_free`` and ``mark_colours``.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import EraseSpec
from aedesk.core.errors import AedeskError, DataError, ModelError, PictureError
from aedesk.core.events import Event, Finished, Log, Progress, Started
from aedesk.core.shared_mark_specs import GOOD_PICTURES, LEAST_PICTURES, SharedMarkResult, SharedMarkSpec
from aedesk.imaging import io
from aedesk.imaging.blend import LUMA
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection import saved_mark as mark_file
from aedesk.watermark.collection.alignment import Place, seen
from aedesk.watermark.collection.common_gradients import Steps, match, moved
from aedesk.watermark.collection.file_estimate import Collected, collect
from aedesk.watermark.collection.gradient_stats import AXES, middle, step
from aedesk.watermark.collection.registration import whole
from aedesk.watermark.collection.removal import presence, remove
from aedesk.watermark.collection.saved_mark import Mark

Repair = Callable[[Picture, NDArray[np.uint8], CancelToken], Picture]
"""Fills the places of a picture where a mask is 255. Raises :class:`AedeskError`."""

TARGET_ERROR = 1.5
DOUBTFUL_ERROR = 4.0
"""Gray levels, expected inside the mark: 45 dB, and where traces may be seen."""
LEAST_PRESENCE = 0.5
_REACH, _LEAST_HEIGHT = 0.12, 5.0
_REMOVAL = 70.0


def shared_mark(spec: SharedMarkSpec, cancel: CancelToken, repair: Repair | None = None) -> Iterator[Event]:
    """Take one mark off many pictures. Finished carries a ``SharedMarkResult``.

    A picture that fails, or does not carry the mark, is named in the result and in the log, and its output is not written.

    Args:
        repair: instead of the inpainting model.

    Raises DataError if there are too few pictures or they have no mark in common (nothing is written then), PictureError and DataError
    for a kept mark that cannot be read or written.
    """
    begun = time.perf_counter()
    paths = [Path(name) for name in spec.inputs]
    yield Started(f"Taking a shared mark off {len(paths)} pictures", 100, "%")
    failed: dict[Path, str] = {}
    kept = Path(spec.mark) if spec.mark else None
    colours: int | None = None
    places: dict[Path, Place | None] = {}
    if kept and kept.exists():
        mark = mark_file.load(kept)
        yield Log(f"The mark is the one in {kept}, found from {mark.pictures} pictures.")
    else:
        if len(paths) < LEAST_PICTURES:
            raise DataError(
                f"A shared mark cannot be found on {len(paths)} {'picture' if len(paths) == 1 else 'pictures'}.",
                f"Give at least {LEAST_PICTURES} pictures that carry it, better {GOOD_PICTURES} or more; or a mark that was kept.",
            )
        collected: Collected = yield from collect(paths, failed, cancel)
        mark, colours, places = collected.mark, collected.colours, collected.places
    needed = max(LEAST_PICTURES, math.ceil(mark.pictures * (mark.error / TARGET_ERROR) ** 2))
    doubtful = mark.error > DOUBTFUL_ERROR or mark.pictures < GOOD_PICTURES
    if doubtful:
        words = f"The mark is known from {mark.pictures} pictures to about {mark.error:.1f} gray levels: look for traces in the results."
        yield Log(f"{words} With {max(needed, GOOD_PICTURES)} pictures it would be clean.", "warning")
    if kept and not kept.exists():
        mark_file.save(mark, kept, overwrite=False)
        yield Log(f"The mark is kept in {kept}.")
    batch = _Batch(spec, mark, places, failed, repair or _inpainting(spec), cancel)
    yield from batch.run(paths)
    result = SharedMarkResult(
        written=tuple(batch.written),
        failed=tuple((str(path), failed[path]) for path in paths if path in failed),
        mark=mark_file.as_picture(mark),
        box=batch.box,
        pictures=mark.pictures,
        colours=colours,
        error=mark.error,
        needed=needed,
        doubtful=doubtful,
        residue=batch.residues,
        seconds=time.perf_counter() - begun,
    )
    told = (
        f"{len(batch.written)} of {len(paths)} pictures cleaned, mark from {mark.pictures} pictures, expected error {mark.error:.1f} levels"
    )
    yield Finished(result, f"{told}, {result.seconds:.1f} s")


class _Batch:
    """The mark comes off one picture after the other."""

    def __init__(
        self,
        spec: SharedMarkSpec,
        mark: Mark,
        places: dict[Path, Place | None],
        failed: dict[Path, str],
        repair: Repair | None,
        cancel: CancelToken,
    ) -> None:
        self._spec, self._mark, self._places, self._failed, self._repair, self._cancel = spec, mark, places, failed, repair, cancel
        self.written: list[str] = []
        self.box: tuple[int, int, int, int] | None = None
        self.residues = 0

    def run(self, paths: list[Path]) -> Iterator[Event]:
        for done, (path, output) in enumerate(zip(paths, self._spec.outputs, strict=True), start=1):
            self._cancel.check()
            if path not in self._failed:
                try:
                    yield from self._one(path, Path(output))
                except AedeskError as error:
                    self._failed[path] = str(error)
                    yield Log(f"{path.name}: {error}", "warning")
            yield Progress(_REMOVAL + (100 - _REMOVAL) * done / len(paths), 100, "%", path.name)

    def _one(self, path: Path, output: Path) -> Iterator[Event]:
        picture = io.read(path)
        place = self._places.get(path) or _find_place(self._mark, picture, self._cancel)
        if presence(self._mark, picture, place, self._cancel) < LEAST_PRESENCE:
            raise DataError(f"{path} does not carry the mark.", "It was left as it is.")
        removed = remove(self._mark, picture, place, self._cancel)
        clean = removed.picture
        if removed.residue.any():
            self.residues += 1
            clean = yield from self._repaired(path, clean, removed.residue)
        _make_folder(output)
        io.write(clean, output, quality=self._spec.quality, overwrite=self._spec.overwrite)
        self.written.append(str(output))
        if self.box is None:
            box = place.box(self._mark.box, picture.width, picture.height)
            self.box = (box.left, box.top, box.width, box.height)

    def _repaired(self, path: Path, picture: Picture, residue: NDArray[np.uint8]) -> Generator[Event, None, Picture]:
        if self._repair is not None:
            try:
                return self._repair(picture, residue, self._cancel)
            except ModelError as error:
                yield Log(str(error), "warning")
                self._repair = None
        yield Log(f"{path.name}: where the mark hides the picture, it stays.", "warning")
        return picture


def _inpainting(spec: SharedMarkSpec) -> Repair | None:
    """The inpainting service as a repair; loaded only if there is something to repair."""
    if not spec.inpaint_model:
        return None

    def repair(picture: Picture, residue: NDArray[np.uint8], cancel: CancelToken) -> Picture:
        from aedesk.watermark.single.erase import erase

        request = EraseSpec(inpaint_model=spec.inpaint_model, method="inpaint", feather_px=0, device=spec.device)
        *_, last = erase(request, picture, residue, cancel)
        assert isinstance(last, Finished)
        filled: Picture = last.result.picture
        return filled

    return repair


def _find_place(mark: Mark, picture: Picture, cancel: CancelToken) -> Place:
    """Where a known mark sits on a picture that was not used to find it: where the layout says, or near that."""
    place = mark.layout.place(picture.width, picture.height)
    if not mark.displaced and place.exact:
        return place
    cancel.check()
    margin = (int(_REACH * mark.layout.reference[1]), int(_REACH * mark.layout.reference[0])) if mark.displaced else (4, 4)
    box = Box(mark.box.left - margin[1], mark.box.top - margin[0], mark.box.right + margin[1], mark.box.bottom + margin[0])
    part = seen(picture.pixels, place, box) / np.float32(np.iinfo(picture.pixels.dtype).max)
    gray = np.tensordot(np.asarray(LUMA if len(part) == 3 else (1.0,), np.float32), part, 1)
    found = match(_steps(mark, margin), gray, margin)
    if found.height < _LEAST_HEIGHT:
        return place
    return whole(moved(place, found, ((box.left + box.right) / 2, (box.top + box.bottom) / 2)))


def _steps(mark: Mark, margin: tuple[int, int]) -> Steps:
    """A mark's steps as a template, over a picture's own level."""
    planes = mark.fields.colour
    colour = np.tensordot(LUMA, planes, 1) if len(planes) == 3 else planes[0]
    pad = ((margin[0], margin[0]), (margin[1], margin[1]))
    t, m = np.pad(mark.fields.transmission, pad, mode="edge"), np.pad(colour, pad, mode="edge")
    both = []
    for axis in AXES:
        through = middle(t, axis)
        slope = step(t, axis) / through  # over J in the place of I, as in the first guess of mark_free
        both.append((slope, step(m, axis) - slope * middle(m, axis)))
    return both[0], both[1]


def _make_folder(output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureError(f"The folder {output.parent} cannot be made: {error.strerror}.", "Choose another output.") from error
