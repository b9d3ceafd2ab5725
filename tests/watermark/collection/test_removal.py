"""Removal of a known watermark."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_collections import word

from aedesk.core.cancel import CancelToken
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection.alignment import Layout, Placement, render_in_picture
from aedesk.watermark.collection.poisson_estimate import WatermarkFields
from aedesk.watermark.collection.removal import MIN_ALPHA, remove_watermark
from aedesk.watermark.collection.saved_mark import SharedMark


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from((np.uint8, np.uint16)),
    channels=st.sampled_from((1, 3)),
    moved=st.tuples(st.floats(0.8, 1.2), st.floats(-20, 20), st.floats(-20, 20))
    | st.tuples(st.just(1.0), st.integers(-20, 20), st.just(0)),
)
def test_pixels_outside_of_the_watermark_and_metadata_are_unchanged(
    seed: int, dtype: type, channels: int, moved: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    alpha = word(opacity=float(rng.uniform(0.1, 1)))
    mark = SharedMark(
        WatermarkFields(1 - alpha, np.stack([alpha * level for level in rng.random(3)])),
        Box(0, 0, 160, 120),
        Layout((160, 120)),
        9,
        1.0,
        True,
    )
    pixels = rng.integers(0, np.iinfo(dtype).max, (120, 160, channels), endpoint=True).astype(dtype)
    picture, place = Picture(pixels, icc=b"profile", exif=b"exif", xmp=b"xmp", dpi=(300, 300)), Placement(*moved)
    removed = remove_watermark(mark, picture, place, CancelToken())
    outside = render_in_picture(mark.fields.transmission, mark.box, place, Box(0, 0, 160, 120), 1.0) > 1 - MIN_ALPHA
    assert removed.picture.pixels.dtype == dtype
    assert np.array_equal(removed.picture.pixels[outside], pixels[outside])
    assert np.array_equal(removed.picture.pixels[removed.hidden > 0], pixels[removed.hidden > 0])
    assert not (removed.hidden > 0)[outside].any()
    after = removed.picture
    assert (after.icc, after.exif, after.xmp, after.dpi) == (b"profile", b"exif", b"xmp", (300, 300))
