"""One plain message in a dialog of its own, for what a banner is too small for."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QMessageBox, QWidget


def show_once(text: str, parent: QWidget | None = None) -> None:
    """Show the message; while one is up, further ones are left to the log, so that errors in a row do not pile up."""
    if any(widget.objectName() == "message" and widget.isVisible() for widget in QApplication.topLevelWidgets()):
        return
    box = QMessageBox(QMessageBox.Icon.Warning, "aedesk", text, QMessageBox.StandardButton.Ok, parent)
    box.setObjectName("message")
    box.exec()
    box.deleteLater()
