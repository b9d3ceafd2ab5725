"""The middle of the window while Explore is in front: the activity's view, and below it what is under way."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from aedesk.gui.panels.explore.activity import Activity
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.busy_label import BusyLabel

NO_MODEL = (
    "There is no model with a latent yet.\n\n"
    "Train one in Train, for example with Compress pictures like these, and press Use now when it is good enough; "
    "or import one in Models."
)


class ExploreCentre(QWidget):
    """Makes a view when its activity is first shown.

    Signals:
        cancel_wanted; view_made(name, view).
    """

    cancel_wanted = Signal()
    view_made = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("exploreCentre")
        self._views: dict[str, ResultView] = {}
        self._title = QLabel()
        self._title.setObjectName("exploreTitle")
        self._title.setProperty("heading", True)
        self._title.setContentsMargins(16, 10, 16, 0)
        self._empty = QLabel(NO_MODEL)
        self._empty.setObjectName("exploreEmpty")
        self._empty.setProperty("quiet", True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(60, 0, 60, 0)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.setMinimumSize(320, 240)  # or the window would grow with what a view has to show
        self._busy = BusyLabel()
        self._busy.setObjectName("exploreBusy")
        self._bar = QProgressBar()
        self._bar.setObjectName("exploreProgress")
        self._bar.setAccessibleName("Progress")
        self._bar.setTextVisible(False)
        self._bar.setMaximumWidth(260)
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("exploreCancel")
        self._status = QWidget()
        row = QHBoxLayout(self._status)
        row.setContentsMargins(16, 4, 16, 8)
        row.addWidget(self._busy, 1)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._title)
        column.addWidget(self._stack, 1)
        column.addWidget(self._status)
        self._cancel.clicked.connect(self.cancel_wanted)
        self.set_busy(False)

    def show_activity(self, activity: Activity | None) -> None:
        """None: there is no model to explore."""
        self._title.setText(activity.title if activity is not None else "")
        self._title.setVisible(activity is not None)
        self._stack.setCurrentWidget(self._empty if activity is None else self.view(activity))

    def view(self, activity: Activity) -> ResultView:
        view = self._views.get(activity.name)
        if view is None:
            view = self._views[activity.name] = activity.make_view()
            self._stack.addWidget(view)
            self.view_made.emit(activity.name, view)
        return view

    def show_result(self, activity: Activity, result: Any) -> None:
        self.view(activity).show_result(result)

    def clear(self) -> None:
        """What the views show belongs to another model."""
        for view in self._views.values():
            view.clear()

    @Slot(bool)
    def set_busy(self, busy: bool, text: str = "Working\N{HORIZONTAL ELLIPSIS}") -> None:
        self._status.setVisible(busy)
        self._busy.set_busy(busy, text if busy else "")
        self._bar.setRange(0, 0)

    @Slot(float, float, str)
    def show_progress(self, done: float, total: float, words: str) -> None:
        self._bar.setRange(0, round(total) if total else 0)
        self._bar.setValue(round(done))
        counted = f"{done:.0f} of {total:.0f}" if total else f"{done:.0f}"
        self._busy.set_text(f"{counted}   {words}".rstrip())
        if total and done >= total:
            self._bar.setRange(0, 0)
            self._busy.set_text("Calculating\N{HORIZONTAL ELLIPSIS}")
