"""Masks against what they mean, pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aedesk.core.errors import PictureError
from aedesk.imaging import mask_edges, mask_files, masks
from aedesk.imaging.io import read, write
from aedesk.imaging.masks import Box, Mask
from aedesk.imaging.picture import Picture

WIDTH, HEIGHT = 40, 30
coordinates = st.floats(-20, 60).map(lambda value: round(value, 2))
points = st.tuples(coordinates, coordinates)
radii = st.floats(0.5, 25).map(lambda value: round(value, 2))
spreads = st.integers(0, 9)


@pytest.fixture(autouse=True, scope="module")
def several_tiles() -> Iterator[None]:
    """Masks as small as these go through more than one tile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask_edges, "TILE_PX", 16)
        yield


@st.composite
def drawn_masks(draw: st.DrawFn) -> Mask:
    """Some pixels of any value, clear of the picture's edge or at it."""
    mask = masks.empty_mask(WIDTH, HEIGHT)
    for x, y, value in draw(st.lists(st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 255)), max_size=12)):
        mask[y, x] = value
    return mask


def distances(start: masks.Point, end: masks.Point) -> np.ndarray:
    """From the middle of every pixel to a line."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((xs - start[0]) * dx + (ys - start[1]) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
    return np.hypot(xs - start[0] - along * dx, ys - start[1] - along * dy)


@given(start=points, end=points, radius=radii)
def test_a_stroke_covers_what_its_brush_reaches_and_nothing_else(start: masks.Point, end: masks.Point, radius: float) -> None:
    mask = masks.empty_mask(WIDTH, HEIGHT)
    box = masks.stroke(mask, start, end, radius)
    away = distances(start, end)
    assert mask[away <= radius - 1e-6].all()
    outside = (away > radius + 1e-6) & (away > 0.7072)  # a brush thinner than a pixel still marks the pixel that it is in
    assert not mask[outside].any()
    assert masks.bounds(mask) == box.within(mask) or (box.empty and not mask.any())


@given(start=points, end=points, radius=radii)
def test_the_eraser_takes_away_what_the_brush_has_drawn(start: masks.Point, end: masks.Point, radius: float) -> None:
    mask = masks.empty_mask(WIDTH, HEIGHT)
    masks.stroke(mask, start, end, radius)
    masks.stroke(mask, start, end, radius, masks.KEEP)
    assert not mask.any()


@given(corners=st.lists(points, min_size=3, max_size=3))
def test_a_lasso_fills_its_inside(corners: list[masks.Point]) -> None:
    mask = masks.empty_mask(WIDTH, HEIGHT)
    (ax, ay), (bx, by), (cx, cy) = corners
    assume(abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) > 1)
    masks.polygon(mask, corners)
    edge = np.min([distances(one, other) for one, other in zip(corners, [*corners[1:], corners[0]], strict=True)], axis=0)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    turns = [(x1 - x0) * (ys - y0) - (y1 - y0) * (xs - x0) for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True)]
    inside = (np.min(turns, axis=0) > 0) | (np.max(turns, axis=0) < 0)
    assert ((mask == 255) == inside)[edge > 1e-6].all()


def test_a_line_is_no_lasso_and_changes_nothing() -> None:
    mask = masks.empty_mask(WIDTH, HEIGHT)
    assert masks.polygon(mask, [(1, 1), (20, 20)]).empty
    assert not mask.any()


@given(corner=points, opposite=points)
def test_a_rectangle_covers_every_pixel_that_it_touches(corner: masks.Point, opposite: masks.Point) -> None:
    mask = masks.empty_mask(WIDTH, HEIGHT)
    masks.rectangle(mask, corner, opposite)
    ys, xs = np.mgrid[:HEIGHT, :WIDTH]
    left, right = sorted((corner[0], opposite[0]))
    top, bottom = sorted((corner[1], opposite[1]))
    assume(left < right and top < bottom)
    assert ((mask == 255) == ((xs + 1 > left) & (xs < right) & (ys + 1 > top) & (ys < bottom))).all()


@given(mask=drawn_masks(), px=spreads)
def test_growing_takes_in_the_greatest_value_of_a_disc(mask: Mask, px: int) -> None:
    expected = np.zeros_like(mask)
    for dy in range(-px, px + 1):
        for dx in range(-px, px + 1):
            if dx * dx + dy * dy <= px * px:
                shifted = np.zeros_like(mask)
                shifted[max(dy, 0) : HEIGHT + min(dy, 0), max(dx, 0) : WIDTH + min(dx, 0)] = mask[
                    max(-dy, 0) : HEIGHT + min(-dy, 0), max(-dx, 0) : WIDTH + min(-dx, 0)
                ]
                expected = np.maximum(expected, shifted)
    assert (mask_edges.grow(mask, px) == expected).all()


@given(mask=drawn_masks(), px=spreads)
def test_shrinking_is_growing_of_what_is_kept(mask: Mask, px: int) -> None:
    assert (mask_edges.shrink(mask, px) == mask_edges.invert(mask_edges.grow(mask_edges.invert(mask), px))).all()


@given(mask=drawn_masks(), px=spreads)
def test_a_mask_that_grew_holds_what_it_held_after_shrinking_again(mask: Mask, px: int) -> None:
    assert (mask_edges.shrink(mask_edges.grow(mask, px), px) >= mask).all()


@given(mask=drawn_masks(), px=spreads)
def test_a_soft_edge_keeps_the_mask_and_ends_where_it_should(mask: Mask, px: int) -> None:
    soft = mask_edges.feather(mask, px)
    assert (soft >= mask).all()
    assert (soft <= mask_edges.grow(mask, px)).all()


def test_a_soft_edge_falls_from_all_to_nothing() -> None:
    mask = masks.empty_mask(60, 60)
    mask[:, :20] = 255
    edge = mask_edges.feather(mask, 8)[30, 20:28].astype(int)
    assert (np.diff(edge) < 0).all()
    assert 200 < edge[0] < 255
    assert 0 <= edge[-1] < 60


def test_a_box_around_nothing_is_empty_and_adds_nothing() -> None:
    assert masks.bounds(masks.empty_mask(5, 4)).empty
    assert Box(1, 2, 3, 4).united(masks.NOWHERE) == Box(1, 2, 3, 4)


@given(mask=drawn_masks())
def test_a_saved_mask_comes_back_bit_for_bit(mask: Mask, tmp_path_factory: pytest.TempPathFactory) -> None:
    assume(len(np.unique(mask)) != 2 or mask.max() == 255)  # what has two values counts as full
    path = mask_files.save_mask(mask, tmp_path_factory.mktemp("mask") / "mask.png")
    assert (mask_files.load_mask(path, WIDTH, HEIGHT) == mask).all()
    assert read(path).channels == 1


def test_a_mask_of_another_size_says_which_and_what_to_do(tmp_path: Path) -> None:
    path = mask_files.save_mask(masks.empty_mask(30, 20), tmp_path / "mask.png")
    with pytest.raises(PictureError, match=r"mask\.png has 30 x 20 pixels, the picture 40 x 20.*scale the mask"):
        mask_files.load_mask(path, 40, 20)


def test_a_mask_is_never_saved_in_a_format_that_changes_it(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="PNG"):
        mask_files.save_mask(masks.empty_mask(30, 20), tmp_path / "mask.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_soft_mask_keeps_its_grays(tmp_path: Path) -> None:
    soft = np.zeros((20, 30), np.uint8)
    soft[5:10, 6:20], soft[6:9, 8:18] = 100, 255
    for name, picture in {"gray": Picture(soft.reshape(20, 30, 1)), "alpha": Picture(np.zeros((20, 30, 3), np.uint8), alpha=soft)}.items():
        assert (mask_files.load_mask(write(picture, tmp_path / f"{name}.png"), 30, 20) == soft).all(), name


def test_a_mask_without_black_or_without_a_mark_is_taken_as_it_is(tmp_path: Path) -> None:
    for value in (0, 1, 128, 255):
        path = write(Picture(np.full((20, 30, 1), value, np.uint8)), tmp_path / f"{value}.png")
        assert (mask_files.load_mask(path, 30, 20) == value).all()


def test_masks_of_other_programs_are_understood(tmp_path: Path) -> None:
    """In colours, in 16 bits, as labels, on a transparent ground: all of them mark the same square."""
    square = np.zeros((20, 30), np.uint8)
    square[5:10, 6:20] = 255
    red = np.zeros((20, 30, 3), np.uint8)
    red[..., 0] = square
    black, white = np.zeros((20, 30, 3), np.uint8), np.full((20, 30, 3), 255, np.uint8)
    made = {
        "red": Picture(red),
        "deep": Picture((square.astype(np.uint16) * 257).reshape(20, 30, 1)),
        "black-on-nothing": Picture(black, alpha=square),
        "white-on-nothing": Picture(white, alpha=square),
        "dark-gray-on-nothing": Picture(np.full_like(black, 40), alpha=square),
        "dark-red-on-nothing": Picture(np.where(np.arange(3) == 0, np.uint8(70), black), alpha=square),
        "zero-and-one": Picture((square // 255).reshape(20, 30, 1)),
        "zero-and-one-in-16-bits": Picture((square // 255).astype(np.uint16).reshape(20, 30, 1)),
        "a-label-in-dark-red": Picture(red // 255 * np.uint8(128)),
        "white-on-black-behind-glass": Picture(
            np.repeat(square[:, :, None], 3, 2), alpha=np.where(np.arange(30) < 25, 255, 0).astype(np.uint8) + np.zeros((20, 1), np.uint8)
        ),
    }
    for name, picture in made.items():
        path = write(picture, tmp_path / f"{name}.png")
        assert (mask_files.load_mask(path, 30, 20) == square).all(), name
