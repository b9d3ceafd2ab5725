"""Size, rate and fidelity of what is in sight, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QRect, QRectF, QTimer, Signal, Slot

from aedesk.core.formatting import format_bytes, format_psnr, format_relative_size
from aedesk.gui.panels.compress.comparison import BY_PSNR, BY_SIZE, Duel, fidelity
from aedesk.gui.panels.compress.live_preview import Shown
from aedesk.gui.thread_pool import LatestTask, ThreadPool
from aedesk.gui.widgets.viewer import CompareView
from aedesk.imaging.picture import Picture

SETTLE_MS = 80
SAME_SIZE, SAME_DB = 0.03, 0.5
"""Closer than this counts as the same: another codec has 100 qualities and not any size."""


@dataclass(frozen=True, eq=False)
class Seen:
    """PSNR inside ``region`` (pixels of the whole picture; None: all that was compressed), of ours and of the other codec's."""

    shown: Shown
    duel: Duel | None
    region: QRect | None
    psnr: float
    other_psnr: float | None


class VisibleFigures(QObject):
    """Measures again whenever another part comes into sight or another result is there; ``measured(Seen)``."""

    measured = Signal(object)

    def __init__(self, pool: ThreadPool, viewer: CompareView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._latest = viewer, LatestTask(pool)
        self._shown: Shown | None = None
        self._duel: Duel | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._measure)
        viewer.view_changed.connect(self._on_view)

    def follow(self, shown: Shown | None, duel: Duel | None) -> None:
        """Measure these from now on."""
        self._shown, self._duel = shown, duel
        self._latest.cancel()
        self._settle.stop()
        if shown is not None:
            self._measure()

    @Slot(QRectF)
    def _on_view(self, _visible: QRectF) -> None:
        if self._shown is not None:
            self._settle.start()

    @Slot()
    def _measure(self) -> None:
        shown, duel = self._shown, self._duel
        if shown is None:
            return
        region = visible_part(shown, self._viewer.visible_region())
        self._latest.run(lambda: _measured(shown, duel, region), self.measured.emit)


def visible_part(shown: Shown, visible: QRectF) -> QRect | None:
    """What is both compressed and in sight, in pixels of the whole picture; None if that is all that was compressed."""
    box = shown.wish.box or QRect(0, 0, shown.wish.picture.width, shown.wish.picture.height)
    part = visible.toAlignedRect().intersected(box)
    return None if part.isEmpty() or part == box else part


def _measured(shown: Shown, duel: Duel | None, region: QRect | None) -> Seen:
    """Runs in a thread of the pool."""

    def cut(picture: Picture) -> Picture:
        if region is None:
            return picture
        corner = shown.wish.box.topLeft() if shown.wish.box is not None else QRect().topLeft()
        part = region.translated(-corner)
        return Picture(picture.pixels[part.y() : part.y() + part.height(), part.x() : part.x() + part.width()])

    original = cut(shown.given)
    other = fidelity(original, cut(duel.coded.picture)) if duel is not None else None
    return Seen(shown, duel, region, fidelity(original, cut(shown.result.decoded)), other)


def table(seen: Seen) -> str:
    """Ours, and the other codec below it: size, bits per pixel, PSNR."""
    shown, duel = seen.shown, seen.duel
    about = "" if shown.whole else "\N{ALMOST EQUAL TO} "
    rows: list[tuple[str, str, float, float | None]] = [("aedesk", about + format_bytes(shown.file_bytes), shown.result.bpp, seen.psnr)]
    if duel is not None:
        coded = duel.coded
        scale = shown.file_bytes / max(len(shown.result.data), 1)
        rows.append((coded.codec, about + format_bytes(coded.size_bytes * scale), coded.bpp, seen.other_psnr))
    head = "".join(f"<td align=right>{text}</td>" for text in ("&nbsp;&nbsp;Size", "&nbsp;&nbsp;Bits/px", "&nbsp;&nbsp;PSNR"))
    body = "".join(
        f"<tr><td><b>{name}</b></td><td align=right>&nbsp;&nbsp;{size}</td>"
        f"<td align=right>&nbsp;&nbsp;{bpp:.3f}</td><td align=right>&nbsp;&nbsp;{format_psnr(db)}</td></tr>"
        for name, size, bpp, db in rows
    )
    return f"<table width='100%'><tr><td></td>{head}</tr>{body}</table>"


def remark(seen: Seen, target: str) -> str:
    """What the numbers are about, and what they mean.

    Args:
        target: what was aimed at, in words; empty for a quality.
    """
    shown, duel, result = seen.shown, seen.duel, seen.shown.result
    words = []
    if not result.reached:
        words.append(f"{target} cannot be reached: this is the nearest, quality {result.quality}.")
    elif target:
        words.append(f"Quality {result.quality} {'reaches' if _aims_at_least(shown) else 'stays within'} {target}.")
    if duel is not None:
        words.append(_duel_words(duel, seen))
    if seen.region is not None:
        words.append("PSNR: of the part in sight.")
    if not shown.whole:
        words.append("Computed for the box in the picture; the size of the whole is estimated from it.")
    return " ".join(words)


def _aims_at_least(shown: Shown) -> bool:
    """Whether what was aimed at is a least and not a most."""
    return shown.wish.spec.target_psnr is not None


def _duel_words(duel: Duel, seen: Seen) -> str:
    ours, coded, result = len(duel.shown.result.data), duel.coded, duel.shown.result
    other = f"{coded.codec} at quality {coded.quality}"
    if duel.by == BY_SIZE and abs(ours / coded.size_bytes - 1) < SAME_SIZE:
        gap = fidelity_gap(seen)
        if gap is None:
            return ""
        return f"At the same size, aedesk is {abs(gap):.2f} dB {'closer to' if gap >= 0 else 'further from'} the original than {other}."
    near = duel.by == BY_PSNR and result.psnr is not None and abs(coded.psnr - result.psnr) < SAME_DB
    at = "At the same PSNR" if near else f"{coded.codec} comes no nearer in {'PSNR' if duel.by == BY_PSNR else 'size'}"
    return f"{at}: aedesk's file is {format_relative_size(ours, coded.size_bytes)} than {other}."


def fidelity_gap(seen: Seen) -> float | None:
    """dB by which ours is closer to the original in sight."""
    if seen.other_psnr is None or float("inf") in (seen.psnr, seen.other_psnr):
        return None
    return seen.psnr - seen.other_psnr
