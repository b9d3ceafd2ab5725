"""Pictures of a classic data set as files, one folder per class, so that they can be opened, mapped and probed like one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from aedesk.core.cancel import CancelToken
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.core.explore_specs import UnpackSpec
from aedesk.data.pictures.named_sets import open_named, pixels_of
from aedesk.imaging.io import write
from aedesk.imaging.picture import Picture


def unpack(spec: UnpackSpec, cancel: CancelToken) -> Iterator[Event]:
    """Write evenly spaced pictures of a set as PNG; those that are there already are left alone.

    Raises DataError if the set is neither on the disk nor allowed to be downloaded, PictureError if it cannot be written.
    """
    yield Started(f"Unpacking {spec.dataset}", spec.limit, "pictures")
    found = open_named(spec.dataset, "", spec.download)
    names, count = list(getattr(found, "classes", ())), min(spec.limit, len(found))
    for done in range(count):
        cancel.check()
        index = done * len(found) // count
        image, label = found[index]
        name = re.sub(r"[^\w .-]+", "-", str(names[label]) if names else str(label))
        path = Path(spec.folder) / name / f"{index:05}.png"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write(Picture(pixels_of(image)), path)
        yield Progress(done + 1, count, "pictures", path.name)
    yield Finished(spec.folder, f"{count} pictures in {spec.folder}")
