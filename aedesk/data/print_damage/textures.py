"""Random fields with a power-law spectrum: emulsion, dirt, water and mould have no scale of their own."""

from __future__ import annotations

import functools
from random import Random

import numpy as np
from PIL import Image

from aedesk.data.print_damage.canvas import Plane

EDGE_PX = 512


class Textures:
    """Periodic random fields in memory, from which windows are cut.

    Args:
        seed: of the fields.
        slopes: lowest and highest exponent of the amplitude over frequency; 0 is white noise, 2 looks like clouds.
        count: fields with slopes spread evenly between them.
    """

    def __init__(self, seed: int, slopes: tuple[float, float], count: int = 12) -> None:
        rng = np.random.default_rng(seed)
        frequency = np.hypot(np.fft.fftfreq(EDGE_PX)[:, None], np.fft.rfftfreq(EDGE_PX)[None])
        frequency[0, 0] = 1.0
        self._fields = []
        for slope in np.linspace(*slopes, count):
            spectrum = np.fft.rfft2(rng.standard_normal((EDGE_PX, EDGE_PX))) * frequency**-slope
            spectrum[frequency < 1.5 / EDGE_PX] = 0
            field = np.fft.irfft2(spectrum, s=(EDGE_PX, EDGE_PX))
            self._fields.append((field / field.std()).astype(np.float32))

    def field(self, rng: Random, height: int, width: int, zoom: float = 1.0, slope: float | None = None) -> Plane:
        """A random window (height, width), of mean 0 and standard deviation 1 over many windows.

        Args:
            zoom: how many times coarser than stored.
            slope: 0 for the roughest of the fields, 1 for the smoothest; None for any.
        """
        share = rng.random() if slope is None else slope
        field = self._fields[min(len(self._fields) - 1, int(share * len(self._fields)))]
        if rng.random() < 0.5:
            field = field.T
        rows, columns = max(2, round(height / zoom)), max(2, round(width / zoom))
        top, left = rng.randrange(EDGE_PX), rng.randrange(EDGE_PX)
        window = field[np.arange(top, top + rows)[:, None] % EDGE_PX, np.arange(left, left + columns)[None] % EDGE_PX]
        if (rows, columns) == (height, width):
            return window
        return np.asarray(Image.fromarray(window).resize((width, height), Image.Resampling.BICUBIC))


@functools.lru_cache(maxsize=1)
def training_textures() -> Textures:
    return Textures(seed=1, slopes=(0.7, 1.9))


@functools.lru_cache(maxsize=1)
def unseen_textures() -> Textures:
    """Fields of other slopes and seeds, to measure on."""
    return Textures(seed=1_000_003, slopes=(0.95, 1.6), count=5)
