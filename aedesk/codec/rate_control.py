"""Finds the quality that meets a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aedesk.codec.picture_codec import Encoded
from aedesk.core.codec_specs import CompressSpec
from aedesk.models.codec.quality import MAX_QUALITY


@dataclass(frozen=True)
class Trial:
    """A picture encoded at a quality, and whether it meets the target."""

    quality: int
    encoded: Encoded
    reached: bool


def find_quality(spec: CompressSpec, pixels: int, encode: Callable[[int], Encoded], psnr_of: Callable[[Encoded], float]) -> Trial:
    """Encodes at the given quality or, with a target, at the best quality that meets it, by bisection in at most seven encodings.

    Args:
        pixels: number of pixels of the picture.
        encode: encodes at a quality.
        psnr_of: PSNR in dB of an encoded picture; called only for a PSNR target.

    Returns:
        the trial that meets the target with the smallest file (PSNR target) or the highest quality (size targets); if none meets it,
        the closest one, with ``reached`` False.
    """
    if spec.target_bpp is None and spec.target_bytes is None and spec.target_psnr is None:
        return Trial(spec.quality, encode(spec.quality), True)
    wants_psnr = spec.target_psnr is not None
    max_bytes = spec.target_bytes if spec.target_bpp is None else int(spec.target_bpp * pixels / 8)

    def attempt(quality: int) -> Trial:
        encoded = encode(quality)
        if spec.target_psnr is not None:
            return Trial(quality, encoded, psnr_of(encoded) >= spec.target_psnr)
        assert max_bytes is not None
        return Trial(quality, encoded, len(encoded.data) <= max_bytes)

    low, high = 0, MAX_QUALITY
    best: Trial | None = None
    last: Trial | None = None
    while low <= high:
        middle = (low + high) // 2
        last = attempt(middle)
        if last.reached:
            best = last
        if last.reached == wants_psnr:
            high = middle - 1
        else:
            low = middle + 1
    assert last is not None
    return best or last
