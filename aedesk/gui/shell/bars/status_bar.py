"""The status bar: properties of the picture, quality of the result, pixel values under the mouse, and the worker's state."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QByteArray, Slot
from PySide6.QtGui import QColorSpace
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from aedesk.gui.documents.library import Document
from aedesk.gui.documents.metrics import QualityMetrics
from aedesk.gui.widgets.labels import ElidedLabel
from aedesk.gui.widgets.viewer import CompareView
from aedesk.gui.widgets.viewer.layers import NOISY, ORIGINAL, RESULT
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture

WORKER = {"starting": "Starting\u2026", "ready": "Ready", "busy": "Working", "stopped": "Stopped"}

SEPARATOR = "\N{MIDDLE DOT}"


class StatusBar(QStatusBar):
    """Properties on the left, pixel values and worker state on the right."""

    def __init__(self, workspace: Workspace, viewer: CompareView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusBar")
        self.setSizeGripEnabled(False)
        self._workspace, self._viewer = workspace, viewer
        self._picture = ElidedLabel()
        _name(self._picture, "pictureFacts", "Picture")
        self._figures = _label("figures", "Quality compared with the reference")
        self._pixel = _label("pixelValues", "Pixel under the mouse")
        self._worker = _label("workerState", "Worker")
        self._worker.setText(WORKER["starting"])
        self.addWidget(self._picture)
        self.addWidget(self._figures, 1)
        self.addPermanentWidget(self._pixel)
        self.addPermanentWidget(self._worker)
        workspace.library.current_changed.connect(self._on_document)
        workspace.library.changed.connect(self._on_document)
        workspace.metrics.measured.connect(self._on_measured)
        workspace.bridge.state_changed.connect(self._on_state)
        viewer.hovered.connect(self._on_hovered)

    @Slot(object)
    def _on_document(self, _document: Document | None) -> None:
        document = self._workspace.library.current
        picture = document.input if document is not None else None
        if document is None:
            self._picture.setText("")
        elif picture is None:
            self._picture.setText(document.problem or f"Opening {document.name}\u2026")
        else:
            self._picture.setText(properties(picture) + rate(document, picture))

    @Slot(object, object)
    def _on_measured(self, document: Document | None, figures: QualityMetrics | None) -> None:
        if figures is not None:
            self._figures.setText(metrics_text(figures))
        else:
            measuring = document is not None and document.step.reference is not None
            self._figures.setText("Measuring\u2026" if measuring else "")

    @Slot(str, str)
    def _on_state(self, state: str, detail: str) -> None:
        self._worker.setText(WORKER.get(state, state))
        self._worker.setToolTip(detail)

    @Slot(int, int)
    def _on_hovered(self, x: int, y: int) -> None:
        if x < 0:
            self._pixel.setText("")
            return
        values = self._viewer.values_at(x, y)
        texts = [f"{self._short_name(name, values)} {' '.join(map(str, value))}" for name, value in values.items()]
        self._pixel.setText(f"{x}, {y}   " + f" {SEPARATOR} ".join(texts))

    def _short_name(self, layer: str, present: Collection[str]) -> str:
        if layer == RESULT:
            return "After"
        return "Before" if layer == (NOISY if NOISY in present else ORIGINAL) else self._viewer.name(layer)


def profile_name(icc: bytes | None) -> str:
    """Returns the description in the profile; a picture without a profile is taken as sRGB."""
    if icc is None:
        return "sRGB"
    return QColorSpace.fromIccProfile(QByteArray(icc)).description() or "custom profile"


def properties(picture: Picture) -> str:
    """Returns size, bit depth, channels and profile."""
    size = f"{picture.width} \N{MULTIPLICATION SIGN} {picture.height}"
    kind = "" if picture.channels == 3 else "gray"
    alpha = "alpha" if picture.alpha is not None else ""
    return f" {SEPARATOR} ".join(filter(None, [size, f"{picture.bit_depth} bit", kind, alpha, profile_name(picture.icc)]))


def rate(document: Document, picture: Picture) -> str:
    """Returns the bits per pixel of an .aed file; empty for other formats."""
    if document.aed_bytes is None:
        return ""
    return f" {SEPARATOR} .aed, {8 * document.aed_bytes / (picture.width * picture.height):.3f} bpp"


def metrics_text(figures: QualityMetrics) -> str:
    """Returns PSNR and SSIM before and after, on one line."""
    arrow = " \N{RIGHTWARDS ARROW} "
    psnr = arrow.join(f"{value:.2f}" for value in (figures.psnr_input, figures.psnr_restored) if value is not None)
    ssim = arrow.join(f"{value:.3f}" for value in (figures.ssim_input, figures.ssim_restored) if value is not None)
    return "   ".join(filter(None, [f"PSNR {psnr} dB" if psnr else "", f"SSIM {ssim}" if ssim else ""]))


def _label(name: str, accessible: str) -> QLabel:
    label = QLabel()
    _name(label, name, accessible)
    return label


def _name(label: QLabel, name: str, accessible: str) -> None:
    label.setObjectName(name)
    label.setAccessibleName(accessible)
    label.setContentsMargins(8, 0, 8, 0)
