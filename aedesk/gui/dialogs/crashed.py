"""After a crash: what happened, and whether the pictures are to come back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget


def ask(text: str, restorable: bool, report: Path | None, parent: QWidget | None = None) -> bool:
    """True if the person wants the pictures back; closing the dialog means yes, because it loses nothing."""
    box = QMessageBox(parent)
    box.setObjectName("crashQuestion")
    box.setIcon(QMessageBox.Icon.Information)
    box.setWindowTitle("aedesk")
    box.setText("aedesk did not close properly the last time.")
    told = f"\n\nA report lies in {report}. Nothing of it is sent anywhere." if report is not None else ""
    box.setInformativeText(text + told)
    if report is not None:
        box.setDetailedText(report.read_text(encoding="utf-8", errors="replace"))
    if restorable:
        restore = box.addButton("&Restore the session", QMessageBox.ButtonRole.AcceptRole)
        fresh = box.addButton("Start &afresh", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(restore)
        box.setEscapeButton(restore)
    else:
        fresh = box.addButton(QMessageBox.StandardButton.Ok)
    box.exec()
    wanted = restorable and box.clickedButton() is not fresh
    box.deleteLater()
    return wanted
