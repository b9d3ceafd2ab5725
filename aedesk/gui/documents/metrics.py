"""PSNR and SSIM of the current picture, if its clean original is known."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, Slot

from aedesk.gui.documents.library import Document, Library
from aedesk.gui.thread_pool import LatestTask, ThreadPool
from aedesk.imaging.metrics import psnr, ssim
from aedesk.imaging.picture import Picture

MAX_SSIM_MEGAPIXELS = 32.0
"""SSIM of larger pictures takes tens of seconds, too long for a value in the status bar."""


@dataclass(frozen=True)
class QualityMetrics:
    """Before and after, compared with the reference. None: there is no such picture, or it is too large for SSIM."""

    psnr_input: float | None = None
    psnr_restored: float | None = None
    ssim_input: float | None = None
    ssim_restored: float | None = None


class MetricsMonitor(QObject):
    """Measures the current document whenever it changes."""

    measured = Signal(object, object)  # Document, QualityMetrics or None while unknown

    def __init__(self, library: Library, pool: ThreadPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._latest = LatestTask(pool)
        self._known: tuple[Picture | None, ...] = ()
        library.current_changed.connect(self._update)
        library.changed.connect(self._update)

    @Slot(object)
    def _update(self, document: Document | None) -> None:
        if document is not self._library.current:
            return
        step = document.step if document is not None else None
        key = (document.base, step.reference, step.restored) if document is not None and step is not None else ()
        if len(key) == len(self._known) and all(a is b for a, b in zip(key, self._known, strict=True)):
            return
        self._known = key
        self._latest.cancel()
        self.measured.emit(document, None)
        if document is None or step is None or step.reference is None or document.base is None:
            return
        noisy, reference, restored = document.base, step.reference, step.restored

        def emit(figures: QualityMetrics) -> None:
            self.measured.emit(document, figures)

        def then_similarity(figures: QualityMetrics) -> None:
            emit(figures)
            if reference.megapixels <= MAX_SSIM_MEGAPIXELS:
                self._latest.run(lambda: add_ssim(figures, reference, noisy, restored), emit, background=True)

        self._latest.run(lambda: measure_psnr(reference, noisy, restored), then_similarity, background=True)


def measure_psnr(reference: Picture, noisy: Picture, restored: Picture | None) -> QualityMetrics:
    """Returns the PSNR of both pictures in dB. Any thread."""
    clean = _samples(reference, noisy)
    return QualityMetrics(psnr(clean, noisy.pixels), psnr(clean, restored.pixels) if restored is not None else None)


def add_ssim(figures: QualityMetrics, reference: Picture, noisy: Picture, restored: Picture | None) -> QualityMetrics:
    """Returns the metrics with SSIM added, which takes about ten times as long as PSNR. Any thread."""
    clean = _samples(reference, noisy)
    after = ssim(clean, restored.pixels) if restored is not None else None
    return replace(figures, ssim_input=ssim(clean, noisy.pixels), ssim_restored=after)


def _samples(reference: Picture, other: Picture) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Returns the reference's pixels with the bit depth and channels of the other picture."""
    pixels = reference.pixels
    if reference.channels < other.channels:
        pixels = np.repeat(pixels, 3, axis=2)
    elif reference.channels > other.channels:
        weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
        pixels = np.rint(pixels @ weights)[..., None].astype(pixels.dtype)
    if reference.bit_depth < other.bit_depth:
        return pixels.astype(np.uint16) * np.uint16(257)
    if reference.bit_depth > other.bit_depth:
        return np.rint(pixels / 257.0).astype(np.uint8)
    return pixels
