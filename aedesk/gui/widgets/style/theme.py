"""The theme: Fusion with our own palette and style sheet, light, dark or following the system."""

from __future__ import annotations

import string
import tomllib
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from aedesk.core.errors import SpecError
from aedesk.core.resources import resource_path
from aedesk.gui.widgets.style.window_style import WindowStyle

SCHEMES = ("system", "light", "dark")


@cache
def colours(look: str) -> dict[str, str]:
    """Returns the named colours of "light" or "dark" as #rrggbb."""
    return tomllib.loads(resource_path("style", f"{look}.toml").read_text(encoding="utf-8"))


def current_look() -> str:
    """Returns "light" or "dark", the current theme."""
    return "dark" if QGuiApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128 else "light"


def colour(name: str) -> QColor:
    """Returns a named colour of the current theme."""
    return QColor(colours(current_look())[name])


class _Follower(QObject):
    """Follows the colour scheme of the system. One per application."""

    changed = Signal(str)

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self.scheme = "system"
        app.styleHints().colorSchemeChanged.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Applies the palette and the style sheet."""
        look = self.scheme
        if look == "system":
            look = "dark" if self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"
        self._app.setPalette(palette(look))
        self._app.setStyleSheet(style_sheet(look))
        self.changed.emit(look)


def apply(app: QApplication, scheme: str = "system") -> QObject:
    """Applies the theme; call it again to change the scheme.

    Args:
        scheme: "light", "dark", or "system" to follow it, now and when it changes.

    Returns:
        An object with the signal ``changed(str)``, emitted with "light" or "dark".
    """
    if scheme not in SCHEMES:
        raise SpecError(f"There is no colour scheme {scheme!r}.", f"Choose one of {', '.join(SCHEMES)}.")
    follower = app.findChild(_Follower)
    if follower is None:
        app.setStyle(WindowStyle())
        follower = _Follower(app)
    follower.scheme = scheme
    if scheme == "system":
        app.styleHints().unsetColorScheme()
    else:  # so that window frames and file dialogs of the system follow
        app.styleHints().setColorScheme(Qt.ColorScheme.Dark if scheme == "dark" else Qt.ColorScheme.Light)
    follower.refresh()
    return follower


@cache
def style_sheet(look: str) -> str:
    """Returns the style sheet of "light" or "dark"."""
    template = string.Template(resource_path("style", "aedesk.qss").read_text(encoding="utf-8"))
    return template.substitute(colours(look), look=look, folder=resource_path("style").as_posix())


def palette(look: str) -> QPalette:
    """Returns the palette of "light" or "dark"."""
    table, role, group = colours(look), QPalette.ColorRole, QPalette.ColorGroup
    made = QPalette(QColor(table["button"]), QColor(table["window"]))
    roles = {
        role.WindowText: "text",
        role.Text: "text",
        role.ButtonText: "text",
        role.BrightText: "error",
        role.Base: "base",
        role.AlternateBase: "alternate",
        role.ToolTipBase: "base",
        role.ToolTipText: "text",
        role.PlaceholderText: "muted",
        role.Highlight: "accent",
        role.HighlightedText: "accent_text",
        role.Accent: "accent",
        role.Link: "accent",
        role.LinkVisited: "accent",
        role.Mid: "border",
    }
    for each, name in roles.items():
        made.setColor(each, QColor(table[name]))
    for each in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText, role.PlaceholderText):
        made.setColor(group.Disabled, each, QColor(table["disabled"]))
    made.setColor(group.Disabled, role.Highlight, QColor(table["line"]))
    return made
