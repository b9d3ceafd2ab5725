"""Finding the quality that meets a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aedesk.codec.learned.encoder import Encoded
from aedesk.core.codec_specs import CompressSpec
from aedesk.models.codec.quality import BEST


@dataclass(frozen=True)
class Trial:
    """A picture encoded at a quality, and whether that meets the target."""

    quality: int
    encoded: Encoded
    reached: bool


def find_quality(spec: CompressSpec, pixels: int, encode: Callable[[int], Encoded], fidelity: Callable[[Encoded], float]) -> Trial:
    """Encode at the wished quality, or with a target at the best one within it, found by bisection in at most eight encodings.

    Args:
        pixels: of the picture.
        encode: encodes at a quality.
        fidelity: PSNR of the result in dB; only called for such a target.

    Returns:
        the trial nearest to the target, with ``reached`` false if none meets it.
    """
    if spec.target_bpp is None and spec.target_bytes is None and spec.target_psnr is None:
        return Trial(spec.quality, encode(spec.quality), True)
    at_least = spec.target_psnr is not None
    most_bytes = spec.target_bytes if spec.target_bpp is None else int(spec.target_bpp * pixels / 8)

    def attempt(quality: int) -> Trial:
        encoded = encode(quality)
        if spec.target_psnr is not None:
            return Trial(quality, encoded, fidelity(encoded) >= spec.target_psnr)
        assert most_bytes is not None
        return Trial(quality, encoded, len(encoded.data) <= most_bytes)

    # Of a size the highest quality that meets it is wanted, of a fidelity the lowest.
    low, high = 0, BEST
    best: Trial | None = None
    last: Trial | None = None
    while low <= high:
        middle = (low + high) // 2
        last = attempt(middle)
        if last.reached:
            best = last
        if last.reached == at_least:
            high = middle - 1
        else:
            low = middle + 1
    assert last is not None
    return best or last
