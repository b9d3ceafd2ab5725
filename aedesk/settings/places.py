"""Where this person's files live on each system. ``platformdirs`` would be a dependency for these twenty lines."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aedesk.settings.private import is_private

NAME = "aedesk"


def config_dir() -> Path:
    """The folder of settings: XDG_CONFIG_HOME, ~/Library/Application Support, or APPDATA."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / NAME
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / NAME


def data_dir() -> Path:
    """The folder of what the person makes with the program: XDG_DATA_HOME, ~/Library/Application Support, or LOCALAPPDATA."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / NAME
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / NAME


def models_dir() -> Path:
    """The folder of the person's own models, trained or imported. It need not exist."""
    return data_dir() / "models"


def runs_dir() -> Path:
    """The folder of the window's training runs, one folder each. It need not exist."""
    return data_dir() / "runs"


def state_dir() -> Path:
    """The folder of logs: XDG_STATE_HOME, ~/Library/Logs, or LOCALAPPDATA."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / NAME
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Logs" / NAME
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / NAME


def cache_dir() -> Path:
    """The folder of what may be lost: XDG_CACHE_HOME, ~/Library/Caches, or LOCALAPPDATA."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / NAME / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME


def runtime_dir() -> Path:
    """The folder of sockets: XDG_RUNTIME_DIR where the system gives each user one of their own, otherwise the folder of logs."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if sys.platform != "win32" and Path(given).is_absolute() and is_private(Path(given)):
        return Path(given)
    return state_dir()


def settings_path() -> Path:
    return config_dir() / "settings.json"


def log_path() -> Path:
    return state_dir() / "aedesk.log"
