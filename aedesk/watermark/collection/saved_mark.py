"""A mark on its own: what is taken off pictures, and its file.

The file is a PNG of 16 bits that any viewer shows: the mark's colour with alpha. How it lies on pictures of other sizes, and how well it is
known, stands in its XMP as one property with JSON inside. (A file beside it would get lost; zipped arrays could not be looked at.)
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

from aedesk.core.errors import DataError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import SCALINGS, Layout
from aedesk.watermark.collection.poisson_estimate import Fields

VERSION = 1
_TOP = 65535
_NAMESPACE = "https://aedesk.invalid/ns/mark/1/"
_PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:aedesk="{namespace}" aedesk:mark={mark}/></rdf:RDF></x:xmpmeta>'
)
_PROPERTY = re.compile(r'aedesk:mark=(?:"([^"]*)"|\'([^\']*)\')')
_MAX_XMP_BYTES = 64 << 10


@dataclass(frozen=True)
class Mark:
    """A mark in its frame.

    Args:
        fields: transmission and premultiplied colour on the ``box`` of the frame.
        layout: how the frame lies on pictures.
        pictures: how many it was found from.
        error: expected error of an un-blended sample, in gray levels.
        displaced: whether pictures had shifts of their own, so that it must be looked for on each.
    """

    fields: Fields
    box: Box
    layout: Layout
    pictures: int
    error: float
    displaced: bool


def as_picture(mark: Mark, xmp: bytes | None = None) -> Picture:
    """The mark's box with alpha, 16 bits."""
    alpha = mark.fields.alpha
    straight = np.where(alpha > 0, mark.fields.colour / np.maximum(alpha, 1e-6), 0)
    pixels = np.rint(np.clip(np.moveaxis(straight, 0, -1), 0, 1) * _TOP).astype(np.uint16)
    return Picture(pixels, np.rint(alpha * _TOP).astype(np.uint16), xmp=xmp)


def save(mark: Mark, path: str | Path, overwrite: bool) -> Path:
    """Write a mark, whole or not at all. Raises :class:`~aedesk.core.errors.PictureError`."""
    described = {
        "version": VERSION,
        "box": list(mark.box),
        "reference": list(mark.layout.reference),
        "anchor": list(mark.layout.anchor),
        "scaling": mark.layout.scaling,
        "pictures": mark.pictures,
        "error": round(mark.error, 3),
        "displaced": mark.displaced,
    }
    packet = _PACKET.format(namespace=_NAMESPACE, mark=quoteattr(json.dumps(described)))
    return io.write(as_picture(mark, packet.encode()), path, overwrite=overwrite)


def load(path: str | Path) -> Mark:
    """Read a mark.

    Raises:
        PictureError: the file cannot be read.
        DataError: it is a picture, but no mark, or one of a later version.
    """
    picture = io.read(path)
    described = _description(picture.xmp)
    if described is None or picture.alpha is None or picture.bit_depth != 16:
        raise DataError(f"{path} is no mark that was kept by this program.", "Give the file that an earlier --mark has written.")
    if described.get("version") != VERSION:
        raise DataError(f"{path} holds a mark of version {described.get('version')}.", "A newer version of this program is needed.")
    try:
        return _mark(picture, described)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} describes its mark wrongly ({error}).", "Make it again from the pictures.") from error


def _mark(picture: Picture, described: dict[str, Any]) -> Mark:
    box = Box(*(int(edge) for edge in described["box"]))
    across, down = (float(share) for share in described["anchor"])
    width, height = (int(edge) for edge in described["reference"])
    scaling = str(described["scaling"])
    sound = box.width == picture.width and box.height == picture.height and scaling in SCALINGS and min(width, height) >= 1
    if not sound or not 0 <= across <= 1 or not 0 <= down <= 1 or max(width, height) > 1_000_000:
        raise ValueError("its frame does not fit its pixels")
    assert picture.alpha is not None
    alpha = picture.alpha / _TOP
    fields = Fields(1 - alpha, np.moveaxis(picture.pixels / _TOP, -1, 0) * alpha)
    error = float(described["error"])
    if not math.isfinite(error):
        raise ValueError("its error is no number")
    return Mark(
        fields, box, Layout((width, height), (across, down), scaling), int(described["pictures"]), error, bool(described["displaced"])
    )


def _description(xmp: bytes | None) -> dict[str, Any] | None:
    if xmp is None or len(xmp) > _MAX_XMP_BYTES:
        return None
    found = _PROPERTY.search(xmp.decode("utf-8", errors="replace"))
    if not found:
        return None
    try:
        described = json.loads(unescape(found[1] or found[2], {"&quot;": '"', "&apos;": "'"}))
    except ValueError:
        return None
    return described if isinstance(described, dict) else None
