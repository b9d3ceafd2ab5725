"""The fonts of this machine, for marks made of text."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from PIL import ImageFont

SUFFIXES = (".ttf", ".otf")
MOST = 200
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_folders() -> tuple[Path, ...]:
    """Where the system and the person keep fonts."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts")


@functools.lru_cache(maxsize=1)
def system_fonts() -> tuple[Path, ...]:
    """Font files that can be loaded, one per name and evenly over the alphabet if there are more than ``MOST``; maybe none."""
    found = {
        path.name: path for folder in font_folders() if folder.is_dir() for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES
    }
    paths = [found[name] for name in sorted(found)]
    usable = [path for path in paths[:: max(1, len(paths) // MOST)] if _draws(path)]
    return tuple(usable)


def built_in_font(size_px: int) -> Font:
    """Pillow's own font, the same on every machine: marks that are measured on are written in it, marks that are trained on never."""
    return ImageFont.load_default(size_px)


def _draws(path: Path) -> bool:
    """Whether it loads, and has letters of its own for what marks say."""
    try:
        font = ImageFont.truetype(str(path), 24)
        return bytes(font.getmask("a")) != bytes(font.getmask("b")) and font.getbbox("Proof")[2] > 0
    except (OSError, ValueError):
        return False
