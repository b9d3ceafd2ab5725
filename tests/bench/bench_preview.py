"""How long from a moved slider to the restored box on the screen: ``python tests/bench/bench_preview.py [CHANGES]``.

Opens the real window with the noisy sample, switches the preview on and moves first the sigma, for which the network must run, then the
strength, which only blends. The time includes the 40 ms that the preview waits for a slider to rest. 200 ms is aimed at; the preview
makes its box as large as fits.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> int:
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QCheckBox, QRadioButton

    from aedesk.gui.app import Application
    from aedesk.gui.panels.restore.panel import RestorePanel
    from aedesk.gui.widgets.inputs.sliders import LabeledSlider

    changes = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({f"XDG_{kind}_HOME": folder for kind in ("CONFIG", "STATE", "DATA", "CACHE")})
        app = QApplication(["aedesk"])
        running = Application(app, [PROJECT / "resources" / "samples" / "portrait_noisy.png"])
        window = running.window
        window.show()
        library = window.workspace.library
        while not window.workspace.inventory.models or library.current is None or library.current.source is None:
            QTest.qWait(50)
        panel = window.panel_stack.panel("restore")
        assert isinstance(panel, RestorePanel)
        seconds: list[float] = []
        panel.preview.shown.connect(seconds.append)
        panel.findChild(QRadioButton, "noiseManual").setChecked(True)
        panel.findChild(QCheckBox, "previewRegion").setChecked(True)
        for name, first, step in (("sigma", 5, 1), ("strength", 95, -1)):
            slider = panel.findChild(LabeledSlider, name)
            for number in range(changes + 5):  # the first find out how large a box this machine can afford
                seen = len(seconds)
                slider.set_value(first + step * number)
                while len(seconds) == seen:
                    QTest.qWait(5)
            last = sorted(seconds[-changes:])
            print(
                f"preview after a new {name}: median {1000 * statistics.median(last):.0f} ms, "
                f"95 % within {1000 * last[int(0.95 * (len(last) - 1))]:.0f} ms of {changes} changes"
            )
        window.commands.before_quit = lambda go_on: go_on()  # type: ignore[method-assign]
        window.close()
        running.end()
    return 0


if __name__ == "__main__":  # the worker is spawned and imports this file
    from multiprocessing import freeze_support

    freeze_support()
    sys.exit(main())
