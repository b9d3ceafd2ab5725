"""The painting part of the viewer: versions in linked panes, painted from cached tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from aedesk.core.errors import SpecError
from aedesk.gui.widgets.viewer import chrome
from aedesk.gui.widgets.viewer import layers as names
from aedesk.gui.widgets.viewer.content import Content
from aedesk.gui.widgets.viewer.mask_layer import MaskLayer
from aedesk.gui.widgets.viewer.painting import Layer
from aedesk.gui.widgets.viewer.pair_menu import choices
from aedesk.gui.widgets.viewer.panes import Pane, arrange, split_x
from aedesk.gui.widgets.viewer.rectangles import around, scaled
from aedesk.gui.widgets.viewer.tiles import TilePainter
from aedesk.gui.widgets.viewer.transform import ViewTransform
from aedesk.imaging.masks import Box

LOUPE_PX = 260
EMPTY_MESSAGE = "Drop pictures here, or press Open"
EMPTY_DETAIL = "JPEG, PNG, TIFF, WebP, AVIF, HEIC, RAW, .aed: single files or whole folders"


class Canvas(QWidget):
    """Paints the pictures; :class:`CompareView` adds mouse and keyboard.

    Signals:
        view_changed(QRectF): the visible part of the picture in picture pixels, or the scale, has changed.
        mode_changed(str): the view mode has changed.
    """

    view_changed = Signal(QRectF)
    mode_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._content = Content(self)
        self._content.layer_changed.connect(self._layer_changed)
        self._tiles = TilePainter()
        self._view = ViewTransform()
        self._frame = QImage()
        self._mode = names.SINGLE
        self._shown: str | None = None
        self._pair: tuple[str, str] | None = None
        self._names = dict(names.CAPTIONS)
        self._captions = dict(names.CAPTIONS)
        self._placeholders = dict(names.PLACEHOLDERS)
        self._split = 0.5
        self._peek = False
        self._box: QRect | None = None
        self._mask: MaskLayer | None = None
        self._ring: tuple[QPointF, float] | None = None  # centre and radius in logical pixels
        self._outline: tuple[int, list[QPointF]] = (0, [])  # pane, and corners in picture pixels
        self._loupe_at: QPoint | None = None
        self._dropping = False
        self._focus_frame = False
        self._plates: list[tuple[QRect, int]] = []  # rectangles of the captions of the panes

    # Pictures

    def set_pictures(
        self, *, original: np.ndarray | None = None, noisy: np.ndarray | None = None, result: np.ndarray | None = None
    ) -> None:
        """Shows versions of one picture: (H, W, 3 or 4) uint8 display arrays of one size; None for missing versions.

        The arrays are kept, not copied: do not write to them afterwards. A new picture of the same size keeps zoom and position.
        """
        self._content.set_pictures({names.ORIGINAL: original, names.NOISY: noisy, names.RESULT: result})
        before = (self._view.width, self._view.height)
        self._view.set_picture(*self._content.size)
        if before != self._content.size:
            self._box = None
            self._content.clear_overlays()
        self._content_changed()

    def clear(self) -> None:
        """Removes all pictures and shows the empty message."""
        self.set_pictures()

    def set_overlay(
        self,
        array: np.ndarray | None,
        x: int = 0,
        y: int = 0,
        width: int | None = None,
        height: int | None = None,
        layer: str = names.RESULT,
    ) -> None:
        """Lays a patch over one version, which need not exist itself.

        Args:
            array: (h, w, 3 or 4) uint8; None removes the patch.
            x, y: top left corner in picture pixels.
            width, height: size in picture pixels if it differs from the array's (a patch at screen resolution).
            layer: the version.
        """
        own = (0, 0) if array is None else array.shape[:2]
        rect = QRectF(x, y, own[1] if width is None else width, own[0] if height is None else height)
        self._content.set_overlay(layer, array, rect)
        self._content_changed()

    def clear_overlay(self) -> None:
        """Removes the patches of all versions."""
        self._content.clear_overlays()
        self._content_changed()

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the pictures; (0, 0) without any."""
        return self._content.size

    def values_at(self, x: int, y: int) -> dict[str, tuple[int, ...]]:
        """Returns the 8-bit display values of every version at a picture pixel; empty outside the picture."""
        return self._content.values_at(x, y)

    def set_caption(self, layer: str, text: str) -> None:
        """Sets the caption of a version for this picture, for example with its file size."""
        self._captions[layer] = text
        self._describe()
        self.update()

    def caption(self, layer: str) -> str:
        """Returns the caption of a version."""
        return self._captions[layer]

    def name(self, layer: str) -> str:
        """Returns the name of a version, without what ``set_caption`` has added."""
        return self._names[layer]

    def set_texts(self, captions: Mapping[str, str] = names.CAPTIONS, placeholders: Mapping[str, str] = names.PLACEHOLDERS) -> None:
        """Sets the captions of the versions and the texts for missing ones; those that are left out get their defaults."""
        self._names = {**names.CAPTIONS, **captions}
        self._captions = dict(self._names)
        self._placeholders = {**names.PLACEHOLDERS, **placeholders}
        self._describe()
        self.update()

    # View modes

    @property
    def mode(self) -> str:
        """The view mode, one of ``MODES``."""
        return self._mode

    def set_mode(self, mode: str, which: str | None = None) -> None:
        """Sets one of ``MODES``; ``which`` is the version that the single mode shows (None: the latest)."""
        if mode not in names.MODES or which not in (None, *names.LAYERS):
            raise SpecError(f"There is no view mode {mode!r} of {which!r}.", f"Modes: {', '.join(names.MODES)}.")
        self._mode, self._shown, self._peek = mode, which, False
        self._relayout()
        self._describe()
        self.mode_changed.emit(mode)

    def set_pair(self, before: str | None, after: str | None) -> None:
        """Sets the two versions that split, side by side and difference compare; None for the default."""
        self._pair = None if before is None or after is None else (before, after)
        self._describe()
        self.update()

    @property
    def pair(self) -> tuple[str, str]:
        """Before and after: the chosen versions if both exist, else the default."""
        present = self._content.present
        return self._pair if self._pair is not None and present.issuperset(self._pair) else names.default_pair(present)

    @property
    def split(self) -> float:
        """Position of the split line: 0 at the left edge, 1 at the right."""
        return self._split

    def set_split(self, split: float) -> None:
        """Moves the split line."""
        self._split = min(max(split, 0.0), 1.0)
        self.update()

    @property
    def gain(self) -> float:
        return self._content.gain

    def set_gain(self, gain: float) -> None:
        """Sets the amplification of the difference mode."""
        self._content.set_gain(gain)
        self.update()

    def set_peek(self, peek: bool) -> None:
        """In the single mode, shows the version before the shown one until it is called with False."""
        if peek != self._peek:
            self._peek = peek
            self.update()

    def set_preview_box(self, box: QRect | None) -> None:
        """Outlines a part of the picture (in picture pixels); None removes the outline."""
        self._box = None if box is None else QRect(box)
        self.update()

    @property
    def preview_box(self) -> QRect | None:
        return None if self._box is None else QRect(self._box)

    def set_mask_layer(self, mask: MaskLayer | None) -> None:
        """Lays a mask over all versions; None removes it. A mask of another size than the pictures is not shown."""
        if mask is not self._mask:
            self._mask = mask
            self.update()

    @property
    def mask_layer(self) -> MaskLayer | None:
        return self._mask

    def update_mask(self, box: Box) -> None:
        """Repaints only ``box`` (picture pixels), in which the mask has changed."""
        edge = self.scale / self.devicePixelRatioF()
        for index in range(len(self.panes())):
            corner = self.map_from_picture(QPointF(box.left, box.top), index)
            place = QRectF(corner, QSizeF(box.width * edge, box.height * edge)).toAlignedRect()
            self.update(place.adjusted(-2, -2, 2, 2).intersected(self.rect()))

    def panes(self) -> list[Pane]:
        """Returns the panes with their versions and rectangles in logical pixels."""
        present = self._content.present
        shown = self._shown or names.best_layer(present)
        if self._peek and self._mode == names.SINGLE:
            shown = names.before_layer(shown, present)
        width, height = self._content.size
        return arrange(self._mode, shown, self.pair, self._split, self.rect(), present, width / height if height else 1.5)

    # Zoom and pan

    @property
    def scale(self) -> float:
        """Device pixels per picture pixel: 1.0 is 100 %."""
        return self._view.scale

    @property
    def fitted(self) -> bool:
        """Whether the picture is fitted to the window."""
        return self._view.fitted

    def fit(self) -> None:
        """Fits the picture to the window, now and whenever that is resized."""
        self._view.fit()
        self._view_changed()

    def zoom_to(self, scale: float, at: QPointF | None = None) -> None:
        """Sets the scale; the picture point under ``at`` (logical pixels in any pane; None: the centre) stays in place."""
        if not self._view.width:
            return
        if at is None:
            self._view.zoom_to(scale)
        else:
            self._view.zoom_to(scale, *self._in_pane(at))
        self._view_changed()

    def zoom_in(self) -> None:
        """Enlarges by the square root of two."""
        self.zoom_to(self.scale * 2**0.5)

    def zoom_out(self) -> None:
        """Reduces by the square root of two."""
        self.zoom_to(self.scale / 2**0.5)

    def zoom_100(self) -> None:
        """Shows one picture pixel per device pixel."""
        self.zoom_to(1.0)

    def pan(self, dx: float, dy: float) -> None:
        """Moves the picture by logical pixels."""
        dpr = self.devicePixelRatioF()
        self._view.pan(dx * dpr, dy * dpr)
        self._view_changed()

    def visible_region(self) -> QRectF:
        """Returns the visible part of the picture in picture pixels; empty without a picture."""
        return QRectF(*self._view.visible())

    def map_to_picture(self, point: QPointF) -> QPointF:
        """Returns the picture coordinates of a point of the widget."""
        return QPointF(*self._view.to_picture(*self._in_pane(point)))

    def map_from_picture(self, point: QPointF, pane: int = 0) -> QPointF:
        """Returns the widget coordinates of a picture point in one of the panes."""
        x, y = self._view.to_pane(point.x(), point.y())
        dpr = self.devicePixelRatioF()
        return QPointF(self.panes()[pane].rect.topLeft()) + QPointF(x / dpr, y / dpr)

    def shutdown(self) -> None:
        """Ends the background thread now; otherwise it ends when the widget is destroyed."""
        self._content.stop()

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 180)

    # Internals

    def _pane_at(self, point: QPointF) -> Pane:
        panes = self.panes()
        return next((pane for pane in panes if pane.clip.contains(point.toPoint())), panes[0])

    def _in_pane(self, point: QPointF) -> tuple[float, float]:
        """Returns a point of the widget in device pixels of the pane under it."""
        inside = (point - QPointF(self._pane_at(point).rect.topLeft())) * self.devicePixelRatioF()
        return inside.x(), inside.y()

    def _relayout(self) -> None:
        pane = self.panes()[0].rect
        dpr = self.devicePixelRatioF()
        self._view.set_pane(pane.width() * dpr, pane.height() * dpr)
        self._view_changed()

    def _content_changed(self) -> None:
        self._relayout()
        self._describe()

    def _describe(self) -> None:
        """Updates the description for assistive technology."""
        shown = ", ".join(self._captions[pane.layer] for pane in self.panes())
        self.setAccessibleDescription(f"{self._mode} view of {shown}")

    def _view_changed(self) -> None:
        self.update()
        self.view_changed.emit(self.visible_region())

    @Slot(object)
    def _layer_changed(self, layer: Layer) -> None:
        self._tiles.discard(layer)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._relayout()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Composes only the requested rectangle; the rest of the frame is still valid."""
        dpr = self.devicePixelRatioF()
        size = (QSizeF(self.size()) * dpr).toSize()
        asked = event.rect()
        if self._frame.size() != size:
            self._frame, asked = QImage(size, QImage.Format.Format_RGB32), self.rect()
        stale = scaled(asked, dpr).adjusted(-1, -1, 1, 1)
        self._frame.setDevicePixelRatio(1.0)
        panes = self.panes()
        painter = QPainter(self._frame)
        painter.fillRect(stale, chrome.background(self.palette()))
        for pane in panes:
            layers = self._content.stack(pane.layer, self.pair)
            corner, clip = scaled(pane.rect, dpr).topLeft(), scaled(pane.clip, dpr).intersected(stale)
            self._tiles.draw(painter, layers, self._view, corner, clip)
            if layers and pane.layer != names.DIFFERENCE and self._mask is not None and self._mask.size == self._content.size:
                self._mask.paint(painter, self._view, corner, clip)
        painter.end()
        self._frame.setDevicePixelRatio(dpr)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._frame)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_chrome(painter, panes)
        painter.end()

    def _draw_chrome(self, painter: QPainter, panes: list[Pane]) -> None:
        self._plates.clear()
        if not self._content.present:
            chrome.draw_message(painter, self.rect(), EMPTY_MESSAGE, self.palette(), EMPTY_DETAIL)
        else:
            for index, pane in enumerate(panes):
                if not self._content.stack(pane.layer, self.pair):
                    chrome.draw_message(painter, pane.rect, self._placeholders[pane.layer], self.palette())
                elif self._box is not None:
                    painter.setClipRect(pane.clip)
                    corner = self.map_from_picture(QPointF(self._box.topLeft()), index)
                    edge = self.scale / self.devicePixelRatioF()
                    chrome.draw_preview_box(painter, QRectF(corner, QSizeF(self._box.size()) * edge))
                    painter.setClipping(False)
                plate = chrome.draw_caption(painter, pane.clip, self._caption(index, pane), right=pane.caption_right)
                self._plates.append((plate, index))
            chrome.draw_caption(painter, self.rect(), f"{self.scale * 100:.0f} %", right=True, bottom=True)
            if len(panes) == 2 and panes[0].rect == panes[1].rect:
                chrome.draw_split_handle(painter, self.rect(), split_x(self.rect(), self._split), focused=self.hasFocus())
            if self._loupe_at is not None:
                self._draw_loupe(painter, panes, self._loupe_at)
            pane_index, corners = self._outline
            chrome.draw_outline(painter, [self.map_from_picture(corner, pane_index) for corner in corners])
            if self._ring is not None:
                chrome.draw_ring(painter, *self._ring)
        if self._dropping:
            chrome.draw_drop_frame(painter, self.rect(), self.palette())
        if self._focus_frame:
            chrome.draw_focus_frame(painter, self.rect(), self.palette())

    def _show_ring(self, ring: tuple[QPointF, float] | None) -> None:
        """Shows a circle around the mouse: centre and radius in logical pixels."""
        if ring == self._ring:
            return
        for each in (self._ring, ring):
            if each is not None:
                self.update(around(*each))
        self._ring = ring

    def _show_outline(self, pane: int, corners: Sequence[tuple[float, float]]) -> None:
        """Shows a closed line, in picture pixels."""
        before, self._outline = self._outline, (pane, [QPointF(*corner) for corner in corners])
        for index, places in (before, self._outline):
            if places:
                line = QPolygonF([self.map_from_picture(place, index) for place in places])
                self.update(line.boundingRect().toAlignedRect().adjusted(-3, -3, 3, 3))

    def _pair_choices(self, side: int) -> list[tuple[str, tuple[str, str]]]:
        return choices(self._mode, side, self.pair, self._content.present, self._captions)

    def _caption(self, index: int, pane: Pane) -> str:
        text = self._captions[pane.layer]
        if pane.layer == names.DIFFERENCE:
            text += f": {self._captions[self.pair[0]]} – {self._captions[self.pair[1]]}"
        return f"{text}  ▾" if len(self._pair_choices(index)) > 1 else text

    def _draw_loupe(self, painter: QPainter, panes: list[Pane], at: QPoint) -> None:
        """Magnifies the same part of the picture in every pane: at 100 %, or at twice the view's scale if that is more."""
        dpr = self.devicePixelRatioF()
        center = self.map_to_picture(QPointF(at))
        scale = max(1.0, 2 * self.scale)
        under = self._pane_at(QPointF(at))
        diameter = min(LOUPE_PX, round(0.8 * min(under.rect.width(), under.rect.height())))
        reach = diameter / 2 * dpr / scale
        part = QRectF(center.x() - reach, center.y() - reach, 2 * reach, 2 * reach)
        for pane in panes:
            if pane.rect == under.rect and pane != under:
                continue  # the other side of a split: its lens would cover this one
            corner = QPointF(at - under.rect.topLeft() + pane.rect.topLeft()) - QPointF(diameter, diameter) / 2
            lens = QRectF(corner, QSizeF(diameter, diameter))
            painter.save()
            painter.setClipRect(pane.rect)
            chrome.draw_loupe_frame(painter, lens)
            round_lens = QPainterPath()
            round_lens.addEllipse(lens)
            painter.setClipPath(round_lens, Qt.ClipOperation.IntersectClip)
            painter.fillRect(lens, chrome.background(self.palette()))
            painter.translate(lens.topLeft())
            painter.scale(scale / dpr, scale / dpr)
            painter.translate(-part.topLeft())
            for layer in self._content.stack(pane.layer, self.pair):
                layer.paint(painter, scale, part)
            painter.restore()
