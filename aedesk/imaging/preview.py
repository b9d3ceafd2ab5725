"""Small previews inside files: a WebP of at most a given size. May run on any thread.

WebP needs 30 bytes for its header, where a JPEG needs 600: at 2 KB a picture of 256 pixels is still recognisable.
"""

from __future__ import annotations

import io

from PIL import Image

from aedesk.imaging.display import to_display
from aedesk.imaging.picture import Picture
from aedesk.imaging.pillow_reader import samples_of

EDGE_PX = 256
"""Longest edge: that of the "large" thumbnails of freedesktop.org."""
MAX_EDGE_PX = 1024
"""Larger previews are not decoded."""
_EDGES_PX = (EDGE_PX, 192, 128)
_QUALITIES = (80, 65, 50, 35, 20)


def encode_preview(picture: Picture, max_bytes: int) -> bytes | None:
    """Returns a WebP of at most ``max_bytes`` in sRGB, with alpha if the picture has it; None if no size and quality fits.

    The longest edge is 256 pixels, or 192 or 128 where 256 pixels do not fit at the lowest quality.
    """
    for edge_px in _EDGES_PX:
        image = Image.fromarray(to_display(picture, edge_px))
        for quality in _QUALITIES:
            file = io.BytesIO()
            image.save(file, "WEBP", quality=quality)
            if file.tell() <= max_bytes:
                return file.getvalue()
    return None


def decode_preview(data: bytes, min_edge_px: int = 1) -> Picture | None:
    """Decodes a WebP or JPEG preview as sRGB; None if it is damaged, or its longest edge is below ``min_edge_px`` or above 1024."""
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "JPEG")) as image:
            if not min_edge_px <= max(image.size) <= MAX_EDGE_PX:
                return None
            samples = samples_of(image.convert("RGBA" if image.has_transparency_data else "RGB"))
            return Picture(samples[:, :, :3], samples[:, :, 3] if samples.shape[2] == 4 else None)
    except (OSError, ValueError, SyntaxError):  # Pillow's errors for damaged data
        return None
