"""The switch between picture, rate-distortion curves and latent."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

PICTURE, CURVES, LATENT = "picture", "curves", "latent"
VIEWS = (
    (PICTURE, "Picture", "Original and compressed picture"),
    (CURVES, "Curves", "Rate-distortion curves of this picture for all codecs"),
    (LATENT, "Latent", "Channels of the latent and bits per position"),
)


class ViewSwitch(QWidget):
    """Chooses what the middle of the window shows; emits ``changed``."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("compressShow")
        self.setAccessibleName("View")
        self.name = PICTURE
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for name, title, tip in VIEWS:
            button = QToolButton()
            button.setObjectName(f"compressShow_{name}")
            button.setText(title)
            button.setAccessibleName(f"Show {title.lower()}")
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            policy = button.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Expanding)
            button.setSizePolicy(policy)
            button.setChecked(name == self.name)
            self._group.addButton(button)
            row.addWidget(button, 1)
        self._group.buttonToggled.connect(self._on_toggled)

    @Slot(QToolButton, bool)
    def _on_toggled(self, button: QToolButton, checked: bool) -> None:
        if checked:
            self.name = button.objectName().removeprefix("compressShow_")
            self.changed.emit()
