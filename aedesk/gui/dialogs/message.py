"""A message box for messages that are too important for the banner."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QMessageBox, QWidget


def show_once(text: str, parent: QWidget | None = None) -> None:
    """Shows a message; while one is open, further ones are only logged, so that repeated errors do not pile up."""
    if any(widget.objectName() == "message" and widget.isVisible() for widget in QApplication.topLevelWidgets()):
        return
    box = QMessageBox(QMessageBox.Icon.Warning, "aedesk", text, QMessageBox.StandardButton.Ok, parent)
    box.setObjectName("message")
    box.exec()
    box.deleteLater()
