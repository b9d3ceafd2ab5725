"""Dialogs. Each has a function that shows it and returns what the person chose, so that tests can put another in its place."""

from __future__ import annotations

from aedesk.gui.dialogs.about import show_about
from aedesk.gui.dialogs.help import show_help
from aedesk.gui.dialogs.message import show_message
from aedesk.gui.dialogs.settings import edit_settings

__all__ = ["edit_settings", "show_about", "show_help", "show_message"]
