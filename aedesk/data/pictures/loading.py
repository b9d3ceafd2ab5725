"""Pictures into memory: decoded once, broken ones left out, within a budget of bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError, PictureError
from aedesk.data.pictures.files import PictureFile, Unpacker
from aedesk.data.pictures.pairs import Pair
from aedesk.data.pictures.pixels import Pixels, training_pixels, window

BUDGET_BYTES = 4 << 30
"""All pictures of a run together; a thousand photographs of a good camera would need 70 GB."""

NAMED_PROBLEMS = 10


def load_pictures(
    items: Sequence[PictureFile | Pair], channels: int, cancel: CancelToken, problems: list[str], budget_bytes: int = BUDGET_BYTES
) -> list[Pixels]:
    """(H, W, channels) uint8 of every picture, (H, W, 2 channels) of every pair, noisy first.

    Args:
        problems: is told of files that cannot be read, of pairs that differ in size, and of pictures of which only a window is kept so
            that all fit in ``budget_bytes``.

    Raises :class:`DataError` if nothing can be used.
    """
    pictures: list[Pixels] = []
    broken: list[str] = []
    used = cut = 0
    with Unpacker() as unpacker:
        for number, item in enumerate(items):
            cancel.check()
            try:
                whole = _read(item, channels, unpacker)
            except (PictureError, DataError) as error:
                broken.append(error.message)
                continue
            kept = window(whole, max(1, (budget_bytes - used) // (len(items) - number)), item.name)
            cut += kept is not whole
            used += kept.nbytes
            pictures.append(kept)
    if not pictures:
        first = f" {broken[0]}" if broken else ""
        raise DataError(f"None of {len(items)} pictures can be used.{first}", "Choose other pictures.")
    problems += broken[:NAMED_PROBLEMS]
    if len(broken) > NAMED_PROBLEMS:
        problems.append(f"{len(broken) - NAMED_PROBLEMS} more files cannot be used.")
    if cut:
        problems.append(f"Of {cut} large pictures only a part is used, so that all of them fit in {budget_bytes / 2**30:.0f} GB of memory.")
    return pictures


def _read(item: PictureFile | Pair, channels: int, unpacker: Unpacker) -> Pixels:
    if isinstance(item, PictureFile):
        return training_pixels(unpacker.read(item), channels)
    noisy, clean = (training_pixels(unpacker.read(file), channels) for file in (item.noisy, item.clean))
    if noisy.shape != clean.shape:
        sizes = " and ".join(f"{p.shape[1]} x {p.shape[0]}" for p in (noisy, clean))
        raise DataError(f"{item.name} and {item.clean.name} differ in size ({sizes}).")
    return np.concatenate((noisy, clean), 2)
