"""The library of open pictures: :class:`LibraryView`."""

from aedesk.gui.shell.library.model import BADGES, LibraryModel
from aedesk.gui.shell.library.view import LibraryView

__all__ = ["BADGES", "LibraryModel", "LibraryView"]
