"""The service that summarises training data before a training: it reads headers and thumbnails only."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import PictureError
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.training_specs import DataSummary, InspectDataSpec
from aedesk.data.pictures.contact_sheet import cell, sheet
from aedesk.data.pictures.files import PictureFile, Unpacker
from aedesk.data.pictures.named_sets import open_named, pixels_of
from aedesk.data.pictures.pairs import Pair
from aedesk.data.pictures.pixels import Pixels, with_channels
from aedesk.data.pictures.splitting import split
from aedesk.data.sources import Table, find_items, has_pairs
from aedesk.imaging.io import PictureInfo, probe
from aedesk.imaging.thumbnails import thumbnail

MAX_PROBLEMS = 20
"""Problems that are listed; all are counted."""
MEASURED_PICTURES = 200
"""Approximate number of pictures of a named data set whose sizes are read; they are nearly all alike."""


def inspect_data(spec: InspectDataSpec, cancel: CancelToken) -> Iterator[Event]:
    """Counts and measures the pictures of a recipe's [data] table. Finished carries a ``DataSummary``.

    Nothing is downloaded. Damaged pixels are detected only in pictures of the contact sheet. Raises SpecError for an inconsistent table,
    and DataError if there are no pictures.
    """
    pairs = has_pairs(spec.data)
    problems: list[str] = []
    if spec.data.get("dataset"):
        yield Started("Inspecting the data")
        yield Finished(*_named(spec, cancel))
        return
    yield Started("Inspecting the data", None, "pictures")
    items = find_items(spec.data, cancel, problems)
    with Unpacker() as unpacker:
        usable, infos = yield from _measure(items, unpacker, cancel, problems)
        cells, step = [], max(1.0, len(usable) / max(1, spec.samples))
        for item in [usable[int(i * step)] for i in range(min(spec.samples, len(usable)))]:
            cancel.check()
            try:
                cells.append(_sample(item, spec.sample_px, unpacker))
            except PictureError as error:
                problems.append(error.message)
    sizes = sorted(((info.width, info.height) for info in infos), key=lambda size: size[0] * size[1])
    labels = sorted({_files(item)[0].label for item in usable} - {""})
    _, held_out = split(len(usable), spec.data.get("held_out"), problems) if usable else ([], [])
    picture, columns = sheet(cells, spec.sample_px)
    summary = DataSummary(
        count=len(usable),
        held_out=len(held_out),
        pairs=pairs,
        megapixels=sum(w * h for w, h in sizes) / 1e6,
        smallest=sizes[0] if sizes else (0, 0),
        median=sizes[len(sizes) // 2] if sizes else (0, 0),
        largest=sizes[-1] if sizes else (0, 0),
        gray=sum(info.channels == 1 for info in infos),
        classes=tuple(labels),
        problems=tuple(problems[:MAX_PROBLEMS]),
        problem_count=len(problems),
        sheet=picture,
        columns=columns,
    )
    yield Finished(summary, f"{summary.count} {'pairs' if pairs else 'pictures'}, {summary.megapixels:.1f} MP")


def _measure(
    items: Sequence[PictureFile | Pair], unpacker: Unpacker, cancel: CancelToken, problems: list[str]
) -> Generator[Event, None, tuple[list[PictureFile | Pair], list[PictureInfo]]]:
    """Yields Progress; returns the items whose headers can be read, with these headers (that of the noisy picture of a pair)."""
    usable: list[PictureFile | Pair] = []
    infos: list[PictureInfo] = []
    for number, item in enumerate(items):
        cancel.check()
        if number % 50 == 0:
            yield Progress(number, len(items), "pictures")
        files = _files(item)
        try:
            found = [probe(unpacker.path(file)) for file in files]
        except PictureError as error:
            problems.append(error.message)
            continue
        if len({(info.width, info.height) for info in found}) > 1:
            problems.append(f"{files[0].name} and {files[1].name} differ in size.")
            continue
        usable.append(item)
        infos.append(found[0])
    return usable, infos


def _files(item: PictureFile | Pair) -> tuple[PictureFile, ...]:
    return (item,) if isinstance(item, PictureFile) else (item.noisy, item.clean)


def _sample(item: PictureFile | Pair, edge: int, unpacker: Unpacker) -> Pixels:
    """A cell of the contact sheet, (edge, edge, 3); a pair is shown as half noisy (left), half clean (right)."""
    cells = [cell(thumbnail(unpacker.path(file), 2 * edge), edge) for file in _files(item)]
    return np.concatenate((cells[0][:, : edge // 2], cells[-1][:, edge // 2 :]), 1)


def _named(spec: InspectDataSpec, cancel: CancelToken) -> tuple[DataSummary, str]:
    """The summary of a named data set, and its one-line form."""
    data: Table = spec.data
    found = open_named(data["dataset"], data.get("root") or "", download=False)
    count = min(len(found), data.get("limit") or len(found))
    step = max(1, count // MEASURED_PICTURES)
    pictures: list[Pixels] = []
    for index in range(0, count, step):
        cancel.check()
        pictures.append(pixels_of(found[index][0]))
    sizes = sorted(((p.shape[1], p.shape[0]) for p in pictures), key=lambda size: size[0] * size[1])
    shown = pictures[:: max(1, len(pictures) // max(1, spec.samples))][: spec.samples]
    picture, columns = sheet([cell(with_channels(p, 3), spec.sample_px) for p in shown], spec.sample_px)
    problems: list[str] = []
    held_out = split(count, data.get("held_out"), problems)[1]
    classes = tuple(str(name) for name in getattr(found, "classes", ()))
    gray = count if all(p.shape[2] == 1 for p in pictures) else 0
    megapixels = count * sum(w * h for w, h in sizes) / len(sizes) / 1e6
    summary = DataSummary(
        count, len(held_out), False, megapixels, sizes[0], sizes[len(sizes) // 2], sizes[-1], gray, classes, tuple(problems), len(problems),
        picture, columns,
    )  # fmt: skip
    return summary, f"{count} pictures, {megapixels:.1f} MP"
