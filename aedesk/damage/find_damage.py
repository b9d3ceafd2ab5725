"""The service that finds damage on a scan: a mask to be corrected by hand and filled by the repair."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aedesk.core.cancel import CancelToken
from aedesk.core.damage_specs import FindDamageResult, FindDamageSpec
from aedesk.core.events import Event, Finished, Progress, Started
from aedesk.damage.detector import load_detector
from aedesk.imaging.picture import Picture

LEAST_CHANCE, MOST_CHANCE = 0.02, 0.98
"""Limits of the threshold, so that a sensitivity of 1 does not mark everything and 0 can still mark something."""
STRIP_ROWS = 512


def find_damage(spec: FindDamageSpec, picture: Picture, cancel: CancelToken) -> Iterator[Event]:
    """Finds the damage on one picture. Finished carries a ``FindDamageResult``. Raises DeviceError and ModelError."""
    yield Started("Looking for damage", picture.megapixels, "MP")
    begun = time.perf_counter()
    detector = load_detector(spec.model, spec.device, spec.precision)
    search = detector.find(picture, cancel)
    while True:
        try:
            done, total = next(search)
        except StopIteration as end:
            found: NDArray[np.uint8] = end.value
            break
        yield Progress(picture.megapixels * done / total, picture.megapixels, "MP")
    kinds = decided(found, spec.sensitivity)
    if picture.alpha is not None:
        kinds[picture.alpha == 0] = 0
    mask = np.where(kinds > 0, np.uint8(255), np.uint8(0))
    area = int(np.count_nonzero(mask))
    seconds = time.perf_counter() - begun
    told = f"{100 * area / mask.size:.2f} % of the picture is damaged" if area else "no damage found"
    result = FindDamageResult(mask, kinds, area, str(detector.device), detector.precision, seconds)
    yield Finished(result, f"{told}, {seconds:.1f} s on {detector.device}, {detector.precision}")


def decided(found: NDArray[np.uint8], sensitivity: float) -> NDArray[np.uint8]:
    """Returns the kind of damage of each pixel: (H, W) uint8, 0 for sound pixels, else 1 + the index of the kind.

    A pixel is damaged if the sum of its probabilities exceeds 1 - sensitivity, and if a pixel connected to it is twice as likely to be
    damaged as not, compared with that threshold: weak traces count where they continue something clear (Canny 1986).

    Args:
        found: (H, W, 3), probabilities in units of 1/255.
    """
    limit = float(np.clip(1 - sensitivity, LEAST_CHANCE, MOST_CHANCE))
    sure = 2 * limit / (1 + limit)  # the odds are doubled
    kinds = np.zeros(found.shape[:2], np.uint8)
    certain = np.zeros(found.shape[:2], bool)
    for top in range(0, len(found), STRIP_ROWS):  # in strips, for sums need more than 8 bits
        part = found[top : top + STRIP_ROWS]
        damaged = part.sum(2, dtype=np.uint16)
        kinds[top : top + STRIP_ROWS] = np.where(damaged > limit * 255, part.argmax(2) + 1, 0)
        certain[top : top + STRIP_ROWS] = damaged > sure * 255
    labels, count = ndimage.label(kinds > 0, structure=np.ones((3, 3)))
    kept = np.zeros(count + 1, bool)
    kept[labels[certain]] = True
    kept[0] = False
    kinds[~kept[labels]] = 0
    return kinds
