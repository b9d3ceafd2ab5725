"""Fonts for text watermarks: those of a folder, or those installed on this computer."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

from PIL import ImageFont

from aedesk.core.errors import DataError
from aedesk.data.watermarks.words import SCRIPTS

SUFFIXES = (".ttf", ".otf", ".ttc", ".woff2")
MAX_FONTS = 200
"""Fonts of this computer that are used for holes; more say little new."""
PROBE_PX = 20
UNASSIGNED = "\U0010fffe"
"""A noncharacter: no font has a glyph for it, so it is drawn as the font's missing glyph."""
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_folders() -> tuple[Path, ...]:
    """The folders in which the system and the user keep fonts; they need not exist."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts")
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    return (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local/share/fonts", home / ".fonts")


@functools.lru_cache(maxsize=4)
def font_files(folder: str = "") -> tuple[Path, ...]:
    """The font files below a folder, or the system's if it is "", sorted by file name, one per name. Raises :class:`DataError` for a
    folder that does not exist or holds no font; the system may have none."""
    folders = (Path(folder).expanduser(),) if folder else font_folders()
    if folder and not folders[0].is_dir():
        raise DataError(f"The folder of fonts {folder} does not exist.", "Give a folder of font files, or leave it empty.")
    found = {path.name: path for place in folders if place.is_dir() for path in place.rglob("*") if path.suffix.lower() in SUFFIXES}
    if folder and not found:
        raise DataError(f"There are no fonts in {folder}.", f"Give a folder with {', '.join(SUFFIXES)} files.")
    return tuple(found[name] for name in sorted(found))


@functools.lru_cache(maxsize=1)
def system_fonts() -> tuple[Path, ...]:
    """Fonts of this computer that write Latin letters; about ``MAX_FONTS`` evenly spaced ones of many. May be empty."""
    paths = font_files()
    return tuple(path for path in paths[:: max(1, len(paths) // MAX_FONTS)] if "latin" in scripts_of(path))


@functools.lru_cache(maxsize=4096)
def scripts_of(path: Path) -> frozenset[str]:
    """The scripts that a font can write; empty if it cannot be loaded or has symbols only."""
    try:
        font = ImageFont.truetype(str(path), PROBE_PX)
        return frozenset(name for name, script in SCRIPTS.items() if has_glyphs(font, script.probe))
    except (OSError, ValueError):
        return frozenset()


def has_glyphs(font: Font, text: str) -> bool:
    """Whether a font draws every character of a text (spaces apart), none as its missing glyph, and different ones differently."""
    missing = bytes(font.getmask(UNASSIGNED))
    characters = set(text) - set(" \n")
    drawn = {character: bytes(font.getmask(character)) for character in characters}
    # A font whose letters all look alike, as placeholder fonts have them, writes nothing.
    alike = len(characters) > 1 and len(set(drawn.values())) == 1
    return not alike and all(any(mask) and mask != missing for mask in drawn.values())


def built_in_font(size_px: int) -> Font:
    """Pillow's own font, identical on every computer. Training uses it only where there is no other."""
    return ImageFont.load_default(size_px)
