"""The picture viewer: :class:`CompareView` shows up to three versions of one picture, linked in zoom and pan."""

from aedesk.gui.widgets.viewer.layers import LAYERS, MODES
from aedesk.gui.widgets.viewer.view import CompareView

__all__ = ["LAYERS", "MODES", "CompareView"]
