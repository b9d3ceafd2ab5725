"""The parts of the collection method: regression on edges, Poisson's equation, places, registration, the mark's file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_collections import backgrounds, marked, word
from scipy.ndimage import binary_dilation, shift

from aedesk.core.cancel import CancelToken
from aedesk.core.errors import DataError
from aedesk.imaging import io
from aedesk.imaging.picture import Picture
from aedesk.imaging.tiling import Box
from aedesk.watermark.collection import saved_mark as mark_file
from aedesk.watermark.collection.alignment import ANCHORS, SCALINGS, Layout, Place, laid, seen
from aedesk.watermark.collection.common_gradients import find_traces, match
from aedesk.watermark.collection.gradient_stats import AXES, edge_sums, step
from aedesk.watermark.collection.opaque_regions import opaque_parts
from aedesk.watermark.collection.poisson_estimate import Fields, slope_sums
from aedesk.watermark.collection.poisson_solver import Grid, divergence, of_steps
from aedesk.watermark.collection.removal import LEAST_ALPHA, remove
from aedesk.watermark.collection.saved_mark import Mark


def test_flat_pictures_give_a_marks_steps_exactly() -> None:
    rng = np.random.default_rng(0)
    transmission, colour = rng.uniform(0.4, 1, (9, 11)), rng.uniform(0, 0.3, (3, 9, 11))
    levels = rng.uniform(0.1, 0.9, (6, 3, 1, 1))
    stack = (transmission * levels + colour).astype(np.float32)
    sums = edge_sums(stack, transmission, colour, lambda: None, first=False)
    for axis, s in zip(AXES, sums, strict=True):
        precision, product = slope_sums(s)
        assert product / precision == pytest.approx(step(transmission, axis), abs=2e-3)
        assert np.all(s.w > 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(3, 12), st.integers(3, 12))
def test_a_field_comes_back_from_its_steps_and_one_known_pixel(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(height, width))
    weights = [rng.uniform(0.1, 1000, step(field, axis).shape) for axis in AXES]
    pull = np.zeros(field.shape)
    pull[0, 0] = 1e6
    right = divergence(field.shape, [w * step(field, axis) for w, axis in zip(weights, AXES, strict=True)])
    right[0, 0] += 1e6 * field[0, 0]
    solved = Grid(np.ones(field.shape, bool)).factorise(of_steps(weights), pull).solve(right)
    assert solved == pytest.approx(field, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SCALINGS),
    st.sampled_from(ANCHORS),
    st.sampled_from(ANCHORS),
    st.tuples(st.integers(20, 4000), st.integers(20, 4000)),
    st.tuples(st.integers(20, 4000), st.integers(20, 4000)),
)
def test_the_anchor_stays_where_it_is(scaling: str, across: float, down: float, reference: tuple[int, int], size: tuple[int, int]) -> None:
    place = Layout(reference, (across, down), scaling).place(*size)
    assert place.scale * across * reference[0] + place.left == pytest.approx(across * size[0], abs=1)
    assert place.scale * down * reference[1] + place.top == pytest.approx(down * size[1], abs=1)
    assert Layout(reference, (across, down), scaling).place(*reference) == Place()


@pytest.mark.parametrize("place", [Place(1, 3, -2), Place(1, 2.4, 1.7), Place(0.8, 5.3, 2.1), Place(1.5, -3.2, 4.4)])
def test_a_smooth_field_laid_on_a_picture_is_seen_again_in_the_frame(place: Place) -> None:
    y, x = np.mgrid[0:40, 0:50] / 10
    field = 0.5 + 0.3 * np.sin(x) * np.cos(y)
    box, part = Box(10, 12, 60, 52), Box(0, 0, 110, 100)
    picture = laid(field, box, place, part, 0.5)
    inner = Box(18, 20, 52, 44)
    back = seen(picture[:, :, None], place, inner)[0]
    assert back == pytest.approx(field[8:32, 8:42], abs=0.01)


def test_nothing_is_laid_beyond_the_marks_box() -> None:
    picture = laid(np.full((10, 10), 0.3), Box(5, 5, 15, 15), Place(1, 2, 3), Box(0, 0, 30, 30), 1.0)
    assert (picture != 1).sum() == 100
    assert (picture[8:18, 7:17] == np.float32(0.3)).all()
    assert (laid(np.full((10, 10), 0.3), Box(5, 5, 15, 15), Place(1, 40, 0), Box(0, 0, 30, 30), 1.0) == 1).all()


@settings(max_examples=8, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4))
def test_a_shift_is_found_to_a_fraction_of_a_pixel(right: float, down: float) -> None:
    alpha = word(soft=1)
    grays = np.stack([c.mean(2) for c in backgrounds(8)])
    template = find_traces((alpha + (1 - alpha) * grays).astype(np.float32), CancelToken()).steps
    moved = np.clip(shift(alpha, (down, right), order=3), 0, 0.5)
    other = backgrounds(9)[8].mean(2)
    found = match(template, (moved + (1 - moved) * other).astype(np.float32), (8, 8))
    assert (found.right, found.down) == pytest.approx((right, down), abs=0.25)


def test_only_an_opaque_mark_hides_and_a_white_sky_does_not() -> None:
    skies = [np.clip(2 - np.arange(120) / (15 + 2 * index), 0, 1)[:, None, None] for index in range(10)]  # each ends at its own height
    clean = [sky + (1 - sky) * c for sky, c in zip(skies, backgrounds(10), strict=True)]

    def hidden(opacity: float) -> np.ndarray:
        alpha = word(opacity=opacity, at=(24, 80))
        stack = np.stack([marked(c, alpha, (0.1, 0.6, 0.3)).transpose(2, 0, 1) for c in clean])
        return opaque_parts(stack.astype(np.float32) / 255, CancelToken())

    for opacity in (0, 0.3, 0.6):
        assert not hidden(opacity).any()
    whole, near = word(opacity=1, at=(24, 80)) > 0.95, binary_dilation(word(at=(24, 80)) > 0, np.ones((3, 3)))
    assert hidden(1)[whole].mean() > 0.95
    assert not hidden(1)[~near].any()


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from((np.uint8, np.uint16)),
    channels=st.sampled_from((1, 3)),
    moved=st.tuples(st.floats(0.8, 1.2), st.floats(-20, 20), st.floats(-20, 20))
    | st.tuples(st.just(1.0), st.integers(-20, 20), st.just(0)),
)
def test_where_a_shared_mark_is_not_every_bit_and_all_metadata_stay(
    seed: int, dtype: type, channels: int, moved: tuple[float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    alpha = word(opacity=float(rng.uniform(0.1, 1)))
    mark = Mark(
        Fields(1 - alpha, np.stack([alpha * level for level in rng.random(3)])), Box(0, 0, 160, 120), Layout((160, 120)), 9, 1.0, True
    )
    pixels = rng.integers(0, np.iinfo(dtype).max, (120, 160, channels), endpoint=True).astype(dtype)
    picture, place = Picture(pixels, icc=b"profile", exif=b"exif", xmp=b"xmp", dpi=(300, 300)), Place(*moved)
    removed = remove(mark, picture, place, CancelToken())
    free = laid(mark.fields.transmission, mark.box, place, Box(0, 0, 160, 120), 1.0) > 1 - LEAST_ALPHA
    assert removed.picture.pixels.dtype == dtype
    assert np.array_equal(removed.picture.pixels[free], pixels[free])
    assert np.array_equal(removed.picture.pixels[removed.residue > 0], pixels[removed.residue > 0])
    assert not (removed.residue > 0)[free].any()
    after = removed.picture
    assert (after.icc, after.exif, after.xmp, after.dpi) == (b"profile", b"exif", b"xmp", (300, 300))


def test_a_mark_returns_from_its_file_and_a_damaged_description_is_told(tmp_path: Path) -> None:
    alpha = word()
    colour = np.stack([alpha * level for level in (0.9, 0.5, 0.1)])
    mark = Mark(Fields(1 - alpha, colour), Box(7, 9, 167, 129), Layout((400, 300), (1, 0.5), "short"), 12, 1.25, True)
    path = mark_file.save(mark, tmp_path / "mark.png", overwrite=False)
    back = mark_file.load(path)
    assert back.fields.alpha == pytest.approx(alpha, abs=1e-4)
    assert back.fields.colour == pytest.approx(colour, abs=1e-4)
    assert (back.box, back.layout, back.pictures, back.error, back.displaced) == (mark.box, mark.layout, 12, 1.25, True)
    picture = io.read(path)
    assert picture.xmp is not None
    for old, new in ((b"box", b"bax"), (b"short", b"shart"), (b'"version": 1', b'"version": 7')):
        changed = picture.xmp.replace(old, new)
        assert changed != picture.xmp
        damaged = io.write(replace(picture, xmp=changed), tmp_path / "damaged.png", overwrite=True)
        with pytest.raises(DataError):
            mark_file.load(damaged)
