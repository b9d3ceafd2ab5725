"""The service that finds watermarks on a picture, so that the user can correct the mask."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.core.erase_specs import FindMarkResult, FindMarkSpec
from aedesk.core.events import Event, Finished, Started
from aedesk.imaging.picture import Picture
from aedesk.watermark.single.detection import detect, detect_tiled_mark, detection_of_tiled_mark
from aedesk.watermark.single.network import load_erase_network


def find_mark(spec: FindMarkSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Finds the watermarks on one picture. Finished carries a ``FindMarkResult``. Raises DeviceError and ModelError."""
    yield Started("Finding watermarks", picture.megapixels, "MP")
    begun = time.perf_counter()
    network = load_erase_network(spec.model, spec.device, spec.precision)
    tiled = yield from detect_tiled_mark(picture, cancel)
    if tiled is None:
        detection = yield from detect(network, picture, spec.sensitivity, cancel)
    else:
        detection = detection_of_tiled_mark(tiled, picture)
    area_px = int(np.count_nonzero(detection.mask))
    seconds = time.perf_counter() - begun
    summary = f"watermarks on {100 * area_px / detection.mask.size:.1f} % of the picture" if area_px else "no watermarks found"
    result = FindMarkResult(detection.mask, detection.alpha, area_px, str(network.device), seconds)
    yield Finished(result, f"{summary}, {seconds:.1f} s on {network.device}")
