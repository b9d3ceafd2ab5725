"""Where the next job runs."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from aedesk.core.formatting import format_bytes
from aedesk.core.specs import DeviceInfo
from aedesk.gui.workspace import Workspace

MAX_PX = 240


class DeviceSelector(QWidget):
    """Auto, and what the worker found. A remembered device that is not there any more gives way to Auto, and the person is told."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._combo = QComboBox()
        self._combo.setObjectName("deviceChoice")
        self._combo.setAccessibleName("Device")
        self._combo.setToolTip("Where the model runs")
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._combo.setMaximumWidth(MAX_PX)
        label = QLabel("&Device")
        label.setBuddy(self._combo)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self._combo)
        self._fill()
        self._combo.currentIndexChanged.connect(self._on_chosen)
        workspace.catalog.devices_changed.connect(self._on_devices)
        workspace.catalog.device_changed.connect(self._show)

    @Slot()
    def _on_devices(self) -> None:
        catalog = self._workspace.catalog
        if not catalog.has_device(catalog.device):
            self._workspace.tell(f"The device {catalog.device} is not there any more; Auto is used instead.", "warning")
            catalog.choose_device("auto")
        self._fill()

    def _fill(self) -> None:
        catalog = self._workspace.catalog
        choices = {"auto": "Auto"} | {device.name: device_label(device) for device in catalog.devices}
        choices.setdefault(catalog.device, catalog.device)
        with QSignalBlocker(self._combo):
            self._combo.clear()
            for name, label in choices.items():
                self._combo.addItem(label, name)
        self._show(catalog.device)

    @Slot(str)
    def _show(self, name: str) -> None:
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(max(self._combo.findData(name), 0))

    @Slot(int)
    def _on_chosen(self, _index: int) -> None:
        self._workspace.catalog.choose_device(self._combo.currentData())


def device_label(device: DeviceInfo) -> str:
    """As the worker names it, with the memory that is free on a GPU."""
    if device.free_bytes is None or device.name == "cpu":
        return device.label
    return f"{device.label}, {format_bytes(device.free_bytes, binary=True)} free"
