"""The choice of the device for the next job."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from aedesk.core.formatting import format_bytes
from aedesk.core.specs import DeviceInfo
from aedesk.gui.workspace import Workspace

MAX_PX = 240


class DeviceSelector(QWidget):
    """Automatic, and the devices that the worker has found. A saved device that is missing is replaced by Automatic, with a message."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._combo = QComboBox()
        self._combo.setObjectName("deviceChoice")
        self._combo.setAccessibleName("Device")
        self._combo.setToolTip("Device on which models run")
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
        workspace.inventory.devices_changed.connect(self._on_devices)
        workspace.inventory.device_changed.connect(self._show)

    @Slot()
    def _on_devices(self) -> None:
        inventory = self._workspace.inventory
        if not inventory.has_device(inventory.device):
            self._workspace.notify(f"The device {inventory.device} is no longer available. The choice is now automatic.", "warning")
            inventory.choose_device("auto")
        self._fill()

    def _fill(self) -> None:
        inventory = self._workspace.inventory
        choices = {"auto": "Automatic"} | {device.name: device_label(device) for device in inventory.devices}
        choices.setdefault(inventory.device, inventory.device)
        with QSignalBlocker(self._combo):
            self._combo.clear()
            for name, label in choices.items():
                self._combo.addItem(label, name)
        self._show(inventory.device)

    @Slot(str)
    def _show(self, name: str) -> None:
        with QSignalBlocker(self._combo):
            self._combo.setCurrentIndex(max(self._combo.findData(name), 0))

    @Slot(int)
    def _on_chosen(self, _index: int) -> None:
        self._workspace.inventory.choose_device(self._combo.currentData())


def device_label(device: DeviceInfo) -> str:
    """Returns the worker's name for the device, for a GPU with its free memory."""
    if device.free_bytes is None or device.name == "cpu":
        return device.label
    return f"{device.label}, {format_bytes(device.free_bytes, binary=True)} free"
