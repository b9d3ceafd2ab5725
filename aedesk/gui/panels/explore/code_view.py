"""The code of a picture: original, reconstruction, error, and an editor for the code."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget

from aedesk.core.explore_specs import CodeResult, DecodeResult
from aedesk.gui.panels.explore.code_editor import ChannelEditor, DenseEditor
from aedesk.gui.panels.explore.result_view import ResultView
from aedesk.gui.widgets.labels import quiet_label
from aedesk.gui.widgets.pictures.picture_box import PictureBox


class CodeView(ResultView):
    """Signals:
    edited(code, original): the code was changed and is to be decoded for ``show_decoded``.
    """

    edited = Signal(object, object)

    def __init__(self) -> None:
        super().__init__("codeView", "Open a picture and select it in the library to see its code.")
        self._result: CodeResult | None = None
        self.original = PictureBox("codeOriginal", "Original")
        self.reconstruction = PictureBox("codeReconstruction", "Reconstruction")
        self.error = PictureBox("codeError", "Error")
        self.facts = quiet_label("codeFacts")
        self.dense, self.channels = DenseEditor(), ChannelEditor()
        self.reset = QPushButton("&Reset code")
        self.reset.setObjectName("resetCode")
        self.reset.setToolTip("Restore the code of the picture")
        pictures = QHBoxLayout()
        pictures.setSpacing(14)
        for box in (self.original, self.reconstruction, self.error):
            pictures.addWidget(box, 1)
        self._editors = QStackedWidget()
        self._editors.addWidget(self.dense)
        self._editors.addWidget(self.channels)
        below = QHBoxLayout()
        below.addWidget(self.facts, 1)
        below.addWidget(self.reset)
        self.column.addLayout(pictures, 5)
        self.column.addLayout(below)
        self.column.addWidget(self._editors, 4)
        self.dense.edited.connect(self._on_edited)
        self.channels.edited.connect(self._on_edited)
        self.reset.clicked.connect(self._on_reset)

    def fill(self, result: CodeResult) -> None:
        self._result = result
        height, width = result.original.shape[:2]
        self.original.set_pixels(result.original, f"{width} \N{MULTIPLICATION SIGN} {height}")
        self._show(result.reconstruction, result.error, result.psnr)
        ratio = result.input_size / result.code_size
        shape = " \N{MULTIPLICATION SIGN} ".join(map(str, result.code.shape))
        channels = f" ({shape})" if result.maps is not None else ""
        size = f"Code: {result.code_size:,} values{channels} for {result.input_size:,} values of the picture, {ratio:.3g} : 1."
        self.facts.setText(f"{size} {1000 * result.seconds:.0f} ms. {result.note}")
        if result.maps is None:
            self.dense.set_code(result.code, result.generative)
            self._editors.setCurrentWidget(self.dense)
        else:
            self.channels.set_code(result.code, result.maps)
            self._editors.setCurrentWidget(self.channels)
        self.reset.setEnabled(False)

    def show_decoded(self, result: DecodeResult) -> None:
        """Shows the decoded picture of the edited code."""
        self._show(result.reconstruction, result.error, result.psnr)

    def _show(self, reconstruction: np.ndarray, error: np.ndarray, psnr: float) -> None:
        peak = f"white: {self._result.error_peak:.0f} gray levels or more" if self._result is not None else ""
        self.reconstruction.set_pixels(reconstruction, f"{psnr:.2f} dB")
        self.error.set_pixels(error, peak)

    @Slot()
    def _on_edited(self) -> None:
        if self._result is not None:
            self.reset.setEnabled(True)
            code = self.dense.code if self._result.maps is None else self.channels.code
            self.edited.emit(code.copy(), self._result.original)

    @Slot()
    def _on_reset(self) -> None:
        if self._result is None:
            return
        if self._result.maps is None:
            self.dense.set_values(self._result.code)
        else:
            self.channels.reset()
        self.reset.setEnabled(False)
