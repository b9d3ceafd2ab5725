"""Synthetic pictures, overlays and a network that knows where its overlays are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from aedesk.imaging.tiling import Box
from aedesk.watermark.single.network import PredictionMap
from aedesk.watermark.single.overlay import UniformOverlay

SIZE = 160


def picture(seed: int) -> np.ndarray:
    """(3, SIZE, SIZE) float32 with slopes, edges and grain, which vary mostly in intensity, as photographs do."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(correlated(rng.random((3, SIZE, SIZE))), (0, 9, 9))
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    blocks = np.kron(correlated(rng.random((3, 5, 5))), np.ones((1, SIZE // 5, SIZE // 5)))
    return np.clip(0.75 * smooth + 0.1 * blocks + 0.02 * rng.standard_normal((3, SIZE, SIZE)), 0, 1).astype(np.float32)


def correlated(channels: np.ndarray) -> np.ndarray:
    return np.asarray(0.8 * channels[:1] + 0.2 * channels)


def bars() -> np.ndarray:
    """(SIZE, SIZE) bool."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    return (columns % 32 >= 14) & (rows > 20) & (rows < SIZE - 20) & (columns > 16) & (columns < SIZE - 16)


def disc(radius: float) -> np.ndarray:
    """(SIZE, SIZE) bool, centred."""
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return np.asarray(rows**2 + columns**2 < radius**2)


def over(clean: np.ndarray, colour: Sequence[float], alpha: float, where: np.ndarray) -> np.ndarray:
    """Blends a colour over the pixels of ``where``."""
    premultiplied = alpha * np.asarray(colour, np.float32)[:, None, None]
    return np.where(where, premultiplied + (1 - alpha) * clean, clean).astype(np.float32)


def predicted(shape: np.ndarray, colour: Sequence[float], alpha: float) -> PredictionMap:
    """A confident prediction of an overlay of that shape."""
    where = shape.astype(np.float32)
    premultiplied = alpha * where * np.asarray(colour, np.float32)[:, None, None]
    return PredictionMap(20 * where - 10, alpha * where, premultiplied)


def cut(prediction: PredictionMap, box: Box) -> PredictionMap:
    """The prediction if only a box had been looked at."""
    whole, place = Box(0, 0, SIZE, SIZE), (slice(box.top, box.bottom), slice(box.left, box.right))
    return PredictionMap(prediction.logit[place], prediction.alpha[place], prediction.premultiplied[:, *place]).reframed(box, whole)


class Network:
    """Knows where its overlays are, and finds one when asked for a similar one."""

    def __init__(self, *marks: tuple[np.ndarray, tuple[float, float, float], float]) -> None:
        self.marks = marks
        self.overlays_asked_for: list[UniformOverlay] = []

    def first(self) -> PredictionMap:
        return predicted(np.any([shape for shape, _, _ in self.marks], axis=0), (0.5, 0.5, 0.5), 0.3)

    def predict(self, overlay: UniformOverlay, box: Box) -> PredictionMap:
        self.overlays_asked_for.append(overlay)
        for shape, colour, alpha in self.marks:
            near = np.abs(np.asarray(overlay.premultiplied) / overlay.alpha - colour).max() < 0.25
            if near and abs(overlay.alpha / alpha - 1) < 0.3:
                return cut(predicted(shape, colour, alpha), box)
        return cut(predicted(np.zeros((SIZE, SIZE), bool), (0, 0, 0), 0.3), box)


def mark_and_object(gap: int) -> tuple[np.ndarray, np.ndarray]:
    """A disc, and a larger rectangle ``gap`` pixels to the right of it."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    mark = (rows - 40) ** 2 + (columns - 40) ** 2 < 24**2
    return mark, (rows > 5) & (rows < 155) & (columns >= 64 + gap) & (columns < 154 + gap)
