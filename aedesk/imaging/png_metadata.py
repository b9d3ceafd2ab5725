"""What a PNG file says about its pixels: colour, resolution, EXIF, XMP, IPTC and texts (ISO/IEC 15948:2025, clause 11.3).

EXIF, XMP, IPTC and profiles may also stand in text chunks called "Raw profile type ...", the way of ImageMagick and of ExifTool before
PNG had chunks for them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from aedesk.imaging import icc, iptc
from aedesk.imaging.cicp import Cicp
from aedesk.imaging.picture import Picture
from aedesk.imaging.png_chunks import chunk

SINGLE = frozenset((b"iCCP", b"cICP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"pHYs"))
TEXTS = frozenset((b"tEXt", b"zTXt", b"iTXt"))
MAX_BYTES = 64 << 20
"""Of all metadata together, inflated."""

_XMP_KEY = "XML:com.adobe.xmp"
_RAW = "Raw profile type "
_APP1_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_METRES_PER_INCH = 0.0254
_SRGB_GAMMA, _UNIT = 45_455, 100_000
_SRGB_POINTS = tuple(value for point in icc.SRGB_CHROMATICITIES for value in point)
_MAX_KEYWORD = 79


@dataclass
class Metadata:
    """Collects chunks with :meth:`add`; the properties decode them."""

    single: dict[bytes, bytes] = field(default_factory=dict)
    texts: list[tuple[str, str]] = field(default_factory=list)
    _raw: dict[str, bytes] = field(default_factory=dict)
    _size: int = 0

    def add(self, name: bytes, data: bytes) -> None:
        """The first of each kind counts. Damaged texts are left out.

        Raises:
            ValueError: this is more than :data:`MAX_BYTES`.
        """
        self._size += len(data)
        if name in SINGLE:
            self.single.setdefault(name, data)
        elif name in TEXTS:
            try:
                keyword, text = self._text(name, data)
            except (zlib.error, IndexError, UnicodeDecodeError):
                return
            if keyword == _XMP_KEY or keyword.startswith(_RAW):
                self._add_raw(keyword, text)
            elif keyword:
                self.texts.append((keyword, text.decode("utf-8" if name == b"iTXt" else "latin-1", "replace")))
        if self._size > MAX_BYTES:
            raise ValueError("its metadata is larger than 64 MiB")

    def _text(self, name: bytes, data: bytes) -> tuple[str, bytes]:
        keyword, _, rest = data.partition(b"\0")
        if name == b"zTXt":
            rest = self._inflated(rest[1:])
        elif name == b"iTXt":
            text = rest[2:].split(b"\0", 2)[2]
            rest = self._inflated(text) if rest[0] else text
        return keyword.decode("latin-1"), rest

    def _inflated(self, data: bytes) -> bytes:
        stream = zlib.decompressobj()
        inflated = stream.decompress(data, MAX_BYTES)
        self._size += len(inflated)
        if stream.unconsumed_tail or self._size > MAX_BYTES:
            raise ValueError("its metadata is larger than 64 MiB")
        return inflated

    def _add_raw(self, keyword: str, text: bytes) -> None:
        """A raw profile is its name, its length and its bytes as hexadecimal digits, in lines."""
        if keyword == _XMP_KEY:
            self._raw.setdefault("xmp", text)
            return
        kind = keyword[len(_RAW) :].lower()
        try:
            data = bytes.fromhex(b"".join(text.split()[2:]).decode("ascii"))
        except ValueError:
            return
        if kind == "app1":
            kind, data = ("xmp", data.removeprefix(_APP1_XMP)) if data.startswith(_APP1_XMP) else ("exif", data)
        self._raw.setdefault({"8bim": "iptc", "icm": "icc"}.get(kind, kind), data)

    @property
    def exif(self) -> bytes | None:
        return self.single.get(b"eXIf") or self._raw.get("exif")

    @property
    def xmp(self) -> bytes | None:
        return self._raw.get("xmp") or None

    @property
    def iptc(self) -> bytes | None:
        return iptc.resources(self._raw.get("iptc"))

    @property
    def dpi(self) -> tuple[float, float] | None:
        data = self.single.get(b"pHYs")
        if data is None or len(data) != 9 or data[8] != 1:
            return None
        x, y = struct.unpack(">II", data[:8])
        return (round(x * _METRES_PER_INCH, 2), round(y * _METRES_PER_INCH, 2)) if x and y else None

    def profile(self, gray: bool) -> bytes | None:
        """The ICC profile of the pixels by the first that is there of cICP, iCCP, sRGB, and gAMA with cHRM (11.3.2); None for sRGB."""
        cicp = self.single.get(b"cICP", b"")
        if len(cicp) == 4:
            return Cicp(cicp[0], cicp[1]).profile(gray)
        if profile := self._embedded() or self._raw.get("icc"):
            return profile
        return None if b"sRGB" in self.single else self._calibrated(gray)

    @property
    def narrow_range(self) -> bool:
        """Whether black is 16 and white 235, for 8 bits (cICP without the flag for full range)."""
        cicp = self.single.get(b"cICP", b"")
        return len(cicp) == 4 and cicp[3] == 0

    def _embedded(self) -> bytes | None:
        """iCCP: name, 0, method, deflated profile. One that is damaged is left out, as all browsers do."""
        _, _, rest = self.single.get(b"iCCP", b"").partition(b"\0")
        try:
            return self._inflated(rest[1:]) or None
        except zlib.error:
            return None

    def _calibrated(self, gray: bool) -> bytes | None:
        gamma, points = self.single.get(b"gAMA", b""), self.single.get(b"cHRM", b"")
        exponent = int.from_bytes(gamma, "big") if len(gamma) == 4 else _SRGB_GAMMA
        values = tuple(value / _UNIT for value in struct.unpack(">8I", points)) if len(points) == 32 else _SRGB_POINTS
        is_srgb = all(abs(a - b) < 0.002 for a, b in zip(values, _SRGB_POINTS, strict=True))
        if not _UNIT / 20 <= exponent <= _UNIT * 20 or (exponent == _SRGB_GAMMA and (is_srgb or gray)):
            return None  # what the specification asks writers of sRGB to write
        white, red, green, blue = zip(values[::2], values[1::2], strict=True)
        curve = (_UNIT / exponent,) if len(gamma) == 4 else icc.SRGB_CURVE
        try:
            return icc.profile(f"Gamma {_UNIT / exponent:.2f}", (white, red, green, blue), curve, gray=gray)
        except ValueError:
            return None


def written(picture: Picture) -> Iterator[bytes]:
    """The chunks, to stand between IHDR and IDAT, that keep everything a picture carries."""
    if picture.cicp:
        yield chunk(b"cICP", bytes((picture.cicp.primaries, picture.cicp.transfer, 0, 1)))
    if picture.icc:
        yield chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(picture.icc))
    if picture.dpi:
        x, y = (min(max(round(value / _METRES_PER_INCH), 1), 2**31 - 1) for value in picture.dpi)
        yield chunk(b"pHYs", struct.pack(">IIB", x, y, 1))
    if picture.exif:
        yield chunk(b"eXIf", picture.exif)
    if picture.xmp:
        yield chunk(b"iTXt", _XMP_KEY.encode() + b"\0\0\0\0\0" + picture.xmp)
    if picture.iptc:
        digits = f"\niptc\n{len(picture.iptc):8}\n{picture.iptc.hex()}\n".encode("ascii")
        yield chunk(b"zTXt", f"{_RAW}iptc".encode() + b"\0\0" + zlib.compress(digits))
    for keyword, text in picture.text:
        yield _text_chunk(keyword, text)


def _text_chunk(keyword: str, text: str) -> bytes:
    name = keyword.encode("latin-1", "replace").replace(b"\0", b"")[:_MAX_KEYWORD] or b"Comment"
    plain = text.replace("\0", "")
    try:
        return chunk(b"tEXt", name + b"\0" + plain.encode("latin-1"))
    except UnicodeEncodeError:
        return chunk(b"iTXt", name + b"\0\0\0\0\0" + plain.encode("utf-8", "replace"))
