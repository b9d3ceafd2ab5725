"""File size, rate and PSNR of the visible part, in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, QRectF, QTimer, Signal, Slot

from aedesk.core.formatting import format_bytes, format_psnr, format_relative_size
from aedesk.gui.panels.compress.comparison import BY_SIZE, Comparison, fidelity
from aedesk.gui.panels.compress.live_preview import PreviewResult
from aedesk.gui.thread_pool import LatestTask, ThreadPool
from aedesk.gui.widgets.viewer import CompareView
from aedesk.imaging.picture import Picture

SETTLE_MS = 80
SAME_SIZE, SAME_DB = 0.03, 0.5
"""Smaller differences count as equal, because another codec has only 100 qualities."""


@dataclass(frozen=True, eq=False)
class VisibleMetrics:
    """PSNR of our and of the other codec's result inside ``region`` (pixels of the whole picture; None: all that was compressed)."""

    preview: PreviewResult
    comparison: Comparison | None
    region: QRect | None
    psnr: float
    other_psnr: float | None


class VisibleMetricsMonitor(QObject):
    """Measures whenever another part becomes visible or there is a new result. Emits ``measured(VisibleMetrics)``."""

    measured = Signal(object)

    def __init__(self, pool: ThreadPool, viewer: CompareView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._latest = viewer, LatestTask(pool)
        self._preview: PreviewResult | None = None
        self._comparison: Comparison | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._measure)
        viewer.view_changed.connect(self._on_view)

    def follow(self, preview: PreviewResult | None, comparison: Comparison | None) -> None:
        """Sets the preview and the comparison to measure."""
        self._preview, self._comparison = preview, comparison
        self._latest.cancel()
        self._settle.stop()
        if preview is not None:
            self._measure()

    @Slot(QRectF)
    def _on_view(self, _visible: QRectF) -> None:
        if self._preview is not None:
            self._settle.start()

    @Slot()
    def _measure(self) -> None:
        preview, comparison = self._preview, self._comparison
        if preview is None:
            return
        region = visible_part(preview, self._viewer.visible_region())
        self._latest.run(lambda: _measured(preview, comparison, region), self.measured.emit)


def visible_part(preview: PreviewResult, visible: QRectF) -> QRect | None:
    """Returns the part that is compressed and visible, in pixels of the whole picture; None if all that was compressed is visible."""
    box = preview.request.box or QRect(0, 0, preview.request.picture.width, preview.request.picture.height)
    part = visible.toAlignedRect().intersected(box)
    return None if part.isEmpty() or part == box else part


def _measured(preview: PreviewResult, comparison: Comparison | None, region: QRect | None) -> VisibleMetrics:
    """Returns the PSNR of both results. Any thread."""

    def cut(picture: Picture) -> Picture:
        if region is None:
            return picture
        corner = preview.request.box.topLeft() if preview.request.box is not None else QRect().topLeft()
        part = region.translated(-corner)
        return Picture(picture.pixels[part.y() : part.y() + part.height(), part.x() : part.x() + part.width()])

    original = cut(preview.source)
    other = fidelity(original, cut(comparison.coded.picture)) if comparison is not None else None
    return VisibleMetrics(preview, comparison, region, fidelity(original, cut(preview.encoded.decoded)), other)


def table(metrics: VisibleMetrics) -> str:
    """Returns an HTML table with size, bits per pixel and PSNR of our and of the other codec's file."""
    preview, comparison = metrics.preview, metrics.comparison
    about = "" if preview.whole else "\N{ALMOST EQUAL TO} "
    rows: list[tuple[str, str, float, float | None]] = [
        ("aedesk", about + format_bytes(preview.file_bytes), preview.encoded.bpp, metrics.psnr)
    ]
    if comparison is not None:
        coded = comparison.coded
        scale = preview.file_bytes / max(len(preview.encoded.data), 1)
        rows.append((coded.codec, about + format_bytes(coded.size_bytes * scale), coded.bpp, metrics.other_psnr))
    head = "".join(f"<td align=right>{text}</td>" for text in ("&nbsp;&nbsp;Size", "&nbsp;&nbsp;Bits/px", "&nbsp;&nbsp;PSNR"))
    body = "".join(
        f"<tr><td><b>{name}</b></td><td align=right>&nbsp;&nbsp;{size}</td>"
        f"<td align=right>&nbsp;&nbsp;{bpp:.3f}</td><td align=right>&nbsp;&nbsp;{format_psnr(db)}</td></tr>"
        for name, size, bpp, db in rows
    )
    return f"<table width='100%'><tr><td></td>{head}</tr>{body}</table>"


def remark(metrics: VisibleMetrics, target: str) -> str:
    """Returns sentences that explain the numbers.

    Args:
        target: the target in words; empty for a quality.
    """
    preview, comparison, result = metrics.preview, metrics.comparison, metrics.preview.encoded
    words = []
    if not result.reached:
        words.append(f"{target} cannot be reached; the nearest is quality {result.quality}.")
    elif target:
        words.append(f"Quality {result.quality} {'reaches' if _has_minimum(preview) else 'stays within'} {target}.")
    if comparison is not None:
        words.append(_compare(comparison, metrics))
    if metrics.region is not None:
        words.append("PSNR of the visible part.")
    if not preview.whole:
        words.append("Only the box was compressed; the file size is an estimate.")
    return " ".join(words)


def _has_minimum(preview: PreviewResult) -> bool:
    """Returns whether the target is a minimum, not a maximum."""
    return preview.request.spec.target_psnr is not None


def _compare(comparison: Comparison, metrics: VisibleMetrics) -> str:
    ours, coded, result = len(comparison.preview.encoded.data), comparison.coded, comparison.preview.encoded
    other = f"{coded.codec} at quality {coded.quality}"
    if comparison.by == BY_SIZE and abs(ours / coded.size_bytes - 1) < SAME_SIZE:
        gap = fidelity_gap(metrics)
        if gap is None:
            return ""
        return f"At the same size, aedesk is {abs(gap):.2f} dB {'closer to' if gap >= 0 else 'further from'} the original than {other}."
    change = format_relative_size(ours, coded.size_bytes)
    if comparison.by == BY_SIZE:
        return f"{coded.codec}'s closest size is {format_relative_size(coded.size_bytes, ours)} than aedesk's, at quality {coded.quality}."
    if result.psnr is not None and abs(coded.psnr - result.psnr) < SAME_DB:
        return f"At the same PSNR, aedesk's file is {change} than {other}."
    return f"{coded.codec}'s closest PSNR is {coded.psnr:.2f} dB, at quality {coded.quality}; aedesk's file is {change}."


def fidelity_gap(metrics: VisibleMetrics) -> float | None:
    """Returns the PSNR advantage of our result in dB; None without a comparison or for exact results."""
    if metrics.other_psnr is None or float("inf") in (metrics.psnr, metrics.other_psnr):
        return None
    return metrics.psnr - metrics.other_psnr
