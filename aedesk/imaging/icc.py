"""Writes small ICC profiles (ICC.1:2022, version 4.4) from primaries and a curve, and finds tags in any profile."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Chromaticities = tuple[Point, Point, Point, Point]
"""CIE xy of white, red, green and blue."""
Curve = tuple[float, ...] | NDArray[np.uint16]
"""From signal to light: (gamma,), or (gamma, a, b, c, d) for ``(a x + b) ** gamma`` from d on and ``c x`` below, or samples of it."""

SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
SRGB_CHROMATICITIES: Chromaticities = ((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_D50 = np.array([0.96420288, 1.0, 0.82490540])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_MAX_TAGS = 100
_LEAST_Y = 1e-4

Matrix = NDArray[np.float64]


def profile(name: str, chromaticities: Chromaticities, curve: Curve, *, gray: bool = False, cicp: tuple[int, int] | None = None) -> bytes:
    """A display profile of RGB with three equal curves, or of gray with one.

    Args:
        cicp: colour primaries and transfer characteristics of H.273 for the ``cicp`` tag.

    Raises:
        ValueError: the chromaticities span no colour space.
    """
    adaptation, colours = _adapted(chromaticities)
    tags = {b"desc": _text(name), b"cprt": _text("No copyright"), b"wtpt": _xyz(_D50)}
    tags[b"chad"] = b"sf32\0\0\0\0" + _fixed(adaptation.ravel())
    if gray:
        tags[b"kTRC"] = _curve(curve)
    else:
        for letter, column in zip((b"r", b"g", b"b"), colours.T, strict=True):
            tags[letter + b"XYZ"] = _xyz(column)
            tags[letter + b"TRC"] = _curve(curve)
    if cicp is not None:
        tags[b"cicp"] = b"cicp\0\0\0\0" + bytes((*cicp, 0, 1))
    return _packed(tags, b"GRAY" if gray else b"RGB ")


def tag(profile: bytes, signature: bytes) -> bytes | None:
    """The content of a tag, None if the profile has none or is damaged there."""
    (count,) = struct.unpack_from(">I", profile, 128) if len(profile) >= 132 else (0,)
    for at in range(132, min(132 + 12 * min(count, _MAX_TAGS), len(profile) - 11), 12):
        if profile[at : at + 4] == signature:
            start, size = struct.unpack_from(">II", profile, at + 4)
            return profile[start : start + size] if start + size <= len(profile) else None
    return None


def _adapted(chromaticities: Chromaticities) -> tuple[Matrix, Matrix]:
    """The Bradford matrix from the white to D50, and the XYZ of red, green and blue (columns) after it."""
    if any(y < _LEAST_Y for _, y in chromaticities):
        raise ValueError("these chromaticities span no colour space")
    white, *primaries = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in chromaticities)
    columns = np.stack(primaries, axis=1)
    if abs(np.linalg.det(columns)) < _LEAST_Y:
        raise ValueError("these chromaticities span no colour space")
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adaptation: Matrix = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD
    colours: Matrix = adaptation @ (columns * np.linalg.solve(columns, white))
    if not (np.isfinite(colours).all() and np.abs(colours).max() < 100):
        raise ValueError("these chromaticities span no colour space")
    return adaptation, colours


def _packed(tags: dict[bytes, bytes], space: bytes) -> bytes:
    table, body = b"", b""
    places: dict[bytes, int] = {}
    for signature, data in tags.items():
        if data not in places:
            places[data] = 132 + 12 * len(tags) + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", signature, places[data], len(data))
    size = 132 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x04400000, b"mntr", space, b"XYZ ") + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    head += b"acsp" + bytes(28) + _fixed(_D50) + bytes(48)
    return head + struct.pack(">I", len(tags)) + table + body


def _curve(curve: Curve) -> bytes:
    if isinstance(curve, np.ndarray):
        return b"curv\0\0\0\0" + struct.pack(">I", len(curve)) + curve.astype(">u2").tobytes()
    return b"para\0\0\0\0" + struct.pack(">HH", 0 if len(curve) == 1 else 3, 0) + _fixed(np.array(curve))


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _text(words: str) -> bytes:
    encoded = words.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(encoded), 28) + encoded


def _fixed(values: NDArray[np.float64]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(float(value) * 65536) for value in values))
