"""The list of pictures: :class:`LibraryView`."""

from aedesk.gui.widgets.library.model import BADGES, LibraryModel
from aedesk.gui.widgets.library.view import LibraryView

__all__ = ["BADGES", "LibraryModel", "LibraryView"]
