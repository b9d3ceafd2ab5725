"""The dialog after a crash."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget


def ask(text: str, restorable: bool, report: Path | None, parent: QWidget | None = None) -> bool:
    """Returns whether the user wants the pictures back; closing the dialog means yes, because nothing is lost then."""
    box = QMessageBox(parent)
    box.setObjectName("crashQuestion")
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle("aedesk")
    box.setText("aedesk did not close properly last time.")
    where = f"\n\nA report was saved in {report}. It is not sent anywhere." if report is not None else ""
    box.setInformativeText(text + where)
    if report is not None:
        box.setDetailedText(report.read_text(encoding="utf-8", errors="replace"))
    if restorable:
        restore = box.addButton("&Restore session", QMessageBox.ButtonRole.AcceptRole)
        fresh = box.addButton("Start &fresh", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(restore)
        box.setEscapeButton(restore)
    else:
        fresh = box.addButton(QMessageBox.StandardButton.Ok)
    box.exec()
    wanted = restorable and box.clickedButton() is not fresh
    box.deleteLater()
    return wanted
