"""The latent of a file: channel maps and bit costs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from aedesk.core.codec_specs import LatentsResult, LatentsSpec
from aedesk.gui.dialogs import files
from aedesk.gui.jobs.latest_job import LatestJob
from aedesk.gui.panels.compress import latent_maps
from aedesk.gui.panels.compress.bit_cost_map import full_scale_bits
from aedesk.gui.thread_pool import LatestTask
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.pictures.picture_box import PictureBox
from aedesk.gui.widgets.pictures.picture_grid import PictureGrid
from aedesk.gui.workspace import Workspace
from aedesk.imaging.picture import Picture

HINT = "Shows the latent of the picture after the first preview."


class LatentPage(QWidget):
    """Shows and exports the latent of an .aed file.

    Signals:
        failed(str)
    """

    failed = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("latentPage")
        self._workspace = workspace
        self._job = LatestJob(workspace.bridge, self)
        self._latest = LatestTask(workspace.pool)
        self._picture: Picture | None = None
        self._name = ""
        self._maps: latent_maps.Maps | None = None
        self._hint = QLabel(HINT)
        self._hint.setObjectName("latentHint")
        self._hint.setProperty("quiet", True)
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bit_costs = PictureBox("latentBitCosts", "Bits per position")
        self.channel = PictureBox("latentChannel", "Channel")
        self.grid = PictureGrid("latentMaps", "Channels of the latent, strongest first", "channel")
        self.facts = quiet_label("latentFacts")
        self.save = QPushButton("Export &latent\N{HORIZONTAL ELLIPSIS}")
        self.save.setObjectName("latentExport")
        self.save.setToolTip("Save symbols, values and bits per position as a NumPy .npz file")
        body = QWidget()
        pictures = QHBoxLayout()
        pictures.setSpacing(14)
        pictures.addWidget(self.bit_costs, 1)
        pictures.addWidget(self.channel, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.facts, 1)
        foot.addWidget(self.save, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(10)
        column.addLayout(pictures, 5)
        column.addWidget(self.grid, 4)
        column.addLayout(foot)
        self._stack = QStackedWidget()
        self._stack.setMinimumSize(320, 240)  # otherwise the window would grow with the content
        self._stack.addWidget(self._hint)
        self._stack.addWidget(body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self.grid.chosen.connect(self._on_chosen)
        self.save.clicked.connect(self._on_save)
        self._job.finished.connect(self._on_result)
        self._job.failed.connect(self._on_failed)

    @property
    def result(self) -> LatentsResult | None:
        """The latent that is shown; None if there is none."""
        return self._maps.result if self._maps is not None else None

    def show_file(self, data: bytes, picture: Picture, name: str, device: str) -> None:
        """Reads the latent of an .aed file.

        Args:
            data: contents of the file.
            picture: the picture that it encodes.
            name: file name of the picture, for the name of an exported file.
        """
        self._picture, self._name = picture, name
        self._job.run(LatentsSpec(device), data)

    def clear(self) -> None:
        """Removes the latent, which belongs to another picture."""
        self._job.cancel()
        self._latest.cancel()
        self._maps = None
        self._hint.setText(HINT)
        self._stack.setCurrentIndex(0)

    def shutdown(self) -> None:
        self._job.cancel()

    @Slot(object)
    def _on_result(self, result: LatentsResult) -> None:
        picture = self._picture
        self._latest.run(lambda: latent_maps.make_maps(result, picture), self._show, lambda error: self._on_failed(str(error)))

    def _show(self, maps: latent_maps.Maps) -> None:
        self._maps = maps
        self.bit_costs.set_pixels(maps.bit_costs, f"black: 0, pale yellow: {full_scale_bits(maps.result.bits):.0f} or more")
        self.grid.set_pictures(maps.maps)
        self._on_chosen(self.grid.current)
        self.facts.setText(latent_maps.describe_latent(maps))
        self._stack.setCurrentIndex(1)

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        if self._maps is not None and index < len(self._maps.order):
            channel = self._maps.order[index]
            description = latent_maps.describe_channel(self._maps.result, channel)
            self.channel.set_pixels(self._maps.maps[index], description.removeprefix("Channel "))

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self.clear()
        self._hint.setText(text)
        self.failed.emit(text)

    @Slot()
    def _on_save(self) -> None:
        maps = self._maps
        if maps is None:
            return
        folder = Path(str(self._workspace.settings["last_folder"]) or Path.home())
        path = files.choose_target(self, "Export latent", folder / f"{Path(self._name).stem}_latent.npz", "NumPy arrays")
        if path is not None:
            self._workspace.pool.run(
                lambda: latent_maps.export(maps.result, path),
                lambda written: self._workspace.notify(f"Saved {written}: symbols, values and bits per position.", "info"),
                lambda error: self._workspace.notify(str(error), "error"),
            )
