"""Shapes of watermarks: proportions, colours, decoration, and banks of them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from aedesk.core.errors import DataError
from aedesk.data.watermarks.bank import SHAPES, ShapeBank, StoredShape, training_bank, training_shape
from aedesk.data.watermarks.fonts import built_in_font
from aedesk.data.watermarks.shapes import EDGE_PX, MAX_EDGE_PX, Shape, date_stamp_shape, emblem_shape, lockup_shape, logo_shape, text_shape
from aedesk.data.watermarks.styles import decorated


def icon(path: Path, *colours: tuple[int, int, int]) -> Path:
    """A disc for each colour, side by side on transparent ground."""
    image = Image.new("RGBA", (64 * len(colours), 64))
    for number, colour in enumerate(colours):
        ImageDraw.Draw(image).ellipse((64 * number + 2, 2, 64 * number + 61, 61), fill=(*colour, 255))
    image.save(path)
    return path


def test_a_line_of_text_keeps_its_proportions_and_detail() -> None:
    shape = text_shape(Random(0), built_in_font, "a long line of text, in one row")
    height, width = shape.cover.shape
    assert width > 6 * height
    assert height >= 40
    assert shape.lines == 1
    assert text_shape(Random(0), built_in_font, "two\nlines").lines == 2


def test_black_logos_take_any_colour_and_coloured_ones_have_their_own(tmp_path: Path) -> None:
    assert logo_shape(icon(tmp_path / "black.png", (0, 0, 0))).colour is None
    coloured = logo_shape(icon(tmp_path / "two.png", (250, 20, 20), (20, 20, 250))).colour
    assert coloured is not None
    assert tuple(coloured[coloured.shape[0] // 2, coloured.shape[1] // 4]) == (250, 20, 20)
    assert logo_shape(icon(tmp_path / "gray.png", (0, 0, 0), (255, 255, 255))).colour is not None


def test_a_fully_transparent_logo_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "empty.png")
    with pytest.raises(DataError, match=r"empty\.png"):
        logo_shape(tmp_path / "empty.png")


@pytest.mark.parametrize("seed", range(6))
def test_a_lockup_shows_the_logo_and_the_name(tmp_path: Path, seed: int) -> None:
    logo = logo_shape(icon(tmp_path / "red.png", (250, 20, 20)))
    shape = lockup_shape(Random(seed), logo, "Blum", built_in_font)
    assert shape.colour is not None
    red = (shape.colour[:, :, 0] > 200) & (shape.colour[:, :, 1] < 60) & (shape.cover > 200)
    assert red.any()
    assert (shape.cover[~red] > 200).any()


def test_decorated_shapes_are_of_many_styles_and_depend_only_on_the_seed() -> None:
    plain = text_shape(Random(1), built_in_font, "Harbour")
    styled = [decorated(plain, Random(seed)) for seed in range(40)]
    again = [decorated(plain, Random(seed)) for seed in range(40)]
    assert all(np.array_equal(one.cover, two.cover) for one, two in zip(styled, again, strict=True))
    assert any(shape is plain for shape in styled)
    assert sum(shape.colour is not None for shape in styled) > 10
    assert any(float(((shape.cover > 40) & (shape.cover < 200)).mean()) > 0.1 for shape in styled)  # a box that shows through
    assert all(shape.lines == 1 for shape in styled)


@pytest.mark.parametrize("seed", range(30))
def test_every_shape_has_bounded_size_and_something_drawn(tmp_path: Path, seed: int) -> None:
    shape = training_shape(Random(seed), (), [icon(tmp_path / "one.png", (0, 120, 0))])
    assert shape.cover.size <= 1.1 * EDGE_PX**2
    assert max(shape.cover.shape) <= MAX_EDGE_PX
    assert shape.cover.max() > 40
    assert shape.colour is None or shape.colour.shape == (*shape.cover.shape, 3)


def test_a_full_bank_stays_far_below_a_gigabyte() -> None:
    coloured = Shape(np.zeros((EDGE_PX, EDGE_PX), np.uint8), np.zeros((EDGE_PX, EDGE_PX, 3), np.uint8))
    assert SHAPES * StoredShape(coloured).size_bytes < 300e6


def test_a_bank_draws_a_shape_when_it_is_first_used_and_keeps_it() -> None:
    drawn: list[int] = []

    def draw(index: int) -> Shape:
        drawn.append(index)
        return Shape(np.full((4, 8), 255, np.uint8))

    bank = ShapeBank(5, draw)
    assert len(bank) == 5
    assert bank[3] is bank[3]
    assert drawn == [3]


def test_banks_of_one_seed_are_alike_and_of_another_differ() -> None:
    one, again, other = (ShapeBank(1, training_bank(4, seed)._draw) for seed in (1, 1, 2))
    assert np.array_equal(one[0].planes(64).numpy(), again[0].planes(64).numpy())
    assert one[0].planes(64).shape != other[0].planes(64).shape or not np.array_equal(one[0].planes(64), other[0].planes(64))


def test_a_stored_shape_is_read_at_the_smallest_size_that_is_large_enough() -> None:
    stored = StoredShape(Shape(np.full((64, 512), 255, np.uint8)))
    assert stored.proportions == 8
    assert stored.planes(512).shape == (4, 64, 512)
    assert stored.planes(200).shape == (4, 32, 256)
    assert stored.planes(10).shape == (4, 4, 32)
    assert stored.planes(2000).shape == (4, 64, 512)
    assert bool((stored.planes(200) == 1).all())


def test_colours_do_not_bleed_in_from_outside_of_the_shape_when_it_is_halved() -> None:
    cover, colour = np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.uint8)
    cover[:, 31:33], colour[:, 31:33] = 255, (200, 100, 50)
    planes = StoredShape(Shape(cover, colour)).planes(32)
    assert np.allclose(planes[:3, 5, 15].numpy() * 255, (200, 100, 50), atol=1)


def test_date_stamps_glow_in_orange() -> None:
    shape = date_stamp_shape(Random(2), "12.03.24", built_in_font)
    assert shape.colour is not None
    assert shape.colour[0, 0, 0] == 255
    assert shape.colour[0, 0, 2] <= 110


def test_emblems_differ() -> None:
    assert len({emblem_shape(Random(seed), built_in_font).cover.tobytes() for seed in range(8)}) == 8


def test_a_folder_without_logos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no logos"):
        training_bank(logos=str(tmp_path))
