"""Develops camera RAW through rawpy (LibRaw), if the extra ``raw`` is installed: 16-bit sRGB with the camera's white balance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aedesk.core.errors import PictureError
from aedesk.imaging.header import Header
from aedesk.imaging.picture import Pixels


def header(path: Path) -> Header:
    with _open(path) as raw:
        size = raw.sizes
        width, height = (size.height, size.width) if size.flip in (5, 6) else (size.width, size.height)
        return Header(format="RAW", width=width, height=height, channels=3, has_alpha=False, bit_depth=16)


def samples(path: Path, header: Header) -> Pixels:
    with _open(path) as raw:
        developed: Pixels = raw.postprocess(use_camera_wb=True, output_bps=16)
        return developed


def _open(path: Path) -> Any:
    try:
        import rawpy
    except ImportError as error:
        raise PictureError(
            f"{path} is a camera RAW file, and the library that develops them is not installed.", 'Run: pip install "aedesk[raw]"'
        ) from error
    return rawpy.imread(str(path))
