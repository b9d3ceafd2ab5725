"""Fonts installed on this computer, for text watermarks."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from PIL import ImageFont

SUFFIXES = (".ttf", ".otf")
MAX_FONTS = 200
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_folders() -> tuple[Path, ...]:
    """The folders in which the system and the user keep fonts; they need not exist."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts")


@functools.lru_cache(maxsize=1)
def system_fonts() -> tuple[Path, ...]:
    """Font files that Pillow can load, sorted by file name, one per name; about ``MAX_FONTS`` evenly spaced ones of many. May be empty."""
    found = {
        path.name: path for folder in font_folders() if folder.is_dir() for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES
    }
    paths = [found[name] for name in sorted(found)]
    usable = [path for path in paths[:: max(1, len(paths) // MAX_FONTS)] if _has_latin_letters(path)]
    return tuple(usable)


def built_in_font(size_px: int) -> Font:
    """Pillow's own font, identical on every computer. It is reserved for watermarks that are measured on; training never uses it."""
    return ImageFont.load_default(size_px)


def _has_latin_letters(path: Path) -> bool:
    """Whether the font loads and draws distinct letters (symbol fonts do not)."""
    try:
        font = ImageFont.truetype(str(path), 24)
        return bytes(font.getmask("a")) != bytes(font.getmask("b")) and font.getbbox("Proof")[2] > 0
    except (OSError, ValueError):
        return False
