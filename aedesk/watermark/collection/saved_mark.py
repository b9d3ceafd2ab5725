"""A watermark shared by many pictures, and its file.

The file is a 16-bit PNG that any viewer shows: the watermark's colour with alpha. How it lies on pictures of other sizes, and how accurate
it is, is stored as JSON in one XMP property. (A second file would get lost; an archive of arrays could not be viewed.)
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr, unescape

import numpy as np

from aedesk.core.documents import parse_json
from aedesk.core.errors import DataError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import SCALINGS, Layout
from aedesk.watermark.collection.poisson_estimate import WatermarkFields

VERSION = 1
_MAX_SAMPLE = 65535
_NAMESPACE = "https://aedesk.invalid/ns/mark/1/"
_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:aedesk="{namespace}" aedesk:mark={mark}/></rdf:RDF></x:xmpmeta>'
)
_PROPERTY = re.compile(r'aedesk:mark=(?:"([^"]*)"|\'([^\']*)\')')
_MAX_XMP_BYTES = 64 << 10
_MAX_EDGE_PX = 1_000_000


@dataclass(frozen=True)
class SharedMark:
    """A watermark in its frame.

    Args:
        fields: transmission and premultiplied colour in ``box``.
        box: of the frame.
        layout: how the frame lies on pictures.
        pictures: number of pictures that it was estimated from.
        error: expected error of a restored sample, in gray levels (0 to 255).
        displaced: whether pictures have shifts of their own, so that its position must be searched on each.
    """

    fields: WatermarkFields
    box: Box
    layout: Layout
    pictures: int
    error: float
    displaced: bool


def as_picture(mark: SharedMark, xmp: bytes | None = None) -> Picture:
    """Returns the watermark's box as a 16-bit picture with alpha."""
    alpha = mark.fields.alpha
    colour = np.where(alpha > 0, mark.fields.premultiplied / np.maximum(alpha, 1e-6), 0)
    pixels = np.rint(np.clip(np.moveaxis(colour, 0, -1), 0, 1) * _MAX_SAMPLE).astype(np.uint16)
    return Picture(pixels, np.rint(alpha * _MAX_SAMPLE).astype(np.uint16), xmp=xmp)


def save(mark: SharedMark, path: str | Path, overwrite: bool) -> Path:
    """Writes a watermark atomically. Raises :class:`~aedesk.core.errors.PictureError`."""
    description = {
        "version": VERSION,
        "box": list(mark.box),
        "reference": list(mark.layout.reference),
        "anchor": list(mark.layout.anchor),
        "scaling": mark.layout.scaling,
        "pictures": mark.pictures,
        "error": round(mark.error, 3),
        "displaced": mark.displaced,
    }
    packet = _PACKET.format(namespace=_NAMESPACE, mark=quoteattr(json.dumps(description)))
    return io.write(as_picture(mark, packet.encode()), path, overwrite=overwrite)


def load(path: str | Path) -> SharedMark:
    """Reads a watermark.

    Raises:
        PictureError: the file cannot be read.
        DataError: it is not a saved watermark, is damaged, or has a later version.
    """
    picture = io.read(path)
    description = _description(picture.xmp)
    if description is None or picture.alpha is None or picture.bit_depth != 16:
        raise DataError(f"{path} is not a watermark saved by this program.", "Give a file that --mark has written before.")
    if description.get("version") != VERSION:
        raise DataError(f"{path} has version {description.get('version')}, which is not supported.", "Use a newer version of this program.")
    try:
        return _parse(picture, description)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is damaged: its description is not valid ({error}).", "Create it again from the pictures.") from error


def _parse(picture: Picture, description: dict[str, Any]) -> SharedMark:
    box = Box(*(int(edge) for edge in description["box"]))
    across, down = (float(fraction) for fraction in description["anchor"])
    width, height = (int(edge) for edge in description["reference"])
    scaling = str(description["scaling"])
    valid = box.width == picture.width and box.height == picture.height and scaling in SCALINGS and min(width, height) >= 1
    if not valid or not 0 <= across <= 1 or not 0 <= down <= 1 or max(width, height) > _MAX_EDGE_PX:
        raise ValueError("its frame does not match its pixels")
    assert picture.alpha is not None
    alpha = picture.alpha / _MAX_SAMPLE
    fields = WatermarkFields(1 - alpha, np.moveaxis(picture.pixels / _MAX_SAMPLE, -1, 0) * alpha)
    error = float(description["error"])
    if not math.isfinite(error):
        raise ValueError("its error is not a finite number")
    layout = Layout((width, height), (across, down), scaling)
    return SharedMark(fields, box, layout, int(description["pictures"]), error, bool(description["displaced"]))


def _description(xmp: bytes | None) -> dict[str, Any] | None:
    if xmp is None or len(xmp) > _MAX_XMP_BYTES:
        return None
    found = _PROPERTY.search(xmp.decode("utf-8", errors="replace"))
    if not found:
        return None
    try:
        description = parse_json(unescape(found[1] or found[2], {"&quot;": '"', "&apos;": "'"}))
    except ValueError:
        return None
    return description if isinstance(description, dict) else None
