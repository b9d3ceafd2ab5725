"""Small previews inside files: a WebP of at most a given size. May run on any thread.

WebP needs 30 bytes for its header, where a JPEG needs 600: at 2 KB a picture of 256 pixels is still recognisable. Only Pillow is needed to
open one, so that a file manager's thumbnail does not have to wait for numpy.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, WebPImagePlugin

if TYPE_CHECKING:
    from aedesk.imaging.picture import Picture

EDGE_PX = 256
"""Longest edge: that of the "large" thumbnails of freedesktop.org."""
MAX_EDGE_PX = 1024
"""Larger previews are not decoded."""
_FORMATS = (WebPImagePlugin.WebPImageFile.format, "JPEG")  # importing the plug-in saves Pillow from searching in all of its fifty
_EDGES_PX = (EDGE_PX, 192, 128)
_QUALITIES = (80, 65, 50, 35, 20)


def encode_preview(picture: Picture, max_bytes: int) -> bytes | None:
    """Returns a WebP of at most ``max_bytes`` in sRGB, on white where the picture is transparent; None if no size and quality fits.

    The longest edge is 256 pixels, or 192 or 128 where 256 pixels do not fit at the lowest quality.
    """
    from aedesk.imaging.thumbnails import small

    for edge_px in _EDGES_PX:
        image = Image.fromarray(small(picture, edge_px))
        for quality in _QUALITIES:
            file = io.BytesIO()
            image.save(file, _FORMATS[0], quality=quality)
            if file.tell() <= max_bytes:
                return file.getvalue()
    return None


def open_preview(data: bytes, min_edge_px: int = 1) -> Image.Image | None:
    """Decodes a WebP or JPEG preview; None if it is damaged, or its longest edge is below ``min_edge_px`` or above 1024."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return image.convert("RGB") if min_edge_px <= max(image.size) <= MAX_EDGE_PX else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # Pillow's errors for damaged data
        return None
