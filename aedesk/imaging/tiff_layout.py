"""How a page of a TIFF file stores its samples, from its tags alone (TIFF 6.0; Adobe's technical notes; libtiff's extensions)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aedesk.imaging import tiff_tags
from aedesk.imaging.failures import Unsupported
from aedesk.imaging.tags import Directory

_LARGEST_RATIOS = {1: 1, 5: 4096, 8: 1032, 32946: 1032, 32773: 64}
"""How much each compression can shrink: none, LZW (strings of at most 4096 for a code), deflate (two numbers), PackBits."""
_COLOURS = {
    tiff_tags.GRAY_INVERTED: 1,
    tiff_tags.GRAY: 1,
    tiff_tags.RGB: 3,
    tiff_tags.PALETTE: 1,
    tiff_tags.TRANSPARENCY_MASK: 1,
    tiff_tags.CMYK: 4,
    tiff_tags.YCBCR: 3,
    tiff_tags.CIELAB: 3,
    tiff_tags.ICCLAB: 3,
}
_OTHER_MODELS = {
    10: "an ITU Lab TIFF",
    32803: "a TIFF of raw sensor data",
    32844: "a LogL (high dynamic range) TIFF",
    32845: "a LogLuv (high dynamic range) TIFF",
    34892: "a TIFF of linear raw data",
    51177: "a depth map",
}
_ADVICE = "Save it with 8 or 16 bits per channel in another program."


@dataclass(frozen=True)
class Layout:
    """The tags that matter for decoding.

    Args:
        bits: per sample.
        samples: stored per pixel, extra ones included.
        extra: ExtraSamples, one value for each sample after the colours.
        planar: one plane per sample instead of interleaved samples.
        rows, columns: of a strip or tile.
        offsets, sizes: of the strips or tiles in the file, as the tags say.
    """

    width: int
    height: int
    bits: int
    samples: int
    photometric: int
    compression: int
    extra: tuple[int, ...]
    planar: bool
    tiled: bool
    rows: int
    columns: int
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]
    subsampled: bool

    @classmethod
    def of(cls, page: Directory) -> Layout:
        """Raises :class:`Unsupported` for sample formats and colour models that cannot be read."""
        width, height = int(page.number(tiff_tags.WIDTH)), int(page.number(tiff_tags.HEIGHT))
        tiled = tiff_tags.TILE_WIDTH in page.tags
        photometric = int(page.number(tiff_tags.PHOTOMETRIC, tiff_tags.GRAY))
        samples = int(page.number(tiff_tags.SAMPLES_PER_PIXEL, len(page.numbers(tiff_tags.BITS)) or 1))
        return cls(
            width=width,
            height=height,
            bits=_bits(page, samples),
            samples=samples,
            photometric=photometric,
            compression=int(page.number(tiff_tags.COMPRESSION, 1)),
            extra=_extra(page, photometric, samples),
            planar=samples > 1 and page.number(tiff_tags.PLANAR, 1) == 2,
            tiled=tiled,
            rows=min(int(page.number(tiff_tags.TILE_HEIGHT if tiled else tiff_tags.ROWS_PER_STRIP, height)), height),
            columns=int(page.number(tiff_tags.TILE_WIDTH)) if tiled else width,
            # Some programs list tiles under the tags of strips.
            offsets=_integers(page, tiff_tags.TILE_OFFSETS, tiff_tags.STRIP_OFFSETS),
            sizes=_integers(page, tiff_tags.TILE_SIZES, tiff_tags.STRIP_SIZES),
            subsampled=photometric == tiff_tags.YCBCR and page.numbers(tiff_tags.SUBSAMPLING)[:2] not in ((1, 1), ()),
        )

    @property
    def colours(self) -> int:
        """Stored samples per pixel that are colour (4 for CMYK, 1 for a palette)."""
        return _COLOURS[self.photometric]

    @property
    def channels(self) -> int:
        """1 or 3 after conversion to gray or RGB."""
        return 1 if self.photometric in (tiff_tags.GRAY, tiff_tags.GRAY_INVERTED, tiff_tags.TRANSPARENCY_MASK) else 3

    @property
    def alpha(self) -> int | None:
        """Which of the stored samples is alpha, None without."""
        kinds = (tiff_tags.ASSOCIATED, tiff_tags.STRAIGHT)
        return next((self.colours + at for at, kind in enumerate(self.extra) if kind in kinds), None)

    @property
    def premultiplied(self) -> bool:
        return self.alpha is not None and self.extra[self.alpha - self.colours] == tiff_tags.ASSOCIATED

    @property
    def bit_depth(self) -> int:
        """8 or 16 after conversion: Little CMS converts CMYK and Lab with 8 bits in Pillow, and palettes have 8."""
        deep = self.bits > 8 and self.photometric in (tiff_tags.GRAY, tiff_tags.GRAY_INVERTED, tiff_tags.RGB, tiff_tags.YCBCR)
        return 16 if deep else 8

    def segments(self, file_size: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Offsets and sizes of all strips or tiles, with missing and exaggerated sizes put right as libtiff does.

        Raises:
            ValueError: one is missing, empty or outside of the file, or all together are too small for the pixels.
        """
        if self.rows < 1 or self.columns < 1:
            raise ValueError("its strips or tiles have no size")
        planes = self.samples if self.planar else 1
        count = math.ceil(self.height / self.rows) * math.ceil(self.width / self.columns) * planes
        offsets = self.offsets[:count]
        if len(offsets) < count or any(not 0 < offset < file_size for offset in offsets):
            raise ValueError("parts of its pixels are missing")
        sizes = self.sizes[:count]
        if len(sizes) < count or not any(sizes):
            starts = sorted({*offsets})
            following = dict(zip(starts, [*starts[1:], file_size], strict=True))
            sizes = tuple(following[at] - at for at in offsets)
        sizes = tuple(min(size, file_size - offset) for offset, size in zip(offsets, sizes, strict=True))
        per_pixel = 1.5 if self.subsampled else self.samples
        raw = self.width * self.height * per_pixel * self.bits / 8
        if not all(sizes) or raw > sum(sizes) * _LARGEST_RATIOS.get(self.compression, math.inf):
            raise ValueError("parts of its pixels are missing")
        return offsets, sizes


def _bits(page: Directory, samples: int) -> int:
    kinds = {int(kind) for kind in page.numbers(tiff_tags.SAMPLE_FORMAT)} or {tiff_tags.UNSIGNED}
    depths = {int(bits) for bits in page.numbers(tiff_tags.BITS)[:samples]} or {1}
    photometric = int(page.number(tiff_tags.PHOTOMETRIC, tiff_tags.GRAY))
    if photometric not in _COLOURS:
        raise Unsupported(_OTHER_MODELS.get(photometric, f"a TIFF of colour model {photometric}"), _ADVICE)
    if tiff_tags.FLOAT in kinds:
        raise Unsupported("a TIFF with floating-point samples", _ADVICE)
    if kinds & {5, 6}:
        raise Unsupported("a TIFF with complex samples", _ADVICE)
    if tiff_tags.SIGNED in kinds and photometric not in (tiff_tags.CIELAB, tiff_tags.ICCLAB):
        raise Unsupported("a TIFF with signed samples", _ADVICE)
    if len(depths) > 1:
        raise Unsupported("a TIFF whose channels have different numbers of bits", _ADVICE)
    (bits,) = depths
    if not 1 <= bits <= 16:
        raise Unsupported(f"a TIFF with {bits} bits per sample", _ADVICE)
    return bits


def _extra(page: Directory, photometric: int, samples: int) -> tuple[int, ...]:
    """ExtraSamples; where the tag is missing, a fourth channel beside RGB is straight alpha, as in libtiff and Pillow."""
    count = samples - _COLOURS[photometric]
    if count < 0:
        raise ValueError("it has fewer samples than its colour model needs")
    told = tuple(int(kind) for kind in page.numbers(tiff_tags.EXTRA_SAMPLES))[-count:] if count else ()
    if not told and count == 1 and photometric == tiff_tags.RGB:
        return (tiff_tags.STRAIGHT,)
    return (*told, *[0] * (count - len(told)))


def _integers(page: Directory, *tags: int) -> tuple[int, ...]:
    """The values of the first of ``tags`` that is there."""
    return tuple(int(value) for value in next((page.numbers(tag) for tag in tags if tag in page.tags), ()))
