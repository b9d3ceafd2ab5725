"""The service that removes one watermark from many pictures: estimated from all of them together, without a network.

After Dekel, Rubinstein, Liu, Freeman, "On the effectiveness of visible watermarks" (CVPR 2017): what the pictures have in common is the
watermark. Only opaque parts of it are inpainted by a network.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import AedeskError, DataError, ModelError, PictureError
from aedesk.core.events import Event, Finished, Log, Progress, Started
from aedesk.core.shared_mark_specs import MIN_PICTURES, RECOMMENDED_PICTURES, SharedMarkResult, SharedMarkSpec
from aedesk.imaging import io
from aedesk.imaging.blend import LUMA
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.inpainting.inpaint import Inpainter, inpaint
from aedesk.watermark.collection import saved_mark
from aedesk.watermark.collection.alignment import Placement, sample_frame
from aedesk.watermark.collection.common_gradients import GradientTemplate, apply_match, match_template
from aedesk.watermark.collection.file_estimate import ESTIMATED_PERCENT, FileEstimate, estimate_from_files
from aedesk.watermark.collection.gradient_stats import AXES, edge_mean, gradient
from aedesk.watermark.collection.registration import snap_to_pixels
from aedesk.watermark.collection.removal import measure_presence, remove_watermark
from aedesk.watermark.collection.saved_mark import SharedMark

Inpaint = Callable[[Picture, NDArray[np.uint8], CancelToken], Picture]
"""Fills the pixels of a picture where an (H, W) mask is 255. Raises :class:`AedeskError`."""

INPAINT_MARGIN_PX = 3


@dataclass(frozen=True)
class CollectionThresholds:
    """Chosen by hand; no script fits these values yet.

    Args:
        target_error: expected error, in gray levels, that the recommended number of pictures should reach: 45 dB.
        doubtful_error: expected error from which traces may be visible.
        min_presence: presence below which a picture counts as not carrying the watermark.
        max_shift: largest shift of a picture's watermark that is searched, as a fraction of the frame.
        min_peak: correlation peak, in standard deviations, from which a position that was found is used.
    """

    target_error: float = 1.5
    doubtful_error: float = 4.0
    min_presence: float = 0.5
    max_shift: float = 0.12
    min_peak: float = 5.0


THRESHOLDS = CollectionThresholds()


def erase_shared_mark(spec: SharedMarkSpec, cancel: CancelToken, repair: Inpaint | None = None) -> Iterator[Event]:
    """Removes one watermark from many pictures. Finished carries a ``SharedMarkResult``.

    Pictures that fail, or do not carry the watermark, are named in the result and in the log, and their outputs are not written.

    Args:
        repair: replaces the inpainting model.

    Raises DataError if there are too few pictures or they have no watermark in common (nothing is written then), and PictureError or
    DataError for a saved watermark that cannot be read or written.
    """
    begun = time.perf_counter()
    paths = [Path(name) for name in spec.inputs]
    yield Started(f"Removing a shared watermark from {len(paths)} pictures", 100, "%")
    failed: dict[Path, str] = {}
    saved = Path(spec.mark) if spec.mark else None
    colours: int | None = None
    placements: dict[Path, Placement | None] = {}
    if saved and saved.exists():
        mark = saved_mark.load(saved)
        yield Log(f"Using the watermark in {saved}, estimated from {mark.pictures} pictures.")
    else:
        if len(paths) < MIN_PICTURES:
            raise DataError(
                f"A shared watermark cannot be found on {len(paths)} {'picture' if len(paths) == 1 else 'pictures'}.",
                f"Give at least {MIN_PICTURES} pictures that carry it, preferably {RECOMMENDED_PICTURES} or more; or a saved watermark.",
            )
        estimate: FileEstimate = yield from estimate_from_files(paths, failed, cancel)
        mark, colours, placements = estimate.mark, estimate.colours, estimate.placements
    needed = max(MIN_PICTURES, math.ceil(mark.pictures * (mark.error / THRESHOLDS.target_error) ** 2))
    doubtful = mark.error > THRESHOLDS.doubtful_error or mark.pictures < RECOMMENDED_PICTURES
    if doubtful:
        accuracy = f"The watermark was estimated from {mark.pictures} pictures, with an expected error of {mark.error:.1f} gray levels."
        advice = f"Check the results for traces. {max(needed, RECOMMENDED_PICTURES)} pictures would give a clean result."
        yield Log(f"{accuracy} {advice}", "warning")
    if saved and not saved.exists():
        saved_mark.save(mark, saved, overwrite=False)
        yield Log(f"The watermark was saved in {saved}.")
    batch = _Batch(spec, mark, placements, failed, repair or _inpaint_by_model(spec), cancel)
    yield from batch.run(paths)
    result = SharedMarkResult(
        written=tuple(batch.written),
        failed=tuple((str(path), failed[path]) for path in paths if path in failed),
        mark=saved_mark.as_picture(mark),
        box=batch.box,
        pictures=mark.pictures,
        colours=colours,
        error=mark.error,
        needed=needed,
        doubtful=doubtful,
        residue=batch.with_hidden_pixels,
        seconds=time.perf_counter() - begun,
    )
    estimated = f"watermark estimated from {mark.pictures} pictures, expected error {mark.error:.1f} gray levels"
    yield Finished(result, f"{len(batch.written)} of {len(paths)} pictures cleaned, {estimated}, {result.seconds:.1f} s")


class _Batch:
    """Removes a known watermark from one picture after the other."""

    def __init__(
        self,
        spec: SharedMarkSpec,
        mark: SharedMark,
        placements: dict[Path, Placement | None],
        failed: dict[Path, str],
        repair: Inpaint | None,
        cancel: CancelToken,
    ) -> None:
        self._spec, self._mark, self._placements, self._failed = spec, mark, placements, failed
        self._repair, self._cancel = repair, cancel
        self.written: list[str] = []
        self.box: tuple[int, int, int, int] | None = None
        self.with_hidden_pixels = 0

    def run(self, paths: list[Path]) -> Iterator[Event]:
        for done, (path, output) in enumerate(zip(paths, self._spec.outputs, strict=True), start=1):
            self._cancel.check()
            if path not in self._failed:
                try:
                    yield from self._process(path, Path(output))
                except AedeskError as error:
                    self._failed[path] = str(error)
                    yield Log(f"{path.name}: {error}", "warning")
            yield Progress(ESTIMATED_PERCENT + (100 - ESTIMATED_PERCENT) * done / len(paths), 100, "%", path.name)

    def _process(self, path: Path, output: Path) -> Iterator[Event]:
        picture = io.read(path)
        placement = self._placements.get(path) or find_placement(self._mark, picture, self._cancel)
        if measure_presence(self._mark, picture, placement, self._cancel) < THRESHOLDS.min_presence:
            raise DataError(f"{path} does not carry the watermark.", "It was left unchanged.")
        removed = remove_watermark(self._mark, picture, placement, self._cancel)
        clean = removed.picture
        if removed.hidden.any():
            self.with_hidden_pixels += 1
            clean = yield from self._repaired(path, clean, removed.hidden)
        _make_folder(output)
        io.write(clean, output, quality=self._spec.quality, overwrite=self._spec.overwrite)
        self.written.append(str(output))
        if self.box is None:
            box = placement.box(self._mark.box, picture.width, picture.height)
            self.box = (box.left, box.top, box.width, box.height)

    def _repaired(self, path: Path, picture: Picture, hidden: NDArray[np.uint8]) -> Generator[Event, None, Picture]:
        if self._repair is not None:
            try:
                return self._repair(picture, hidden, self._cancel)
            except ModelError as error:
                yield Log(str(error), "warning")
                self._repair = None
        yield Log(f"{path.name}: opaque parts of the watermark remain.", "warning")
        return picture


def _inpaint_by_model(spec: SharedMarkSpec) -> Inpaint | None:
    """Inpainting with the model of the spec, which is loaded when it is first needed; None if the spec has none."""
    if not spec.inpaint_model:
        return None

    def repair(picture: Picture, hidden: NDArray[np.uint8], cancel: CancelToken) -> Picture:
        inpainter = Inpainter(picture, spec.inpaint_model, spec.device, "auto", cancel)
        for _ in inpaint(inpainter, hidden, INPAINT_MARGIN_PX):
            pass
        return picture.with_pixels(inpainter.pixels)

    return repair


def find_placement(mark: SharedMark, picture: Picture, cancel: CancelToken) -> Placement:
    """Returns where a watermark lies on a picture that it was not estimated from: as the layout says, or found near that."""
    placement = mark.layout.place(picture.width, picture.height)
    if not mark.displaced and placement.pixel_exact:
        return placement
    cancel.check()
    margin = (4, 4)
    if mark.displaced:
        margin = (int(THRESHOLDS.max_shift * mark.layout.reference[1]), int(THRESHOLDS.max_shift * mark.layout.reference[0]))
    box = Box(mark.box.left - margin[1], mark.box.top - margin[0], mark.box.right + margin[1], mark.box.bottom + margin[0])
    part = sample_frame(picture.pixels, placement, box) / np.float32(np.iinfo(picture.pixels.dtype).max)
    gray = np.tensordot(np.asarray(LUMA if len(part) == 3 else (1.0,), np.float32), part, 1)
    match = match_template(_template(mark, margin), gray, margin)
    if match.peak < THRESHOLDS.min_peak:
        return placement
    return snap_to_pixels(apply_match(placement, match, ((box.left + box.right) / 2, (box.top + box.bottom) / 2)))


def _template(mark: SharedMark, margin: tuple[int, int]) -> GradientTemplate:
    """A watermark's gradients as a function of a picture's own value."""
    planes = mark.fields.premultiplied
    premultiplied = np.tensordot(LUMA, planes, 1) if len(planes) == 3 else planes[0]
    padding = ((margin[0], margin[0]), (margin[1], margin[1]))
    t, m = np.pad(mark.fields.transmission, padding, mode="edge"), np.pad(premultiplied, padding, mode="edge")
    template = []
    for axis in AXES:
        slope = gradient(t, axis) / edge_mean(t, axis)  # over J in place of I, as in the initial regression
        template.append((slope, gradient(m, axis) - slope * edge_mean(m, axis)))
    return template[0], template[1]


def _make_folder(output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureError(f"The folder {output.parent} cannot be created: {error.strerror}.", "Choose another output.") from error
