"""The list of models with two lines each: those shipped with the program, then the user's own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from aedesk.core.specs import ModelInfo
from aedesk.gui.panels.models import descriptions
from aedesk.gui.widgets.style import theme

ModelRole = Qt.ItemDataRole.UserRole + 1
KindRole = Qt.ItemDataRole.UserRole + 2
HEADING, HINT, MODEL = "heading", "hint", "model"
_PAD_X, _PAD_Y, _GAP = 12, 8, 3
NOTHING_YET = "None yet. Train a model, or drop a model file here."


class ModelList(QListView):
    """Signals:
    chosen(ModelInfo or None): another model was selected.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("modelList")
        self.setAccessibleName("Models")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self._items = QStandardItemModel(self)
        self.setModel(self._items)
        self.setItemDelegate(_Delegate(self))
        self.selectionModel().currentChanged.connect(self._on_current)

    @property
    def current(self) -> ModelInfo | None:
        """The selected model; None if there is none."""
        return self.currentIndex().data(ModelRole)

    @property
    def models(self) -> list[ModelInfo]:
        """All models in the order of the list."""
        found = (self._items.item(row).data(ModelRole) for row in range(self._items.rowCount()))
        return [model for model in found if model is not None]

    def show_models(self, models: Sequence[ModelInfo], choose: str = "") -> None:
        """Replaces the list and selects the model at the path ``choose``, else the same one as before, else its neighbour."""
        before = self.current
        wanted, row = choose or (before.path if before is not None else ""), max(self.currentIndex().row(), 0)
        self.selectionModel().blockSignals(True)
        self._items.clear()
        self._add("Shipped", HEADING)
        for model in (model for model in models if model.origin == "shipped"):
            self._add_model(model)
        self._add("Your models", HEADING)
        own = [model for model in models if model.origin != "shipped"]
        for model in own:
            self._add_model(model)
        if not own:
            self._add(NOTHING_YET, HINT)
        self.selectionModel().blockSignals(False)
        self._choose(wanted, row)

    def _choose(self, path: str, row: int) -> None:
        rows = [each for each in range(self._items.rowCount()) if self._items.item(each).data(ModelRole) is not None]
        known = next((each for each in rows if self._items.item(each).data(ModelRole).path == path), None)
        if known is None and rows:
            known = max((each for each in rows if each <= row), default=rows[0])
        if known is not None:
            self.setCurrentIndex(self._items.index(known, 0))
        else:
            self.chosen.emit(None)

    def _add(self, text: str, kind: str) -> None:
        item = QStandardItem(text)
        item.setData(kind, KindRole)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self._items.appendRow(item)

    def _add_model(self, model: ModelInfo) -> None:
        item = QStandardItem(model.title)
        item.setData(MODEL, KindRole)
        item.setData(model, ModelRole)
        item.setData(f"{model.title}: {second_line(model)}", Qt.ItemDataRole.AccessibleTextRole)
        item.setToolTip(model.problem or str(model.card.get("description", "")))
        self._items.appendRow(item)

    @Slot()
    def _on_current(self) -> None:
        self.chosen.emit(self.current)


def second_line(model: ModelInfo) -> str:
    """Returns purpose, origin and quality of a model."""
    if model.problem:
        return descriptions.sentence(descriptions.origin(model))
    origin = descriptions.origin(model) if model.origin != "shipped" else ""
    return descriptions.sentence(descriptions.purpose(model), origin, descriptions.headline(model.card))


class _Delegate(QStyledItemDelegate):
    """Paints headings and hints in a muted colour, and models as a title with a second line."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        line = option.fontMetrics.height()
        kind = index.data(KindRole)
        if kind == HINT:
            width = self._view.viewport().width() - 2 * _PAD_X
            text = option.fontMetrics.boundingRect(QRect(0, 0, width, 1000), Qt.TextFlag.TextWordWrap, str(index.data()))
            return QSize(0, text.height() + 2 * _PAD_Y)
        return QSize(0, line + 2 * _PAD_Y + 4 if kind == HEADING else 2 * line + _GAP + 2 * _PAD_Y)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = option.rect.adjusted(_PAD_X, _PAD_Y, -_PAD_X, -_PAD_Y)
        if index.data(KindRole) == MODEL:
            _ground(painter, option)
            _two_lines(painter, option, room, index.data(ModelRole))
        else:
            heading = index.data(KindRole) == HEADING
            painter.setFont(_bold(option.font) if heading else option.font)
            painter.setPen(theme.colour("muted"))
            side = Qt.AlignmentFlag.AlignBottom if heading else Qt.AlignmentFlag.AlignTop
            painter.drawText(room, side | Qt.TextFlag.TextWordWrap, str(index.data()))
        painter.restore()


def _ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    selected = bool(option.state & QStyle.StateFlag.State_Selected)
    focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
    card = QRectF(option.rect).adjusted(4, 1, -4, -1)
    accent = QColor(option.palette.color(QPalette.ColorRole.Highlight))
    if selected or option.state & QStyle.StateFlag.State_MouseOver:
        fill = QColor(accent)
        fill.setAlphaF(0.22 if selected else 0.08)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRoundedRect(card, 8, 8)
    if selected:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(accent, 2 if focused else 1))
        painter.drawRoundedRect(card.adjusted(1, 1, -1, -1), 8, 8)


def _two_lines(painter: QPainter, option: QStyleOptionViewItem, room: QRect, model: ModelInfo) -> None:
    line = option.fontMetrics.height()
    elide = Qt.TextElideMode.ElideRight
    painter.setFont(_bold(option.font))
    painter.setPen(option.palette.color(QPalette.ColorRole.Text))
    title = painter.fontMetrics().elidedText(model.title, elide, room.width())
    painter.drawText(QRect(room.left(), room.top(), room.width(), line), Qt.AlignmentFlag.AlignVCenter, title)
    painter.setFont(option.font)
    painter.setPen(theme.colour("error" if model.problem else "muted"))
    below = QRect(room.left(), room.top() + line + _GAP, room.width(), line)
    painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, option.fontMetrics.elidedText(second_line(model), elide, room.width()))


def _bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setWeight(QFont.Weight.DemiBold)
    return made
