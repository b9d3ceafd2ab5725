"""The page of Explore: the view of the activity, and below it the progress of the job."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from aedesk.gui.panels.explore.activity import Activity
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.busy_label import BusyLabel

NO_MODEL = (
    "There is no model with a latent yet.\n\n"
    "Train one in the Train panel, for example with the goal Compress pictures like these, and press Use now; "
    "or import one in the Models panel."
)


class ExplorePage(QWidget):
    """Creates a view when its activity is first shown.

    Signals:
        cancel_requested: the Cancel button was pressed.
        view_made(name, view): a view was created.
    """

    cancel_requested = Signal()
    view_made = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explorePage")
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
        self._stack.setMinimumSize(320, 240)  # otherwise the window would grow with the views
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
        self._cancel.clicked.connect(self.cancel_requested)
        self.set_busy(False)

    def show_activity(self, activity: Activity | None) -> None:
        """Shows the view of an activity; None if there is no model."""
        self._title.setText(activity.title if activity is not None else "")
        self._title.setVisible(activity is not None)
        self._stack.setCurrentWidget(self._empty if activity is None else self.view(activity))

    def view(self, activity: Activity) -> ResultView:
        """Returns the view of an activity, created if necessary."""
        view = self._views.get(activity.name)
        if view is None:
            view = self._views[activity.name] = activity.make_view()
            self._stack.addWidget(view)
            self.view_made.emit(activity.name, view)
        return view

    def show_result(self, activity: Activity, result: Any) -> None:
        """Shows a result in the view of its activity."""
        self.view(activity).show_result(result)

    def clear(self) -> None:
        """Clears all views after a change of the model."""
        for view in self._views.values():
            view.clear()

    @Slot(bool)
    def set_busy(self, busy: bool, text: str = "Working\N{HORIZONTAL ELLIPSIS}") -> None:
        """Shows or hides the progress."""
        self._status.setVisible(busy)
        self._busy.set_busy(busy, text if busy else "")
        self._bar.setRange(0, 0)

    @Slot(float, float, str)
    def show_progress(self, done: float, total: float, text: str) -> None:
        """Shows the progress; total 0 if unknown."""
        self._bar.setRange(0, round(total) if total else 0)
        self._bar.setValue(round(done))
        counted = f"{done:.0f} of {total:.0f}" if total else f"{done:.0f}"
        self._busy.set_text(f"{counted}   {text}".rstrip())
        if total and done >= total:
            self._bar.setRange(0, 0)
            self._busy.set_text("Calculating\N{HORIZONTAL ELLIPSIS}")
