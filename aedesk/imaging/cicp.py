"""Coding-independent code points for colour (ITU-T H.273), carried in the ICC profile of a picture.

AVIF, HEIC and PNG may say with two numbers how their samples are to be shown. A picture holds them inside its profile, in the ``cicp``
tag that ICC.1:2022 (9.2.17) defines for it, beside primaries and curves for programs that do not know the tag. So every format that
keeps a profile keeps them, and every viewer that honours profiles shows the picture as meant.

The curves of PQ and HLG end at reference white of 203 cd/m2 (ITU-R BT.2408), because the white of an ICC profile is the white of the
medium: brighter highlights are cut by programs that do not know the tag, and kept by those that do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aedesk.imaging import icc

UNSPECIFIED = 2
PQ, HLG = 16, 18
_REFERENCE_WHITE = 203.0
_TABLE_ENTRIES = 4096

_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
_PRIMARIES: dict[int, icc.Chromaticities] = {
    1: (_D65, (0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),  # BT.709, sRGB
    4: (_C, (0.670, 0.330), (0.210, 0.710), (0.140, 0.080)),  # BT.470 M
    5: (_D65, (0.640, 0.330), (0.290, 0.600), (0.150, 0.060)),  # BT.470 BG
    6: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # BT.601
    7: (_D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),  # SMPTE 240
    8: (_C, (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),  # film
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020, BT.2100
    11: (_DCI, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # DCI P3
    12: (_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
    22: (_D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),  # EBU 3213
}
_BT709 = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES: dict[int, icc.Curve] = {
    1: _BT709,
    4: (2.2,),
    5: (2.8,),
    6: _BT709,
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0913),  # SMPTE 240
    8: (1.0,),
    13: icc.SRGB_CURVE,
    14: _BT709,
    15: _BT709,
    17: (2.6,),  # SMPTE 428: DCI
}
_NAMES = {
    9: "BT.2020",
    11: "DCI P3",
    12: "Display P3",
    1: "BT.709",
    4: "BT.470 M",
    5: "BT.470 BG",
    6: "BT.601",
    7: "SMPTE 240",
    8: "film",
    22: "EBU 3213",
}
_CURVE_NAMES = {13: "sRGB", PQ: "PQ", HLG: "HLG", 8: "linear", 17: "SMPTE 428", 4: "gamma 2.2", 5: "gamma 2.8", 7: "SMPTE 240"}


@dataclass(frozen=True)
class Cicp:
    """Numbers of H.273: ``primaries`` (table 2) and ``transfer`` characteristics (table 3)."""

    primaries: int
    transfer: int

    @property
    def is_srgb(self) -> bool:
        """Whether it says no more than a picture without a profile."""
        return self.primaries in (1, UNSPECIFIED) and self.transfer in (13, UNSPECIFIED)

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (PQ, HLG)

    def __str__(self) -> str:
        return f"{_NAMES.get(self.primaries, self.primaries)}, {_CURVE_NAMES.get(self.transfer, 'BT.709 curve')}"

    def profile(self, gray: bool) -> bytes | None:
        """An ICC profile for pixels signalled like this, None for sRGB and for numbers that mean nothing here."""
        primaries = 1 if self.primaries == UNSPECIFIED else self.primaries
        transfer = 13 if self.transfer == UNSPECIFIED else self.transfer
        curve = _CURVES.get(transfer) or _table(transfer)
        if self.is_srgb or primaries not in _PRIMARIES or curve is None:
            return None
        return icc.profile(str(self), _PRIMARIES[primaries], curve, gray=gray, cicp=(primaries, transfer))


def cicp_of(profile: bytes | None) -> Cicp | None:
    """What the ``cicp`` tag of a profile says; None without one."""
    data = icc.tag(profile, b"cicp") if profile else None
    return Cicp(data[8], data[9]) if data and len(data) >= 12 else None


def _table(transfer: int) -> icc.Curve | None:
    shape: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = {PQ: _pq, HLG: _hlg}.get(transfer)
    if shape is None:
        return None
    light = shape(np.linspace(0, 1, _TABLE_ENTRIES)) / _REFERENCE_WHITE
    values: NDArray[np.uint16] = np.round(np.clip(light, 0, 1) * 65535).astype(np.uint16)
    return values


def _pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """cd/m2 of a PQ signal (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = signal ** (1 / m2)
    light: NDArray[np.float64] = 10_000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    return light


def _hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """cd/m2 of an HLG signal on a display of 1000 cd/m2 (BT.2100), with the system gamma of 1.2 on each channel by itself."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    light: NDArray[np.float64] = 1000 * scene**1.2
    return light
