"""Numbers of TIFF tags and of their values (TIFF 6.0; technical notes of Adobe for XMP and ICC)."""

from __future__ import annotations

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_SIZES, PLANAR = 273, 277, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_SIZES = 322, 323, 324, 325
PREDICTOR, EXTRA_SAMPLES, SAMPLE_FORMAT, XMP, ICC = 317, 338, 339, 700, 34675
COLOUR_MAP, SUBSAMPLING = 320, 530
IPTC, PHOTOSHOP = 33723, 34377

GRAY_INVERTED, GRAY, RGB, PALETTE, TRANSPARENCY_MASK, CMYK, YCBCR, CIELAB, ICCLAB = 0, 1, 2, 3, 4, 5, 6, 8, 9
ASSOCIATED, STRAIGHT = 1, 2
OLD_JPEG, DEFLATE = 6, 8
HORIZONTAL, CONTIGUOUS = 2, 1
UNSIGNED, SIGNED, FLOAT = 1, 2, 3

STRUCTURE = frozenset(
    {*range(254, 267), 273, *range(277, 282), 284, *range(288, 294), 297, 301, *range(317, 326), *range(330, 344), 347}
    | {*range(512, 522), *range(529, 533), XMP, ICC, IPTC, PHOTOSHOP, 37724, 50838, 50839}
)
"""Tags that say how pixels are stored, and the blocks that are kept apart (XMP, ICC, IPTC) or belong to one program (Photoshop's layers,
ImageJ's data): no metadata of the picture."""
