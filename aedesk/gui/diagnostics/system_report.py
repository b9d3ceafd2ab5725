"""The part of a bug report about the program and the machine. It is never sent: the user copies it."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, metadata

from PySide6.QtCore import QSysInfo, qVersion
from PySide6.QtGui import QGuiApplication

from aedesk import __version__
from aedesk.core.formatting import format_bytes
from aedesk.core.specs import DeviceInfo


@cache
def parts() -> tuple[tuple[str, str, str], ...]:
    """Returns (name, version, licence) of all dependencies, sorted by name: everything in a packaged program, else the requirements."""
    if getattr(sys, "frozen", False):
        names = {str(found.metadata["Name"]) for found in distributions()}
    else:
        names = required("aedesk")
    rows = [_part(name) for name in names - {"aedesk"}]
    return tuple(sorted((row for row in rows if row is not None), key=lambda row: row[0].lower()))


def _part(name: str) -> tuple[str, str, str] | None:
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return None
    expression, text = (next(iter(about.get_all(field) or []), None) for field in ("License-Expression", "License"))
    return str(about["Name"]), str(about["Version"]), licence_of(expression, text, about.get_all("Classifier"))


def licence_of(expression: str | None, text: str | None, classifiers: Sequence[str] | None) -> str:
    """Returns a licence in a few words, from the three places where a package may state it; "see LICENSES.txt" if none is short."""
    if expression:
        return expression
    named = [each.rsplit("::", 1)[-1].strip() for each in classifiers or () if each.startswith("License :: OSI Approved ::")]
    if text and "\n" not in text.strip() and len(text) < 60:
        return text.strip()
    return ", ".join(named) or "see LICENSES.txt"


def required(name: str) -> set[str]:
    """Returns the distributions that a distribution requires."""
    try:
        requirements = metadata(name).get_all("Requires-Dist") or []
    except PackageNotFoundError:
        return set()
    return {re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0] for each in requirements if "extra ==" not in each}


def program_report(devices: Sequence[DeviceInfo]) -> str:
    """Returns versions, system and devices, one per line."""
    packaged = "packaged" if getattr(sys, "frozen", False) else "from Python packages"
    screens = ", ".join(
        f"{screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio():g}" for screen in QGuiApplication.screens()
    )
    lines = [
        f"aedesk {__version__} ({packaged}), Python {platform.python_version()}, Qt {qVersion()} on {QGuiApplication.platformName()}",
        f"System: {system()}, {platform.machine()}, {os.cpu_count()} processors, Qt built for {QSysInfo.buildAbi()}",
        f"Screens: {screens}",
        *(f"Device: {describe(device)}" for device in devices),
        "Packages: " + ", ".join(f"{name} {version}" for name, version, _ in parts()),
    ]
    return "\n".join(lines)


def system() -> str:
    """Returns the operating system with its version, on Linux with the distribution."""
    name = f"{platform.system()} {platform.release()}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']} ({name})"
    except (OSError, KeyError, AttributeError):
        return name


def describe(device: DeviceInfo) -> str:
    """Returns name, label and memory of a device."""
    memory = f", {format_bytes(device.memory_bytes, binary=True)}" if device.memory_bytes else ""
    free = f", {format_bytes(device.free_bytes, binary=True)} free" if device.free_bytes else ""
    return f"{device.name}: {device.label}{memory}{free}"
